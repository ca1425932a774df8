// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// memory is enough for a scan of some packages, and a fraction of what the machine has.
const memory = 512 << 20

// TestOutOfMemory takes stages in containers to the end of their memory.
func TestOutOfMemory(t *testing.T) {
	s := newSite(t)
	greedy := s.tree(change{})
	f := greedy[s.struckFile]
	// In the global scope, where sourcing meets it.
	f.Text += "\nwhile :; do greed=${greed}${greed:-0123456789abcdef}; done\n"
	greedy[s.struckFile] = f
	s.heads[change{touched: true}] = s.repository.Commit(t, s.base, greedy)

	for name, c := range map[string]struct {
		sides map[string]string
		head  change
		stage plan.Stage
	}{
		"a check of the head":               {sides: map[string]string{engine.Head: "memory"}, stage: plan.StageScan},
		"a check of the base alone":         {sides: map[string]string{engine.Base: "memory"}, stage: plan.StageScan},
		"a check of the head, and problems": {sides: map[string]string{engine.Head: "memory"}, head: change{bad: true}, stage: plan.StageScan},
		"an ebuild that is sourced":         {head: change{touched: true}, stage: plan.StagePrepare},
	} {
		run := s.run(t, c.head)
		run.Plan.Snapshot.MemoryBytes = memory
		t.Run(name, func(t *testing.T) {
			if o := run.Fetch(t); !o.OK() {
				t.Fatalf("fetch: %s: %s", o.Reason, o.Message)
			}
			run.UseDriver(t, plant(t, strike{s.struck, c.sides}))
			if c.stage == plan.StageScan {
				if o, err := run.Engine.Prepare(t.Context(), run.Plan); err != nil || !o.OK() {
					t.Fatalf("prepare: %s: %s: %v", o.Reason, o.Message, err)
				}
			}
			if err := contain(t, run, c.stage, memory); err != nil {
				t.Fatalf("the container did not end by itself: %v", err)
			}
			outOfMemory(t, run.Verdict(), c.stage)
		})
	}
}

func outOfMemory(t *testing.T, v *verdict.Verdict, stage plan.Stage) {
	t.Helper()
	if v.Conclusion != finding.ConclusionError || v.Reason != plan.ReasonOutOfMemory {
		t.Errorf("%s %s: %s", v.Conclusion, v.Reason, v.Message)
	}
	for _, part := range []string{"The " + string(stage) + " stage", "512 MiB", "profile's memory can be raised"} {
		if !strings.Contains(v.Message, part) {
			t.Errorf("the message does not say %q: %s", part, v.Message)
		}
	}
	if last := v.Outcomes[len(v.Outcomes)-1]; last.Stage != stage || last.OOMKills < 1 {
		t.Errorf("the last outcome is that of %s, with %d kills", last.Stage, last.OOMKills)
	}
}
