// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package wake tells the manager to look at a pull request: it creates the pull request's check, or asks the existing one to
// look again. Webhooks and polls both end here, so one of the two is enough.
package wake

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
)

// Waker wakes checks.
type Waker struct {
	Client client.Client
	// Live reads past the cache: what was written a moment ago must be seen.
	Live  client.Reader
	Clock clock.PassiveClock
}

// Name is the name of a pull request's check.
func Name(repository string, number int64) string {
	return repository + "-" + strconv.FormatInt(number, 10)
}

// Wake asks the check of a pull request to look at the forge. Where there is no check yet, it makes one if create is set.
func (w *Waker) Wake(ctx context.Context, repo *v1alpha1.Repository, number int64, create bool) error {
	key := types.NamespacedName{Namespace: repo.Namespace, Name: Name(repo.Name, number)}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		check := &v1alpha1.PullRequestCheck{}
		err := w.Live.Get(ctx, key, check)
		if apierrors.IsNotFound(err) {
			if !create {
				return nil
			}
			return w.create(ctx, repo, number)
		}
		if err != nil {
			return err
		}
		old := check.DeepCopy()
		if check.Annotations == nil {
			check.Annotations = map[string]string{}
		}
		check.Annotations[v1alpha1.AnnotationRequestedAt] = w.stamp(old.Annotations[v1alpha1.AnnotationRequestedAt])
		return w.Client.Patch(ctx, check, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{}))
	})
	if err != nil {
		return fmt.Errorf("waking check %s: %w", key, err)
	}
	return nil
}

// Ensure makes the check where there is none, and leaves an existing one alone.
func (w *Waker) Ensure(ctx context.Context, repo *v1alpha1.Repository, number int64) error {
	if err := w.create(ctx, repo, number); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating check %s/%s: %w", repo.Namespace, Name(repo.Name, number), err)
	}
	return nil
}

func (w *Waker) create(ctx context.Context, repo *v1alpha1.Repository, number int64) error {
	check := &v1alpha1.PullRequestCheck{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: repo.Namespace, Name: Name(repo.Name, number),
			Labels:          map[string]string{v1alpha1.LabelRepository: repo.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
			Annotations:     map[string]string{v1alpha1.AnnotationRequestedAt: w.stamp("")},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(repo, v1alpha1.GroupVersion.WithKind("Repository"))},
		},
		Spec: v1alpha1.PullRequestCheckSpec{RepositoryRef: v1alpha1.RepositoryReference{Name: repo.Name}, Number: number},
	}
	return w.Client.Create(ctx, check)
}

// layout has a fixed width, so that stamps grow as text, too.
const layout = "2006-01-02T15:04:05.000000000Z"

// stamp is later than last, also where the clock went back or stood still.
func (w *Waker) stamp(last string) string {
	now := w.Clock.Now().UTC()
	if before, err := time.Parse(layout, last); err == nil && !now.After(before) {
		now = before.Add(time.Nanosecond)
	}
	return now.Format(layout)
}

// Watches says whether a Repository wants pull requests to a branch checked.
func Watches(repo *v1alpha1.Repository, branch string) bool {
	return len(repo.Spec.Branches) == 0 || slices.Contains(repo.Spec.Branches, branch)
}

// Closed is the fingerprint of a pull request that is not open.
const Closed = "closed"

// Fingerprint sums up what of an open pull request makes another look worth while.
func Fingerprint(head, branch string, draft bool, labels []string) string {
	sorted := slices.Sorted(slices.Values(labels))
	for i, label := range sorted {
		sorted[i] = strconv.Quote(label)
	}
	return fmt.Sprintf("%s %q draft=%t %s", head, branch, draft, strings.Join(sorted, ","))
}
