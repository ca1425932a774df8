// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command cluster measures pull requests on a cluster of two nodes that it starts itself: many one-package pull requests opened at once,
// from the first that is opened to the last verdict on the forge, beside as many bare pods, one a pull request, each of which only runs
// `pkgcheck scan PACKAGE` in two prepared trees with warm caches, the base's and the head's. Both are of one run on one machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/githubemu"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is a measurement at work.
type bench struct {
	rig   *rig.Rig
	said  io.Writer
	dir   string
	wait  time.Duration
	pulls []pull
}

// pull is a pull request: its branch and the package that it changes.
type pull struct{ branch, key string }

const repository = rig.Owner + "/" + rig.Repository

func run(ctx context.Context, args []string, out, said io.Writer) (err error) {
	f := flag.NewFlagSet("cluster", flag.ContinueOnError)
	f.SetOutput(said)
	ebuilds := f.Int("ebuilds", 1000, "size of the repository")
	pulls := f.Int("pulls", 20, "how many pull requests are opened at once")
	runs := f.Int("runs", 4, "how many of their pods may run at once")
	wait := f.Duration("wait", 30*time.Minute, "how long either side may take")
	if err := f.Parse(args); err != nil {
		return err
	}
	b := &bench{said: said, wait: *wait}
	if b.dir, err = os.MkdirTemp("", "prcheck-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // a temporary folder
	opts := rig.Options{Name: "bench", Log: said, MaxRuns: *runs}
	bare, err := b.generate(ctx, *ebuilds, *pulls)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rig.Down(context.WithoutCancel(ctx), opts)) }()
	if b.rig, err = rig.Start(ctx, opts); err != nil {
		return err
	}
	pods, err := b.barePods(ctx, bare)
	if err != nil {
		return err
	}
	verdicts, err := b.verdicts(ctx, bare)
	if err != nil {
		return errors.Join(err, b.rig.SaveLogs(ctx))
	}
	fmt.Fprintf(out, "| what | all done after | ratio |\n| --- | --- | --- |\n")
	fmt.Fprintf(out, "| %d bare pods, two scans each, %d ebuilds | %.1f s | |\n", *pulls, *ebuilds, pods.Seconds())
	fmt.Fprintf(out, "| %d pull requests, opened at once, %d pods at a time | %.1f s | %.2f × |\n", *pulls, *runs, verdicts.Seconds(), verdicts.Seconds()/pods.Seconds())
	return nil
}

// generate makes the repository with a branch a pull request, each of which changes another package.
func (b *bench) generate(ctx context.Context, ebuilds, pulls int) (bare string, err error) {
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: ebuilds, Breakage: ebuildrepo.DefaultBreakage(ebuilds)})
	if err != nil {
		return "", err
	}
	history := ebuildrepo.NewHistory(repo)
	for _, key := range repo.Keys() {
		if strings.HasPrefix(key, "virtual/") || strings.HasPrefix(key, "acct-") {
			continue
		}
		p, err := repo.Package(key)
		if err != nil {
			return "", err
		}
		changed := repo.Clone()
		if err := changed.EditEbuild(key, p.Ebuilds[len(p.Ebuilds)-1].Version, func(e *ebuildrepo.Ebuild) { e.Description = "A description that was changed" }); err != nil {
			return "", err
		}
		branch := fmt.Sprintf("pull-%d", len(b.pulls)+1)
		history.Commit(branch, ebuildrepo.MainBranch, key+": describe it better", changed.Tree())
		if b.pulls = append(b.pulls, pull{branch, key}); len(b.pulls) == pulls {
			bare = filepath.Join(b.dir, "repository.git")
			return bare, history.Write(ctx, bare)
		}
	}
	return "", fmt.Errorf("a repository of %d ebuilds has %d packages to change, not %d: raise -ebuilds", ebuilds, len(b.pulls), pulls)
}

// verdicts opens all pull requests and waits for the last verdict.
func (b *bench) verdicts(ctx context.Context, bare string) (time.Duration, error) {
	if err := b.rig.Emulator.CreateRepository(ctx, repository, bare); err != nil {
		return 0, err
	}
	if err := b.rig.Watch(ctx); err != nil {
		return 0, err
	}
	if err := b.rig.AwaitBaseline(ctx); err != nil {
		return 0, err
	}
	b.rig.Say("opening %d pull requests", len(b.pulls))
	began := clock.RealClock{}.Now()
	for _, p := range b.pulls {
		if _, err := b.rig.Emulator.OpenPull(ctx, githubemu.NewPull{
			Repo: repository, Title: p.key + ": describe it better", Author: "contributor", Base: ebuildrepo.MainBranch, Head: p.branch, Content: githubemu.Content{SHA: p.branch},
		}); err != nil {
			return 0, fmt.Errorf("opening %s: %w", p.branch, err)
		}
	}
	return b.await(ctx, began, "verdicts", b.judged)
}

// judged counts the pull requests that have their verdict: each must be a success.
func (b *bench) judged(ctx context.Context) (int, error) {
	statuses, err := b.rig.Emulator.Statuses(ctx, repository)
	if err != nil {
		return 0, err
	}
	done := map[string]bool{}
	for _, s := range statuses {
		switch s.State {
		case "pending":
		case "success":
			done[s.SHA] = true
		default:
			return 0, fmt.Errorf("a pull request that breaks nothing got %s: %s (%s)", s.State, s.Description, s.TargetURL)
		}
	}
	return len(done), nil
}

// await looks until as many are done as there are pull requests, and returns how long that took.
func (b *bench) await(ctx context.Context, began time.Time, what string, count func(context.Context) (int, error)) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, b.wait)
	defer cancel()
	clk := clock.RealClock{}
	for last := -1; ; {
		done, err := count(ctx)
		if err != nil {
			return 0, err
		}
		if done != last {
			b.rig.Say("%d of %d %s", done, len(b.pulls), what)
			last = done
		}
		if done == len(b.pulls) {
			return clk.Since(began), nil
		}
		select {
		case <-ctx.Done():
			return 0, fmt.Errorf("%d of %d %s after %s", done, len(b.pulls), what, clk.Since(began).Round(time.Second))
		case <-clk.After(200 * time.Millisecond):
		}
	}
}
