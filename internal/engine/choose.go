// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/scope"
)

// mostPackages is the size of a scope above which a scan of everything costs little more.
const mostPackages = 1500

// choose decides what is scanned, where the plan left that to the run: only here both sides' metadata are known. What the change can
// reach is planned whatever is scanned.
func (s *stage) choose(tables *pkgcheck.Tables) error {
	result, err := s.planScope(tables)
	switch {
	case err != nil && s.plan.Scope.Kind == plan.ScopeAuto:
		fmt.Fprintf(s.log, "prcheck: planning what to scan: %v\n", err)
		s.scope = plan.Scope{Kind: plan.ScopeFull, Reason: cut("what the change can reach cannot be told: "+err.Error(), 1000)}
	case err != nil:
		fmt.Fprintf(s.log, "prcheck: planning what the change can reach: %v\n", err)
		return nil
	case s.plan.Scope.Kind != plan.ScopeAuto:
		s.reach = &result.Reach
		return nil
	default:
		s.reach, s.scope = &result.Reach, result.Scope
		s.scope.Unknown, s.scope.SkippedCount = result.Unknown, len(result.Skipped)
		for _, e := range result.Skipped[:min(len(result.Skipped), plan.MaxSkipped)] {
			s.scope.Skipped = append(s.scope.Skipped, plan.ScopeSkip{Package: e.From, Through: e.To, Reason: e.Reason})
		}
	}
	s.outcome.Scope = &s.scope
	return nil
}

// planScope asks the planner.
func (s *stage) planScope(tables *pkgcheck.Tables) (scope.Result, error) {
	base, err := s.baseIndex()
	if err != nil {
		return scope.Result{}, fmt.Errorf("indexing the base: %w", err)
	}
	changes := changesOf(s.difference.changes)
	over := newOverlay(s.basePrepared(), s.own, s.difference.ebuilds)
	head, err := base.Derive(changes, treeFS(s.engine.Layout.Tree(Head)), over)
	if err != nil {
		return scope.Result{}, fmt.Errorf("indexing the head: %w", err)
	}
	options := scope.Options{Limit: mostPackages, Touched: s.difference.touched}
	if s.plan.Scope.Kind == plan.ScopeFull {
		options.Full = cmp.Or(s.plan.Scope.Reason, "asked for")
	}
	return scope.Plan(base, head, changes, checksOf(tables, s.plan.Snapshot.Keywords), options), nil
}

// baseIndex is the planner's index of the base: the kit's, or one that is made. One of another version of the planner is none.
func (s *stage) baseIndex() (*scope.Index, error) {
	if s.engine.Kit != "" {
		index, err := readIndex(s.kit(basekit.Index))
		if err == nil || !errors.Is(err, scope.ErrDamaged) && !errors.Is(err, os.ErrNotExist) {
			return index, err
		}
		fmt.Fprintf(s.log, "prcheck: the kit's index is made anew: %v\n", err)
	}
	return s.buildIndex()
}

func readIndex(file string) (*scope.Index, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return scope.Decode(bufio.NewReaderSize(f, 1<<20))
}

func (s *stage) buildIndex() (*scope.Index, error) {
	l := s.engine.Layout
	masters := []scope.Master{}
	for _, m := range s.plan.Masters {
		masters = append(masters, scope.Master{Name: m.Name, Tree: treeFS(l.MasterTree(m.Name)), Prepared: os.DirFS(s.masterPrepared(m.Name))})
	}
	return scope.Build(treeFS(l.Tree(Base)), os.DirFS(s.basePrepared()), masters)
}

// writeIndex adds the planner's index of the base to a kit.
func (s *stage) writeIndex(dir string) error {
	index, err := s.buildIndex()
	if err != nil {
		return fmt.Errorf("indexing the base: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, basekit.Index), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(index.Encode(w), w.Flush(), f.Close())
}

// changesOf are git's changes as the planner takes them.
func changesOf(changes []gitops.Change) []scope.Change {
	out := make([]scope.Change, 0, len(changes))
	for _, c := range changes {
		change := scope.Change{Path: c.Path, Status: 'M', OldMode: mode(c.OldMode), NewMode: mode(c.NewMode), OldID: c.OldID, NewID: c.NewID}
		switch {
		case c.Added():
			change.Status = 'A'
		case c.Deleted():
			change.Status = 'D'
		case change.OldMode&0o170000 != change.NewMode&0o170000:
			change.Status = 'T'
		}
		out = append(out, change)
	}
	return out
}

func mode(text string) uint32 {
	n, err := strconv.ParseUint(text, 8, 32)
	if err != nil {
		return 0 // git prints octal digits
	}
	return uint32(n)
}

// checksOf are the installed tool's checks as the planner takes them. An optional one runs where the profile asks for one of its keywords.
func checksOf(tables *pkgcheck.Tables, keywords []string) []scope.Check {
	asked := func(c pkgcheck.CheckTable) bool {
		return slices.ContainsFunc(keywords, func(k string) bool {
			name := strings.TrimPrefix(k, "+")
			return name == c.Name || slices.Contains(c.Keywords, name) || !strings.HasPrefix(k, "-") && strings.ToLower(k) == k
		})
	}
	checks := make([]scope.Check, 0, len(tables.Checks))
	for _, c := range tables.Checks {
		checks = append(checks, scope.Check{
			Name: c.Name, WholeTree: c.WholeTree, Off: c.Network || c.Commits || c.Optional && !asked(c), Sources: c.Sources, Addons: c.Addons,
		})
	}
	return checks
}
