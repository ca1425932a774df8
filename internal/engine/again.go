// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// maxSuspects is how many packages are looked at twice. What is beyond keeps the word of the first look.
const maxSuspects = 300

// SecondName is the name of a side's second results in a bundle: of packages where the sides differed although the change cannot reach them.
func SecondName(side string) string { return "scan/" + side + againSuffix }

const againSuffix = "-again.jsonl"

// lookAgain scans packages once more, on both sides, in which the sides differ although the change cannot reach them by the planner's own
// reasoning. What two scans of the same files disagree about is unstable, and gates nothing.
func (s *stage) lookAgain(ctx context.Context) error {
	if s.reach == nil || s.reach.Everything {
		return nil
	}
	suspects, err := s.suspects()
	if err != nil || len(suspects) == 0 {
		return err
	}
	whole := s.scope
	defer func() { s.scope = whole }()
	s.scope = plan.Scope{Kind: plan.ScopePackages}
	for _, p := range suspects[:min(len(suspects), maxSuspects)] {
		s.scope.Packages = append(s.scope.Packages, plan.ScopePackage{Category: p.Category, Package: p.Name, Reason: "differs beyond the reach of the change"})
	}
	return s.step("second look", func() error { return s.driveScan(ctx, callAgain, againSuffix, Sides...) })
}

// suspects compares the results as Evaluate will. Where they cannot be compared, there is nothing to look at again.
func (s *stage) suspects() ([]compare.Package, error) {
	p := s.plan
	p.Scope = s.scope
	if s.part != nil { // one shard alone looks like a scan of its packages
		p.Sharding, p.Shard, p.Scope = nil, 0, s.part.scope()
	}
	e := &evaluation{bundle: s.engine.Layout.Bundle(), plan: p, verdict: &verdict.Verdict{}}
	e.counted = counted{packages: s.outcome.Packages, trees: s.outcome.Trees}
	err := e.first()
	if _, failed := errors.AsType[*failure](err); failed {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("comparing base and head: %w", err)
	}
	return compare.Suspects(e.comparison, func(p compare.Package) bool { return s.reach.Has(p.Category, p.Name) }), nil
}

// second goes over the comparison with the results of the second look, where there was one.
func (e *evaluation) second() error {
	sides := map[string]compare.Side{}
	looked := map[string]bool{}
	for _, side := range Sides {
		again, err := e.lookedAgain(side)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		// A package that is gone on this side was looked at, too: the scans name the same packages.
		for _, k := range again.stream.Packages {
			looked[k.Category+"/"+k.Package] = true
		}
		p := e.plan
		p.Scope = plan.Scope{Kind: plan.ScopePackages}
		looking := again.side(p)
		looking.Ran = append([]string{}, again.stream.Ran()...) // checks of the whole tree have nothing to say here
		sides[side] = looking
	}
	found := &verdict.SecondLook{Packages: slices.Sorted(maps.Keys(looked))}
	for _, side := range Sides {
		for name := range looked {
			if p, ok := parsePackage(name); ok {
				sides[side].Looked[p] = true
			}
		}
	}
	var repeated []compare.Package
	e.comparison, repeated = compare.SecondLook(e.comparison, sides[Base], sides[Head], e.options)
	for _, p := range repeated {
		found.Repeated = append(found.Repeated, p.String())
	}
	e.verdict.SecondLook = found
	return nil
}

// secondStream reads the results of a side's second look, those of all shards where there are some.
func (e *evaluation) secondStream(side string) (*scanned, error) {
	if e.shards != nil {
		return e.secondOfShards(side)
	}
	return readSecond(e.bundle, e.plan, side)
}

func readSecond(bundle fs.FS, p plan.Plan, side string) (*scanned, error) {
	again, err := readStream(bundle, p, SecondName(side), side)
	if err != nil {
		return nil, err
	}
	if err := again.stream.Evidence(); err != nil {
		return nil, incomplete("The second look at the %s is incomplete: %v.", side, err)
	}
	return again, nil
}

// lookedAgain reads the results of a side's second look; fs.ErrNotExist: there was none.
func (e *evaluation) lookedAgain(side string) (*scanned, error) {
	again, err := e.secondStream(side)
	if err != nil {
		return nil, err
	}
	again.exist = e.sides[side].side(e.plan).Packages
	again.makeFacts(e.table, e.plan.Snapshot.Severities)
	return again, nil
}
