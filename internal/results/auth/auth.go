// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package auth says who calls the server's internal listener: the manager, or the pod of one run. It trusts the API server's
// TokenReview and what the cluster knows of the pod, never what the caller says of itself.
package auth

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/plan"
)

// Errors of this package; match with errors.Is. Any other error means that the cluster could not be asked.
var (
	// ErrUnauthenticated: no token, or one that the cluster does not accept for the audience.
	ErrUnauthenticated = errors.New("the token is not accepted")
	// ErrForbidden: the token is good, but its bearer has no business here.
	ErrForbidden = errors.New("the bearer may not do this")
)

// keep is how long a good answer is remembered; a deleted pod's token works at most that long.
const keep = 30 * time.Second

// maxKept bounds the memory: far more than there can be pods at a time.
const maxKept = 10_000

// The extra fields of a bound token's review.
const (
	extraPodName = "authentication.kubernetes.io/pod-name"
	extraPodUID  = "authentication.kubernetes.io/pod-uid"
)

// Kube authenticates against a cluster.
type Kube struct {
	client  kubernetes.Interface
	manager string // user name of the manager's service account
	clock   clock.PassiveClock

	mu   sync.Mutex
	kept map[[sha256.Size]byte]answer
}

type answer struct {
	caller Caller
	until  time.Time
}

// NewKube returns an authenticator. manager is NAMESPACE/NAME of the manager's service account.
func NewKube(client kubernetes.Interface, manager string, clk clock.PassiveClock) (*Kube, error) {
	namespace, name, ok := strings.Cut(manager, "/")
	if !ok || namespace == "" || name == "" || strings.Contains(name, "/") {
		return nil, fmt.Errorf("the manager's service account must be NAMESPACE/NAME, not %q", manager)
	}
	return &Kube{client: client, manager: userName(namespace, name), clock: clk, kept: map[[sha256.Size]byte]answer{}}, nil
}

func userName(namespace, name string) string {
	return "system:serviceaccount:" + namespace + ":" + name
}

// Manager returns nil where the token is the manager's.
func (k *Kube) Manager(ctx context.Context, token string) error {
	_, err := k.remember(token, plan.AudienceServer, func() (Caller, error) {
		user, err := k.review(ctx, token, plan.AudienceServer)
		if err != nil {
			return Caller{}, err
		}
		if user.Username != k.manager {
			return Caller{}, fmt.Errorf("%w: %s is not the manager", ErrForbidden, user.Username)
		}
		return Caller{}, nil
	})
	return err
}

// Caller is the pod of a run.
type Caller struct {
	Run string // the run's hash
	// Index is the pod's completion index where the run's Job is indexed, as the Job controller set it; else 0.
	Index int
}

// Pod returns the run whose pod the token belongs to.
func (k *Kube) Pod(ctx context.Context, token, audience string) (Caller, error) {
	return k.remember(token, audience, func() (Caller, error) {
		user, err := k.review(ctx, token, audience)
		if err != nil {
			return Caller{}, err
		}
		return k.runOf(ctx, user)
	})
}

// remember asks once for many calls with the same token. Refusals are not remembered: a pod may be seen a moment too early.
func (k *Kube) remember(token, audience string, ask func() (Caller, error)) (Caller, error) {
	if token == "" {
		return Caller{}, fmt.Errorf("%w: there is none", ErrUnauthenticated)
	}
	key, now := sha256.Sum256([]byte(audience+"\x00"+token)), k.clock.Now()
	k.mu.Lock()
	old, ok := k.kept[key]
	k.mu.Unlock()
	if ok && now.Before(old.until) {
		return old.caller, nil
	}
	caller, err := ask()
	if err != nil {
		return Caller{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.kept) >= maxKept {
		clear(k.kept)
	}
	k.kept[key] = answer{caller: caller, until: now.Add(keep)}
	return caller, nil
}

func (k *Kube) review(ctx context.Context, token, audience string) (*authenticationv1.UserInfo, error) {
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{audience}}}
	review, err := k.client.AuthenticationV1().TokenReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("asking the cluster about a token: %w", err)
	}
	if !review.Status.Authenticated || !slices.Contains(review.Status.Audiences, audience) {
		return nil, fmt.Errorf("%w for audience %s", ErrUnauthenticated, audience)
	}
	return &review.Status.User, nil
}

