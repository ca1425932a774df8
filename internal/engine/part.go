// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/shard"
)

// part is the shard that a stage scans: packages, and the checks of the whole tree where it is the shard that runs them.
type part struct {
	packages  []string // category/package, of either side
	wholeTree []string
}

// scope is what a shard scans as a scope of its own.
func (p *part) scope() plan.Scope {
	scope := plan.Scope{Kind: plan.ScopePackages, WholeTree: p.wholeTree}
	for _, text := range p.packages {
		if name, ok := parsePackage(text); ok {
			scope.Packages = append(scope.Packages, plan.ScopePackage{Category: name.Category, Package: name.Name, Reason: "in this shard"})
		}
	}
	return scope
}

// ownPart leaves of the packages of both sides the shard's own, and notes what it scans. Checks of the tree are asked for by name: asking for a
// scope of checks would run optional ones, too.
func (s *stage) ownPart(found map[string]inventory, tables *pkgcheck.Tables) {
	owner := shard.Owner(s.plan.Sharding)
	own := map[string]bool{}
	for _, side := range Sides {
		for name := range found[side] {
			if owner(name) == s.plan.Shard {
				own[name] = true
			}
		}
		s.outcome.Packages[side] = slices.DeleteFunc(s.outcome.Packages[side], func(name string) bool { return !own[name] })
	}
	// What the plan names and neither side has does no harm; with nothing to scan, the checks of packages would not run at all.
	for _, name := range s.plan.Sharding.Shards[s.plan.Shard-1] {
		own[name] = true
	}
	s.part = &part{packages: slices.Sorted(maps.Keys(own)), wholeTree: []string{}}
	if s.plan.Shard != plan.WholeTreeShard {
		return
	}
	for _, c := range tables.Checks {
		if c.WholeTree && !c.Network && !c.Commits {
			s.part.wholeTree = append(s.part.wholeTree, c.Name)
		}
	}
	slices.Sort(s.part.wholeTree)
}

// divide ends the stage early where everything turned out to be in scope and the plan says into what that is to be divided: a run of several
// pods takes over.
func (s *stage) divide() error {
	if s.plan.Scope.Kind != plan.ScopeAuto || s.scope.Kind != plan.ScopeFull || s.plan.Divide < 2 {
		return nil
	}
	return &failure{plan.ReasonDivide, fmt.Sprintf("Everything is in scope (%s): the scan is divided among %d pods.", s.scope.Reason, s.plan.Divide), nil}
}
