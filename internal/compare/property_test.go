// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
)

// world makes sides from a seed: few packages, versions, rules and texts, so that all classes occur and facts repeat.
type world struct{ *rand.Rand }

func newWorld(seed uint64) world { return world{rand.New(rand.NewPCG(seed, 1))} }

func (w world) pick(words ...string) string { return words[w.IntN(len(words))] }

func (w world) fact() finding.Fact {
	version := w.pick("1", "2", "10", "-")
	rule := w.pick("X", "Y", "SourcingError", "InvalidSlot", "InvalidDepend", "PkgInvalidXml", "ProfileError",
		"NonsolvableDepsInStable", "NonsolvableDepsInDev", "UnknownProfilePackage", "OutdatedProfilePackage")
	pkg := w.pick("d/a", "d/b", "d/c")
	if rule == "ProfileError" || rule == "UnknownProfilePackage" || rule == "OutdatedProfilePackage" {
		pkg, version = "-", "-"
	}
	f := fact(fmt.Sprintf("%s %s %s %s", pkg, version, rule, w.pick("m", "n")),
		located(w.pick("VisibilityCheck", "WhitespaceCheck", "PkgDirCheck", ""), w.pick("p", "q"), w.IntN(3)),
		level(finding.Level(w.pick("error", "warning", "ignored"))),
		func(f *finding.Fact) {
			if w.IntN(3) == 0 {
				onProfile(w.pick("amd64", "arm64"))(f)
			}
		})
	return f
}

func (w world) side() Side {
	s := Side{Packages: map[Package][]string{}, Whole: true}
	for range w.IntN(25) {
		s.Facts = append(s.Facts, w.fact())
	}
	for _, name := range []string{"a", "b", "c"} {
		for _, version := range []string{"1", "2", "10"} {
			if w.IntN(2) == 0 {
				s.Packages[Package{"d", name}] = append(s.Packages[Package{"d", name}], version)
			}
		}
	}
	return s
}

func (w world) options() Options {
	o := Options{}
	if w.IntN(2) == 0 {
		o.Renames = map[Package]Package{{"d", "a"}: {"d", "b"}, {"d", "b"}: {"d", "c"}}
	}
	if w.IntN(4) == 0 {
		o.Unstable = map[string]bool{fact("d/a 1 X m").Fingerprint: true, fact("d/b 2 Y n").Fingerprint: true}
	}
	return o
}

func (w world) shuffled(s Side) Side {
	s.Facts = slices.Clone(s.Facts)
	w.Shuffle(len(s.Facts), func(i, j int) { s.Facts[i], s.Facts[j] = s.Facts[j], s.Facts[i] })
	return s
}

// tally counts entries by class.
func tally(c Comparison) map[finding.Class]int {
	n := map[finding.Class]int{}
	for _, e := range c.Entries {
		n[e.Class]++
	}
	return n
}

