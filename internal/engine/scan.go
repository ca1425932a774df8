// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/plan"
)

// scanRequest is the driver's request of that name (PROTOCOL.md).
type scanRequest struct {
	Protocol  int          `json:"protocol"`
	Target    repository   `json:"target"`
	Masters   []repository `json:"masters"`
	Packages  []string     `json:"packages"` // null: all
	WholeTree []string     `json:"wholeTree"`
	Profiles  string       `json:"profiles"`
	Checks    []string     `json:"checks"`
	Keywords  []string     `json:"keywords"`
	Verbose   bool         `json:"verbose"`
	Clock     string       `json:"clock"`
	Work      string       `json:"work"`
	Cache     string       `json:"cache"`
	Jobs      int          `json:"jobs"`
}

// Scan looks at base and head, in this order, in the same place and in the same way. It runs none of their code.
func (e *Engine) Scan(ctx context.Context, p plan.Plan) (plan.Outcome, error) {
	s := e.begin(p, plan.StageScan)
	return s.end(e.Layout.Scanned(), s.scan(ctx))
}

func (s *stage) scan(ctx context.Context) error {
	if err := s.step("copy", func() error { return s.copyTrees(ctx) }); err != nil {
		return err
	}
	if err := s.step("metadata", s.assemble); err != nil {
		return err
	}
	if _, err := s.tables(ctx); err != nil {
		return fmt.Errorf("asking the tool for its rules: %w", err)
	}
	for _, side := range Sides {
		if err := s.step(side+" scan", func() error { return s.scanSide(ctx, side) }); err != nil {
			return fmt.Errorf("scanning the %s: %w", side, err)
		}
	}
	return nil
}

// copyTrees makes scan's own copies: caches are keyed by path, so both sides must in turn lie in the same place.
func (s *stage) copyTrees(ctx context.Context) error {
	e, p := s.engine, s.plan
	masters := []string{}
	for _, m := range p.Masters {
		masters = append(masters, e.Layout.MasterTree(m.Name))
	}
	s.outcome.Packages = map[string][]string{}
	for side, commit := range map[string]string{Base: p.Revision.Base, Head: p.Revision.Merge} {
		from, to := e.Layout.Tree(side), e.Layout.Work(side)
		if err := errors.Join(copyTree(from, to), copyGit(from, to)); err != nil {
			return fmt.Errorf("copying the %s: %w", side, err)
		}
		packages, err := packagesOf(to, masters)
		if err != nil {
			return fmt.Errorf("counting packages of the %s: %w", side, err)
		}
		s.outcome.Packages[side] = packages
		if err := s.borrow(ctx, to, commit); err != nil {
			return err
		}
	}
	return nil
}

// borrow lets a copy find its objects, from the place where it will be scanned.
func (s *stage) borrow(ctx context.Context, tree, commit string) error {
	l := s.engine.Layout
	relative, err := filepath.Rel(filepath.Join(tree, ".git", "objects"), filepath.Join(l.Target(), "objects"))
	if err != nil {
		return err
	}
	file := filepath.Join(tree, ".git", "objects", "info", "alternates")
	if err := os.WriteFile(file, []byte(relative+"\n"), 0o644); err != nil {
		return err
	}
	return s.engine.Git.AssertCheckOut(ctx, commit, branchName(s.plan.Revision.Branch), tree)
}

// inScope leaves the packages that the plan's scope names.
func inScope(packages []string, scope plan.Scope) []string {
	if scope.Kind == plan.ScopeFull {
		return packages
	}
	named := map[string]bool{}
	for _, p := range scope.Packages {
		named[p.Category+"/"+p.Package] = true
	}
	return slices.DeleteFunc(packages, func(name string) bool { return !named[name] })
}

// scanSide moves a side to the place where both are scanned, scans it, and moves it back.
func (s *stage) scanSide(ctx context.Context, side string) error {
	l := s.engine.Layout
	if side == Head {
		if err := s.dropStale(ctx); err != nil {
			return err
		}
	}
	moves := map[string]string{l.Work(side): l.Work("tree"), l.Work("prepared-" + side): l.Work("prepared")}
	for from, to := range moves {
		if err := os.Rename(from, to); err != nil {
			return err
		}
	}
	if err := s.driveScan(ctx, side); err != nil {
		return err
	}
	for from, to := range moves {
		if err := os.Rename(to, from); err != nil {
			return err
		}
	}
	return s.keep(side)
}

