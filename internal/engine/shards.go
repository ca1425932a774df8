// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/shard"
	"github.com/prcheck/prcheck/internal/verdict"
)

// shardResults is what one shard left.
type shardResults struct {
	number  int
	bundle  fs.FS
	counted counted
}

// readShards reads the outcomes of all shards, and holds against each other what their runners counted: each package of both trees is in
// exactly the shard that has it by the plan.
func (e *evaluation) readShards() error {
	if err := e.plan.Sharding.Valid(); err != nil {
		return incomplete("The plan's division cannot be used: %v.", err)
	}
	var failed error
	for i := range e.plan.Sharding.Shards {
		r, err := e.readShard(i + 1)
		if err != nil && failed == nil {
			failed = err // the outcomes of the others are shown nevertheless
		}
		e.shards = append(e.shards, r)
	}
	if failed != nil {
		return failed
	}
	packages := map[string][]string{}
	for _, side := range Sides {
		all, err := e.inventory(side)
		if err != nil {
			return err
		}
		packages[side] = all
	}
	first := e.shards[0].counted
	for _, s := range e.shards[1:] {
		if !maps.Equal(s.counted.trees.Renames, first.trees.Renames) {
			return unlike("Shards 1 and %d found different packages renamed.", s.number)
		}
	}
	e.counted = counted{packages: packages, trees: first.trees, commits: first.commits}
	return nil
}

func (e *evaluation) readShard(number int) (shardResults, error) {
	r, of := shardResults{number: number}, len(e.plan.Sharding.Shards)
	if _, err := fs.Stat(e.bundle, plan.ShardDir(number)); err != nil {
		return r, incomplete("There are no results of shard %d of %d.", number, of)
	}
	var err error
	if r.bundle, err = fs.Sub(e.bundle, plan.ShardDir(number)); err != nil {
		return r, incomplete("The results of shard %d of %d cannot be read: %v.", number, of, err)
	}
	own := &verdict.Verdict{}
	r.counted, err = readOutcomes(r.bundle, own)
	for _, o := range own.Outcomes {
		if o.Shard != number && err == nil {
			err = incomplete("The results say that they are of shard %d.", o.Shard)
		}
		o.Shard = number
		e.verdict.Outcomes = append(e.verdict.Outcomes, o)
	}
	if err == nil && (r.counted.trees == nil || r.counted.packages == nil) {
		err = incomplete("Nobody counted the packages.")
	}
	return r, inShard(err, number, of)
}

// inShard says in which shard something went wrong.
func inShard(err error, number, of int) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	return &failure{f.reason, fmt.Sprintf("Shard %d of %d: %s", number, of, f.message), f.err}
}

// inventory returns the packages of a side, after it was seen that all shards found the same ones, and that each is to be scanned by exactly its
// own shard.
func (e *evaluation) inventory(side string) ([]string, error) {
	listed := e.shards[0].counted.trees.Versions[side]
	if listed == nil {
		return nil, incomplete("Nobody listed the versions of the packages of the %s.", side)
	}
	owner := shard.Owner(e.plan.Sharding)
	scanned := map[string]int{}
	for _, s := range e.shards {
		if !slices.Equal(s.counted.trees.Versions[side], listed) {
			return nil, unlike("Shards 1 and %d found different packages on the %s.", s.number, side)
		}
		for _, name := range s.counted.packages[side] {
			switch {
			case scanned[name] != 0:
				return nil, incomplete("%s of the %s was scanned twice, in shards %d and %d.", name, side, scanned[name], s.number)
			case owner(name) != s.number:
				return nil, incomplete("%s of the %s was scanned in shard %d, and belongs to %d.", name, side, s.number, owner(name))
			}
			scanned[name] = s.number
		}
	}
	for _, line := range listed {
		name, _, ok := packageVersions(line)
		if !ok {
			return nil, incomplete("The scan stage lists a package of the %s that cannot be one: %.100q.", side, line)
		}
		if scanned[name.String()] == 0 {
			return nil, incomplete("%s of the %s was scanned by no shard.", name, side)
		}
	}
	return slices.Sorted(maps.Keys(scanned)), nil
}

// mergeSide reads what all shards found on a side.
func (e *evaluation) mergeSide(side string) (*scanned, error) {
	merged := &scanned{name: side, expected: e.counted.packages[side]}
	parts, of := []shard.Part{}, len(e.shards)
	for _, r := range e.shards {
		s, err := readSide(r.bundle, e.plan, side, r.counted.packages[side])
		if err != nil {
			return nil, inShard(err, r.number, of)
		}
		if lostEverything(s.stream) { // there is nothing to merge: what the tool said of it is the side's word
			return s, nil
		}
		merged.streams = append(merged.streams, s.stream)
		parts = append(parts, shard.Part{Number: r.number, Expected: s.expected, Stream: s.stream})
	}
	wholeTree, err := wholeTreeChecks(e.tools(), parts[0].Stream.Start.Versions)
	if err != nil {
		return nil, err
	}
	merged.stream, err = shard.Merge(parts, of, wholeTree)
	switch {
	case errors.Is(err, shard.ErrUnlike):
		return nil, &failure{plan.ReasonUnlike, "The results of the " + side + " cannot be put together", err}
	case err != nil:
		return nil, &failure{plan.ReasonIncomplete, "The results of the " + side + " cannot be put together", err}
	}
	return merged, nil
}

func lostEverything(s *pkgcheck.Stream) bool {
	return slices.ContainsFunc(s.End.Lost, func(l pkgcheck.Lost) bool { return l.Package == "" && l.Profile == "" && len(l.Checks) == 0 })
}

// tools is the bundle that says which tool it was. All shards had the same, or are refused.
func (e *evaluation) tools() fs.FS {
	if e.shards != nil {
		return e.shards[0].bundle
	}
	return e.bundle
}

// secondOfShards reads the second look of those shards that took one. A package that two of them looked at counts once.
func (e *evaluation) secondOfShards(side string) (*scanned, error) {
	var all *scanned
	seen := map[string]bool{}
	for _, r := range e.shards {
		s, err := readSecond(r.bundle, e.plan, side)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, inShard(err, r.number, len(e.shards))
		case all == nil:
			all = &scanned{name: side, stream: &pkgcheck.Stream{Start: s.stream.Start}}
		}
		fresh := map[string]bool{}
		for _, k := range s.stream.Packages {
			if name := k.Category + "/" + k.Package; !seen[name] {
				seen[name], fresh[name] = true, true
				all.stream.Packages = append(all.stream.Packages, k)
			}
		}
		for _, f := range s.stream.Findings {
			if fresh[f.Category+"/"+f.Package] {
				all.stream.Findings = append(all.stream.Findings, f)
			}
		}
	}
	if all == nil {
		return nil, fs.ErrNotExist
	}
	return all, nil
}

// dividing refuses a run that asks to be divided although its plan does not provide for that.
func (e *evaluation) dividing(err error) error {
	var f *failure
	if !errors.As(err, &f) || f.reason != plan.ReasonDivide {
		return err
	}
	scope, wrong := e.counted.chosen(e.plan.Scope)
	if wrong != nil || e.plan.Scope.Kind != plan.ScopeAuto || scope.Kind != plan.ScopeFull || e.plan.Divide < 2 {
		return incomplete("The run ended as if it were to be divided, which its plan does not provide for.")
	}
	e.verdict.Scope = scope
	return err
}
