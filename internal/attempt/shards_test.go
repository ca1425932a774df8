// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package attempt

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

func indexedJob(conditions ...batchv1.JobConditionType) *batchv1.Job {
	j := job(conditions...)
	j.Spec.CompletionMode, j.Spec.Completions = new(batchv1.IndexedCompletion), new(int32(3))
	return j
}

// shardPods makes the pods of shards 0, 1, …, each on a node of its own.
func shardPods(edits ...func(*corev1.Pod)) []corev1.Pod {
	pods := []corev1.Pod{}
	for index, edit := range edits {
		p := pod(func(p *corev1.Pod) {
			p.Spec.NodeName = "worker-" + strconv.Itoa(index)
			p.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: strconv.Itoa(index)}
			edit(p)
		})
		pods = append(pods, p...)
	}
	return pods
}

func phase(phase corev1.PodPhase) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Status.Phase = phase }
}

func TestJudgeShards(t *testing.T) {
	lost, succeeded, running := disruptedBy("DeletionByTaintManager"), phase(corev1.PodSucceeded), phase(corev1.PodRunning)
	noImage := initStatuses(corev1.PodPending, stuck("fetch", "ImagePullBackOff"))
	limit := initStatuses(corev1.PodFailed, exited("fetch", 0, "Completed"), exited("scan", 137, "OOMKilled"))
	infra := func(reason, message string, nodes ...string) End {
		return End{State: Infrastructure, Reason: reason, Message: message, Node: nodes[0], Nodes: nodes}
	}
	for sentence, test := range map[string]struct {
		job  *batchv1.Job
		pods []corev1.Pod
		want End
	}{
		"a Job without pods yet runs":            {job: indexedJob(), want: End{State: Running}},
		"all shards are done":                    {job: indexedJob(batchv1.JobComplete), want: End{State: Complete}},
		"one failed, the others are not stopped": {job: indexedJob(), pods: shardPods(succeeded, lost, running), want: End{State: Running}},
		"one failed, the others are done": {
			job: indexedJob(batchv1.JobFailureTarget), pods: shardPods(succeeded, lost, succeeded),
			want: infra(plan.ReasonInfrastructure, "the node was lost (1 of 3 shards failed)", "worker-1"),
		},
		"two failed, on two nodes": {
			job: indexedJob(batchv1.JobFailed), pods: shardPods(lost, succeeded, lost),
			want: infra(plan.ReasonInfrastructure, "the node was lost (2 of 3 shards failed)", "worker-0", "worker-2"),
		},
		"a pod that was deleted": {
			job: indexedJob(batchv1.JobFailed), pods: shardPods(succeeded),
			want: End{State: Infrastructure, Reason: plan.ReasonInfrastructure, Message: "the pod was deleted (1 of 3 shards failed)"},
		},
		"a limit ends it at once": {
			job: indexedJob(), pods: shardPods(running, limit, lost),
			want: End{State: Limit, Reason: plan.ReasonOutOfMemory, Message: "scan needed more memory than the profile allows", Node: "worker-1", Nodes: []string{"worker-1"}},
		},
		"an image that one node cannot pull waits for the others": {job: indexedJob(), pods: shardPods(running, noImage, running), want: End{State: Running}},
		"an image that one node cannot pull ends it after the others": {
			job: indexedJob(), pods: shardPods(succeeded, noImage, succeeded),
			want: infra(prcheckv1.ReasonImageUnavailable, "the image could not be pulled (1 of 3 shards failed)", "worker-1"),
		},
		"an image is given time": {
			job: indexedJob(), pods: shardPods(succeeded, func(p *corev1.Pod) {
				noImage(p)
				p.Status.StartTime = &metav1.Time{Time: now.Add(-time.Minute)}
			}), want: End{State: Running, Recheck: now.Add(2 * time.Minute)},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := Judge(test.job, test.pods, now, 3*time.Minute)
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(End{}, "Detail")); diff != "" {
				t.Error(diff)
			}
			if got.State > Complete && got.Detail == "" {
				t.Error("operators are told nothing")
			}
		})
	}
}
