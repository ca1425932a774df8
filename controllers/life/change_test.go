// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

func success() verdict.Verdict { return verdict.Verdict{Conclusion: finding.ConclusionSuccess} }

func TestANewHeadTakesOverInPlace(t *testing.T) {
	w := newWorld(t)
	w.settle()
	old := w.job()
	since := w.get().Status.Queue.Since
	w.clock.Step(5 * 60e9)
	w.forge.setPull(func(p *forge.Pull) { p.Head = headB })
	w.ask("2")
	w.settle()
	job := w.job()
	if job.Name == old.Name {
		t.Fatal("the old head's Job is still there")
	}
	if got := w.get().Status.Queue.Since; !got.Equal(since) {
		t.Errorf("the place in the queue moved from %s to %s", since, got)
	}
	if got := w.server.summaries[old.Annotations[prcheckv1.AnnotationRun]].State; got != results.RunSuperseded {
		t.Errorf("the old run is %s in the store", got)
	}
	w.complete(job, success())
	w.settle()
	if diff := cmp.Diff([]string{"pending Waiting for a free slot", "pending Checking aaaaaaa"}, w.forge.shown(headA)); diff != "" {
		t.Errorf("old head: %s", diff)
	}
	if diff := cmp.Diff([]string{"pending Waiting for a free slot", "pending Checking bbbbbbb", "success No new problems"}, w.forge.shown(headB)); diff != "" {
		t.Errorf("new head: %s", diff)
	}
}

// The push that nobody told us of: the head is read again before a verdict is told.
func TestAVerdictIsNotToldOfAHeadThatIsGone(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.forge.setPull(func(p *forge.Pull) { p.Head = headB })
	w.settle()
	if got := w.forge.shown(headA); len(got) != 2 {
		t.Errorf("the old head was told %v", got)
	}
	if got := w.get().Status.Revision.Head; got != headB {
		t.Errorf("the check looks at %s", got)
	}
}

func TestAConflictIsNeutralWithoutAPod(t *testing.T) {
	w := newWorld(t)
	w.server.merge = results.MergeResult{State: results.MergeConflict, Conflicts: []string{"dev-libs/a/a-1.ebuild"}}
	w.settle()
	if jobs := w.jobs(); len(jobs) != 0 {
		t.Errorf("%d Jobs for a conflict", len(jobs))
	}
	want := []string{"pending Waiting for a free slot", "pending Not judged: merge conflict in dev-libs/a/a-1.ebuild"}
	if diff := cmp.Diff(want, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionTrue, prcheckv1.ReasonConflict)
	if got := w.get().Status; got.Conclusion != "neutral" || len(got.Revision.Conflicts) != 1 || got.Profiles[0].ReportURL == "" {
		t.Errorf("got status %+v", got)
	}

	w.ask("2") // nothing changed
	w.settle()
	if got := w.forge.shown(headA); len(got) != 2 {
		t.Errorf("a conflict that stays was told again: %v", got)
	}
	w.server.merge = results.MergeResult{State: results.MergeReady}
	w.ask("3") // the target branch moved
	w.settle()
	w.complete(w.job(), success())
	w.settle()
	if got := w.get().Status.Conclusion; got != "success" {
		t.Errorf("after the conflict is gone the conclusion is %q", got)
	}
}

func TestASkipLabelLeavesItOut(t *testing.T) {
	w := newWorld(t)
	w.forge.setPull(func(p *forge.Pull) { p.Labels = []string{"noci"} })
	w.settle()
	if diff := cmp.Diff([]string{"pending Not checked: label noci"}, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionTrue, prcheckv1.ReasonSkipped)
	version := w.get().Status
	w.ask("2")
	w.settle()
	after := w.get().Status
	after.LastHandledRequest = version.LastHandledRequest
	if diff := cmp.Diff(version, after); diff != "" {
		t.Errorf("another look changed the status: %s", diff)
	}
	w.forge.setPull(func(p *forge.Pull) { p.Labels = nil })
	w.ask("3")
	w.settle()
	w.complete(w.job(), success())
	w.settle()
	if got := w.get().Status.Conclusion; got != "success" {
		t.Errorf("without the label the conclusion is %q", got)
	}
}

