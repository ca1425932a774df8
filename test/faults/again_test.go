// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/verdict"
)

// TestSecondLook scans everything for a change of one package, and in another one, which the change cannot reach, a problem comes up.
func TestSecondLook(t *testing.T) {
	s := newSite(t)
	for name, c := range map[string]struct {
		sides      map[string]string
		change     change
		conclusion finding.Conclusion
		class      finding.Class // of the problem
		looked     bool          // twice
		repeated   []string
		shown      string
	}{
		"what does not repeat is unstable": {
			sides: map[string]string{engine.Head: "now"}, conclusion: finding.ConclusionSuccess, class: finding.ClassUnstable, looked: true, shown: "unstable",
		},
		"what does not repeat is unstable beside a problem": {
			sides: map[string]string{engine.Head: "now"}, change: change{bad: true},
			conclusion: finding.ConclusionFailure, class: finding.ClassUnstable, looked: true, shown: "unstable",
		},
		"what repeats is new": {
			sides: map[string]string{engine.Head: "ever"}, conclusion: finding.ConclusionFailure, class: finding.ClassNew, looked: true, repeated: []string{s.struck},
		},
		"what the base alone has, and does not repeat, is not fixed": {
			sides: map[string]string{engine.Base: "now"}, conclusion: finding.ConclusionSuccess, class: finding.ClassUnstable, looked: true, shown: "unstable",
		},
		"what the change reaches is looked at once": {
			sides: map[string]string{engine.Head: "now"}, change: change{touched: true}, conclusion: finding.ConclusionFailure, class: finding.ClassNew,
		},
	} {
		run := s.run(t, c.change)
		run.Plan.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "asked for"}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := s.finish(t, run, c.sides)
			if v.Conclusion != c.conclusion || v.Reason != "" {
				t.Errorf("%s %s: %s", v.Conclusion, v.Reason, v.Message)
			}
			if (v.SecondLook != nil) != c.looked {
				t.Errorf("the second look: %+v", v.SecondLook)
			}
			if l := v.SecondLook; c.looked && l != nil && (!slices.Equal(l.Packages, []string{s.struck}) || !slices.Equal(l.Repeated, c.repeated)) {
				t.Errorf("the second look was at %q, repeated %q", l.Packages, l.Repeated)
			}
			s.classed(t, v, c.class)
			said := report.Terminal(v, report.Names{}, report.TerminalOptions{})
			if !strings.Contains(said, c.shown) {
				t.Errorf("the report does not show %q:\n%s", c.shown, said)
			}
		})
	}
}

// classed looks at what is not old in the struck package.
func (s *site) classed(t *testing.T, v *verdict.Verdict, class finding.Class) {
	t.Helper()
	found := []finding.Class{}
	for _, item := range v.Items {
		if item.Fact.Category+"/"+item.Fact.Package == s.struck && item.Class != finding.ClassExisting {
			found = append(found, item.Class)
			if item.Gates != (class == finding.ClassNew) {
				t.Errorf("%s gates: %t", item.Class, item.Gates)
			}
		}
	}
	if found = slices.Compact(found); !slices.Equal(found, []finding.Class{class}) { // one for each version
		t.Errorf("classes %q, want one %q", found, class)
	}
}
