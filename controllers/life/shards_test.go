// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

// dividedWorld has a server that divides runs among four pods; an attempt that goes on with another one has missing ones of them left.
func dividedWorld(t *testing.T, missing int) *world {
	t.Helper()
	w := newWorld(t)
	w.serviceAccount()
	w.server.divide = func(record results.RunRecord) (int, int) {
		if record.Continues != "" {
			return 4, missing
		}
		return 4, 4
	}
	return w
}

// lifeOf is what the forge is told in a life of several runs: each one's page is another, so that its link is written anew.
func lifeOf(runs int) []string {
	lines := []string{oneLife[0]}
	for range runs {
		lines = append(lines, oneLife[1])
	}
	return append(lines, oneLife[2])
}

// shardPod makes the pod of a completion index.
func (w *world) shardPod(job *batchv1.Job, index int, node string, status corev1.PodStatus) {
	w.t.Helper()
	annotations := maps.Clone(job.Spec.Template.Annotations)
	annotations[batchv1.JobCompletionIndexAnnotation] = strconv.Itoa(index)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace, Name: fmt.Sprintf("%s-%d", job.Name, index), Labels: job.Spec.Template.Labels, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(job, batchv1.SchemeGroupVersion.WithKind("Job"))},
		},
		Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "publish", Image: "x"}}},
	}
	w.create(pod)
	pod.Status = status
	if err := w.api.Status().Update(w.t.Context(), pod); err != nil {
		w.t.Fatal(err)
	}
}

// succeed sets how many of an indexed Job's pods have succeeded.
func (w *world) succeed(job *batchv1.Job, indexes string, n int32) {
	w.t.Helper()
	now := metav1.Time{Time: w.clock.Now()}
	job.Status.StartTime, job.Status.Succeeded, job.Status.CompletedIndexes = &now, n, indexes
	if err := w.api.Status().Update(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
}

// finishShards stores a verdict as the last shard's publish would, and ends the Job.
func (w *world) finishShards(job *batchv1.Job, indexes string, v verdict.Verdict) {
	w.t.Helper()
	if _, err := w.server.finish(job.Annotations[prcheckv1.AnnotationRun], v); err != nil {
		w.t.Fatal(err)
	}
	now := metav1.Time{Time: w.clock.Now()}
	job.Status.StartTime, job.Status.CompletionTime = &now, &now
	job.Status.Succeeded, job.Status.CompletedIndexes = *job.Spec.Completions, indexes
	for _, kind := range []batchv1.JobConditionType{batchv1.JobSuccessCriteriaMet, batchv1.JobComplete} {
		job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now, LastProbeTime: now})
	}
	if err := w.api.Status().Update(w.t.Context(), job); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantMessage(words string) {
	w.t.Helper()
	if got := w.condition(prcheckv1.ConditionSucceeded).Message; !strings.Contains(got, words) {
		w.t.Errorf("the condition says %q, not %q", got, words)
	}
}

func TestADividedRunSaysHowFarItIs(t *testing.T) {
	w := dividedWorld(t, 0)
	w.settle()
	job := w.job()
	if job.Spec.CompletionMode == nil || *job.Spec.CompletionMode != batchv1.IndexedCompletion || *job.Spec.Completions != 4 || *job.Spec.Parallelism != 4 {
		t.Fatalf("the Job is %+v", job.Spec)
	}
	w.wantMessage("0 of 4 shards are done")
	w.succeed(job, "0,2-3", 3)
	w.settle()
	w.wantMessage("3 of 4 shards are done")
	if diff := cmp.Diff(&prcheckv1.ShardStatus{Total: 4, Scanning: 4, Done: 3}, w.get().Status.Profiles[0].Shards); diff != "" {
		t.Error(diff)
	}
	w.finishShards(job, "0-3", failure())
	w.settle()
	if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	if got := w.get().Status.Profiles[0].Shards; got.Done != 4 {
		t.Errorf("the status of the shards is %+v", got)
	}
}

// A shard whose node is lost leaves the others to finish. The next Job has its shard only, on another node.
func TestAFailedShardGoesIntoTheNextAttempt(t *testing.T) {
	w := dividedWorld(t, 1)
	for _, name := range []string{"w1", "w2"} {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: w.namespace + "-" + name}}
		w.create(node)
		node.Spec.Taints = nil
		if err := w.api.Update(t.Context(), node); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	first := w.job()
	lost := corev1.PodStatus{Phase: corev1.PodFailed, Conditions: []corev1.PodCondition{{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByTaintManager",
	}}}
	w.shardPod(first, 0, w.namespace+"-w2", corev1.PodStatus{Phase: corev1.PodRunning})
	w.shardPod(first, 1, w.namespace+"-w1", lost)
	w.settle()
	if got := w.job().Name; got != first.Name || w.get().Status.Profiles[0].Failures != 0 {
		t.Fatal("the other shards were given no time")
	}
	first.Status.FailedIndexes = new("1")
	w.succeed(first, "0,2-3", 3)
	w.endJob(first, batchv1.JobFailureTarget, batchv1.JobFailed)
	w.settle()

	second := w.job()
	if second.Name == first.Name || *second.Spec.Completions != 1 {
		t.Fatalf("Job %s has %d completions", second.Name, *second.Spec.Completions)
	}
	if diff := cmp.Diff([]string{w.namespace + "-w1"}, keptOff(second)); diff != "" {
		t.Errorf("kept off: %s", diff)
	}
	run := first.Annotations[prcheckv1.AnnotationRun]
	if got := w.server.records[second.Annotations[prcheckv1.AnnotationRun]].Continues; got != run {
		t.Errorf("the second attempt goes on with %q, not %q", got, run)
	}
	w.wantMessage("3 of 4 shards are done")
	w.finishShards(second, "0", failure())
	w.settle()
	if diff := cmp.Diff(lifeOf(2), w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	if got := w.get().Status.Profiles[0]; got.Attempt != 2 || got.Failures != 1 || got.Shards.Done != 4 {
		t.Errorf("got %+v", got)
	}
}

