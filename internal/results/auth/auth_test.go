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

// indexed makes the Job one of three pods, and the pod one of them.
func indexed(index string) func(*scene) {
	return func(s *scene) {
		s.job.Spec.CompletionMode, s.job.Spec.Completions = new(batchv1.IndexedCompletion), new(int32(3))
		s.pod.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: index}
	}
}

func TestPod(t *testing.T) {
	cases := map[string]struct {
		change func(*scene)
		want   error
		index  int
	}{
		"the run's pod":                {change: func(*scene) {}, want: nil},
		"a pod of an indexed Job":      {change: indexed("2"), index: 2},
		"an index that is none":        {change: indexed("two"), want: ErrForbidden},
		"an index beyond the Job's":    {change: indexed("3"), want: ErrForbidden},
		"an index that counts nothing": {change: func(s *scene) { s.pod.Annotations = map[string]string{batchv1.JobCompletionIndexAnnotation: "2"} }},
		"a token that is not accepted": {change: func(s *scene) { s.review.Authenticated = false }, want: ErrUnauthenticated},
		"a token of another audience":  {change: func(s *scene) { s.review.Audiences = []string{plan.AudiencePublish} }, want: ErrUnauthenticated},
		"a token of no pod":            {change: func(s *scene) { s.review.User.Extra = nil }, want: ErrForbidden},
		"a token of a user":            {change: func(s *scene) { s.review.User.Username = "larry" }, want: ErrForbidden},
		"a token of an earlier pod":    {change: func(s *scene) { s.pod.UID = "other" }, want: ErrForbidden},
		"a pod that is deleted":        {change: func(s *scene) { s.pod.DeletionTimestamp = new(metav1.Now()); s.pod.Finalizers = []string{"x"} }, want: ErrForbidden},
		"a pod that has ended":         {change: func(s *scene) { s.pod.Status.Phase = corev1.PodSucceeded }, want: ErrForbidden},
		"a pod without a Job":          {change: func(s *scene) { s.pod.OwnerReferences = nil }, want: ErrForbidden},
		"a pod of an earlier Job":      {change: func(s *scene) { s.job.UID = "other" }, want: ErrForbidden},
		"a Job that is no run's":       {change: func(s *scene) { s.job.Annotations = nil }, want: ErrForbidden},
		"a pod labelled otherwise":     {change: func(s *scene) { s.pod.Labels[v1alpha1.LabelRun] = "x" }, want: ErrForbidden},
		"a pod in another namespace":   {change: func(s *scene) { s.review.User.Username = "system:serviceaccount:evil:prcheck-run" }, want: ErrForbidden},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := good()
			c.change(s)
			k, _ := s.kube(t, testclock.NewFakePassiveClock(time.Now()))
			got, err := k.Pod(t.Context(), "token", plan.AudienceFetch)
			if !errors.Is(err, c.want) || (err == nil) != (got == Caller{Run: run, Index: c.index}) {
				t.Errorf("caller %+v, error %v, want %v", got, err, c.want)
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
