// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

var oneLife = []string{"pending Waiting for a free slot", "pending Checking aaaaaaa", "failure 2 new problems, 1 fixed"}

func TestACheckFromFirstSightToReport(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
		t.Error(diff)
	}
	check := w.get()
	if check.Status.Conclusion != "failure" || check.Status.Counts.New != 2 || check.Status.Counts.Fixed != 1 {
		t.Errorf("got status %+v", check.Status)
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionTrue, prcheckv1.ReasonVerdict)
	for _, kind := range []string{prcheckv1.ConditionReconciling, prcheckv1.ConditionStalled} {
		if c := w.condition(kind); c != nil {
			t.Errorf("a finished check has condition %+v", c)
		}
	}
	if got := w.forge.statuses[headA][2].TargetURL; got == "" || got != check.Status.Profiles[0].ReportURL {
		t.Errorf("the final status links to %q", got)
	}
}

// The manager dies at its n-th write, before or after it took effect, for every n of one check's life, and another one goes on.
func TestTheManagerDiesAtEachWrite(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			died := false
			t.Run(fmt.Sprintf("write %d, took effect %t", n, after), func(t *testing.T) {
				died = dieAt(t, n, after)
			})
			if !died {
				if n < 8 {
					t.Errorf("a life has only %d writes: the fuse is not in all of them", n-1)
				}
				break
			}
		}
	}
}

func dieAt(t *testing.T, n int, after bool) bool {
	t.Helper()
	w := newWorld(t)
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
	w.complete(w.job(), failure())
	live()
	if diff := cmp.Diff(oneLife, w.forge.shown(headA)); diff != "" {
		t.Errorf("the forge was told something else: %s", diff)
	}
	if len(w.created) != 1 || w.created[w.job().Name] != 1 {
		t.Errorf("Jobs created: %v, want one", w.created)
	}
	if len(w.records()) != 1 {
		t.Errorf("%d runs were registered, want one", len(w.records()))
	}
	if got := w.get().Status; got.Conclusion != "failure" || got.Profiles[0].Attempt != 1 {
		t.Errorf("got status %+v", got)
	}
	w.wantCondition(prcheckv1.ConditionSucceeded, metav1.ConditionTrue, prcheckv1.ReasonVerdict)
	return died
}

func TestAThousandIdleReconcilesWriteNothing(t *testing.T) {
	w := newWorld(t)
	w.settle()
	w.complete(w.job(), failure())
	w.settle()
	w.start() // remembers nothing
	writes, reads := w.fuse.count(), w.forge.reads
	version := w.get().ResourceVersion
	for range 1000 {
		w.pass()
	}
	if got := w.fuse.count() - writes; got != 0 {
		t.Errorf("%d writes: %v", got, w.fuse.log[writes:])
	}
	if got := w.forge.reads - reads; got != 0 {
		t.Errorf("%d requests to the forge", got)
	}
	if got := w.get().ResourceVersion; got != version {
		t.Errorf("the check changed from version %s to %s", version, got)
	}
}
