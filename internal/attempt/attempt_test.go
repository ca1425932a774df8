// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package attempt

import (
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

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func job(conditions ...batchv1.JobConditionType) *batchv1.Job {
	j := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "prc-0"}}
	for _, kind := range conditions {
		j.Status.Conditions = append(j.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue})
	}
	return j
}

func pod(edit func(*corev1.Pod)) []corev1.Pod {
	p := corev1.Pod{Spec: corev1.PodSpec{NodeName: "worker-1"}}
	p.Status.StartTime = &metav1.Time{Time: now.Add(-10 * time.Minute)}
	p.Status.Phase = corev1.PodFailed
	edit(&p)
	return []corev1.Pod{p}
}

func disruptedBy(reason string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason}}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{exited("publish", 137, "Error")}
	}
}

func exited(name string, code int32, reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, State: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, FinishedAt: metav1.Time{Time: now.Add(-time.Minute)}},
	}}
}

func stuck(name, reason string) corev1.ContainerStatus {
	return corev1.ContainerStatus{Name: name, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}
}

func initStatuses(phase corev1.PodPhase, statuses ...corev1.ContainerStatus) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.Phase = phase
		p.Status.InitContainerStatuses = statuses
	}
}

func TestJudge(t *testing.T) {
	infra := func(reason, message string) End {
		return End{State: Infrastructure, Reason: reason, Message: message, Node: "worker-1"}
	}
	for sentence, test := range map[string]struct {
		job  *batchv1.Job
		pods []corev1.Pod
		want End
	}{
		"a Job without pods yet runs":                        {job: job(), want: End{State: Running}},
		"a complete Job is complete even if its pod is gone": {job: job(batchv1.JobComplete), want: End{State: Complete}},
		"a failed Job without a pod lost it": {
			job: job(batchv1.JobFailed), want: End{State: Infrastructure, Reason: plan.ReasonInfrastructure, Message: "the pod was deleted"},
		},
		"a drained node is infrastructure, whatever the exit codes": {
			job: job(batchv1.JobFailed), pods: pod(disruptedBy("EvictionByEvictionAPI")), want: infra(plan.ReasonInfrastructure, "the node was drained"),
		},
		"a node that does not come back is lost": {
			job: job(batchv1.JobFailed), pods: pod(disruptedBy("DeletionByTaintManager")), want: infra(plan.ReasonInfrastructure, "the node was lost"),
		},
		"an eviction by the node's need is infrastructure": {
			job: job(batchv1.JobFailed),
			pods: pod(func(p *corev1.Pod) {
				disruptedBy(corev1.PodReasonTerminationByKubelet)(p)
				p.Status.Reason = "Evicted"
			}),
			want: infra(plan.ReasonInfrastructure, "the node ran short of memory or disk, or was shut down"),
		},
		"an eviction for the pod's own limit is the profile's": {
			job:  job(batchv1.JobFailed),
			pods: pod(func(p *corev1.Pod) { p.Status.Reason = "Evicted" }),
			want: End{State: Limit, Reason: plan.ReasonDiskFull, Message: "it needed more storage than the profile allows", Node: "worker-1"},
		},
		"the reason is known before the Job says that it failed": {
			job: job(), pods: pod(func(p *corev1.Pod) { p.Status.Reason = "Evicted" }),
			want: End{State: Limit, Reason: plan.ReasonDiskFull, Message: "it needed more storage than the profile allows", Node: "worker-1"},
		},
		"the backstop is ours": {
			job:  job(batchv1.JobFailed),
			pods: pod(func(p *corev1.Pod) { p.Status.Reason = "DeadlineExceeded" }),
			want: infra(plan.ReasonInfrastructure, "the pod did not finish in time"),
		},
		"fetch that fails is infrastructure": {
			job: job(batchv1.JobFailed), pods: pod(initStatuses(corev1.PodFailed, exited("fetch", 1, "Error"))),
			want: infra(plan.ReasonFetchFailed, "the trees could not be fetched"),
		},
		"publish that fails is infrastructure": {
			job: job(batchv1.JobFailed),
			pods: pod(func(p *corev1.Pod) {
				p.Status.ContainerStatuses = []corev1.ContainerStatus{exited("publish", 1, "Error")}
			}),
			want: infra(plan.ReasonPublishFailed, "the results could not be delivered"),
		},
		"a scan out of memory is the profile's limit": {
			job: job(batchv1.JobFailed),
			pods: pod(initStatuses(corev1.PodFailed, exited("fetch", 0, "Completed"), exited("prepare", 0, "Completed"),
				exited("scan", 137, "OOMKilled"))),
			want: End{State: Limit, Reason: plan.ReasonOutOfMemory, Message: "scan needed more memory than the profile allows", Node: "worker-1"},
		},
		"fetch out of memory is ours": {
			job: job(batchv1.JobFailed), pods: pod(initStatuses(corev1.PodFailed, exited("fetch", 137, "OOMKilled"))),
			want: infra(plan.ReasonFetchFailed, "the trees could not be fetched"),
		},
		"a runner that breaks in a stage is ours": {
			job: job(batchv1.JobFailed), pods: pod(initStatuses(corev1.PodFailed, exited("scan", 2, "Error"))),
			want: infra(plan.ReasonInfrastructure, "the container of scan ended unexpectedly"),
		},
		"a pod that the kubelet refuses is ours": {
			job: job(batchv1.JobFailed), pods: pod(func(p *corev1.Pod) { p.Status.Reason = "OutOfcpu" }),
			want: infra(plan.ReasonInfrastructure, "the node did not take the pod"),
		},
		"an image that cannot be pulled ends after a while": {
			job: job(), pods: pod(initStatuses(corev1.PodPending, stuck("fetch", "ImagePullBackOff"))),
			want: infra(prcheckv1.ReasonImageUnavailable, "the image could not be pulled"),
		},
		"an image is given time, from when its stage's turn came": {
			job:  job(),
			pods: pod(initStatuses(corev1.PodPending, exited("fetch", 0, "Completed"), stuck("prepare", "ErrImagePull"))),
			want: End{State: Running, Recheck: now.Add(2 * time.Minute)},
		},
		"a stage that waits for its turn is not stuck": {
			job: job(), pods: pod(initStatuses(corev1.PodPending, stuck("prepare", "PodInitializing"))), want: End{State: Running},
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

func TestJudgeTakesTheNewestPod(t *testing.T) {
	pods := append(
		pod(func(p *corev1.Pod) { p.Name, p.CreationTimestamp = "new", metav1.Time{Time: now} }),
		pod(func(p *corev1.Pod) { p.Spec.NodeName = "old-node"; p.Status.Reason = "Evicted" })...,
	)
	if got := Judge(job(batchv1.JobFailed), pods, now, time.Minute); got.Node != "worker-1" {
		t.Errorf("got node %q, want that of the newest pod", got.Node)
	}
}

func TestEndedHoldsTheSlotWhilePodsTerminate(t *testing.T) {
	for kind, want := range map[batchv1.JobConditionType]bool{
		batchv1.JobComplete: true, batchv1.JobFailed: true, batchv1.JobFailureTarget: false, batchv1.JobSuccessCriteriaMet: false,
	} {
		if got := Ended(job(kind)); got != want {
			t.Errorf("%s: got %v, want %v", kind, got, want)
		}
	}
}
