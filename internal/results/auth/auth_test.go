// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"errors"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

var run = strings.Repeat("ab", 32)

// scene is a cluster with one run's pod, and what TokenReview says of the one good token.
type scene struct {
	pod    *corev1.Pod
	job    *batchv1.Job
	review authenticationv1.TokenReviewStatus
}

func good() *scene {
	return &scene{
		job: &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "j", UID: "job", Annotations: map[string]string{v1alpha1.AnnotationRun: run}}},
		pod: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "p", UID: "pod", Labels: map[string]string{v1alpha1.LabelRun: plan.Short(run)},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: "j", UID: "job", Controller: new(true)}},
		}},
		review: authenticationv1.TokenReviewStatus{Authenticated: true, Audiences: []string{plan.AudienceFetch}, User: authenticationv1.UserInfo{
			Username: "system:serviceaccount:ns:prcheck-run", Extra: map[string]authenticationv1.ExtraValue{extraPodName: {"p"}, extraPodUID: {"pod"}},
		}},
	}
}

func (s *scene) kube(t *testing.T, clk *testclock.FakePassiveClock) (*Kube, *int) {
	t.Helper()
	client, reviews := fake.NewClientset(s.pod, s.job), 0
	client.PrependReactor("create", "tokenreviews", func(ktesting.Action) (bool, runtime.Object, error) {
		reviews++
		return true, &authenticationv1.TokenReview{Status: s.review}, nil
	})
	k, err := NewKube(client, "prcheck/manager", clk)
	if err != nil {
		t.Fatal(err)
	}
	return k, &reviews
}

func TestPod(t *testing.T) {
	cases := map[string]struct {
		change func(*scene)
		want   error
	}{
		"the run's pod":                {func(*scene) {}, nil},
		"a token that is not accepted": {func(s *scene) { s.review.Authenticated = false }, ErrUnauthenticated},
		"a token of another audience":  {func(s *scene) { s.review.Audiences = []string{plan.AudiencePublish} }, ErrUnauthenticated},
		"a token of no pod":            {func(s *scene) { s.review.User.Extra = nil }, ErrForbidden},
		"a token of a user":            {func(s *scene) { s.review.User.Username = "larry" }, ErrForbidden},
		"a token of an earlier pod":    {func(s *scene) { s.pod.UID = "other" }, ErrForbidden},
		"a pod that is deleted":        {func(s *scene) { s.pod.DeletionTimestamp = new(metav1.Now()); s.pod.Finalizers = []string{"x"} }, ErrForbidden},
		"a pod that has ended":         {func(s *scene) { s.pod.Status.Phase = corev1.PodSucceeded }, ErrForbidden},
		"a pod without a Job":          {func(s *scene) { s.pod.OwnerReferences = nil }, ErrForbidden},
		"a pod of an earlier Job":      {func(s *scene) { s.job.UID = "other" }, ErrForbidden},
		"a Job that is no run's":       {func(s *scene) { s.job.Annotations = nil }, ErrForbidden},
		"a pod labelled otherwise":     {func(s *scene) { s.pod.Labels[v1alpha1.LabelRun] = "x" }, ErrForbidden},
		"a pod in another namespace":   {func(s *scene) { s.review.User.Username = "system:serviceaccount:evil:prcheck-run" }, ErrForbidden},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := good()
			c.change(s)
			k, _ := s.kube(t, testclock.NewFakePassiveClock(time.Now()))
			got, err := k.Pod(t.Context(), "token", plan.AudienceFetch)
			if !errors.Is(err, c.want) || (err == nil) != (got == run) {
				t.Errorf("run %q, error %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestManager(t *testing.T) {
	s := good()
	s.review.Audiences, s.review.User.Username = []string{plan.AudienceServer}, "system:serviceaccount:prcheck:manager"
	clk := testclock.NewFakePassiveClock(time.Now())
	k, reviews := s.kube(t, clk)
	for range 3 {
		if err := k.Manager(t.Context(), "token"); err != nil {
			t.Fatal(err)
		}
	}
	if *reviews != 1 {
		t.Errorf("%d reviews of one token", *reviews)
	}
	clk.SetTime(clk.Now().Add(time.Minute))
	s.review.User.Username = "system:serviceaccount:prcheck:other"
	k, _ = s.kube(t, clk)
	if err := k.Manager(t.Context(), "token"); !errors.Is(err, ErrForbidden) {
		t.Errorf("another service account: %v", err)
	}
	if err := k.Manager(t.Context(), ""); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("no token: %v", err)
	}
}
