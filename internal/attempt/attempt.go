// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package attempt judges one attempt of a run from outside: what its Job and pods tell where no stage could tell it
// itself. It says whether the attempt still goes on, is complete, failed for reasons that another node may not have
// (infrastructure), or hit a limit of the profile. What the stages found is not its business: the results store has that.
// It is pure.
package attempt

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

// State says how far an attempt is.
type State int

// The states.
const (
	Running        State = iota // or about to
	Complete                    // publish exited 0: the store has acknowledged a result
	Infrastructure              // failed through no fault of pull request or profile; another attempt may go well
	Limit                       // hit a limit of the profile; another attempt would, too
)

// End is the judgement.
type End struct {
	State State
	// Reason is a word of package plan, or prcheckv1.ReasonImageUnavailable.
	Reason string
	// Message completes "Not checked: …" or "Trying again: …", in words that a contributor can read.
	Message string
	// Detail is for operators: what kubelet or stage said. It may hold names of nodes.
	Detail string
	// Node is where it failed, if it got that far; Nodes are all of them where several pods of it failed.
	Node  string
	Nodes []string
	// Recheck is when a running attempt must be looked at again although nothing may happen; zero where an event will tell.
	Recheck time.Time
}

// Judge looks at a Job and its pods. An image that cannot be pulled ends the attempt once imageWait has passed.
func Judge(job *batchv1.Job, pods []corev1.Pod, now time.Time, imageWait time.Duration) End {
	if indexed(job) {
		return judgeShards(job, pods, now, imageWait)
	}
	pod := newest(pods)
	switch {
	case hasCondition(job, batchv1.JobComplete):
		return End{State: Complete, Node: nodeOf(pod)}
	case hasCondition(job, batchv1.JobFailed), hasCondition(job, batchv1.JobFailureTarget):
		return failed(job, pod)
	case pod != nil && pod.Status.Phase == corev1.PodFailed:
		return failed(job, pod) // the Job controller will say so in a moment; the reason is here already
	case pod != nil:
		return waiting(pod, now, imageWait)
	}
	return End{State: Running}
}

// Ended says whether nothing of the Job can still run: its slot is free.
func Ended(job *batchv1.Job) bool {
	return hasCondition(job, batchv1.JobComplete) || hasCondition(job, batchv1.JobFailed)
}

func hasCondition(job *batchv1.Job, kind batchv1.JobConditionType) bool {
	return slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}

func newest(pods []corev1.Pod) *corev1.Pod {
	if len(pods) == 0 {
		return nil
	}
	pod := slices.MaxFunc(pods, func(a, b corev1.Pod) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return &pod
}

func nodeOf(pod *corev1.Pod) string {
	if pod == nil {
		return ""
	}
	return pod.Spec.NodeName
}

// failed finds out why. The order matters: a disrupted pod's containers exit non-zero, too.
func failed(job *batchv1.Job, pod *corev1.Pod) End {
	if pod == nil {
		return End{
			State: Infrastructure, Reason: plan.ReasonInfrastructure, Message: "the pod was deleted",
			Detail: "Job " + job.Name + " failed and none of its pods is left; look for who deleted the pod",
		}
	}
	end := End{State: Infrastructure, Reason: plan.ReasonInfrastructure, Node: pod.Spec.NodeName}
	disruption := podCondition(pod, corev1.DisruptionTarget)
	switch {
	case disruption != nil:
		end.Message, end.Detail = disrupted(disruption.Reason), disruption.Reason+": "+disruption.Message
	case pod.Status.Reason == "Evicted":
		// Without DisruptionTarget it was not the node's need but the pod's own limit.
		end.State, end.Reason = Limit, plan.ReasonDiskFull
		end.Message, end.Detail = "it needed more storage than the profile allows", "Evicted: "+pod.Status.Message
	case pod.Status.Reason == "DeadlineExceeded":
		end.Message, end.Detail = "the pod did not finish in time", "DeadlineExceeded: "+pod.Status.Message
	default:
		return stageFailure(end, pod)
	}
	return end
}

func disrupted(reason string) string {
	switch reason {
	case "DeletionByPodGC", "DeletionByTaintManager":
		return "the node was lost"
	case corev1.PodReasonPreemptionByScheduler:
		return "the pod had to make room for another"
	case corev1.PodReasonTerminationByKubelet:
		return "the node ran short of memory or disk, or was shut down"
	}
	return "the node was drained"
}

func podCondition(pod *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if c := &pod.Status.Conditions[i]; c.Type == kind && c.Status == corev1.ConditionTrue {
			return c
		}
	}
	return nil
}

// stageFailure looks for the container that ended badly. Every stage exits 0 whatever the tool did, so a code other than 0
// is the runner's own word: fetch could not get plan or trees, publish could not deliver.
func stageFailure(end End, pod *corev1.Pod) End {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		ended := status.State.Terminated
		if ended == nil || ended.ExitCode == 0 {
			continue
		}
		stage := plan.Stage(status.Name)
		end.Detail = fmt.Sprintf("%s exited with %d (%s) %s", stage, ended.ExitCode, ended.Reason, ended.Message)
		switch stage {
		case plan.StageFetch:
			end.Reason, end.Message = plan.ReasonFetchFailed, "the trees could not be fetched"
		case plan.StagePublish:
			end.Reason, end.Message = plan.ReasonPublishFailed, "the results could not be delivered"
		default:
			end.Message = fmt.Sprintf("the container of %s ended unexpectedly", stage)
			if ended.Reason == "OOMKilled" {
				end.State, end.Reason = Limit, plan.ReasonOutOfMemory
				end.Message = fmt.Sprintf("%s needed more memory than the profile allows", stage)
			}
		}
		return end
	}
	end.Message, end.Detail = "the node did not take the pod", pod.Status.Reason+": "+pod.Status.Message
	return end
}

// waiting looks at a pod that has not ended: is it stuck before its first stage?
func waiting(pod *corev1.Pod, now time.Time, imageWait time.Duration) End {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		stuck := status.State.Waiting
		if stuck == nil {
			continue
		}
		reason, message := stuckReason(stuck.Reason)
		if reason == "" {
			continue
		}
		since := waitingSince(pod)
		end := End{State: Running, Recheck: since.Add(imageWait)}
		if now.Before(end.Recheck) {
			return end
		}
		return End{
			State: Infrastructure, Reason: reason, Message: message, Node: pod.Spec.NodeName,
			Detail: fmt.Sprintf("%s, image %s: %s: %s", status.Name, status.Image, stuck.Reason, stuck.Message),
		}
	}
	return End{State: Running}
}

func stuckReason(word string) (reason, message string) {
	switch word {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable":
		return prcheckv1.ReasonImageUnavailable, "the image could not be pulled"
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
		return plan.ReasonInfrastructure, "the container could not be started"
	}
	return "", ""
}

// waitingSince is when the stage before the stuck one ended, or when the pod came to its node: a scan that waits for its
// image after half an hour of prepare has not waited for half an hour.
func waitingSince(pod *corev1.Pod) time.Time {
	since := pod.CreationTimestamp.Time
	if pod.Status.StartTime != nil {
		since = pod.Status.StartTime.Time
	}
	for _, status := range pod.Status.InitContainerStatuses {
		if ended := status.State.Terminated; ended != nil && ended.FinishedAt.After(since) {
			since = ended.FinishedAt.Time
		}
	}
	return since
}
