// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package baseline

import (
	"context"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// Backoff of failed passes: what fails is mostly a server that starts, and checks that come meanwhile should find their baseline.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 10 * time.Second
)

// SetupWithManager adds the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("baseline").
		For(&prcheckv1.Repository{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		Watches(&batchv1.Job{}, handler.EnqueueRequestsFromMapFunc(repositoryOf)).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(repositoryOf)).
		Watches(&prcheckv1.PullRequestCheck{}, handler.EnqueueRequestsFromMapFunc(repositoryOfWaiting)).
		Watches(&prcheckv1.CheckProfile{}, handler.EnqueueRequestsFromMapFunc(r.repositoriesOfProfile),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		WithOptions(controller.Options{
			RateLimiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](firstPause, lastPause),
		}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

// repositoryOf finds the Repository of a baseline's Job or pod.
func repositoryOf(_ context.Context, object client.Object) []reconcile.Request {
	name := object.GetLabels()[prcheckv1.LabelBaseline]
	if name == "" {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: object.GetNamespace(), Name: name}}}
}

// repositoryOfWaiting finds the Repository of a check that waits for a baseline.
func repositoryOfWaiting(_ context.Context, object client.Object) []reconcile.Request {
	check, ok := object.(*prcheckv1.PullRequestCheck)
	if !ok || !slices.ContainsFunc(check.Status.Profiles, func(p prcheckv1.ProfileStatus) bool { return p.Awaits != nil }) {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: check.Namespace, Name: check.Spec.RepositoryRef.Name}}}
}

func (r *Reconciler) repositoriesOfProfile(ctx context.Context, profile client.Object) []reconcile.Request {
	list := &prcheckv1.RepositoryList{}
	if err := r.Client.List(ctx, list, client.InNamespace(profile.GetNamespace())); err != nil {
		return nil // the cache: it does not fail once it has synced
	}
	result := []reconcile.Request{}
	for i := range list.Items {
		repo := &list.Items[i]
		if slices.ContainsFunc(repo.Spec.Profiles, func(p prcheckv1.RepositoryProfile) bool { return p.ProfileRef.Name == profile.GetName() }) {
			result = append(result, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(repo)})
		}
	}
	return result
}
