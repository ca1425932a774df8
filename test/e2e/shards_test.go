// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package e2e_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/githubemu"
)

// dividedRuns sends pull requests to a repository whose scans look at everything, in two shards.
type dividedRuns struct {
	rig      *rig.Rig
	scenario *scenario.Scenario
}

// TestShards divides full scans between two nodes: the verdict is the one that a scan by one pod gives, and a pod that is killed costs its own
// shard only.
func TestShards(t *testing.T) {
	r := start(t, rig.Options{Name: "e2es", PollInterval: 5 * time.Second})
	ctx := t.Context()
	bare := filepath.Join(t.TempDir(), "repository.git")
	s, err := scenario.Build(ctx, bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Emulator.CreateRepository(ctx, rig.Owner+"/"+rig.Repository, bare); err != nil {
		t.Fatal(err)
	}
	if err := r.Watch(ctx, func(_ *v1alpha1.Repository, p *v1alpha1.CheckProfile) {
		p.Spec.Scope = v1alpha1.ScopeFull
		p.Spec.Sharding = v1alpha1.Sharding{MaxShards: 2, Target: metav1.Duration{Duration: time.Second}}
	}); err != nil {
		t.Fatal(err)
	}
	runs := &dividedRuns{r, s}

	number := runs.open(t, 0)
	runs.verdict(t, 0)
	jobs := runs.jobs(t, number)
	if len(jobs) != 1 || !divided(&jobs[0], 2) {
		t.Fatalf("%d Jobs, the first one %+v", len(jobs), jobs[0].Spec)
	}
	if nodes := runs.nodes(t, &jobs[0]); len(nodes) != 2 {
		t.Errorf("the shards ran on %v", nodes)
	}

	number = runs.open(t, 1)
	victim := runs.victim(t, number)
	if err := r.Kube.Delete(ctx, victim, client.GracePeriodSeconds(0)); err != nil {
		t.Fatal(err)
	}
	var next batchv1.Job
	eventually(t, 5*time.Minute, "Job of the next attempt", func() bool {
		jobs := runs.jobs(t, number)
		i := slices.IndexFunc(jobs, func(j batchv1.Job) bool { return divided(&j, 1) })
		if i >= 0 {
			next = jobs[i]
		}
		return i >= 0
	})
	if next.Name == victim.Labels[batchv1.JobNameLabel] || next.Annotations[v1alpha1.AnnotationShards] != "2" {
		t.Errorf("the next attempt's Job is %s, of a run of %s shards", next.Name, next.Annotations[v1alpha1.AnnotationShards])
	}
	runs.verdict(t, 1)
}

// divided says whether a Job has so many pods.
func divided(job *batchv1.Job, pods int32) bool {
	return job.Spec.CompletionMode != nil && *job.Spec.CompletionMode == batchv1.IndexedCompletion && *job.Spec.Completions == pods
}

func (d *dividedRuns) open(t *testing.T, i int) int {
	t.Helper()
	pr := d.scenario.PullRequests[i]
	number, err := d.rig.Emulator.OpenPull(t.Context(), githubemu.NewPull{
		Repo: rig.Owner + "/" + rig.Repository, Title: pr.Title, Author: pr.Author, Base: "main", Head: pr.Branch, Content: githubemu.Content{SHA: pr.Branch},
	})
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// verdict awaits the verdict that the scenario promises, which is that of a scan by one pod.
func (d *dividedRuns) verdict(t *testing.T, i int) {
	t.Helper()
	var final []githubemu.Status
	eventually(t, 8*time.Minute, "verdict on "+d.scenario.PullRequests[i].Title, func() bool {
		statuses, err := d.rig.Emulator.Statuses(t.Context(), rig.Owner+"/"+rig.Repository)
		if err != nil {
			t.Fatal(err)
		}
		final = slices.DeleteFunc(statuses, func(s githubemu.Status) bool { return s.State == "pending" })
		return len(final) > i
	})
	want := d.scenario.PullRequests[i]
	if got := final[i]; got.State != want.State || got.Description != want.Description {
		t.Errorf("%s: got %s: %s, want %s: %s", want.Title, got.State, got.Description, want.State, want.Description)
	}
}

func (d *dividedRuns) jobs(t *testing.T, number int) []batchv1.Job {
	t.Helper()
	jobs, err := d.rig.Jobs(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func (d *dividedRuns) pods(t *testing.T, job *batchv1.Job) []corev1.Pod {
	t.Helper()
	pods := &corev1.PodList{}
	if err := d.rig.Kube.List(t.Context(), pods, client.InNamespace(rig.Namespace), client.MatchingLabels{batchv1.JobNameLabel: job.Name}); err != nil {
		t.Fatal(err)
	}
	return pods.Items
}

func (d *dividedRuns) nodes(t *testing.T, job *batchv1.Job) []string {
	t.Helper()
	nodes := []string{}
	for _, pod := range d.pods(t, job) {
		nodes = append(nodes, pod.Spec.NodeName)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// victim awaits that the second shard of a pull request's run is at work.
func (d *dividedRuns) victim(t *testing.T, number int) (victim *corev1.Pod) {
	t.Helper()
	eventually(t, 3*time.Minute, "pod of the second shard at work", func() bool {
		for _, job := range d.jobs(t, number) {
			for _, pod := range d.pods(t, &job) {
				started := slices.ContainsFunc(pod.Status.InitContainerStatuses, func(s corev1.ContainerStatus) bool { return s.State.Running != nil })
				if pod.Annotations[batchv1.JobCompletionIndexAnnotation] == "1" && started {
					victim = &pod
					return true
				}
			}
		}
		return false
	})
	return victim
}