func TestAShardThatFailsAgainAndAgainIsAnError(t *testing.T) {
	w := dividedWorld(t, 1)
	w.settle()
	for range 3 {
		job := w.job()
		w.shardPod(job, 0, "", fetchFailed())
		job.Status.FailedIndexes = new("0")
		w.endJob(job, batchv1.JobFailureTarget, batchv1.JobFailed)
		w.settle()
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionFalse, prcheckv1.ReasonInfrastructureFailed)
	shown := w.forge.shown(headA)
	if got := shown[len(shown)-1]; !strings.HasPrefix(got, "error Not checked: the trees could not be fetched (1 of 1 shards failed)") {
		t.Errorf("the forge shows %q", got)
	}
}

// A run that finds everything in scope is no failure: a divided one takes over, and the forge is told of neither.
func TestARunThatFindsEverythingInScopeGivesWay(t *testing.T) {
	w := newWorld(t)
	w.server.divide = func(record results.RunRecord) (int, int) {
		if record.Continues != "" {
			return 4, 4
		}
		return 0, 0
	}
	w.settle()
	first := w.job()
	if first.Spec.CompletionMode != nil && *first.Spec.CompletionMode == batchv1.IndexedCompletion {
		t.Fatal("the first Job is indexed")
	}
	w.complete(first, verdict.Verdict{Conclusion: finding.ConclusionSuperseded, Reason: plan.ReasonDivide})
	w.settle()
	second := w.job()
	if second.Name == first.Name || *second.Spec.Completions != 4 {
		t.Fatalf("Job %s has %d completions", second.Name, *second.Spec.Completions)
	}
	w.finishShards(second, "0-3", failure())
	w.settle()
	if diff := cmp.Diff(lifeOf(2), w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	if got := w.get().Status.Profiles[0]; got.Failures != 0 || got.Attempt != 2 || got.Conclusion != "failure" {
		t.Errorf("got %+v", got)
	}
}

// The manager dies at each write of a life with a run that gives way and a shard that fails.
func TestTheManagerDiesAtEachWriteOfADividedRun(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			died := false
			t.Run(fmt.Sprintf("write %d, took effect %t", n, after), func(t *testing.T) { died = dieDividedAt(t, n, after) })
			if !died {
				if n < 12 {
					t.Errorf("such a life has only %d writes: the fuse is not in all of them", n-1)
				}
				break
			}
		}
	}
}

func dieDividedAt(t *testing.T, n int, after bool) bool {
	t.Helper()
	w := newWorld(t)
	w.serviceAccount()
	w.server.divide = func(record results.RunRecord) (int, int) {
		return map[int]int{1: 0, 2: 4, 3: 4}[record.Attempt], map[int]int{1: 0, 2: 4, 3: 1}[record.Attempt]
	}
	w.fuse.at, w.fuse.after = n, after
	died := false
	live := func() {
		for {
			w.settle()
			if !w.fuse.isBlown() {
				return
			}
			died = true
			w.start()
		}
	}
	live()
	w.complete(w.job(), verdict.Verdict{Conclusion: finding.ConclusionSuperseded, Reason: plan.ReasonDivide})
	live()
	divided := w.job()
	w.shardPod(divided, 2, "", fetchFailed())
	divided.Status.FailedIndexes = new("2")
	w.succeed(divided, "0-1,3", 3)
	w.endJob(divided, batchv1.JobFailureTarget, batchv1.JobFailed)
	live()
	if got := *w.job().Spec.Completions; got != 1 {
		t.Fatalf("the last Job has %d completions", got)
	}
	w.finishShards(w.job(), "0", failure())
	live()
	if diff := cmp.Diff(lifeOf(3), w.forge.shown(headA)); diff != "" {
		t.Errorf("the forge was told something else: %s", diff)
	}
	if len(w.created) != 3 || len(w.records()) != 3 {
		t.Errorf("Jobs created: %v; %d runs registered", w.created, len(w.records()))
	}
	if got := w.get().Status; got.Conclusion != "failure" || got.Profiles[0].Attempt != 3 || got.Profiles[0].Failures != 1 {
		t.Errorf("got status %+v", got)
	}
	return died
}
