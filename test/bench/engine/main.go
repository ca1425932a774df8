// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command engine measures a check at home against the two ways in which it is done without prcheck, on generated repositories:
//
//   - the plain tool: two bare warm `pkgcheck scan PACKAGE`, one in a prepared tree of the base, one in one of the head;
//   - the ancestor's algorithm: bring the head's metadata up to date, scan all of the head, scan the packages with errors on the base.
//
// All ratios are of one run on one machine. Every time stands beside its CPU seconds and the memory of its largest process.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/test/ebuildrepo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, said io.Writer) error {
	f := flag.NewFlagSet("engine", flag.ContinueOnError)
	f.SetOutput(said)
	sizes := f.String("sizes", "1000,4000,16000", "numbers of ebuilds")
	ancestor := f.Int("ancestor", 4000, "largest repository in which the ancestor's algorithm is measured: it takes minutes")
	plain := f.Int("plain", 4000, "largest repository in which the plain tool is measured: making its metadata takes minutes")
	largest := f.Int("eclass", 4000, "largest repository in which the change of an eclass is measured")
	repeat := f.Int("repeat", 3, "how often a warm run is measured; the median counts")
	dir := f.String("dir", "", "folder to work in (default: a temporary one)")
	if err := f.Parse(args); err != nil {
		return err
	}
	b := &bench{out: out, said: said, repeat: *repeat, dir: *dir, most: most{plain: *plain, ancestor: *ancestor, eclass: *largest}}
	if b.dir == "" {
		temporary, err := os.MkdirTemp("", "prcheck-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary) //nolint:errcheck // nothing is lost but space
		b.dir = temporary
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d cores, load %s before\n\n", runtime.NumCPU(), load())
	fmt.Fprintln(out, "| ebuilds | what | wall | CPU | peak | ratio |\n| --- | --- | --- | --- | --- | --- |")
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("--sizes: %w", err)
		}
		if err := b.size(ctx, n); err != nil {
			return fmt.Errorf("%d ebuilds: %w", n, err)
		}
	}
	fmt.Fprintf(out, "\nload %s after\n", load())
	return nil
}

// load is how many processes wanted to run in the last minutes: a measurement says under what it was made.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(data))[:3], " ")
}

// most are the largest repositories in which something is measured.
type most struct{ plain, ancestor, eclass int }

// bench is a measurement at work.
type bench struct {
	out, said io.Writer
	dir       string
	repeat    int
	most      most
	prcheck   string
	root      string // the toolchain
	// Of the present size, by change: the first check on a base, and later ones.
	firsts, warm map[string]cost
	// The repository before, and the wall seconds of the one-package check in it.
	before     int
	beforeTook float64
}

// prepare builds the program and finds the toolchain.
func (b *bench) prepare(ctx context.Context) error {
	b.prcheck = filepath.Join(b.dir, "prcheck")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.prcheck, "./cmd/prcheck")
	build.Stderr = b.said
	if err := build.Run(); err != nil {
		return fmt.Errorf("building prcheck: %w", err)
	}
	find := exec.CommandContext(ctx, "images/pkgcheck/build.sh")
	find.Stderr = b.said
	text, err := find.Output()
	if err != nil {
		return fmt.Errorf("building the toolchain: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	b.root = lines[len(lines)-1]
	return nil
}

// change is a pull request: its branch, the package that the plain tool scans, and whether that is measured.
type change struct {
	branch, what, key string
}

// size measures one repository.
func (b *bench) size(ctx context.Context, n int) error {
	dir := filepath.Join(b.dir, strconv.Itoa(n))
	bare := filepath.Join(dir, "repo.git")
	changes, err := b.repository(ctx, n, bare)
	if err != nil {
		return err
	}
	if n > b.most.eclass {
		changes = changes[:1]
	}
	// A kit of an earlier measurement would not be made.
	if err := os.RemoveAll(filepath.Join(dir, "cache")); err != nil {
		return err
	}
	cold, err := b.check(ctx, dir, bare, changes[0].branch)
	if err != nil {
		return err
	}
	b.row(n, "prcheck run, "+changes[0].what+", no kit yet", cold, "")
	b.firsts, b.warm = map[string]cost{}, map[string]cost{}
	for _, c := range changes {
		if err := b.checks(ctx, n, dir, bare, c); err != nil {
			return err
		}
	}
	if n > b.most.plain {
		return nil
	}
	if err := b.plain(ctx, n, dir, bare, changes[0], b.warm[changes[0].branch]); err != nil || n > b.most.ancestor {
		return err
	}
	for _, c := range changes {
		if err := b.ancestor(ctx, n, dir, bare, c, b.warm[c.branch]); err != nil {
			return err
		}
	}
	return nil
}

// repository makes a repository with the changes, where an earlier measurement in the same folder has not.
func (b *bench) repository(ctx context.Context, n int, bare string) ([]change, error) {
	b.say("%d ebuilds: making the repository", n)
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: n})
	if err != nil {
		return nil, err
	}
	history := ebuildrepo.NewHistory(repo)
	changes, err := branches(repo, history)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(bare); err == nil {
		return changes, nil
	}
	if err := os.MkdirAll(filepath.Dir(bare), 0o755); err != nil {
		return nil, err
	}
	return changes, history.Write(ctx, bare)
}

