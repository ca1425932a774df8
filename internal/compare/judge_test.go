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

func TestJudgeKeepsTheOrder(t *testing.T) {
	worlds(t, func(_ world, base, head Side, opts Options) {
		c := Compare(base, head, opts)
		j := Judge(c, Gates{Levels: []finding.Level{finding.LevelError}})
		if !slices.EqualFunc(c.Entries, j.Items, func(e Entry, i verdict.Item) bool { return e.Class == i.Class && e.Fact.Identity == i.Fact.Identity }) {
			t.Error("items and entries differ")
		}
	})
}
