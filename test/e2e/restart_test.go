// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package e2e_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/githubemu"
)

// TestKustomizeAndRestart installs without Helm, and kills manager and server while a run is under way: there must be one
// verdict all the same.
func TestKustomizeAndRestart(t *testing.T) {
	r := start(t, rig.Options{Name: "e2ek", Kustomize: true, PollInterval: 5 * time.Second})
	ctx := t.Context()
	bare := filepath.Join(t.TempDir(), "repository.git")
	s, err := scenario.Build(ctx, bare)
	if err != nil {
		t.Fatal(err)
	}
	const repository = rig.Owner + "/" + rig.Repository
	if err := r.Emulator.CreateRepository(ctx, repository, bare); err != nil {
		t.Fatal(err)
	}
	if err := r.Watch(ctx); err != nil {
		t.Fatal(err)
	}
	pr := s.PullRequests[0]
	number, err := r.Emulator.OpenPull(ctx, githubemu.NewPull{
		Repo: repository, Title: pr.Title, Author: pr.Author, Base: "main", Head: pr.Branch, Content: githubemu.Content{SHA: pr.Branch},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 2*time.Minute, "running Job", func() bool {
		running, err := r.Running(ctx, number)
		return err == nil && running
	})
	for _, component := range []string{"manager", "server"} {
		if err := r.Kubectl(ctx, "-n", rig.SystemNamespace, "delete", "pods", "--grace-period=0", "--force", "-l", "app.kubernetes.io/component="+component); err != nil {
			t.Fatal(err)
		}
	}
	finals := func() (final []githubemu.Status) {
		statuses, err := r.Emulator.Statuses(ctx, repository)
		if err != nil {
			t.Fatal(err)
		}
		for _, status := range statuses {
			if status.State != "pending" {
				final = append(final, status)
			}
		}
		return final
	}
	eventually(t, 5*time.Minute, "verdict after the restart", func() bool { return len(finals()) > 0 })
	if got := finals(); len(got) != 1 || got[0].State != pr.State || got[0].Description != pr.Description {
		t.Errorf("got %+v, want one status %s: %s", got, pr.State, pr.Description)
	}
	jobs, err := r.Jobs(ctx, number)
	if err != nil || len(jobs) != 1 {
		t.Errorf("got %d Jobs (%v), want 1", len(jobs), err)
	}
}
