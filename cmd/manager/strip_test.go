// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/attempt"
	"github.com/prcheck/prcheck/internal/jobspec"
)

// TestStrippedJobsAreJudgedAlike judges a divided run by what the cache keeps of its Job and pods: a pod that fails leaves the others to finish.
func TestStrippedJobsAreJudgedAlike(t *testing.T) {
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: "j", Annotations: map[string]string{v1alpha1.AnnotationShards: "2"}},
		Spec:       batchv1.JobSpec{Completions: new(int32(2)), CompletionMode: new(batchv1.IndexedCompletion), BackoffLimitPerIndex: new(int32(0))},
		Status:     batchv1.JobStatus{Succeeded: 1},
	}
	if _, err := stripJob(job); err != nil {
		t.Fatal(err)
	}
	if job.Spec.BackoffLimitPerIndex != nil {
		t.Error("the cache keeps what nobody reads")
	}
	pods := []corev1.Pod{}
	for index, phase := range map[string]corev1.PodPhase{"0": corev1.PodRunning, "1": corev1.PodFailed} {
		pod := corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "j-" + index, Annotations: map[string]string{batchv1.JobCompletionIndexAnnotation: index}}}
		pod.Status.Phase = phase
		if _, err := stripPod(&pod); err != nil {
			t.Fatal(err)
		}
		pods = append(pods, pod)
	}
	if end := attempt.Judge(job, pods, time.Unix(0, 0), time.Minute); end.State != attempt.Running {
		t.Errorf("one of two shards failed and the other still runs: %+v", end)
	}
	if total, done := jobspec.Shards(job); total != 2 || done != 1 {
		t.Errorf("%d of %d shards are done", done, total)
	}
}
