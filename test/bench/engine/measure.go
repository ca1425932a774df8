// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
)

// cost is what something took: wall and CPU seconds, and the memory of its largest process.
type cost struct {
	wall, cpu float64
	peak      int64
}

func (c cost) plus(d cost) cost { return cost{c.wall + d.wall, c.cpu + d.cpu, max(c.peak, d.peak)} }

func (b *bench) median(measure func() (cost, error)) (cost, error) {
	all := []cost{}
	for range b.repeat {
		c, err := measure()
		if err != nil {
			return c, err
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(x, y cost) int {
		switch {
		case x.wall < y.wall:
			return -1
		case x.wall > y.wall:
			return 1
		}
		return 0
	})
	return all[len(all)/2], nil
}

// check is a whole prcheck run.
func (b *bench) check(ctx context.Context, dir, bare, branch string) (cost, error) {
	cmd := exec.CommandContext(ctx, b.prcheck, "run", "--commits", "off", "--repo", bare, "--base", "main", "--head", branch,
		"--toolchain", "rootfs:"+b.root, "--cache-dir", filepath.Join(dir, "cache"), "-o", "json")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	clk := clock.RealClock{}
	began := clk.Now()
	err := cmd.Run()
	took := cost{wall: clk.Since(began).Seconds()}
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		return took, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	var document struct{ Scope struct{ Kind string } }
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		return took, err
	}
	b.say("prcheck run %s: %.2f s, scope %s", branch, took.wall, document.Scope.Kind)
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return took, errors.New("this system does not tell what a process used")
	}
	took.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	took.peak = usage.Maxrss * 1024
	return took, nil
}

// meter runs a command inside the toolchain and says in JSON what it used; its output goes to a file.
const meter = `import json, resource, subprocess, sys, time
began = time.monotonic()
with open("/bench/out", "wb") as out:
    code = subprocess.run(sys.argv[2:], cwd=sys.argv[1], stdout=out).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "wall": time.monotonic() - began, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024}))
`

// inside runs a command in the toolchain, in a folder of dir, which is /bench there.
func (b *bench) inside(ctx context.Context, dir, folder string, argv ...string) (cost, []byte, error) {
	if err := os.WriteFile(filepath.Join(dir, "meter.py"), []byte(meter), 0o644); err != nil {
		return cost{}, nil, err
	}
	args := append([]string{
		"--bind", dir + ":/bench", "--", "env", "HOME=/bench/home", "PATH=/opt/pkgcheck/bin:/usr/bin:/bin",
		"/opt/pkgcheck/bin/python", "/bench/meter.py", "/bench/" + folder,
	}, argv...)
	cmd := exec.CommandContext(ctx, "hack/toolchain-run.sh", args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	text, err := cmd.Output()
	if err != nil {
		return cost{}, nil, fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, said.Bytes())
	}
	var used struct {
		Code      int
		Wall, CPU float64
		Peak      int64
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &used); err != nil || used.Code > 1 {
		return cost{}, nil, fmt.Errorf("%s ended with code %d: %w\n%s", strings.Join(argv, " "), used.Code, err, said.Bytes())
	}
	out, err := os.ReadFile(filepath.Join(dir, "out"))
	return cost{used.Wall, used.CPU, used.Peak}, out, err
}

// tree checks a branch out below dir, where the tool's own metadata and caches of it are made and warm.
func (b *bench) tree(ctx context.Context, dir, bare, branch string) error {
	to := filepath.Join(dir, "plain", branch)
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	b.say("checking out %s", branch)
	for _, argv := range [][]string{
		{"git", "clone", "--quiet", "--branch", branch, bare, to},
		// The history checks look at the branch that origin/HEAD names.
		{"git", "-C", to, "remote", "set-head", "origin", branch},
	} {
		if out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(argv, " "), err, out)
		}
	}
	return nil
}

// regen brings a tree's metadata up to date.
func (b *bench) regen(ctx context.Context, dir, branch string) (cost, error) {
	b.say("making the metadata of %s", branch)
	c, _, err := b.inside(ctx, filepath.Join(dir, "plain"), branch, "pmaint", "regen", "--use-local-desc", "-t", "2", ".")
	return c, err
}

func (b *bench) scan(ctx context.Context, dir, branch string, what ...string) (cost, []byte, error) {
	argv := append([]string{"pkgcheck", "scan", "--jobs", "2", "--profiles", "stable,dev", "-R", "JsonStream"}, what...)
	return b.inside(ctx, filepath.Join(dir, "plain"), branch, argv...)
}

// plain measures the plain tool on both sides of a one-package change.
func (b *bench) plain(ctx context.Context, n int, dir, bare string, c change, check cost) error {
	total := cost{}
	for _, branch := range []string{"main", c.branch} {
		if err := b.tree(ctx, dir, bare, branch); err != nil {
			return err
		}
		if _, err := b.regen(ctx, dir, branch); err != nil {
			return err
		}
		if _, _, err := b.scan(ctx, dir, branch, c.key); err != nil { // warms the caches
			return err
		}
		took, err := b.median(func() (cost, error) {
			took, _, err := b.scan(ctx, dir, branch, c.key)
			return took, err
		})
		if err != nil {
			return err
		}
		total = total.plus(took)
	}
	b.row(n, "plain tool: two warm scans of that package", total, fmt.Sprintf("prcheck run takes %.2f × (first check %.2f ×)", check.wall/total.wall, b.firsts[c.branch].wall/total.wall))
	return nil
}

// ancestor measures the ancestor's algorithm on a change.
func (b *bench) ancestor(ctx context.Context, n int, dir, bare string, c change, check cost) error {
	if err := b.tree(ctx, dir, bare, c.branch); err != nil {
		return err
	}
	home := filepath.Join(dir, "plain")
	// The head's metadata are seeded with the base's. The tool's caches of a tree that the plain tool was measured in are warm, which they are
	// not after a fetch: that is in the ancestor's favour.
	seed := exec.CommandContext(ctx, "cp", "-a", "--no-target-directory", filepath.Join(home, "main", "metadata", "md5-cache"), filepath.Join(home, c.branch, "metadata", "md5-cache"))
	if out, err := seed.CombinedOutput(); err != nil {
		return fmt.Errorf("seeding: %w\n%s", err, out)
	}
	total, err := b.regen(ctx, dir, c.branch)
	if err != nil {
		return err
	}
	b.say("scanning all of %s", c.branch)
	head, out, err := b.scan(ctx, dir, c.branch)
	if err != nil {
		return err
	}
	total = total.plus(head)
	if broken := withErrors(out); len(broken) > 0 {
		base, _, err := b.scan(ctx, dir, "main", broken...)
		if err != nil {
			return err
		}
		total = total.plus(base)
	}
	b.row(n, "ancestor's algorithm, "+c.what, total, fmt.Sprintf("prcheck run is %.1f × faster (first check %.1f ×)", total.wall/check.wall, total.wall/b.firsts[c.branch].wall))
	return nil
}

// withErrors lists the packages of a stream of results that have one of level error.
func withErrors(out []byte) []string {
	broken := map[string]bool{}
	for _, k := range pkgcheck.DefaultTables().Keywords {
		broken[k.Name] = k.Level == "error"
	}
	found := []string{}
	for line := range bytes.Lines(out) {
		var r struct {
			Class             string `json:"__class__"`
			Category, Package string
		}
		if err := json.Unmarshal(line, &r); err == nil && r.Package != "" && broken[r.Class] {
			found = append(found, r.Category+"/"+r.Package)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
