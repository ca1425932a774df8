// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"context"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
)

// SetupWithManager adds the loop: a controller with one request and one worker, on the leader.
func (l *Loop) SetupWithManager(mgr ctrl.Manager) error {
	everything := handler.EnqueueRequestsFromMapFunc(func(context.Context, client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: "admission"}}}
	})
	return ctrl.NewControllerManagedBy(mgr).
		Named("admission").
		Watches(&prcheckv1.PullRequestCheck{}, everything).
		Watches(&prcheckv1.Repository{}, everything).
		Watches(&prcheckv1.CheckProfile{}, everything).
		Watches(&batchv1.Job{}, everything).
		WithOptions(controller.Options{MaxConcurrentReconciles: 1}).
		Complete(l)
}
