// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package demo opens the scenario's pull requests on the emulated forge, waits until each has its verdict, and compares
// what the forge and the reports say with the scenario. `make demo` runs it (test/demo/cmd), and so does a test on a cluster.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/githubemu"
)

const repository = rig.Owner + "/" + rig.Repository

// Demo is one play of the scenario.
type Demo struct {
	Rig *rig.Rig
	// Wait is how long the verdicts may take, all together.
	Wait     time.Duration
	scenario *scenario.Scenario
	numbers  map[int]scenario.PullRequest
	secondAt map[int]bool // second push done
}

// Open makes the repository, watches it, and opens every pull request at once.
func (d *Demo) Open(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "prcheck-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	d.Rig.Say("generating the repository and its pull requests")
	bare := filepath.Join(dir, "repository.git")
	if d.scenario, err = scenario.Build(ctx, bare); err != nil {
		return err
	}
	if err := d.Rig.Emulator.CreateRepository(ctx, repository, bare); err != nil {
		return err
	}
	if err := d.Rig.Watch(ctx); err != nil {
		return err
	}
	if err := d.Rig.AwaitBaseline(ctx); err != nil {
		return err
	}
	d.numbers, d.secondAt = map[int]scenario.PullRequest{}, map[int]bool{}
	for _, pr := range d.scenario.PullRequests {
		content := githubemu.Content{SHA: pr.Branch}
		if pr.First != "" {
			content.SHA = pr.First
		}
		number, err := d.Rig.Emulator.OpenPull(ctx, githubemu.NewPull{
			Repo: repository, Title: pr.Title, Body: pr.Body, Author: pr.Author, Base: "main", Head: pr.Branch, Content: content,
		})
		if err != nil {
			return fmt.Errorf("opening %q: %w", pr.Title, err)
		}
		d.numbers[number] = pr
	}
	d.Rig.Say("opened %d pull requests: %s/%s", len(d.numbers), d.Rig.Emulator.URL, repository)
	return nil
}

// Await waits until every pull request has its final status, saying each as it comes; second pushes are made on the way.
func (d *Demo) Await(ctx context.Context) ([]verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, d.Wait)
	defer cancel()
	said := map[string]string{}
	for {
		verdicts, open, err := d.look(ctx, said)
		if err != nil {
			return nil, err
		}
		if open == 0 {
			return verdicts, nil
		}
		select {
		case <-ctx.Done():
			return verdicts, fmt.Errorf("%d of %d pull requests have no verdict after %s", open, len(verdicts), d.Wait)
		case <-clock.RealClock{}.After(time.Second):
		}
	}
}

// look reads the verdicts once, says and does what they ask for, and counts the pull requests that are not done.
func (d *Demo) look(ctx context.Context, said map[string]string) (verdicts []verdict, open int, err error) {
	if verdicts, err = d.verdicts(ctx); err != nil {
		return nil, 0, err
	}
	for _, v := range verdicts {
		d.say(v, said)
		if err := d.pushAgain(ctx, v); err != nil {
			return nil, 0, err
		}
		if !v.final() || (v.want.First != "" && !d.secondAt[v.pull.Number]) {
			open++
		}
	}
	return verdicts, open, nil
}

// say prints what is new about a pull request.
func (d *Demo) say(v verdict, said map[string]string) {
	if v.status == nil {
		return
	}
	text := v.status.State + ": " + v.status.Description
	key := fmt.Sprintf("%d %s", v.pull.Number, v.pull.HeadSHA)
	if said[key] != text {
		said[key] = text
		d.Rig.Say("#%d %s", v.pull.Number, text)
	}
}

// pushAgain replaces the first push of a pull request once its check has begun to run.
func (d *Demo) pushAgain(ctx context.Context, v verdict) error {
	if v.want.First == "" || d.secondAt[v.pull.Number] || v.status == nil {
		return nil
	}
	running, err := d.Rig.Running(ctx, v.pull.Number)
	if err != nil || !running {
		return err
	}
	d.Rig.Say("#%d is being checked: pushing again", v.pull.Number)
	d.secondAt[v.pull.Number] = true
	return d.Rig.Emulator.Push(ctx, repository, v.pull.Number, githubemu.Content{SHA: v.want.Branch})
}

func (d *Demo) verdicts(ctx context.Context) ([]verdict, error) {
	pulls, err := d.Rig.Emulator.Pulls(ctx, repository)
	if err != nil {
		return nil, err
	}
	statuses, err := d.Rig.Emulator.Statuses(ctx, repository)
	if err != nil {
		return nil, err
	}
	verdicts := []verdict{}
	for _, pull := range pulls {
		v := verdict{pull: pull, want: d.numbers[pull.Number]}
		for i, s := range statuses {
			if s.SHA == pull.HeadSHA {
				v.status = &statuses[i] // oldest first: the last one stands
			}
		}
		verdicts = append(verdicts, v)
	}
	slices.SortFunc(verdicts, func(a, b verdict) int { return a.pull.Number - b.pull.Number })
	return verdicts, nil
}

// Check compares every verdict with the scenario, and all requests with GitHub's document.
func (d *Demo) Check(ctx context.Context, verdicts []verdict) error {
	statuses, err := d.Rig.Emulator.Statuses(ctx, repository)
	if err != nil {
		return err
	}
	errs := []error{d.checkOldHeads(verdicts, statuses)}
	for _, v := range verdicts {
		err := v.check(ctx, statuses)
		if err == nil {
			err = v.reportReads(ctx)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("#%d %s: %w", v.pull.Number, v.pull.Title, err))
		}
	}
	violations, err := d.Rig.Emulator.Violations(ctx)
	if err != nil {
		errs = append(errs, err)
	}
	for _, violation := range violations {
		errs = append(errs, fmt.Errorf("a request that GitHub's document does not allow: %+v", violation))
	}
	return errors.Join(errs...)
}

// checkOldHeads sees that no commit but the newest heads ever got a verdict.
func (d *Demo) checkOldHeads(verdicts []verdict, statuses []githubemu.Status) error {
	heads := map[string]bool{}
	for _, v := range verdicts {
		heads[v.pull.HeadSHA] = true
	}
	for _, s := range statuses {
		if !heads[s.SHA] && s.State != "pending" {
			return fmt.Errorf("the old head %.7s got the verdict %s: %s", s.SHA, s.State, s.Description)
		}
	}
	return nil
}

// Table prints what became of each pull request.
func Table(out io.Writer, verdicts []verdict) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PR\tTITLE\tSTATUS\tDESCRIPTION\tREPORT")
	for _, v := range verdicts {
		state, description, target := "-", "-", "-"
		if v.status != nil {
			state, description, target = v.status.State, v.status.Description, v.status.TargetURL
		}
		fmt.Fprintf(w, "#%d\t%s\t%s\t%s\t%s\n", v.pull.Number, v.pull.Title, state, description, target)
	}
	return w.Flush()
}
