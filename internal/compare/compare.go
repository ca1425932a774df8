// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package compare tells what a pull request changes: it takes the facts of both sides (base, head) and puts each into one class
// (finding.Class), and it judges the result by a profile's gates. It is pure, its result does not depend on the order of its
// input, and it looks at facts only: whether both sides were scanned alike and completely is for internal/engine to refuse.
//
// The classes are given out in this order; a fact gets the first that fits (planner-rules §4 H, J, K):
//
//   - existing: the same identity on both sides, as often as on both; also the same defect under the other name of its family
//     (UnknownProfilePackage and OutdatedProfilePackage, …), which flips without anybody touching the defect.
//   - unstable: its fingerprint is in Options.Unstable.
//   - unveiled, hidden: on one side only, and the other side has a blocking finding (SourcingError, …) that this side has not.
//   - inherited: on head, in a version that base does not have, and base has the same fact in another version of the package
//     or in the package it was renamed from. Where that other version is gone on head (a move), the base's fact is used up
//     by it: neither fixed nor new. Where it stays (bump and keep), the base's fact keeps its own class.
//     A version that base has as well cannot inherit: what appears in it, this change has brought there.
//   - new, fixed: the rest of head, the rest of base.
//
// Every fact of head is in exactly one of existing, unstable, unveiled, inherited, new; every fact of base in exactly one of
// existing, unstable, hidden, fixed or used up by a move (Comparison.Moved). Facts of level ignored are left out.
//
//	c := compare.Compare(base, head, compare.Options{})
//	j := compare.Judge(c, compare.Gates{Levels: []finding.Level{finding.LevelError}})
//	// j.Conclusion, j.Counts, j.Problems and j.Items go into the verdict
package compare

import (
	"slices"

	"github.com/prcheck/prcheck/internal/finding"
)

// Package names a package: category and name.
type Package struct {
	Category string
	Name     string
}

// String returns category/name.
func (p Package) String() string { return p.Category + "/" + p.Name }

// Side is what a scan found on one side, and what there was to find it in.
type Side struct {
	// Facts with Identity, Carried, Problem and Fingerprint filled; a fact without an Identity is a programming error of the
	// parser and is compared by its fingerprint.
	Facts []finding.Fact
	// Packages are the packages that exist on this side, with their versions. Versions that only facts name count as well.
	Packages map[Package][]string
	// Whole says that the scan looked at every package of the side.
	Whole bool
	// Looked are the packages that the scan looked at, where it did not look at all.
	Looked map[Package]bool
	// Ran names the checks that ran, of a second scan only: nil stands for all. One that looks at the whole tree finds things in packages, too.
	Ran []string
}

// Options are what the comparison needs to know beside the facts.
type Options struct {
	// Renames: former name → present name, from profiles/updates or from git. Chains are followed.
	Renames map[Package]Package
	// Unstable are the fingerprints of facts on which two scans of one tree have disagreed.
	Unstable map[string]bool

	pool pool // zero: all CPUs
}

// Entry is one fact with its class. Fact points into the Side that it came from.
type Entry struct {
	Class finding.Class
	Fact  *finding.Fact
	// From names where an inherited fact stands on the base: "1.0", or "cat/old 1.0" after a rename.
	From string
	// Behind names the blocking rule and version that unveiled or hid the fact: "SourcingError in a-1.1".
	Behind string
}

// Comparison is the facts of both sides, in classes.
type Comparison struct {
	// Entries in the order of finding.Classes, then category, package, version, rule, line, fingerprint.
	Entries []Entry
	// Moved is the number of base facts that moved with their version and were used up by an inherited one.
	Moved int
	// Gaps are packages with facts on one side that exist on the other and were not looked at there, sorted. Such a comparison
	// proves nothing about them: the run is incomplete, whatever the classes say.
	Gaps []Package
}

// Compare puts the facts of both sides into classes.
func Compare(base, head Side, opts Options) Comparison {
	p := opts.pool
	if p.workers == 0 {
		p = newPool()
	}
	b, h := p.newList(base.Facts), p.newList(head.Facts)
	m := p.match(b, h)
	var of classified
	same, restBase, restHead := p.matchFamilies(m.restBase(), m.restHead())
	of.existing = append(m.same(), same...)
	restBase, odd := unstable(restBase, opts.Unstable)
	of.unstable = append(of.unstable, odd...)
	restHead, odd = unstable(restHead, opts.Unstable)
	of.unstable = append(of.unstable, odd...)
	if len(restBase)+len(restHead) > 0 {
		onBase, onHead := p.newSide(base.Facts), p.newSide(head.Facts)
		restHead, of.unveiled = split(restHead, finding.ClassUnveiled, onBase, onHead)
		restBase, of.hidden = split(restBase, finding.ClassHidden, onHead, onBase)
	}
	k := p.newKinship(base, head, b, h, opts.Renames)
	moved := 0
	of.inherited, of.added, of.fixed, moved = k.inherit(restBase, restHead)
	return Comparison{Entries: of.entries(p), Moved: moved, Gaps: gaps(base, head)}
}

// classified is the facts of both sides by class: with what is said of each where there is something to say.
type classified struct {
	added, unstable, fixed, existing []*finding.Fact
	inherited, unveiled, hidden      []Entry
}

// entries are all of them, in order.
func (c *classified) entries(p pool) []Entry {
	n := len(c.added) + len(c.inherited) + len(c.unveiled) + len(c.hidden) + len(c.unstable) + len(c.fixed) + len(c.existing)
	all := make([]Entry, 0, n)
	for _, class := range finding.Classes {
		switch class {
		case finding.ClassNew:
			all = p.appendSorted(all, class, c.added)
		case finding.ClassInherited:
			all = appendEntries(all, c.inherited)
		case finding.ClassUnveiled:
			all = appendEntries(all, c.unveiled)
		case finding.ClassHidden:
			all = appendEntries(all, c.hidden)
		case finding.ClassUnstable:
			all = p.appendSorted(all, class, c.unstable)
		case finding.ClassFixed:
			all = p.appendSorted(all, class, c.fixed)
		case finding.ClassExisting:
			all = p.appendSorted(all, class, c.existing)
		}
	}
	return all
}

func appendEntries(all, entries []Entry) []Entry {
	if !slices.IsSortedFunc(entries, compareEntries) {
		slices.SortFunc(entries, compareEntries)
	}
	return append(all, entries...)
}

// unstable takes the facts out that are known to come and go by themselves.
func unstable(facts []*finding.Fact, known map[string]bool) (rest, odd []*finding.Fact) {
	if len(known) == 0 {
		return facts, nil
	}
	rest = facts[:0:0]
	for _, f := range facts {
		if known[f.Fingerprint] {
			odd = append(odd, f)
			continue
		}
		rest = append(rest, f)
	}
	return rest, odd
}
