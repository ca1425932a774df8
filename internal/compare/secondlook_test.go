// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
)

func nowhere(Package) bool { return false }

// again makes a side of which only these packages were looked at.
func again(looked []string, facts ...finding.Fact) Side {
	s := sideOf(looked, facts...)
	s.Whole, s.Looked = false, map[Package]bool{}
	for p := range s.Packages {
		s.Looked[p] = true
	}
	return s
}

func TestSuspects(t *testing.T) {
	repo := fact("- - RepoRule x")
	base := sideOf([]string{"d/a 1", "d/b 1", "d/c 1"}, fact("d/a 1 X x"), fact("d/b 1 X x"))
	head := sideOf([]string{"d/a 1", "d/b 1", "d/c 1"}, fact("d/b 1 X x"), fact("d/c 1 X x"), fact("d/a 1 Y y"), repo)
	c := Compare(base, head, Options{})
	if diff := cmp.Diff([]Package{{"d", "a"}, {"d", "c"}}, Suspects(c, nowhere)); diff != "" {
		t.Errorf("what differs (-want +got):\n%s", diff)
	}
	reach := func(p Package) bool { return p.Name == "a" }
	if diff := cmp.Diff([]Package{{"d", "c"}}, Suspects(c, reach)); diff != "" {
		t.Errorf("what the change reaches is no suspect (-want +got):\n%s", diff)
	}
}

