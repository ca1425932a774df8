// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package checkprofile says of each CheckProfile whether it can be used, as soon as it is written and not only when a pull
// request comes. It plans and runs nothing.
package checkprofile

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	prcheckevents "github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/profile"
	"github.com/prcheck/prcheck/internal/status"
)

// Reconciler sets the conditions of profiles.
type Reconciler struct {
	Client client.Client
	Events events.EventRecorder
	Clock  clock.PassiveClock
}

// +kubebuilder:rbac:groups=prcheck.dev,resources=checkprofiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=prcheck.dev,resources=checkprofiles/status,verbs=get;patch;update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile validates one profile.
func (r *Reconciler) Reconcile(ctx context.Context, checkProfile *prcheckv1.CheckProfile) (ctrl.Result, error) {
	if !checkProfile.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	base := checkProfile.DeepCopy()
	note := status.Note{Reason: prcheckv1.ReasonReady, Message: "The profile can be used."}
	_, err := profile.Snapshot(checkProfile)
	if err != nil {
		note = status.Note{Reason: prcheckv1.ReasonInvalidProfile, Message: fmt.Sprintf("Edit the profile: %v.", err)}
	}
	st := &checkProfile.Status
	st.ObservedGeneration = checkProfile.Generation
	status.SetReady(&st.Conditions, checkProfile.Generation, err == nil, note, metav1.Time{Time: r.Clock.Now()})
	status.SetKeywordsUnknown(&st.Conditions, checkProfile.Generation, unknownKeywords(checkProfile, err), metav1.Time{Time: r.Clock.Now()})
	if equality.Semantic.DeepEqual(base.Status, checkProfile.Status) {
		return ctrl.Result{}, nil
	}
	patch := client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, checkProfile, patch); err != nil {
		outcome := controllers.Classify(client.IgnoreNotFound(err))
		return ctrl.Result{RequeueAfter: outcome.After}, outcome.Err
	}
	for _, e := range append(prcheckevents.Ready(base.Status.Conditions, st.Conditions), prcheckevents.KeywordsUnknown(base.Status.Conditions, st.Conditions)...) {
		r.Events.Eventf(checkProfile, nil, e.Type, e.Reason, e.Action, "%s", e.Note)
	}
	return ctrl.Result{}, nil
}

// unknownKeywords says what is odd about a profile that can be used. What invalid says, it does not repeat.
func unknownKeywords(checkProfile *prcheckv1.CheckProfile, invalid error) *status.Note {
	fields, version := profile.UnknownKeywords(&checkProfile.Spec)
	if invalid != nil || len(fields) == 0 {
		return nil
	}
	return &status.Note{Reason: prcheckv1.ReasonUnknownKeyword, Message: fmt.Sprintf(
		"pkgcheck %s has no such keyword: %s. Correct it (pkgcheck show --keywords lists them all), unless the image has a pkgcheck that knows it.", version, strings.Join(fields, "; "))}
}

// SetupWithManager adds the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).
		For(&prcheckv1.CheckProfile{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
}
