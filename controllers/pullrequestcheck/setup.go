// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"context"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// IndexRepository is the field by which checks are found in the cache.
const IndexRepository = "spec.repositoryRef.name"

// Backoff of failed passes: what fails is mostly a peer that restarts.
const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = time.Minute
)

// SetupWithManager adds the controller. changed tells of checks whose reason for waiting changed.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, changed <-chan event.GenericEvent, concurrent int) error {
	err := mgr.GetFieldIndexer().IndexField(ctx, &prcheckv1.PullRequestCheck{}, IndexRepository, func(o client.Object) []string {
		if check, ok := o.(*prcheckv1.PullRequestCheck); ok {
			return []string{check.Spec.RepositoryRef.Name}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		For(&prcheckv1.PullRequestCheck{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Owns(&batchv1.Job{}).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(checkOfPod)).
		Watches(&prcheckv1.Repository{}, handler.EnqueueRequestsFromMapFunc(r.checksOfRepository),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&prcheckv1.CheckProfile{}, handler.EnqueueRequestsFromMapFunc(r.checksOfProfile),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.checksOfSecret), builder.OnlyMetadata).
		WatchesRawSource(source.Channel(changed, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{
			MaxConcurrentReconciles: concurrent,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstRetry, lastRetry),
		}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

func checkOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	check := pod.GetLabels()[prcheckv1.LabelCheck]
	if check == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: pod.GetNamespace(), Name: check}}}
}

// checksOfRepository wakes the checks that have something to do. It looks at their conditions: a wake-up decides nothing.
func (r *Reconciler) checksOfRepository(ctx context.Context, repo client.Object) []reconcile.Request {
	checks := &prcheckv1.PullRequestCheckList{}
	err := r.Client.List(ctx, checks, client.InNamespace(repo.GetNamespace()), client.MatchingFields{IndexRepository: repo.GetName()})
	if err != nil {
		return nil // the cache: it does not fail once it has synced
	}
	result := []reconcile.Request{}
	for i := range checks.Items {
		if check := &checks.Items[i]; !settled(check) {
			result = append(result, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(check)})
		}
	}
	return result
}

func settled(check *prcheckv1.PullRequestCheck) bool {
	conditions := check.Status.Conditions
	return len(conditions) > 0 &&
		meta.FindStatusCondition(conditions, prcheckv1.ConditionReconciling) == nil &&
		meta.FindStatusCondition(conditions, prcheckv1.ConditionStalled) == nil
}

func (r *Reconciler) checksOfProfile(ctx context.Context, profile client.Object) []reconcile.Request {
	return r.checksOf(ctx, profile.GetNamespace(), func(repo *prcheckv1.Repository) bool {
		return slices.ContainsFunc(repo.Spec.Profiles, func(p prcheckv1.RepositoryProfile) bool { return p.ProfileRef.Name == profile.GetName() })
	})
}

func (r *Reconciler) checksOfSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	return r.checksOf(ctx, secret.GetNamespace(), func(repo *prcheckv1.Repository) bool {
		return repo.Spec.CredentialsRef.Name == secret.GetName()
	})
}

func (r *Reconciler) checksOf(ctx context.Context, namespace string, concerned func(*prcheckv1.Repository) bool) []reconcile.Request {
	repos := &prcheckv1.RepositoryList{}
	if err := r.Client.List(ctx, repos, client.InNamespace(namespace)); err != nil {
		return nil // the cache: it does not fail once it has synced
	}
	result := []reconcile.Request{}
	for i := range repos.Items {
		if concerned(&repos.Items[i]) {
			result = append(result, r.checksOfRepository(ctx, &repos.Items[i])...)
		}
	}
	return result
}
