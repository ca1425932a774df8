// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"testing"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// lostIn is a gap of a side.
func lostIn(side, category, name, kind string, checks ...string) gap {
	return gap{
		Lost: pkgcheck.Lost{Category: category, Package: name, Checks: checks}, side: side,
		failure: pkgcheck.Failure{Kind: kind, Category: category, Package: name, Message: "ValueError: odd"},
	}
}

func TestWhatALossDoesToAVerdict(t *testing.T) {
	t.Parallel()
	const none = ""
	cases := map[string]struct {
		base, head []gap
		changed    []string
		want       string // the reason; empty: the verdict stays
	}{
		"nothing is lost":                        {nil, nil, []string{"a/b/b-1.ebuild"}, none},
		"on head alone":                          {nil, []gap{lostIn(Head, "a", "b", "check", "X")}, nil, plan.ReasonCulprit},
		"on both, elsewhere":                     {[]gap{lostIn(Base, "a", "b", "check", "X")}, []gap{lostIn(Head, "a", "b", "check", "X")}, []string{"a/bb/bb-1.ebuild"}, none},
		"on both, where the change is":           {[]gap{lostIn(Base, "a", "b", "check", "X")}, []gap{lostIn(Head, "a", "b", "check", "X")}, []string{"a/b/b-1.ebuild"}, plan.ReasonBrokenBase},
		"more on head":                           {[]gap{lostIn(Base, "a", "b", "check", "X")}, []gap{lostIn(Head, "a", "b", "check", "X", "Y")}, nil, plan.ReasonCulprit},
		"all checks on base, one on head":        {[]gap{lostIn(Base, "a", "b", "source")}, []gap{lostIn(Head, "a", "b", "check", "X")}, nil, none},
		"one check on base, all on head":         {[]gap{lostIn(Base, "a", "b", "check", "X")}, []gap{lostIn(Head, "a", "b", "source")}, nil, plan.ReasonCulprit},
		"a process died on both":                 {[]gap{lostIn(Base, "a", "b", "worker")}, []gap{lostIn(Head, "a", "b", "worker")}, nil, plan.ReasonIncomplete},
		"on base alone, which the head repaired": {[]gap{lostIn(Base, "a", "b", "check", "X")}, nil, []string{"a/b/b-1.ebuild"}, none},
		"a process died on base alone":           {[]gap{lostIn(Base, "a", "b", "worker")}, nil, []string{"a/b/b-1.ebuild"}, plan.ReasonIncomplete},
		"a process died on base, a check on head": {
			[]gap{lostIn(Base, "a", "b", "worker")}, []gap{lostIn(Head, "a", "b", "check", "X")}, nil, plan.ReasonIncomplete,
		},
		"too slow on base alone":             {[]gap{lostIn(Base, "a", "b", "time")}, nil, []string{"a/b/b-1.ebuild"}, plan.ReasonIncomplete},
		"too slow on both":                   {[]gap{lostIn(Base, "a", "b", "time")}, []gap{lostIn(Head, "a", "b", "time")}, nil, none},
		"a check of the tree, on both":       {[]gap{lostIn(Base, "", "", "check", "X")}, []gap{lostIn(Head, "", "", "check", "X")}, nil, plan.ReasonBrokenBase},
		"a check of the tree, on base alone": {[]gap{lostIn(Base, "", "", "check", "X")}, nil, nil, plan.ReasonBrokenBase},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := losses{base: c.base, head: c.head, changed: c.changed}
			got := none
			var f *failure
			if err := l.settle(&verdict.Verdict{Conclusion: finding.ConclusionSuccess}); errors.As(err, &f) {
				got = f.reason
			} else if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("reason %q, want %q", got, c.want)
			}
			if err := l.settle(&verdict.Verdict{Conclusion: finding.ConclusionFailure}); err != nil {
				t.Errorf("with new problems elsewhere: %v", err)
			}
		})
	}
}

func TestWhatIsLostIsComparedOnNeitherSide(t *testing.T) {
	t.Parallel()
	facts := []finding.Fact{
		{Rule: "A", Category: "a", Package: "b", Check: "X"},
		{Rule: "B", Category: "a", Package: "b", Check: "Y"},
		{Rule: "C", Category: "a", Package: "c", Check: "X"},
		{Rule: "D", Category: "a", Package: "c", Check: "Z", Attributes: map[string]any{"profile": "default/broken"}},
	}
	cases := map[string]struct {
		gap  gap
		want string
	}{
		"one check of a package":  {lostIn(Base, "a", "b", "check", "X"), "BCD"},
		"a package":               {lostIn(Head, "a", "b", "worker"), "CD"},
		"a check of the tree":     {lostIn(Head, "", "", "check", "X"), "BD"},
		"a profile of all checks": {gap{Lost: pkgcheck.Lost{Profile: "default/broken"}, side: Head}, "ABC"},
	}
	for name, c := range cases {
		l := losses{head: []gap{c.gap}}
		if c.gap.side == Base {
			l = losses{base: []gap{c.gap}}
		}
		got := ""
		for _, f := range l.without(facts) {
			got += f.Rule
		}
		if got != c.want {
			t.Errorf("%s: %s is left, want %s", name, got, c.want)
		}
	}
}