// runOf goes from the token's pod to its Job and the Job's run.
func (k *Kube) runOf(ctx context.Context, user *authenticationv1.UserInfo) (Caller, error) {
	namespace, _, ok := strings.Cut(strings.TrimPrefix(user.Username, "system:serviceaccount:"), ":")
	name, uid := first(user.Extra[extraPodName]), first(user.Extra[extraPodUID])
	if !ok || !strings.HasPrefix(user.Username, "system:serviceaccount:") || name == "" || uid == "" {
		return Caller{}, fmt.Errorf("%w: the token is not bound to a pod", ErrForbidden)
	}
	pod, err := k.client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Caller{}, fmt.Errorf("%w: pod %s/%s is no more", ErrForbidden, namespace, name)
	}
	if err != nil {
		return Caller{}, fmt.Errorf("reading pod %s/%s: %w", namespace, name, err)
	}
	if err := alive(pod, uid); err != nil {
		return Caller{}, err
	}
	owner := metav1.GetControllerOf(pod)
	if owner == nil || owner.Kind != "Job" || owner.APIVersion != batchv1.SchemeGroupVersion.String() {
		return Caller{}, fmt.Errorf("%w: pod %s/%s belongs to no Job", ErrForbidden, namespace, name)
	}
	job, err := k.client.BatchV1().Jobs(namespace).Get(ctx, owner.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Caller{}, fmt.Errorf("%w: Job %s/%s is no more", ErrForbidden, namespace, owner.Name)
	}
	if err != nil {
		return Caller{}, fmt.Errorf("reading Job %s/%s: %w", namespace, owner.Name, err)
	}
	return runOfJob(pod, job, owner)
}

func alive(pod *corev1.Pod, uid string) error {
	switch {
	case string(pod.UID) != uid:
		return fmt.Errorf("%w: pod %s/%s is another one now", ErrForbidden, pod.Namespace, pod.Name)
	case pod.DeletionTimestamp != nil:
		return fmt.Errorf("%w: pod %s/%s is being deleted", ErrForbidden, pod.Namespace, pod.Name)
	case pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed:
		return fmt.Errorf("%w: pod %s/%s has ended", ErrForbidden, pod.Namespace, pod.Name)
	}
	return nil
}

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func runOfJob(pod *corev1.Pod, job *batchv1.Job, owner *metav1.OwnerReference) (Caller, error) {
	run := job.Annotations[v1alpha1.AnnotationRun]
	index, indexed := indexOf(pod, job)
	switch {
	case job.UID != owner.UID:
		return Caller{}, fmt.Errorf("%w: Job %s/%s is another one now", ErrForbidden, job.Namespace, job.Name)
	case !hash.MatchString(run):
		return Caller{}, fmt.Errorf("%w: Job %s/%s is no run's", ErrForbidden, job.Namespace, job.Name)
	case pod.Labels[v1alpha1.LabelRun] != plan.Short(run):
		return Caller{}, fmt.Errorf("%w: pod %s/%s is labelled for another run", ErrForbidden, pod.Namespace, pod.Name)
	case !indexed:
		return Caller{}, fmt.Errorf("%w: pod %s/%s has no completion index of its Job", ErrForbidden, pod.Namespace, pod.Name)
	}
	return Caller{Run: run, Index: index}, nil
}

// indexOf returns a pod's completion index. A pod cannot change its own annotations.
func indexOf(pod *corev1.Pod, job *batchv1.Job) (int, bool) {
	if job.Spec.CompletionMode == nil || *job.Spec.CompletionMode != batchv1.IndexedCompletion {
		return 0, true
	}
	index, err := strconv.Atoi(pod.Annotations[batchv1.JobCompletionIndexAnnotation])
	return index, err == nil && index >= 0 && job.Spec.Completions != nil && index < int(*job.Spec.Completions)
}

func first(values authenticationv1.ExtraValue) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
