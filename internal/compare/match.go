// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"
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
func (p pool) matchFamilies(base, head []*finding.Fact) (same, restBase, restHead []*finding.Fact) {
	named, restBase := partition(base, inFamily)
	renamed, restHead := partition(head, inFamily)
	if len(named) == 0 || len(renamed) == 0 {
		return nil, append(restBase, named...), append(restHead, renamed...)
	}
	text := func(f *finding.Fact) string { return familial(f, identity(f)) }
	m := p.match(listOf(named, text), listOf(renamed, text))
	return m.same(), append(restBase, m.restBase()...), append(restHead, m.restHead()...)
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

// matched says of each fact of two lists whether it is left over.
type matched struct {
	base, head         *list
	leftBase, leftHead []bool
}

func (m *matched) same() []*finding.Fact     { return pick(m.head.facts, m.leftHead, false) }
func (m *matched) restBase() []*finding.Fact { return pick(m.base.facts, m.leftBase, true) }
func (m *matched) restHead() []*finding.Fact { return pick(m.head.facts, m.leftHead, true) }

func pick(facts []*finding.Fact, left []bool, want bool) []*finding.Fact {
	n := 0
	for _, l := range left {
		if l == want {
			n++
		}
	}
	picked := make([]*finding.Fact, 0, n)
	for i, l := range left {
		if l == want {
			picked = append(picked, facts[i])
		}
	}
	return picked
}

// match is the multiset difference by key. Each worker takes the keys of one remainder, so that none waits for another.
func (p pool) match(base, head *list) *matched {
	m := &matched{base: base, head: head, leftBase: make([]bool, len(base.facts)), leftHead: make([]bool, len(head.facts))}
	workers := p.workersFor(len(base.facts) + len(head.facts))
	p.run(workers, func(w int) { m.share(portion{uint64(w), uint64(workers)}) }) //nolint:gosec // none is negative
	return m
}

// portion is the keys of one worker: those with its number as remainder.
type portion struct{ worker, workers uint64 }

func (p portion) has(k key) bool { return k.high%p.workers == p.worker }

// share matches the facts of one worker's keys.
func (m *matched) share(mine portion) {
	t := m.count(mine)
	gone, uneven := t.uneven()
	if !gone && !uneven {
		return
	}
	groups := m.leaveBase(t, mine)
	if !uneven {
		return
	}
	m.joinHead(groups, mine)
	for _, g := range groups {
		m.pair(g)
	}
}

// count counts one worker's keys on both sides. What head has beside them is left over.
func (m *matched) count(mine portion) *census {
	n := 0
	for _, k := range m.base.keys {
		if mine.has(k) {
			n++
		}
	}
	t := newCensus(n)
	for _, k := range m.base.keys {
		if mine.has(k) {
			t.at(k).base++
		}
	}
	for i, k := range m.head.keys {
		if !mine.has(k) {
			continue
		}
		if s := t.at(k); s.base > 0 {
			s.head++
		} else {
			m.leftHead[i] = true
		}
	}
	return t
}

// leaveBase leaves over what of base head has not at all, and returns base's part of the groups.
func (m *matched) leaveBase(t *census, mine portion) map[key]*group {
	groups := map[key]*group{}
	for i, k := range m.base.keys {
		if !mine.has(k) {
			continue
		}
		if s := t.at(k); s.head == 0 {
			m.leftBase[i] = true
		} else if s.head != s.base {
			g := at(groups, k)
			g.base = append(g.base, i)
		}
	}
	return groups
}

// joinHead adds head's part to the groups.
func (m *matched) joinHead(groups map[key]*group, mine portion) {
	for i, k := range m.head.keys {
		if !mine.has(k) {
			continue
		}
		if g := groups[k]; g != nil {
			g.head = append(g.head, i)
		}
	}
}

// census counts keys on both sides: a hash table with open addressing, at most half full.
type census struct {
	slots []slot
	mask  uint64
}

type slot struct {
	key        key
	base, head int32 // how often; a slot with no base is free
}

func newCensus(keys int) *census {
	size := uint64(8)
	for size < 2*uint64(keys) { //nolint:gosec // a length
		size *= 2
	}
	return &census{slots: make([]slot, size), mask: size - 1}
}

// at returns the key's slot, or the free one that it would have, which keeps the key only if base becomes more than 0.
func (t *census) at(k key) *slot {
	for i := k.low & t.mask; ; i = (i + 1) & t.mask {
		s := &t.slots[i]
		if s.base == 0 {
			s.key = k
			return s
		}
		if s.key == k {
			return s
		}
	}
}

// uneven says whether there are keys that head has not at all, and keys that both have, but not as often.
func (t *census) uneven() (gone, uneven bool) {
	for i := range t.slots {
		s := &t.slots[i]
		gone = gone || (s.base > 0 && s.head == 0)
		uneven = uneven || (s.base != s.head && s.head > 0)
	}
	return gone, uneven
}

// group holds facts of one key, by their places in the lists, where one side has more than the other.
type group struct{ base, head []int }

func at(groups map[key]*group, k key) *group {
	found := groups[k]
	if found == nil {
		found = &group{}
		groups[k] = found
	}
	return found
}

// pair says which facts of the group are left over. Any choice would be right as to the number; a reader is helped most when
// those at the same place count as the same, and after them the ones nearest to the top.
func (m *matched) pair(g *group) {
	m.base.sort(g.base)
	m.head.sort(g.head)
	type place struct {
		path, message string
		line          int
	}
	where := func(f *finding.Fact) place { return place{f.Path, f.Message, f.Line} }
	there := map[place]int{}
	for _, i := range g.base {
		there[where(m.base.facts[i])]++
	}
	used := map[place]int{}
	left := []int{}
	for _, i := range g.head {
		if p := where(m.head.facts[i]); there[p] > used[p] {
			used[p]++
		} else {
			left = append(left, i)
		}
	}
	rest := []int{}
	for _, i := range g.base {
		if p := where(m.base.facts[i]); used[p] > 0 {
			used[p]--
		} else {
			rest = append(rest, i)
		}
	}
	n := min(len(left), len(rest))
	for _, i := range left[n:] {
		m.leftHead[i] = true
	}
	for _, i := range rest[n:] {
		m.leftBase[i] = true
	}
}

// sort orders places in the list by the facts there.
func (l *list) sort(places []int) {
	slices.SortFunc(places, func(a, b int) int { return compareFacts(l.facts[a], l.facts[b]) })
}