func worlds(t *testing.T, check func(w world, base, head Side, opts Options)) {
	t.Helper()
	for seed := range uint64(3000) {
		w := newWorld(seed)
		base, head, opts := w.side(), w.side(), w.options()
		check(w, base, head, opts)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestComparingASideWithItselfFindsNothing(t *testing.T) {
	worlds(t, func(w world, base, _ Side, opts Options) {
		c := Compare(base, w.shuffled(base), opts)
		if n := tally(c); n[finding.ClassExisting] != len(keep(base.Facts)) || len(n) > 1 {
			t.Errorf("%v of %d facts", n, len(base.Facts))
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	worlds(t, func(w world, base, head Side, opts Options) {
		want := show(Compare(base, head, opts))
		if diff := cmp.Diff(want, show(Compare(w.shuffled(base), w.shuffled(head), opts))); diff != "" {
			t.Errorf("(-in order +shuffled):\n%s", diff)
		}
	})
}

func TestFactsAreConserved(t *testing.T) {
	seen := map[finding.Class]int{}
	worlds(t, func(_ world, base, head Side, opts Options) {
		c := Compare(base, head, opts)
		onHead, onBase, shared := 0, 0, 0
		used := map[*finding.Fact]bool{}
		for _, e := range c.Entries {
			seen[e.Class]++
			if used[e.Fact] {
				t.Errorf("a fact has two classes: %v", e)
			}
			used[e.Fact] = true
			ofHead := slices.IndexFunc(head.Facts, func(f finding.Fact) bool { return f.Identity == e.Fact.Identity }) >= 0
			switch e.Class {
			case finding.ClassExisting:
				shared++
			case finding.ClassNew, finding.ClassInherited, finding.ClassUnveiled:
				onHead++
			case finding.ClassFixed, finding.ClassHidden:
				onBase++
			case finding.ClassUnstable:
				if isOf(head, e.Fact) {
					onHead++
				} else {
					onBase++
				}
			}
			if !ofHead && (e.Class == finding.ClassNew || e.Class == finding.ClassExisting) {
				t.Errorf("%s, and not on head: %v", e.Class, e.Fact)
			}
		}
		if n := len(keep(head.Facts)); onHead+shared != n {
			t.Errorf("head has %d facts, %d are told", n, onHead+shared)
		}
		if n := len(keep(base.Facts)); onBase+shared+c.Moved != n {
			t.Errorf("base has %d facts, %d are told and %d moved", n, onBase+shared, c.Moved)
		}
	})
	for _, class := range finding.Classes {
		if seen[class] < 50 {
			t.Errorf("the worlds hold only %d %s facts: they prove nothing about them", seen[class], class)
		}
	}
}

func isOf(s Side, f *finding.Fact) bool {
	for i := range s.Facts {
		if &s.Facts[i] == f {
			return true
		}
	}
	return false
}

// TestSwappingTheSides: what is new is fixed the other way round, what is unveiled hidden. Inheritance alone has a direction:
// it takes from new here and from fixed there.
func TestSwappingTheSides(t *testing.T) {
	worlds(t, func(_ world, base, head Side, opts Options) {
		there, back := Compare(base, head, opts), Compare(head, base, opts)
		a, b := tally(there), tally(back)
		for _, same := range []finding.Class{finding.ClassExisting, finding.ClassUnstable} {
			if a[same] != b[same] {
				t.Errorf("%s: %d there, %d back", same, a[same], b[same])
			}
		}
		if a[finding.ClassUnveiled] != b[finding.ClassHidden] || a[finding.ClassHidden] != b[finding.ClassUnveiled] {
			t.Errorf("there %v, back %v", a, b)
		}
		if a[finding.ClassNew]+a[finding.ClassInherited] != b[finding.ClassFixed]+back.Moved {
			t.Errorf("there %v, back %v and %d moved", a, b, back.Moved)
		}
	})
}

// TestOneMoreFactIsSeen: whatever there is already, a fact that only head has is never lost in what both have.
func TestOneMoreFactIsSeen(t *testing.T) {
	worlds(t, func(w world, base, head Side, opts Options) {
		f := fact("d/fresh 1 Z z")
		more := head
		more.Facts = append(slices.Clone(head.Facts), f)
		before, after := tally(Compare(base, head, opts)), tally(Compare(base, w.shuffled(more), opts))
		before[finding.ClassNew]++
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestEntriesAreSorted(t *testing.T) {
	worlds(t, func(_ world, base, head Side, opts Options) {
		c := Compare(base, head, opts)
		if !slices.IsSortedFunc(c.Entries, func(a, b Entry) int {
			if a.Class != b.Class {
				return slices.Index(finding.Classes, a.Class) - slices.Index(finding.Classes, b.Class)
			}
			return compareEntries(a, b)
		}) {
			t.Errorf("%v", show(c))
		}
	})
}

func FuzzCompareVersions(f *testing.F) {
	f.Add("1.0", "1.0-r1", "1.10")
	f.Add("01", "1", "1a")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if compareVersions(a, b) != -compareVersions(b, a) || (compareVersions(a, b) == 0) != (a == b) {
			t.Errorf("%q and %q have no order", a, b)
		}
		if compareVersions(a, b) < 0 && compareVersions(b, c) < 0 && compareVersions(a, c) >= 0 {
			t.Errorf("%q < %q < %q, and not %q < %q", a, b, c, a, c)
		}
	})
}

func TestCompareVersions(t *testing.T) {
	want := []string{"", "1", "1.2", "1.2-r1", "1.10", "2", "10", "9999"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, compareVersions)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
