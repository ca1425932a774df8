// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// sortEntries puts entries into the order in which reports show them. Facts of scans are nearly sorted, and looking first is cheap.
func sortEntries(entries []Entry) []Entry {
	byClass := make([]Entry, 0, len(entries))
	for _, class := range finding.Classes {
		for _, e := range entries {
			if e.Class == class {
				byClass = append(byClass, e)
			}
		}
	}
	entries = byClass
	for first := 0; first < len(entries); {
		last := first + 1
		for last < len(entries) && entries[last].Class == entries[first].Class {
			last++
		}
		if class := entries[first:last]; !slices.IsSortedFunc(class, compareEntries) {
			sortClass(class)
		}
		first = last
	}
	return entries
}

// manyEntries is from when on ranks are worth the memory.
const manyEntries = 1000

// sortClass sorts the entries of one class. Comparing strings that lie all over the memory is what sorting costs, and a million
// facts have few categories, packages, versions and rules: each is replaced by its rank first.
func sortClass(entries []Entry) {
	if len(entries) < manyEntries {
		slices.SortFunc(entries, compareEntries)
		return
	}
	keys := make([]ranked, len(entries))
	for i := range keys {
		keys[i].line, keys[i].at = entries[i].Fact.Line, int32(i)
	}
	rank(entries, func(f *finding.Fact) string { return f.Category }, strings.Compare, func(i int, n int32) { keys[i].category = n })
	rank(entries, func(f *finding.Fact) string { return f.Package }, strings.Compare, func(i int, n int32) { keys[i].pkg = n })
	rank(entries, func(f *finding.Fact) string { return f.Version }, compareVersions, func(i int, n int32) { keys[i].version = n })
	rank(entries, func(f *finding.Fact) string { return f.Rule }, strings.Compare, func(i int, n int32) { keys[i].rule = n })
	slices.SortFunc(keys, func(a, b ranked) int {
		if c := a.compare(b); c != 0 {
			return c
		}
		return compareEntries(entries[a.at], entries[b.at])
	})
	sorted := make([]Entry, len(entries))
	for i, k := range keys {
		sorted[i] = entries[k.at]
	}
	copy(entries, sorted)
}

// ranked is what of an entry decides its place nearly always.
type ranked struct {
	category, pkg, version, rule, at int32
	line                             int
}

func (a ranked) compare(b ranked) int {
	switch {
	case a.category != b.category:
		return int(a.category - b.category)
	case a.pkg != b.pkg:
		return int(a.pkg - b.pkg)
	case a.version != b.version:
		return int(a.version - b.version)
	case a.rule != b.rule:
		return int(a.rule - b.rule)
	default:
		return cmp.Compare(a.line, b.line)
	}
}

// rank numbers the values of a field in their order, and tells each entry's number.
func rank(entries []Entry, field func(*finding.Fact) string, compare func(a, b string) int, tell func(i int, n int32)) {
	ids := map[string]int32{} // in order of appearance
	values := []string{}
	of := make([]int32, len(entries))
	for i := range entries {
		value := field(entries[i].Fact)
		id, known := ids[value]
		if !known {
			id = int32(len(values)) //nolint:gosec // no more values than entries
			ids[value] = id
			values = append(values, value)
		}
		of[i] = id
	}
	slices.SortFunc(values, compare)
	ranks := make([]int32, len(values))
	for n, value := range values {
		ranks[ids[value]] = int32(n)
	}
	for i, id := range of {
		tell(i, ranks[id])
	}
}

func compareEntries(a, b Entry) int {
	if c := compareFacts(a.Fact, b.Fact); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.Behind, b.Behind))
}

func sortFacts(facts []*finding.Fact) { slices.SortFunc(facts, compareFacts) }

// compareFacts is a total order of what facts say, so that equal ones are interchangeable.
func compareFacts(a, b *finding.Fact) int {
	if c := strings.Compare(a.Category, b.Category); c != 0 {
		return c
	}
	if c := strings.Compare(a.Package, b.Package); c != 0 {
		return c
	}
	if c := compareVersions(a.Version, b.Version); c != 0 {
		return c
	}
	if c := strings.Compare(a.Rule, b.Rule); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Line, b.Line); c != 0 {
		return c
	}
	if c := strings.Compare(a.Fingerprint, b.Fingerprint); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(a.Path, b.Path),
		strings.Compare(a.Message, b.Message),
		strings.Compare(string(a.Level), string(b.Level)),
		strings.Compare(a.Identity, b.Identity),
		strings.Compare(a.Check, b.Check),
		strings.Compare(a.Scope, b.Scope),
	)
}

// compareVersions orders versions for readers: numbers by value, all else by bytes. It is not the package manager's order
// (1.0_rc1 follows 1.0 here), and nothing but the order of lists and the choice of an example hangs on it.
func compareVersions(a, b string) int {
	if a == b {
		return 0
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y := digits(a[i:]), digits(b[j:])
		if x > 0 && y > 0 {
			n, m := strings.TrimLeft(a[i:i+x], "0"), strings.TrimLeft(b[j:j+y], "0")
			if c := cmp.Or(cmp.Compare(len(n), len(m)), strings.Compare(n, m)); c != 0 {
				return c
			}
			i, j = i+x, j+y
			continue
		}
		if a[i] != b[j] {
			return cmp.Compare(a[i], b[j])
		}
		i, j = i+1, j+1
	}
	return cmp.Or(cmp.Compare(len(a)-i, len(b)-j), strings.Compare(a, b))
}

// digits returns how many digits text starts with.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}

// gaps returns the packages of which one side has facts, the other has the package, and nobody looked at it there. Facts of
// whole-tree checks do not count: those checks ran on both sides, or the engine has refused the runs.
func gaps(base, head Side) []Package {
	found := map[Package]bool{}
	look := func(facts []finding.Fact, other Side) {
		if other.Whole {
			return
		}
		for i := range facts {
			f := &facts[i]
			if f.Package == "" || (f.Scope != "" && f.Scope != "package" && f.Scope != "version") {
				continue
			}
			p := Package{f.Category, f.Package}
			if _, exists := other.Packages[p]; exists && !other.Looked[p] {
				found[p] = true
			}
		}
	}
	look(base.Facts, head)
	look(head.Facts, base)
	return sortedPackages(found)
}
