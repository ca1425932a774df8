// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
)

// reference is the comparison as one would write it down first: groups in a map by the whole text, and one sort of everything.
// It shares the rules with Compare (blockers, inheritance, which of several equal facts is left over), not the way of getting
// through a million facts.
func reference(base, head Side, opts Options) []string {
	b, h := keep(base.Facts), keep(head.Facts)
	one := pool{workers: 1, few: 1 << 30}
	entries := []Entry{}
	put := func(class finding.Class, facts []*finding.Fact) {
		for _, f := range facts {
			entries = append(entries, Entry{Class: class, Fact: f})
		}
	}
	same, restBase, restHead := refMatch(b, h, identity)
	put(finding.ClassExisting, same)
	named, restBase := partition(restBase, inFamily)
	renamed, restHead := partition(restHead, inFamily)
	same, left, right := refMatch(named, renamed, func(f *finding.Fact) string { return familial(f, identity(f)) })
	put(finding.ClassExisting, same)
	restBase, restHead = append(restBase, left...), append(restHead, right...)
	restBase, odd := unstable(restBase, opts.Unstable)
	put(finding.ClassUnstable, odd)
	restHead, odd = unstable(restHead, opts.Unstable)
	put(finding.ClassUnstable, odd)
	onBase, onHead := one.newSide(base.Facts), one.newSide(head.Facts)
	restHead, behind := split(restHead, finding.ClassUnveiled, onBase, onHead)
	entries = append(entries, behind...)
	restBase, behind = split(restBase, finding.ClassHidden, onHead, onBase)
	entries = append(entries, behind...)
	k := one.newKinship(base, head, one.newList(base.Facts), one.newList(head.Facts), opts.Renames)
	inherited, restHead, restBase, moved := k.inherit(restBase, restHead)
	entries = append(entries, inherited...)
	put(finding.ClassNew, restHead)
	put(finding.ClassFixed, restBase)
	slices.SortFunc(entries, func(a, b Entry) int {
		if c := slices.Index(finding.Classes, a.Class) - slices.Index(finding.Classes, b.Class); c != 0 {
			return c
		}
		return compareEntries(a, b)
	})
	return append(full(entries), fmt.Sprintf("%d moved", moved))
}

// full writes all that an entry says.
func full(entries []Entry) []string {
	lines := []string{}
	for _, e := range entries {
		f := e.Fact
		lines = append(lines, fmt.Sprintf("%s %q %q %q %q %d %q %q %q %s", e.Class, f.Identity, f.Level, f.Check, f.Path, f.Line, f.Message, e.From, e.Behind, f.Scope))
	}
	return lines
}

func keep(facts []finding.Fact) []*finding.Fact {
	kept := []*finding.Fact{}
	for i := range facts {
		if facts[i].Level != finding.LevelIgnored {
			kept = append(kept, &facts[i])
		}
	}
	return kept
}

// refMatch lets pair decide group by group, with the two lists as they are.
func refMatch(base, head []*finding.Fact, text func(*finding.Fact) string) (same, restBase, restHead []*finding.Fact) {
	m := &matched{base: &list{facts: base}, head: &list{facts: head}, leftBase: make([]bool, len(base)), leftHead: make([]bool, len(head))}
	groups := map[string]*group{}
	of := func(f *finding.Fact) *group {
		if groups[text(f)] == nil {
			groups[text(f)] = &group{}
		}
		return groups[text(f)]
	}
	for i, f := range base {
		of(f).base = append(of(f).base, i)
	}
	for i, f := range head {
		of(f).head = append(of(f).head, i)
	}
	for _, g := range groups {
		m.pair(g)
	}
	return m.same(), m.restBase(), m.restHead()
}

// pools are ways to spread the work; no result may depend on them.
var pools = map[string]pool{
	"one worker":         {workers: 1, few: 1 << 30},
	"three workers":      {workers: 3, few: 1},
	"more than the work": {workers: 16, few: 2},
}

func TestLikeTheReference(t *testing.T) {
	worlds(t, func(_ world, base, head Side, opts Options) {
		want := reference(base, head, opts)
		for name, p := range pools {
			opts.pool = p
			c := Compare(base, head, opts)
			if diff := cmp.Diff(want, append(full(c.Entries), fmt.Sprintf("%d moved", c.Moved))); diff != "" {
				t.Errorf("%s (-reference +got):\n%s", name, diff)
			}
		}
	})
}

// TestLikeTheReferenceWithManyFacts has enough facts for the default ways, many of them equal, and in no order.
func TestLikeTheReferenceWithManyFacts(t *testing.T) {
	w := newWorld(7)
	base, head := w.side(), w.side()
	for range 30_000 {
		f := w.fact()
		f.Package = fmt.Sprintf("%s%d", f.Package, w.IntN(40))
		f.Identity += f.Package
		base.Facts = append(base.Facts, f)
		if w.IntN(10) > 0 {
			head.Facts = append(head.Facts, f)
		}
		if w.IntN(20) == 0 {
			f.Version, f.Identity = "99", f.Identity+"99" // a bump
			head.Facts = append(head.Facts, w.fact(), f)
		}
	}
	head = w.shuffled(head)
	want := reference(base, head, Options{})
	c := Compare(base, head, Options{})
	if diff := cmp.Diff(want, append(full(c.Entries), fmt.Sprintf("%d moved", c.Moved))); diff != "" {
		t.Errorf("(-reference +got):\n%.4000s", diff)
	}
	if len(tally(c)) < 4 {
		t.Errorf("only these classes occur: %v", tally(c))
	}
}

func TestFactsOfPackages(t *testing.T) {
	worlds(t, func(w world, base, _ Side, _ Options) {
		l := newPool().newList(base.Facts)
		wanted := map[Package]bool{{"d", w.pick("a", "b", "x")}: true, {"", ""}: true}
		got, want := map[*finding.Fact]bool{}, map[*finding.Fact]bool{}
		of(pool{workers: 3, few: 4}, l, wanted, func(p Package, f *finding.Fact) { got[f] = p == packageOf(f) })
		for _, f := range keep(base.Facts) {
			if wanted[packageOf(f)] {
				want[f] = true
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%d facts, want %d", len(got), len(want))
		}
	})
}