func (s *stage) driveScan(ctx context.Context, side string) error {
	e, p := s.engine, s.plan
	in := func(path string) string { return e.inside(plan.StageScan, path) }
	request := scanRequest{
		Protocol:  driver.Protocol,
		Target:    repository{p.Repository, in(e.Layout.Work("tree")), in(e.Layout.Work("prepared"))},
		Masters:   []repository{},
		WholeTree: []string{},
		Profiles:  strings.Join(p.Snapshot.Profiles, ","),
		Checks:    []string{},
		Keywords:  append([]string{}, p.Snapshot.Keywords...),
		Verbose:   true,
		Clock:     p.Clock.UTC().Format(time.RFC3339),
		Work:      in(e.Layout.Tmp(plan.StageScan, "scan-"+side, "work")),
		Cache:     in(e.Layout.Work("cache")),
		Jobs:      s.jobs(),
	}
	for _, m := range p.Masters {
		request.Masters = append(request.Masters, repository{m.Name, in(e.Layout.MasterTree(m.Name)), in(e.Layout.Prepared("masters", m.Name))})
	}
	if p.Scope.Kind != plan.ScopeFull {
		request.Packages = []string{}
		for _, sp := range p.Scope.Packages {
			request.Packages = append(request.Packages, sp.Category+"/"+sp.Package)
		}
		request.WholeTree = append(request.WholeTree, p.Scope.WholeTree...)
	}
	cache := e.Layout.Work("cache")
	if err := e.give(plan.StageScan, cache); err != nil {
		return err
	}
	read := []string{e.Layout.Source(), e.Layout.Work("tree"), e.Layout.Work("prepared")}
	if len(p.Masters) > 0 {
		read = append(read, e.Layout.Prepared("masters"))
	}
	_, err := s.drive(ctx, newCall("scan", "scan-"+side, request, read, []string{cache}))
	return err
}

// dropStale removes what the base's scan remembered and the head's must not use. A cached eclass is believed while its own time is
// the same, whatever became of those that it provides. A cached history is brought up to date by the log of what came after,
// and pkgcheck takes an empty one for a failure of git.
func (s *stage) dropStale(ctx context.Context) error {
	stale := []string{}
	if slices.ContainsFunc(s.plan.Changed, func(path string) bool { return strings.HasPrefix(path, "eclass/") }) {
		stale = append(stale, "eclass.pickle")
	}
	since := s.plan.Revision.Base + ".." + s.plan.Revision.Merge
	log, err := s.engine.Git.Run(ctx, s.engine.Layout.Work(Head), "log", "--max-count=1", "--name-status", "--diff-filter=ARMD", "--format=%H", since, "--")
	if err != nil {
		return err
	}
	if log == "" {
		stale = append(stale, "git.pickle")
	}
	root, err := os.OpenRoot(s.engine.Layout.Work("cache"))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is written
	return walk(root, func(name string, d fs.DirEntry) error {
		if slices.ContainsFunc(stale, func(prefix string) bool { return strings.HasPrefix(d.Name(), prefix) }) {
			return root.Remove(name)
		}
		return nil
	})
}

// keep copies what the driver wrote to where later stages read it; the tool itself cannot write there.
func (s *stage) keep(side string) error {
	root, err := os.OpenRoot(s.engine.Layout.Tmp(plan.StageScan, "scan-"+side))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only read
	data, err := readFile(root, outFile, s.outputLimit())
	if errors.Is(err, fs.ErrNotExist) {
		return &failure{plan.ReasonToolFailed, "The tool wrote no results for the " + side + "." + s.said(), nil}
	}
	if err != nil {
		return &failure{plan.ReasonOutputLimit, "The results of the " + side + " cannot be used", err}
	}
	return os.WriteFile(s.engine.Layout.Scanned(side+".jsonl"), data, 0o644)
}

// defaultOutput is the limit of a stream where the profile has none.
const defaultOutput = 4 << 30

func (s *stage) outputLimit() int64 {
	if limit := s.plan.Snapshot.OutputBytes; limit > 0 {
		return limit
	}
	return defaultOutput
}
