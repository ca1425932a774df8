// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package repository says of each Repository whether it can be watched (credentials, profiles, webhook secret), gives its
// namespace what run pods need (ServiceAccount, ConfigMap, NetworkPolicy), and settles open statuses before a Repository goes.
// It looks at no pull request.
package repository

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	prcheckevents "github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/status"
)

// Finalizer keeps a Repository until its open statuses are settled.
const Finalizer = "prcheck.dev/settle-statuses"

// settleFor is how long a Repository that is being deleted waits for the forge.
const settleFor = 10 * time.Minute

// Forges gives the forge of a Repository, with its credentials.
type Forges interface {
	Provider(ctx context.Context, repository *prcheckv1.Repository) (forge.Provider, error)
}

// Reconciler looks after Repositories.
type Reconciler struct {
	Client client.Client
	// Live reads Secrets: they are not cached.
	Live   client.Reader
	Forges Forges
	Events events.EventRecorder
	Clock  clock.PassiveClock
	// CA returns the server's certificate authority, PEM.
	CA func(ctx context.Context) (string, error)
	// Server is the base address of the server's internal listener.
	Server string

	probes probes
}

// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories,verbs=get;list;watch;patch;update
// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories/status,verbs=get;patch;update
// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories/finalizers,verbs=update
// +kubebuilder:rbac:groups=prcheck.dev,resources=checkprofiles;pullrequestchecks,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=serviceaccounts;configmaps,verbs=get;create;patch
// +kubebuilder:rbac:groups=networking.k8s.io,resources=networkpolicies,verbs=get;create;patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch
// +kubebuilder:rbac:groups=authentication.k8s.io,resources=tokenreviews,verbs=create
// +kubebuilder:rbac:groups=authorization.k8s.io,resources=subjectaccessreviews,verbs=create

// Reconcile looks after one Repository.
func (r *Reconciler) Reconcile(ctx context.Context, repo *prcheckv1.Repository) (ctrl.Result, error) {
	if !repo.DeletionTimestamp.IsZero() {
		return r.finalize(ctx, repo)
	}
	if err := r.addFinalizer(ctx, repo); err != nil {
		return result(controllers.Classify(err))
	}
	base := repo.DeepCopy()
	found, err := r.validate(ctx, repo)
	if aerr := r.applyNamespace(ctx, repo); aerr != nil {
		err = errors.Join(err, aerr)
	}
	outcome := controllers.Classify(err)
	r.setReady(repo, found, outcome)
	if perr := r.patchStatus(ctx, base, repo); perr != nil {
		conflict := controllers.Classify(perr)
		return ctrl.Result{RequeueAfter: conflict.After}, errors.Join(outcome.Err, conflict.Err)
	}
	if outcome.After == 0 {
		outcome.After = found.recheck
	}
	return result(outcome)
}

func result(outcome controllers.Verdict) (ctrl.Result, error) {
	if outcome.Err != nil {
		return ctrl.Result{}, outcome.Err
	}
	return ctrl.Result{RequeueAfter: outcome.After}, nil
}

func (r *Reconciler) addFinalizer(ctx context.Context, repo *prcheckv1.Repository) error {
	base := repo.DeepCopy()
	if !controllerutil.AddFinalizer(repo, Finalizer) {
		return nil
	}
	return r.Client.Patch(ctx, repo, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}

// setReady turns what was found into the condition.
func (r *Reconciler) setReady(repo *prcheckv1.Repository, found findings, outcome controllers.Verdict) {
	note := status.Note{Reason: prcheckv1.ReasonReady, Message: "The repository is watched."}
	switch {
	case found.problem != nil:
		note = *found.problem
	case outcome.Stalled != nil:
		note = *outcome.Stalled
	case outcome.Waiting != nil:
		note = *outcome.Waiting
	case outcome.Err != nil:
		note = status.Note{Reason: "ClusterUnavailable", Message: "The cluster refuses what the namespace needs; the manager's log says why."}
	case repo.Spec.Suspend:
		note = status.Note{Reason: prcheckv1.ReasonSuspended, Message: "Suspended: unset spec.suspend to check again."}
	}
	repo.Status.ObservedGeneration = repo.Generation
	status.SetReady(&repo.Status.Conditions, repo.Generation, note.Reason == prcheckv1.ReasonReady, note, metav1.Time{Time: r.Clock.Now()})
}

// patchStatus writes the conditions, where they are not what they were.
func (r *Reconciler) patchStatus(ctx context.Context, base, repo *prcheckv1.Repository) error {
	if equality.Semantic.DeepEqual(base.Status, repo.Status) {
		return nil
	}
	if err := r.Client.Status().Patch(ctx, repo, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		return client.IgnoreNotFound(err)
	}
	for _, e := range prcheckevents.Ready(base.Status.Conditions, repo.Status.Conditions) {
		r.Events.Eventf(repo, nil, e.Type, e.Reason, e.Action, "%s", e.Note)
	}
	log.FromContext(ctx).V(1).Info("Wrote the conditions of a Repository")
	return nil
}
