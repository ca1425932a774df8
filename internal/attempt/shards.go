// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package attempt

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/prcheck/prcheck/internal/plan"
)

// indexed says whether the Job has a pod for each shard of a run.
func indexed(job *batchv1.Job) bool {
	return job.Spec.CompletionMode != nil && *job.Spec.CompletionMode == batchv1.IndexedCompletion
}

// judgeShards judges an attempt of several pods. A pod that fails leaves the others to finish: what they find is kept, and the next attempt
// does the rest. A limit of the profile ends it at once, for it would be hit again.
func judgeShards(job *batchv1.Job, pods []corev1.Pod, now time.Time, imageWait time.Duration) End {
	if hasCondition(job, batchv1.JobComplete) {
		return End{State: Complete}
	}
	var failures, stuck []End
	result := End{State: Running}
	running := false
	for _, pod := range newestByIndex(pods) {
		switch pod.Status.Phase {
		case corev1.PodSucceeded:
		case corev1.PodFailed:
			failures = append(failures, failed(job, &pod))
		default:
			end := waiting(&pod, now, imageWait)
			if end.State != Running {
				stuck = append(stuck, end)
				continue
			}
			running = true
			result.Recheck = sooner(result.Recheck, end.Recheck)
		}
	}
	if i := slices.IndexFunc(failures, func(e End) bool { return e.State == Limit }); i >= 0 {
		return ofShards(job, failures[i:i+1])
	}
	switch ended := hasCondition(job, batchv1.JobFailed) || hasCondition(job, batchv1.JobFailureTarget); {
	case ended && len(failures)+len(stuck) == 0:
		return ofShards(job, []End{failed(job, nil)})
	case ended, len(stuck) > 0 && !running:
		return ofShards(job, append(failures, stuck...))
	}
	return result
}

// sooner is the earlier of two times, of which either may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// ofShards makes one end of those of several pods: the first one's reason, with all nodes.
func ofShards(job *batchv1.Job, ends []End) End {
	end := ends[0]
	if end.Reason == plan.ReasonInfrastructure || end.State == Infrastructure {
		total := 1
		if job.Spec.Completions != nil {
			total = int(*job.Spec.Completions)
		}
		end.Message = fmt.Sprintf("%s (%d of %d shards failed)", end.Message, len(ends), total)
	}
	details := []string{}
	for _, e := range ends {
		details = append(details, e.Detail)
		if e.Node != "" && !slices.Contains(end.Nodes, e.Node) {
			end.Nodes = append(end.Nodes, e.Node)
		}
	}
	end.Detail = joined(details)
	return end
}

// joined lists what operators are told of each, once.
func joined(details []string) string {
	text := ""
	for i, d := range details {
		if slices.Contains(details[:i], d) {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += d
	}
	return text
}

// newestByIndex returns the newest pod of each completion index, in order.
func newestByIndex(pods []corev1.Pod) []corev1.Pod {
	byIndex := map[int][]corev1.Pod{}
	for _, pod := range pods {
		if index, err := strconv.Atoi(pod.Annotations[batchv1.JobCompletionIndexAnnotation]); err == nil {
			byIndex[index] = append(byIndex[index], pod)
		}
	}
	result := []corev1.Pod{}
	for _, index := range slices.Sorted(maps.Keys(byIndex)) {
		result = append(result, *newest(byIndex[index]))
	}
	return result
}
