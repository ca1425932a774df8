// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/scope"
)

// Scope plans with internal/scope, with some of its rules off.
func (l *Lab) Scope(off ...scope.Rule) Planner {
	return func(ctx context.Context, p *Pair) (plan.Scope, error) {
		base, head, done, err := l.folders(ctx, p)
		if err != nil {
			return plan.Scope{}, err
		}
		defer done()
		changes, err := changesBetween(ctx, p)
		if err != nil {
			return plan.Scope{}, err
		}
		before, err := scope.Build(os.DirFS(base), p.BaseScan.preparedFS(), l.scopeMasters(p.Base, p.Base.Masters))
		if err != nil {
			return plan.Scope{}, fmt.Errorf("indexing the base: %w", err)
		}
		after, err := l.headIndex(p, before, changes, os.DirFS(head))
		if err != nil {
			return plan.Scope{}, fmt.Errorf("deriving the head's index: %w", err)
		}
		checks, err := p.checks()
		if err != nil {
			return plan.Scope{}, err
		}
		return scope.Plan(before, after, changes, checks, scope.Options{Off: off}).Scope, nil
	}
}

// headIndex derives the head's index, or builds it where the masters are others.
func (l *Lab) headIndex(p *Pair, base *scope.Index, changes []scope.Change, head fs.FS) (*scope.Index, error) {
	if slices.Equal(p.Base.Masters, p.HeadMasters) {
		return base.Derive(changes, head, p.HeadScan.preparedFS())
	}
	return scope.Build(head, p.HeadScan.preparedFS(), l.scopeMasters(p.Base, p.HeadMasters))
}

// scopeMasters are masters as the planner takes them.
func (l *Lab) scopeMasters(b *Base, list []Master) []scope.Master {
	masters := []scope.Master{}
	for _, m := range list {
		dir := l.masterTree(b, m)
		masters = append(masters, scope.Master{Name: m.Name, Tree: os.DirFS(dir), Prepared: os.DirFS(filepath.Join(filepath.Dir(dir), "prepared"))})
	}
	return masters
}

// changesBetween is git's list of what differs between the sides.
func changesBetween(ctx context.Context, p *Pair) ([]scope.Change, error) {
	git := gitops.Git{Protocols: []string{"file"}}
	found, err := git.Changes(ctx, p.Base.store.dir, p.Base.Commit, p.HeadCommit)
	if err != nil {
		return nil, err
	}
	changes := []scope.Change{}
	for _, c := range found {
		status := byte('M')
		switch {
		case c.Added():
			status = 'A'
		case c.Deleted():
			status = 'D'
		}
		changes = append(changes, scope.Change{
			Path: c.Path, Status: status, OldMode: mode(c.OldMode), NewMode: mode(c.NewMode), OldID: c.OldID, NewID: c.NewID,
		})
	}
	return changes, nil
}

func mode(text string) uint32 {
	n, _ := strconv.ParseUint(text, 8, 32) // git wrote it
	return uint32(n)
}

// checks are what the installed tool can do, and which of it the scans did not.
func (p *Pair) checks() ([]scope.Check, error) {
	stream, err := p.BaseScan.stream()
	if err != nil {
		return nil, err
	}
	off := map[string]bool{}
	for _, c := range stream.Checks {
		off[c.Name] = slices.Contains([]string{"optional", "network"}, c.Reason)
	}
	checks := []scope.Check{}
	for _, c := range pkgcheck.DefaultTables().Checks {
		checks = append(checks, scope.Check{Name: c.Name, WholeTree: c.WholeTree, Off: off[c.Name], Sources: c.Sources, Addons: c.Addons})
	}
	return checks, nil
}