// checks measures warm checks of a change: the first of it on its base, and those that find the base's findings in the store.
func (b *bench) checks(ctx context.Context, n int, dir, bare string, c change) error {
	first, err := b.median(func() (cost, error) {
		if err := forget(dir); err != nil {
			return cost{}, err
		}
		return b.check(ctx, dir, bare, c.branch)
	})
	if err != nil {
		return err
	}
	b.row(n, "prcheck run, "+c.what+", first check of it on that base", first, "")
	warm, err := b.median(func() (cost, error) { return b.check(ctx, dir, bare, c.branch) })
	if err != nil {
		return err
	}
	b.row(n, "prcheck run, "+c.what+", the base's findings from the store", warm, b.growth(n, c, warm))
	b.firsts[c.branch], b.warm[c.branch] = first, warm
	return nil
}

// branches adds the changes to a history.
func branches(repo *ebuildrepo.Repo, history *ebuildrepo.History) ([]change, error) {
	one := repo.Clone()
	key := ""
	for _, k := range repo.Keys() {
		p, err := repo.Package(k)
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(k, "virtual/") && !strings.HasPrefix(k, "acct-") && len(repo.Dependents(k)) > 0 {
			key = k
			if err := one.EditEbuild(k, p.Ebuilds[len(p.Ebuilds)-1].Version, func(e *ebuildrepo.Ebuild) { e.Description = "A description that was changed" }); err != nil {
				return nil, err
			}
			break
		}
	}
	history.Commit("one", "main", "change one package", one.Tree())
	eclass, count := "", 0
	for name := range repo.Clone().Tree() {
		short, ok := strings.CutPrefix(strings.TrimSuffix(name, ".eclass"), "eclass/")
		if users := len(repo.Inheritors(short)); ok && strings.HasSuffix(name, ".eclass") && (eclass == "" || distance(users) < distance(count)) {
			eclass, count = short, users
		}
	}
	wide := repo.Clone()
	if err := wide.EditEclass(eclass, func(text string) string {
		return text + "\n# @ECLASS_VARIABLE: _BENCH_CHANGED\n# @INTERNAL\n# @DESCRIPTION:\n# Changed.\n_BENCH_CHANGED=1\n"
	}); err != nil {
		return nil, err
	}
	history.Commit("eclass", "main", "change an eclass", wide.Tree())
	return []change{{"one", "one package", key}, {"eclass", fmt.Sprintf("an eclass that %d packages inherit", count), key}}, nil
}

// wanted is how many packages shall inherit the eclass.
const wanted = 50

func distance(users int) int { return max(users-wanted, wanted-users) }

// growth compares a one-package check with that in the repository before.
func (b *bench) growth(n int, c change, took cost) string {
	if c.branch != "one" {
		return ""
	}
	said := ""
	if b.before > 0 {
		said = fmt.Sprintf("%.2f × that of %d ebuilds", took.wall/b.beforeTook, b.before)
	}
	b.before, b.beforeTook = n, took.wall
	return said
}

// forget removes what was kept of scans of the base.
func forget(dir string) error {
	kept, err := filepath.Glob(filepath.Join(dir, "cache", "kits", "*", basekit.Findings))
	for _, folder := range kept {
		err = errors.Join(err, os.RemoveAll(folder))
	}
	return err
}

func (b *bench) say(format string, values ...any) {
	fmt.Fprintf(b.said, "bench: "+format+"\n", values...)
}

func (b *bench) row(n int, what string, c cost, ratio string) {
	fmt.Fprintf(b.out, "| %d | %s | %.2f s | %.2f s | %d MiB | %s |\n", n, what, c.wall, c.cpu, c.peak>>20, ratio)
}
