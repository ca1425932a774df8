// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// newWholeWorld is a world whose profile looks at everything.
func newWholeWorld(t *testing.T) *baseWorld {
	t.Helper()
	b := newBaseWorld(t)
	profile := &prcheckv1.CheckProfile{}
	if err := b.api.Get(t.Context(), client.ObjectKey{Namespace: b.namespace, Name: "standard"}, profile); err != nil {
		t.Fatal(err)
	}
	profile.Spec.Scope = prcheckv1.ScopeFull
	if err := b.api.Update(t.Context(), profile); err != nil {
		t.Fatal(err)
	}
	return b
}

// waits lets the check come so far that it waits for its base.
func (b *baseWorld) waits() *prcheckv1.AwaitedBaseline {
	b.t.Helper()
	for range 5 {
		b.pass()
	}
	profiles := b.get().Status.Profiles
	if len(profiles) != 1 || profiles[0].Awaits == nil || profiles[0].Run != "" {
		b.t.Fatalf("the check does not wait: %+v", profiles)
	}
	return profiles[0].Awaits
}

func (b *baseWorld) findings() prcheckv1.BaselineStatus {
	b.t.Helper()
	for _, s := range b.repository().Status.Baselines {
		if s.Kind == prcheckv1.BaselineFindings {
			return s
		}
	}
	b.t.Fatalf("nobody looks at the whole base: %+v", b.repository().Status.Baselines)
	return prcheckv1.BaselineStatus{}
}

func (b *baseWorld) jobOfRun(run string) *batchv1.Job {
	b.t.Helper()
	for _, job := range b.jobs() {
		if job.Annotations[prcheckv1.AnnotationRun] == run {
			return &job
		}
	}
	b.t.Fatalf("run %s has no Job", run)
	return nil
}

func TestACheckOfEverythingWaitsForItsBase(t *testing.T) {
	b := newWholeWorld(t)
	awaits := b.waits()
	if c := b.condition(prcheckv1.ConditionReconciling); c == nil || !strings.Contains(c.Message, "looks at the whole base") {
		t.Errorf("the check says %+v", c)
	}
	b.turn()
	made := b.findings()
	if !made.Awaited || made.State != prcheckv1.BaselineRunning || made.Key != awaits.Key {
		t.Fatalf("what is awaited is %+v", made)
	}
	clock := b.clock.Now().UTC()
	b.server.foundAt = clock
	b.complete(b.jobOfRun(made.Run), verdict.Verdict{Conclusion: finding.ConclusionSuccess})
	b.turn()
	if got := b.findings(); got.State != prcheckv1.BaselineReady || got.Awaited {
		t.Errorf("when it was made: %+v", got)
	}
	b.clock.Step(5 * time.Second)
	b.settle()
	p := b.get().Status.Profiles[0]
	if p.Awaits != nil || p.Run == "" {
		t.Fatalf("the check goes on waiting: %+v", p)
	}
	for _, record := range b.records() {
		if record.Hash == p.Run && (record.Plan.BaseFindings != awaits.Key || !record.Plan.Clock.Equal(clock)) {
			t.Errorf("the run compares with %q under %s, not with %q under %s", record.Plan.BaseFindings, record.Plan.Clock, awaits.Key, clock)
		}
	}
}

// TestNoCheckWaitsForEver: whatever happens to the run on the base, the check looks at both sides itself.
func TestNoCheckWaitsForEver(t *testing.T) {
	for sentence, happens := range map[string]func(*baseWorld){
		"the run fails": func(b *baseWorld) {
			b.turn()
			b.complete(b.jobOfRun(b.findings().Run), verdict.Verdict{Conclusion: finding.ConclusionError, Reason: "ToolFailed"})
			b.turn()
		},
		"nobody runs it": func(b *baseWorld) { b.clock.Step(20 * time.Minute) },
		"it is switched off": func(b *baseWorld) {
			repo := b.repository()
			repo.Spec.Policy.Baselines = prcheckv1.BaselinesOff
			if err := b.api.Update(b.t.Context(), repo); err != nil {
				b.t.Fatal(err)
			}
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			b := newWholeWorld(t)
			b.waits()
			happens(b)
			b.settle()
			p := b.get().Status.Profiles[0]
			if p.Awaits != nil || p.Run == "" {
				t.Fatalf("the check goes on waiting: %+v", p)
			}
			for _, record := range b.records() {
				if record.Hash == p.Run && record.Plan.BaseFindings != "" {
					t.Errorf("the run compares with %q, which there is none of", record.Plan.BaseFindings)
				}
			}
		})
	}
}