func TestALabelDoesNotTakeAVerdictBack(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	w.forge.setPull(func(p *forge.Pull) { p.Labels = []string{"noci"} })
	w.ask("2")
	w.settle()
	if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
}

func TestClosingStopsWhatRuns(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.forge.setPull(func(p *forge.Pull) { p.Closed = true })
	w.ask("2")
	w.settle()
	if jobs := w.jobs(); len(jobs) != 0 {
		t.Errorf("%d Jobs of a closed pull request", len(jobs))
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionFalse, prcheckv1.ReasonClosed)
	w.forge.setPull(func(p *forge.Pull) { p.Closed = false })
	w.ask("3")
	w.settle()
	w.complete(w.job(), success())
	w.settle()
	if got := w.get().Status; got.Conclusion != "success" || got.Profiles[0].Attempt != 2 {
		t.Errorf("after it was reopened the status is %+v", got)
	}
}

func TestClosingKeepsAVerdict(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	w.forge.setPull(func(p *forge.Pull) { p.Closed, p.Merged = true, true })
	w.ask("2")
	w.settle()
	if got := w.get().Status.Conclusion; got != "failure" {
		t.Errorf("the conclusion became %q", got)
	}
}

func TestARetestRunsTheSameHeadOnceMore(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	w.edit(func(c *prcheckv1.PullRequestCheck) { c.Spec.Retest = "again" })
	w.settle()
	w.complete(w.job(), success())
	w.settle()
	want := append(append([]string{}, oneLife...), "pending Waiting for a free slot", "pending Checking aaaaaaa", "success No new problems")
	if diff := cmp.Diff(want, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	if got := w.get().Status; got.Profiles[0].Attempt != 2 || got.Conclusion != "success" {
		t.Errorf("got status %+v", got)
	}
}

func TestCancellingStopsAndTellsNothing(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.edit(func(c *prcheckv1.PullRequestCheck) { c.Spec.Cancelled = true })
	w.settle()
	if jobs := w.jobs(); len(jobs) != 0 {
		t.Errorf("%d Jobs of a cancelled check", len(jobs))
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionFalse, prcheckv1.ReasonCancelled)
	if got := w.forge.shown(headA); len(got) != 2 {
		t.Errorf("the forge was told %v", got)
	}
}

// A check that was deleted and made again knows nothing; the forge still shows a verdict for the head, and is not told that all is
// open again.
func TestPendingDoesNotReplaceAVerdictOfTheSameHead(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	if err := w.api.Delete(t.Context(), w.get()); err != nil {
		t.Fatal(err)
	}
	if err := w.api.Delete(t.Context(), w.job()); err != nil {
		t.Fatal(err)
	}
	w.collect()
	w.create(w.check())
	w.start()
	w.settle()
	if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	w.complete(w.job(), success())
	w.settle()
	if got := w.forge.shown(headA); got[len(got)-1] != "success No new problems" {
		t.Errorf("the new verdict was not told: %v", got)
	}
}

func TestAFinishedJobGoesAfterAWhile(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	w.job() // still there
	w.clock.Step(11 * 60e9)
	w.settle()
	if jobs := w.jobs(); len(jobs) != 0 {
		t.Errorf("%d Jobs are left", len(jobs))
	}
	if got := w.get().Status.Conclusion; got != "failure" {
		t.Errorf("the conclusion became %q", got)
	}
}

func TestASuspendedRepositoryIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	repo := w.repository()
	if err := w.api.Get(t.Context(), keyOf(repo), repo); err != nil {
		t.Fatal(err)
	}
	repo.Spec.Suspend = true
	if err := w.api.Update(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if got := w.forge.shown(headA); len(got) != 0 || len(w.jobs()) != 0 {
		t.Errorf("the forge was told %v, and there are %d Jobs", got, len(w.jobs()))
	}
	w.wantCondition(prcheckv1.ConditionStalled, metav1.ConditionTrue, prcheckv1.ReasonSuspended)
}