func TestSecondLook(t *testing.T) {
	packages := []string{"d/a 1", "d/b 1"}
	tests := map[string]struct {
		base, head   Side // first scans
		base2, head2 Side // second ones
		want         []string
		repeated     []Package
	}{
		"what repeats stays new": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 X x")),
			base2: again([]string{"d/a 1"}), head2: again([]string{"d/a 1"}, fact("d/a 1 X x")),
			want:     []string{"new: d/a 1 X x"},
			repeated: []Package{{"d", "a"}},
		},
		"what the second scan of the head does not tell is unstable": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 X x")),
			base2: again([]string{"d/a 1"}), head2: again([]string{"d/a 1"}),
			want: []string{"unstable: d/a 1 X x"},
		},
		"what the second scan of the base tells as well is unstable": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 X x")),
			base2: again([]string{"d/a 1"}, fact("d/a 1 X x")), head2: again([]string{"d/a 1"}, fact("d/a 1 X x")),
			want: []string{"unstable: d/a 1 X x"},
		},
		"two new ones of which one repeats: one stays new": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 X x"), fact("d/a 1 X x")),
			base2: again([]string{"d/a 1"}), head2: again([]string{"d/a 1"}, fact("d/a 1 X x")),
			want:     []string{"new: d/a 1 X x", "unstable: d/a 1 X x"},
			repeated: []Package{{"d", "a"}},
		},
		"a package that was not looked at again keeps its classes": {
			base: sideOf(packages, fact("d/b 1 Y y")), head: sideOf(packages, fact("d/a 1 X x"), fact("d/b 1 X x")),
			base2: again([]string{"d/a 1"}), head2: again([]string{"d/a 1"}),
			want: []string{"new: d/b 1 X x", "unstable: d/a 1 X x", "fixed: d/b 1 Y y"},
		},
		"looked at again on one side only proves nothing": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 X x")),
			base2: again([]string{"d/b 1"}), head2: again([]string{"d/a 1"}),
			want: []string{"new: d/a 1 X x"},
		},
		"a blocker that comes and goes takes what it hid along": {
			base: sideOf(packages, fact("d/a 1 X x")), head: sideOf(packages, fact("d/a 1 SourcingError die")),
			base2: again([]string{"d/a 1"}, fact("d/a 1 X x")), head2: again([]string{"d/a 1"}, fact("d/a 1 X x")),
			want: []string{"unstable: d/a 1 SourcingError die", "unstable: d/a 1 X x"},
		},
		"a fix that does not repeat is none": {
			base: sideOf(packages, fact("d/a 1 X x")), head: sideOf(packages),
			base2: again([]string{"d/a 1"}, fact("d/a 1 X x")), head2: again([]string{"d/a 1"}, fact("d/a 1 X x")),
			want: []string{"unstable: d/a 1 X x"},
		},
		"what only the second scan tells is left out": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 X x")),
			base2: again([]string{"d/a 1"}), head2: again([]string{"d/a 1"}, fact("d/a 1 X x"), fact("d/a 1 Z z")),
			want:     []string{"new: d/a 1 X x"},
			repeated: []Package{{"d", "a"}},
		},
		"the other name of a family is the same fact": {
			base: sideOf(packages), head: sideOf(packages, fact("d/a 1 NonsolvableDepsInDev x")),
			base2: again([]string{"d/a 1"}), head2: again([]string{"d/a 1"}, fact("d/a 1 NonsolvableDepsInStable x")),
			want:     []string{"new: d/a 1 NonsolvableDepsInDev x"},
			repeated: []Package{{"d", "a"}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			first := Compare(tc.base, tc.head, Options{})
			before := show(first)
			got, repeated := SecondLook(first, tc.base2, tc.head2, Options{})
			if diff := cmp.Diff(tc.want, show(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.repeated, repeated, cmp.Transformer("nil", func(p []Package) []Package { return append([]Package{}, p...) })); diff != "" {
				t.Errorf("repeated (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, show(first)); diff != "" {
				t.Errorf("the first comparison was changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestASecondLookAtTheSameChangesNothing: two scans that agree make nothing unstable.
func TestASecondLookAtTheSameChangesNothing(t *testing.T) {
	worlds(t, func(w world, base, head Side, opts Options) {
		all := map[Package]bool{}
		for _, name := range []string{"a", "b", "c"} {
			all[Package{"d", name}] = true
		}
		base.Looked, head.Looked = all, all
		first := Compare(base, head, opts)
		got, repeated := SecondLook(first, w.shuffled(base), w.shuffled(head), opts)
		if diff := cmp.Diff(show(first), show(got)); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(Suspects(first, nowhere), repeated); diff != "" {
			t.Errorf("repeated (-suspects +repeated):\n%s", diff)
		}
	})
}

// TestNothingUnstableGates: whatever a second look finds, no more gates than before, and nothing that did not repeat.
func TestNothingUnstableGates(t *testing.T) {
	gates := Gates{Levels: []finding.Level{finding.LevelError, finding.LevelWarning}, Inherited: true}
	worlds(t, func(w world, base, head Side, opts Options) {
		base2, head2 := w.side(), w.side()
		base2.Looked = map[Package]bool{{"d", "a"}: true, {"d", "b"}: true}
		head2.Looked = maps.Clone(base2.Looked)
		first := Compare(base, head, opts)
		second, _ := SecondLook(first, base2, head2, opts)
		if len(first.Entries) != len(second.Entries) {
			t.Fatalf("%d entries became %d", len(first.Entries), len(second.Entries))
		}
		gated := func(c Comparison) (n int) {
			for _, item := range Judge(c, gates).Items {
				if item.Gates {
					n++
				}
				if item.Gates && item.Class == finding.ClassUnstable {
					t.Errorf("an unstable fact gates: %v", item)
				}
			}
			return n
		}
		if before, after := gated(first), gated(second); after > before {
			t.Errorf("%d gate, before it were %d", after, before)
		}
		if !slices.IsSortedFunc(second.Entries, func(a, b Entry) int {
			return slices.Index(finding.Classes, a.Class) - slices.Index(finding.Classes, b.Class)
		}) {
			t.Errorf("not sorted: %v", show(second))
		}
	})
}

// TestASecondLookIsNoWordOfChecksThatDidNotRun: the whole tree's checks find things in packages, and are not asked twice.
func TestASecondLookIsNoWordOfChecksThatDidNotRun(t *testing.T) {
	packages := []string{"d/a 1"}
	whole, part := fact("d/a 1 X x"), fact("d/a 1 Y y")
	whole.Check, part.Check = "WholeCheck", "PartCheck"
	first := Compare(sideOf(packages), sideOf(packages, whole, part), Options{})
	base2, head2 := again(packages), again(packages)
	base2.Ran, head2.Ran = []string{"PartCheck"}, []string{"PartCheck"}
	got, repeated := SecondLook(first, base2, head2, Options{})
	if diff := cmp.Diff([]string{"new: d/a 1 X x", "unstable: d/a 1 Y y"}, show(got)); diff != "" || len(repeated) > 0 {
		t.Errorf("repeated %v, (-want +got):\n%s", repeated, diff)
	}
}
