// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

func profiles(conclusions ...string) []prcheckv1.ProfileStatus {
	list := []prcheckv1.ProfileStatus{}
	for i, conclusion := range conclusions {
		list = append(list, prcheckv1.ProfileStatus{Name: string(rune('a' + i)), Conclusion: conclusion, Line: "Line of " + conclusion})
	}
	return list
}

func TestCompute(t *testing.T) {
	type want struct {
		conclusion            string
		succeeded             metav1.ConditionStatus
		reason                string
		reconciling, stalling string // reasons
	}
	for sentence, test := range map[string]struct {
		in   Input
		want want
	}{
		"nothing is known yet": {want: want{succeeded: metav1.ConditionUnknown, reason: "Resolving", reconciling: "Resolving"}},
		"one profile is open": {
			in: Input{
				Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("failure", "")},
				Open:  map[string]Note{"b": {"Running", "b runs"}},
			},
			want: want{succeeded: metav1.ConditionUnknown, reason: "Running", reconciling: "Running"},
		},
		"the least far profile is shown": {
			in: Input{
				Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("", "")},
				Open:  map[string]Note{"a": {"Running", "a runs"}, "b": {"WaitingForSlot", "b waits"}},
			},
			want: want{succeeded: metav1.ConditionUnknown, reason: "WaitingForSlot", reconciling: "WaitingForSlot"},
		},
		"the worst verdict counts": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("success", "failure", "neutral")}},
			want: want{conclusion: "failure", succeeded: metav1.ConditionTrue, reason: "Verdict"},
		},
		"an error is worse than neutral": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("neutral", "error", "success")}},
			want: want{conclusion: "error", succeeded: metav1.ConditionFalse, reason: "ScanFailed"},
		},
		"advice does not count": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("success", "failure")}, Advisory: map[string]bool{"b": true}},
			want: want{conclusion: "success", succeeded: metav1.ConditionTrue, reason: "Verdict"},
		},
		"advice that is open does not hold up, and is still worked on": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("success", "")}, Advisory: map[string]bool{"b": true}},
			want: want{conclusion: "success", succeeded: metav1.ConditionTrue, reason: "Verdict", reconciling: "Resolving"},
		},
		"a verdict that is not reported is not done": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("success")}, Unreported: 1},
			want: want{conclusion: "success", succeeded: metav1.ConditionUnknown, reason: "Reporting", reconciling: "Reporting"},
		},
		"a stall says so and is not Reconciling": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("")}, Stalls: []Note{{"ProfileNotFound", "create it"}}},
			want: want{succeeded: metav1.ConditionUnknown, reason: "ProfileNotFound", stalling: "ProfileNotFound"},
		},
		"waiting for a peer": {
			in:   Input{Waiting: &Note{"ForgeUnavailable", "the forge is away"}},
			want: want{succeeded: metav1.ConditionUnknown, reason: "ForgeUnavailable", reconciling: "ForgeUnavailable"},
		},
		"a finished check keeps its verdict while the forge is away": {
			in:   Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: profiles("success")}, Waiting: &Note{"ForgeUnavailable", "the forge is away"}},
			want: want{conclusion: "success", succeeded: metav1.ConditionTrue, reason: "Verdict", reconciling: "ForgeUnavailable"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			test.in.Generation, test.in.Now = 3, metav1.Time{Time: time.Unix(1000, 0)}
			got := Compute(&test.in)
			succeeded := meta.FindStatusCondition(got.Conditions, prcheckv1.ConditionSucceeded)
			have := want{conclusion: got.Conclusion, succeeded: succeeded.Status, reason: succeeded.Reason}
			if c := meta.FindStatusCondition(got.Conditions, prcheckv1.ConditionReconciling); c != nil {
				have.reconciling = c.Reason
			}
			if c := meta.FindStatusCondition(got.Conditions, prcheckv1.ConditionStalled); c != nil {
				have.stalling = c.Reason
			}
			if diff := cmp.Diff(test.want, have, cmp.AllowUnexported(want{})); diff != "" {
				t.Error(diff)
			}
			if got.ObservedGeneration != 3 || succeeded.ObservedGeneration != 3 || succeeded.Message == "" {
				t.Errorf("got %+v", got)
			}
			test.in.Facts, test.in.Now = got, metav1.Time{Time: time.Unix(2000, 0)}
			if diff := cmp.Diff(got, Compute(&test.in)); diff != "" {
				t.Errorf("the same facts later give another status: %s", diff)
			}
		})
	}
}

func TestAnErrorSaysWhatToDo(t *testing.T) {
	for reason, says := range map[string]string{
		prcheckv1.ReasonImageUnavailable: "spec.image and spec.pod.imagePullSecrets of CheckProfile a",
		plan.ReasonInfrastructure:        "Look at the nodes that failed (w1, w2)",
		plan.ReasonOutOfMemory:           "Raise that limit in CheckProfile a",
		plan.ReasonIncomplete:            "Read the log in the report",
	} {
		list := profiles("error")
		list[0].Reason, list[0].FailedNodes = reason, []string{"w2", "w1"}
		got := Compute(&Input{Facts: prcheckv1.PullRequestCheckStatus{Profiles: list}})
		message := meta.FindStatusCondition(got.Conditions, prcheckv1.ConditionSucceeded).Message
		if !strings.Contains(message, says) || !strings.Contains(message, "spec.retest") {
			t.Errorf("%s: %q does not say %q", reason, message, says)
		}
	}
}

func TestStallsAreJoinedInAFixedOrder(t *testing.T) {
	one, other := Note{"B", "Do b."}, Note{"A", "Do a."}
	message := func(notes ...Note) string {
		got := Compute(&Input{Stalls: notes})
		return meta.FindStatusCondition(got.Conditions, prcheckv1.ConditionStalled).Message
	}
	if a, b := message(one, other), message(other, one, other); a != b || a != "Do a. Do b." {
		t.Errorf("got %q and %q", a, b)
	}
}

func TestCutKeepsRunesWhole(t *testing.T) {
	for n := 1020; n < 1030; n++ {
		got := Cut(strings.Repeat("x", n) + strings.Repeat("→", 10))
		if len(got) > 1024 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("%d: got %d bytes, valid %t", n, len(got), utf8.ValidString(got))
		}
	}
	if got := Cut("short"); got != "short" {
		t.Errorf("got %q", got)
	}
}
