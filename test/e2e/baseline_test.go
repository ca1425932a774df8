// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/kube/binary"
)

// TestBaseline watches a target branch get its baseline before there is a pull request, and two checks take it.
func TestBaseline(t *testing.T) {
	r := start(t, rig.Options{Name: "e2eb", PollInterval: 5 * time.Second})
	ctx := t.Context()
	bare := filepath.Join(t.TempDir(), "repository.git")
	s, err := scenario.Build(ctx, bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Emulator.CreateRepository(ctx, rig.Owner+"/"+rig.Repository, bare); err != nil {
		t.Fatal(err)
	}
	if err := r.Watch(ctx); err != nil {
		t.Fatal(err)
	}
	job := baselineJob(t, r)
	repository := watched(t, r)
	if owner := metav1.GetControllerOf(&job); owner == nil || owner.UID != repository.UID || len(job.OwnerReferences) != 1 {
		t.Errorf("the baseline's Job belongs to %+v, not to the Repository alone", job.OwnerReferences)
	}

	// A pull request comes and goes while the baseline is made.
	passing := &v1alpha1.PullRequestCheck{
		ObjectMeta: metav1.ObjectMeta{Namespace: rig.Namespace, Name: rig.Repository + "-999"},
		Spec:       v1alpha1.PullRequestCheckSpec{RepositoryRef: v1alpha1.RepositoryReference{Name: rig.Repository}, Number: 999},
	}
	if err := r.Kube.Create(ctx, passing); err != nil {
		t.Fatal(err)
	}
	if err := r.Kube.Delete(ctx, passing, client.PropagationPolicy(metav1.DeletePropagationForeground)); err != nil {
		t.Fatal(err)
	}
	var made v1alpha1.BaselineStatus
	eventually(t, 8*time.Minute, "baseline of main", func() bool {
		for _, b := range watched(t, r).Status.Baselines {
			made = b
			if b.State == v1alpha1.BaselineFailed {
				t.Fatalf("the baseline failed: %s: %s", b.Reason, b.Message)
			}
		}
		return made.State == v1alpha1.BaselineReady
	})
	if made.Job != job.Name || made.Attempt != 1 {
		t.Errorf("the baseline is %+v, not of Job %s", made, job.Name)
	}

	runs := &cachedRuns{rig: r, scenario: s}
	for _, pr := range s.PullRequests[:2] {
		runs.check(t, pr, githubemu.Content{SHA: pr.Branch})
	}
	jobs := &batchv1.JobList{}
	if err := r.Kube.List(ctx, jobs, client.InNamespace(rig.Namespace), client.HasLabels{v1alpha1.LabelCheck}); err != nil {
		t.Fatal(err)
	}
	for i := range jobs.Items {
		log := logOf(t, r, &jobs.Items[i], plan.StageFetch)
		if !strings.Contains(log, "an earlier run's kit for base "+plan.Short(made.Base)) {
			t.Errorf("%s took no kit:\n%s", jobs.Items[i].Name, log)
		}
		if log := logOf(t, r, &jobs.Items[i], plan.StagePrepare); strings.Contains(log, "prcheck: prepare: base metadata") {
			t.Errorf("%s made the base's metadata again:\n%s", jobs.Items[i].Name, log)
		}
	}
}

func watched(t *testing.T, r *rig.Rig) *v1alpha1.Repository {
	t.Helper()
	repository := &v1alpha1.Repository{}
	if err := r.Kube.Get(t.Context(), client.ObjectKey{Namespace: rig.Namespace, Name: rig.Repository}, repository); err != nil {
		t.Fatal(err)
	}
	return repository
}

// baselineJob awaits the Job of the Repository's baseline.
func baselineJob(t *testing.T, r *rig.Rig) batchv1.Job {
	t.Helper()
	jobs := &batchv1.JobList{}
	eventually(t, 5*time.Minute, "Job of a baseline", func() bool {
		if err := r.Kube.List(t.Context(), jobs, client.InNamespace(rig.Namespace), client.MatchingLabels{v1alpha1.LabelBaseline: rig.Repository}); err != nil {
			t.Fatal(err)
		}
		return len(jobs.Items) > 0
	})
	return jobs.Items[0]
}

func logOf(t *testing.T, r *rig.Rig, job *batchv1.Job, stage plan.Stage) string {
	t.Helper()
	kubectl, err := binary.Path("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	log, err := exec.CommandContext(t.Context(), kubectl, "--kubeconfig", r.Cluster.Kubeconfig(), "-n", rig.Namespace, "logs", "job/"+job.Name, "-c", string(stage)).CombinedOutput()
	if err != nil {
		t.Fatalf("reading the log of %s: %v: %s", stage, err, log)
	}
	return string(log)
}
