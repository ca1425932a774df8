// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"

	"github.com/prcheck/prcheck/internal/finding"
)

// Suspects returns the packages of which the sides say different things although the change cannot reach them, sorted: whoever
// scans looks at these once more, on both sides, and gives the results to SecondLook. Facts that belong to no package are
// nobody's suspects.
func Suspects(c Comparison, reach func(Package) bool) []Package {
	found := map[Package]bool{}
	for _, e := range c.Entries {
		p := packageOf(e.Fact)
		if p.Name != "" && sideOfClass(e.Class) != neither && !found[p] && !reach(p) {
			found[p] = true
		}
	}
	return sortedPackages(found)
}

// SecondLook goes over a comparison with a second scan of both sides. Of each package that was looked at again on both
// (Side.Looked of base and head), a fact that one side alone has and that the second scan does not find on that side alone as
// well is unstable: two scans of the same files disagree about it. All else keeps its class, so what repeats still gates.
// A fact that only the second scan tells is left out: the first one is the verdict's.
//
// Repeated are the packages where something was found again. If they were suspects, the planner took the change's reach for
// smaller than it is, which operators should know.
func SecondLook(first Comparison, base, head Side, opts Options) (c Comparison, repeated []Package) {
	r := newReview(base, head, opts)
	c = first
	kept, odd := map[finding.Class][]Entry{}, []*finding.Fact{}
	for _, e := range first.Entries {
		if e.Class == finding.ClassUnstable || !r.upholds(e) {
			odd = append(odd, e.Fact)
			continue
		}
		kept[e.Class] = append(kept[e.Class], e)
	}
	c.Entries = make([]Entry, 0, len(first.Entries))
	for _, class := range finding.Classes {
		c.Entries = append(c.Entries, kept[class]...) // in order, as they were
		if class == finding.ClassUnstable {
			c.Entries = newPool().appendSorted(c.Entries, class, odd)
		}
	}
	return c, sortedPackages(r.repeated)
}

// review is a second scan of both sides, as far as it was held against the first.
type review struct {
	again    map[Package]bool // looked at again on both sides
	claims   map[claim]int    // how often the second scan makes each and the first has not yet
	repeated map[Package]bool // where something was found again
	ran      func(check string) bool
}

// claim is what is said of one side alone.
type claim struct {
	side half
	text string
}

func newReview(base, head Side, opts Options) *review {
	r := &review{again: map[Package]bool{}, claims: map[claim]int{}, repeated: map[Package]bool{}}
	r.ran = func(check string) bool {
		return (base.Ran == nil || slices.Contains(base.Ran, check)) && (head.Ran == nil || slices.Contains(head.Ran, check))
	}
	for p := range base.Looked {
		r.again[p] = head.Looked[p]
	}
	for _, e := range Compare(base, head, opts).Entries {
		if side := sideOfClass(e.Class); side != neither {
			r.claims[claim{side, familial(e.Fact, identity(e.Fact))}]++
		}
	}
	return r
}

// upholds says whether an entry of the first scan keeps its class: the second one says the same, or has nothing to say.
func (r *review) upholds(e Entry) bool {
	side, p := sideOfClass(e.Class), packageOf(e.Fact)
	if side == neither || p.Name == "" || !r.again[p] || !r.ran(e.Fact.Check) {
		return true
	}
	key := claim{side, familial(e.Fact, identity(e.Fact))}
	if r.claims[key] == 0 {
		return false
	}
	r.claims[key]--
	r.repeated[p] = true
	return true
}

// half says which side alone has a fact.
type half int

const (
	neither half = iota // both have it, or nobody can tell
	onlyBase
	onlyHead
)

func sideOfClass(class finding.Class) half {
	switch class {
	case finding.ClassNew, finding.ClassInherited, finding.ClassUnveiled:
		return onlyHead
	case finding.ClassFixed, finding.ClassHidden:
		return onlyBase
	case finding.ClassExisting, finding.ClassUnstable:
	}
	return neither
}

func packageOf(f *finding.Fact) Package { return Package{f.Category, f.Package} }

func sortedPackages(set map[Package]bool) []Package {
	sorted := make([]Package, 0, len(set))
	for p := range set {
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, comparePackages)
	return sorted
}
