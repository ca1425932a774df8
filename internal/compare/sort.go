// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// appendSorted appends facts of one class to all in the order in which reports show them.
func (p pool) appendSorted(all []Entry, class finding.Class, facts []*finding.Fact) []Entry {
	if len(facts) > p.few {
		facts = p.sortMany(facts)
	} else if !slices.IsSortedFunc(facts, compareFacts) {
		sortFacts(facts)
	}
	n := len(all)
	all = slices.Grow(all, len(facts))[:n+len(facts)]
	p.each(len(facts), func(_, low, high int) {
		for i, f := range facts[low:high] {
			all[n+low+i] = Entry{Class: class, Fact: f}
		}
	})
	return all
}

// sortMany returns facts in order. Few packages have many facts each: the facts are dealt out to their packages first, and only
// a package's own have to be compared with one another.
func (p pool) sortMany(facts []*finding.Fact) []*finding.Fact {
	of, packages := p.deal(facts)
	order := make([]int32, len(packages))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return comparePackages(packages[a], packages[b]) })
	start := make([]int, len(packages)+1) // of each package in order
	rank := make([]int32, len(packages))
	for r, id := range order {
		rank[id] = int32(r)
	}
	for _, id := range of {
		start[rank[id]+1]++
	}
	for r := range packages {
		start[r+1] += start[r]
	}
	next := slices.Clone(start)
	sorted := make([]*finding.Fact, len(facts))
	for i, id := range of {
		r := rank[id]
		sorted[next[r]] = facts[i]
		next[r]++
	}
	p.each(len(packages), func(_, low, high int) {
		for r := low; r < high; r++ {
			if own := sorted[start[r]:start[r+1]]; !slices.IsSortedFunc(own, compareInPackage) {
				slices.SortFunc(own, compareInPackage)
			}
		}
	})
	return sorted
}

// deal says which package each fact belongs to: a number for each, and the packages by number.
func (p pool) deal(facts []*finding.Fact) (of []int32, packages []Package) {
	of = make([]int32, len(facts))
	parts := make([][]Package, p.workersFor(len(facts)))
	p.each(len(facts), func(w, low, high int) { parts[w] = number(facts[low:high], of[low:high]) })
	if len(parts) == 1 {
		return of, parts[0]
	}
	all := newRegister()
	translate := make([][]int32, len(parts))
	for w, mine := range parts {
		for _, pkg := range mine {
			translate[w] = append(translate[w], all.number(pkg))
		}
	}
	p.each(len(facts), func(w, low, high int) {
		for i := low; i < high; i++ {
			of[i] = translate[w][of[i]]
		}
	})
	return of, all.packages
}

// number says in of which package each fact belongs to, by its place among the packages that it returns.
func number(facts []*finding.Fact, of []int32) []Package {
	r := newRegister()
	last, n := Package{}, int32(-1)
	for i, f := range facts {
		if pkg := packageOf(f); pkg != last || n < 0 { // most facts are of the package of the one before
			last, n = pkg, r.number(pkg)
		}
		of[i] = n
	}
	return r.packages
}

// register numbers packages as they come.
type register struct {
	numbers  map[Package]int32
	packages []Package // by number
}

func newRegister() *register { return &register{numbers: map[Package]int32{}} }

func (r *register) number(pkg Package) int32 {
	n, known := r.numbers[pkg]
	if !known {
		n = int32(len(r.packages)) //nolint:gosec // no more packages than facts, and a fact takes more than 200 bytes
		r.numbers[pkg] = n
		r.packages = append(r.packages, pkg)
	}
	return n
}

func comparePackages(a, b Package) int {
	if c := strings.Compare(a.Category, b.Category); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}
