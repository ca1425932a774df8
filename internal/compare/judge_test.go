// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

func TestJudge(t *testing.T) {
	base := sideOf([]string{"d/a 1", "d/b 1", "d/c 1", "d/e 1"},
		fact("d/a 1 X old"), fact("d/a 1 Y gone"), fact("d/c 1 SourcingError die"), fact("d/e 1 W w"))
	head := sideOf([]string{"d/a 1 2", "d/b 1", "d/c 1", "d/e 1"},
		fact("d/a 1 X old"), fact("d/a 2 X old"), // inherited
		fact("d/b 1 N n", onProfile("amd64")), fact("d/b 1 N n", onProfile("arm64")), // one problem
		fact("d/b 1 S s", level(finding.LevelStyle)),
		fact("d/c 1 U u"), fact("d/e 1 SourcingError die"))
	counts := verdict.Counts{New: 4, Existing: 1, Fixed: 2, Inherited: 1, Unveiled: 1, Hidden: 1}
	tests := map[string]struct {
		gates      Gates
		conclusion finding.Conclusion
		problems   verdict.Problems
		gating     int
	}{
		"errors gate": {
			gates:      Gates{Levels: []finding.Level{finding.LevelError}},
			conclusion: finding.ConclusionFailure,
			problems:   verdict.Problems{Gating: 2, Notes: 1, Fixed: 2, Inherited: 1, Unveiled: 1, Hidden: 1, Existing: 1},
			gating:     3,
		},
		"errors gate, also inherited ones": {
			gates:      Gates{Levels: []finding.Level{finding.LevelError}, Inherited: true},
			conclusion: finding.ConclusionFailure,
			problems:   verdict.Problems{Gating: 2, Notes: 1, Fixed: 2, Inherited: 1, InheritedGating: 1, Unveiled: 1, Hidden: 1, Existing: 1},
			gating:     4,
		},
		"style gates": {
			gates:      Gates{Levels: []finding.Level{finding.LevelStyle}},
			conclusion: finding.ConclusionFailure,
			problems:   verdict.Problems{Gating: 1, Notes: 2, Fixed: 2, Inherited: 1, Unveiled: 1, Hidden: 1, Existing: 1},
			gating:     1,
		},
		"nothing gates": {
			gates:      Gates{Inherited: true},
			conclusion: finding.ConclusionSuccess,
			problems:   verdict.Problems{Notes: 3, Fixed: 2, Inherited: 1, Unveiled: 1, Hidden: 1, Existing: 1},
			gating:     0,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			j := Judge(Compare(base, head, Options{}), tc.gates)
			if j.Conclusion != tc.conclusion {
				t.Errorf("conclusion %s, want %s", j.Conclusion, tc.conclusion)
			}
			if diff := cmp.Diff(counts, j.Counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.problems, j.Problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			gating := 0
			for _, item := range j.Items {
				if item.Gates {
					gating++
				}
				if len(item.Problem) != 12 {
					t.Errorf("problem id %q", item.Problem)
				}
			}
			if gating != tc.gating {
				t.Errorf("%d facts gate, want %d", gating, tc.gating)
			}
		})
	}
}

func TestOnlyUnveiledAndUnstableNeverFail(t *testing.T) {
	base := sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError die"))
	head := sideOf([]string{"d/a 1"}, fact("d/a 1 X x"), fact("d/b - Z z"))
	c := Compare(base, head, Options{Unstable: map[string]bool{fact("d/b - Z z").Fingerprint: true}})
	j := Judge(c, Gates{Levels: []finding.Level{finding.LevelError}, Inherited: true})
	if j.Conclusion != finding.ConclusionSuccess || j.Counts.Unveiled != 1 || j.Counts.Unstable != 1 {
		t.Errorf("%+v", j)
	}
}

func TestInheritedRules(t *testing.T) {
	inherited := func(rule string, l finding.Level) Comparison {
		return Compare(sideOf([]string{"d/a 1"}, fact("d/a 1 "+rule+" x", level(l))), sideOf([]string{"d/a 1 2"}, fact("d/a 2 "+rule+" x", level(l))), Options{})
	}
	both := []finding.Level{finding.LevelError, finding.LevelWarning}
	tests := map[string]struct {
		gates Gates
		rule  string
		level finding.Level
		want  bool
	}{
		"none by default":                        {Gates{Levels: both}, "X", finding.LevelError, false},
		"all of a gating level":                  {Gates{Levels: both, Inherited: true}, "X", finding.LevelWarning, true},
		"one rule":                               {Gates{Levels: both, InheritedRules: []string{"X"}}, "X", finding.LevelWarning, true},
		"another rule":                           {Gates{Levels: both, InheritedRules: []string{"Y"}}, "X", finding.LevelWarning, false},
		"a level":                                {Gates{Levels: both, InheritedRules: []string{"error"}}, "X", finding.LevelError, true},
		"another level":                          {Gates{Levels: both, InheritedRules: []string{"error"}}, "X", finding.LevelWarning, false},
		"all but one rule":                       {Gates{Levels: both, Inherited: true, InheritedRules: []string{"-X"}}, "X", finding.LevelError, false},
		"a level but for one rule":               {Gates{Levels: both, InheritedRules: []string{"error", "-X"}}, "X", finding.LevelError, false},
		"a rule of a level that does not gate":   {Gates{Levels: both[:1], InheritedRules: []string{"X"}}, "X", finding.LevelWarning, false},
		"a level that does not gate when is new": {Gates{Levels: both[:1], InheritedRules: []string{"warning"}}, "X", finding.LevelWarning, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			j := Judge(inherited(tc.rule, tc.level), tc.gates)
			if len(j.Items) == 0 || j.Items[0].Class != finding.ClassInherited {
				t.Fatalf("nothing is inherited: %v", j.Items)
			}
			if j.Items[0].Gates != tc.want || (j.Conclusion == finding.ConclusionFailure) != tc.want || (j.Problems.InheritedGating == 1) != tc.want {
				t.Errorf("gates: %v, %s, %+v, want %v", j.Items[0].Gates, j.Conclusion, j.Problems, tc.want)
			}
		})
	}
}

func TestJudgeKeepsTheOrder(t *testing.T) {
	worlds(t, func(_ world, base, head Side, opts Options) {
		c := Compare(base, head, opts)
		j := Judge(c, Gates{Levels: []finding.Level{finding.LevelError}})
		if !slices.EqualFunc(c.Entries, j.Items, func(e Entry, i verdict.Item) bool { return e.Class == i.Class && e.Fact.Identity == i.Fact.Identity }) {
			t.Error("items and entries differ")
		}
	})
}
