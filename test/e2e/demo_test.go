// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/test/demo"
	"github.com/prcheck/prcheck/test/demo/rig"
)

// start puts a rig up for one test and takes it down at its end.
func start(t *testing.T, opts rig.Options) *rig.Rig {
	t.Helper()
	opts.Log = t.Output()
	t.Cleanup(func() {
		if err := rig.Down(context.WithoutCancel(t.Context()), opts); err != nil {
			t.Errorf("taking the rig down: %v", err)
		}
	})
	r, err := rig.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = r.SaveLogs(context.WithoutCancel(t.Context()))
		}
	})
	return r
}

// TestScenario is `make demo`, and what must hold on its cluster afterwards.
func TestScenario(t *testing.T) {
	r := start(t, rig.Options{Name: "e2e", PollInterval: 5 * time.Second})
	d := &demo.Demo{Rig: r, Wait: 15 * time.Minute}
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	verdicts, err := d.Await(t.Context())
	if tableErr := demo.Table(t.Output(), verdicts); tableErr != nil {
		t.Error(tableErr)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check(t.Context(), verdicts); err != nil {
		t.Error(err)
	}
	t.Run("a conflict needs no pod", func(t *testing.T) { conflictHasNoJob(t, r) })
	t.Run("polling changes nothing", func(t *testing.T) { pollingChangesNothing(t, r) })
	t.Run("the command on the page finds the same", func(t *testing.T) { podAndCommandAgree(t, r, rig.Owner+"/"+rig.Repository) })
}

func conflictHasNoJob(t *testing.T, r *rig.Rig) {
	t.Helper()
	var checks v1alpha1.PullRequestCheckList
	if err := r.Kube.List(t.Context(), &checks); err != nil {
		t.Fatal(err)
	}
	conflicts := 0
	for _, check := range checks.Items {
		if check.Status.Conclusion != "neutral" {
			continue
		}
		conflicts++
		if len(check.Status.Profiles) != 1 || check.Status.Profiles[0].Job != "" || len(check.Status.Revision.Conflicts) == 0 {
			t.Errorf("%s: got profiles %+v and conflicts %v, want no Job and the files", check.Name, check.Status.Profiles, check.Status.Revision.Conflicts)
		}
	}
	if conflicts != 1 {
		t.Errorf("got %d neutral checks, want 1", conflicts)
	}
}

// pollingChangesNothing waits for two more polls and sees that neither forge nor checks were written.
func pollingChangesNothing(t *testing.T, r *rig.Rig) {
	t.Helper()
	versions := func() map[types.UID]string {
		var checks v1alpha1.PullRequestCheckList
		if err := r.Kube.List(t.Context(), &checks); err != nil {
			t.Fatal(err)
		}
		found := map[types.UID]string{}
		for _, check := range checks.Items {
			found[check.UID] = check.ResourceVersion
		}
		return found
	}
	count := func(method string) int {
		requests, err := r.Emulator.Requests(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, request := range requests {
			if request.Method == method {
				n++
			}
		}
		return n
	}
	before, posts, gets := versions(), count("POST"), count("GET")
	eventually(t, time.Minute, "two more polls", func() bool { return count("GET") >= gets+2 })
	if diff := cmp.Diff(before, versions()); diff != "" {
		t.Errorf("polling wrote checks (-before +after):\n%s", diff)
	}
	if after := count("POST"); after != posts {
		t.Errorf("polling made %d writes at the forge, want none", after-posts)
	}
}

// eventually asks until it holds, or fails after limit.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := clock.RealClock{}.NewTicker(time.Second)
	defer tick.Stop()
	for !holds() {
		select {
		case <-ctx.Done():
			t.Fatalf("no %s within %s", what, limit)
		case <-tick.C():
		}
	}
}
