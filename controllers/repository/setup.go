// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package repository

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// SetupWithManager adds the controller. tlsSecret is where the server's certificate authority comes from: a new one goes to every
// namespace.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, tlsSecret types.NamespacedName) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&prcheckv1.Repository{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&prcheckv1.CheckProfile{}, handler.EnqueueRequestsFromMapFunc(r.repositoriesOfProfile),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, secret client.Object) []reconcile.Request {
			if client.ObjectKeyFromObject(secret) == tlsSecret {
				return r.repositories(ctx, "", func(*prcheckv1.Repository) bool { return true })
			}
			return r.repositoriesOfSecret(ctx, secret)
		}), builder.OnlyMetadata).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}

func (r *Reconciler) repositoriesOfProfile(ctx context.Context, profile client.Object) []reconcile.Request {
	return r.repositories(ctx, profile.GetNamespace(), func(repo *prcheckv1.Repository) bool {
		return slices.ContainsFunc(repo.Spec.Profiles, func(p prcheckv1.RepositoryProfile) bool { return p.ProfileRef.Name == profile.GetName() })
	})
}

func (r *Reconciler) repositoriesOfSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	return r.repositories(ctx, secret.GetNamespace(), func(repo *prcheckv1.Repository) bool {
		hook := repo.Spec.Triggers.Webhook
		return repo.Spec.CredentialsRef.Name == secret.GetName() || (hook != nil && hook.SecretRef.Name == secret.GetName())
	})
}

func (r *Reconciler) repositories(ctx context.Context, namespace string, concerned func(*prcheckv1.Repository) bool) []reconcile.Request {
	list := &prcheckv1.RepositoryList{}
	if err := r.Client.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return nil // the cache: it does not fail once it has synced
	}
	result := []reconcile.Request{}
	for i := range list.Items {
		if repo := &list.Items[i]; concerned(repo) {
			result = append(result, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(repo)})
		}
	}
	return result
}
