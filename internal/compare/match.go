// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// families are rules that name one defect; which of them the tool says depends on something other than the defect
// (planner-rules §4 H): history and clock, or the status that profiles.desc gives to a profile.
var families = map[string]string{
	"UnknownProfilePackage":            "ProfilePackage",
	"OutdatedProfilePackage":           "ProfilePackage",
	"NonsolvableDepsInStable":          "NonsolvableDeps",
	"NonsolvableDepsInDev":             "NonsolvableDeps",
	"NonsolvableDepsInExp":             "NonsolvableDeps",
	"RequiredUseUnsatisfiableInStable": "RequiredUseUnsatisfiable",
	"RequiredUseUnsatisfiableInDev":    "RequiredUseUnsatisfiable",
	"RequiredUseUnsatisfiableInExp":    "RequiredUseUnsatisfiable",
}

// identity is the text by which two facts are the same one.
func identity(f *finding.Fact) string {
	if f.Identity == "" {
		return f.Fingerprint
	}
	return f.Identity
}

// familial is text with the fact's rule replaced by its family, so that it does not matter which name the tool has chosen.
func familial(f *finding.Fact, text string) string {
	if family, ok := families[f.Rule]; ok {
		return strings.ReplaceAll(text, f.Rule, family)
	}
	return text
}

// matchFamilies matches what is left of facts that have several names.
func matchFamilies(base, head []*finding.Fact) (same, restBase, restHead []*finding.Fact) {
	named, restBase := partition(base, inFamily)
	renamed, restHead := partition(head, inFamily)
	same, goneBase, goneHead := match(named, renamed, func(f *finding.Fact) string { return familial(f, identity(f)) })
	return same, append(restBase, goneBase...), append(restHead, goneHead...)
}

func inFamily(f *finding.Fact) bool {
	_, ok := families[f.Rule]
	return ok
}

func partition(facts []*finding.Fact, want func(*finding.Fact) bool) (yes, no []*finding.Fact) {
	for _, f := range facts {
		if want(f) {
			yes = append(yes, f)
		} else {
			no = append(no, f)
		}
	}
	return yes, no
}

// match is the multiset difference by key: same are facts of head that base has as well, as often as both have them.
func match(base, head []*finding.Fact, key func(*finding.Fact) string) (same, restBase, restHead []*finding.Fact) {
	groups := make(map[string]int32, len(base))
	of := make([]int32, len(base)+len(head)) // group of each fact, base first
	var surplus []int32                      // head's count less base's, by group
	number := func(f *finding.Fact, i int, step int32) {
		k := key(f)
		g, ok := groups[k]
		if !ok {
			g = int32(len(surplus)) //nolint:gosec // far below 2^31: a fact takes more than 200 bytes
			groups[k] = g
			surplus = append(surplus, 0)
		}
		of[i] = g
		surplus[g] += step
	}
	for i, f := range base {
		number(f, i, -1)
	}
	for i, f := range head {
		number(f, len(base)+i, +1)
	}
	same = make([]*finding.Fact, 0, min(len(base), len(head)))
	uneven := map[int32]*group{}
	for i, f := range base {
		if g := of[i]; surplus[g] != 0 {
			at(uneven, g).base = append(at(uneven, g).base, f)
		}
	}
	for i, f := range head {
		if g := of[len(base)+i]; surplus[g] != 0 {
			at(uneven, g).head = append(at(uneven, g).head, f)
		} else {
			same = append(same, f)
		}
	}
	for _, g := range uneven {
		s, b, h := g.pair()
		same, restBase, restHead = append(same, s...), append(restBase, b...), append(restHead, h...)
	}
	return same, restBase, restHead
}

// group holds facts of one key where one side has more than the other.
type group struct{ base, head []*finding.Fact }

func at(groups map[int32]*group, g int32) *group {
	found := groups[g]
	if found == nil {
		found = &group{}
		groups[g] = found
	}
	return found
}

// pair says which facts of the group are on both sides. Any choice would be right as to the number; a reader is helped most when
// those at the same place count as the same, and after them the ones nearest to the top.
func (g *group) pair() (same, restBase, restHead []*finding.Fact) {
	if len(g.base) == 0 || len(g.head) == 0 {
		return nil, g.base, g.head
	}
	sortFacts(g.base)
	sortFacts(g.head)
	type place struct {
		path, message string
		line          int
	}
	where := func(f *finding.Fact) place { return place{f.Path, f.Message, f.Line} }
	there := map[place]int{}
	for _, f := range g.base {
		there[where(f)]++
	}
	used := map[place]int{}
	var left []*finding.Fact
	for _, f := range g.head {
		if p := where(f); there[p] > used[p] {
			used[p]++
			same = append(same, f)
		} else {
			left = append(left, f)
		}
	}
	for _, f := range g.base {
		if p := where(f); used[p] > 0 {
			used[p]--
		} else {
			restBase = append(restBase, f)
		}
	}
	n := min(len(left), len(restBase))
	return append(same, left[:n]...), restBase[n:], left[n:]
}
