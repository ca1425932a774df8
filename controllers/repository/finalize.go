// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package repository

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/forge"
)

// settled is what the forge shows in place of a status that would stay open for ever. A commit status has no word for "nobody looks";
// an error that says so keeps no author waiting.
const settled = "Not checked: prcheck no longer watches this repository"

// retrySettling is the delay between two tries.
const retrySettling = 15 * time.Second

// finalize settles open statuses, for ten minutes at most, and lets the Repository go.
func (r *Reconciler) finalize(ctx context.Context, repo *prcheckv1.Repository) (ctrl.Result, error) {
	if !controllerutil.ContainsFinalizer(repo, Finalizer) {
		return ctrl.Result{}, nil
	}
	if err := r.settle(ctx, repo); err != nil {
		if r.Clock.Since(repo.DeletionTimestamp.Time) < settleFor {
			log.FromContext(ctx).Info("Statuses are not settled yet", "reason", err.Error())
			return ctrl.Result{RequeueAfter: retrySettling}, nil
		}
		log.FromContext(ctx).Info("Gave up settling statuses", "reason", err.Error())
	}
	base := repo.DeepCopy()
	controllerutil.RemoveFinalizer(repo, Finalizer)
	if err := r.Client.Patch(ctx, repo, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		return result(controllers.Classify(client.IgnoreNotFound(err)))
	}
	r.probes.forget(repo.UID)
	return ctrl.Result{}, nil
}

func (r *Reconciler) settle(ctx context.Context, repo *prcheckv1.Repository) error {
	checks := &prcheckv1.PullRequestCheckList{}
	if err := r.Client.List(ctx, checks, client.InNamespace(repo.Namespace)); err != nil {
		return fmt.Errorf("listing the checks of Repository %s: %w", repo.Name, err)
	}
	open := openStatuses(checks, repo.Name)
	if len(open) == 0 {
		return nil
	}
	provider, err := r.Forges.Provider(ctx, repo)
	if err != nil {
		return fmt.Errorf("connecting to the forge of Repository %s: %w", repo.Name, err)
	}
	name := forge.Repository{Owner: repo.Spec.Forge.Owner, Name: repo.Spec.Forge.Name}
	for _, o := range open {
		wanted := forge.Status{Context: o.context, State: forge.StateError, Description: settled}
		if err := put(ctx, provider, name, o.head, wanted); err != nil {
			return fmt.Errorf("settling status %s on %s: %w", o.context, o.head, err)
		}
	}
	return nil
}

type openStatus struct{ head, context string }

// openStatuses are those that the forge was told of and that have no verdict.
func openStatuses(checks *prcheckv1.PullRequestCheckList, repository string) []openStatus {
	result := []openStatus{}
	for i := range checks.Items {
		check := &checks.Items[i]
		for j := range check.Status.Profiles {
			p := &check.Status.Profiles[j]
			if check.Spec.RepositoryRef.Name == repository && p.Conclusion == "" && p.Acknowledged != "" {
				result = append(result, openStatus{check.Status.Revision.Head, p.Context})
			}
		}
	}
	return result
}

// put replaces a status that is still open.
func put(ctx context.Context, provider forge.Provider, repo forge.Repository, head string, wanted forge.Status) error {
	shown, err := provider.FindStatus(ctx, repo, head, wanted.Context)
	if err == nil && shown != nil && shown.State == forge.StatePending {
		err = provider.PutStatus(ctx, repo, head, wanted)
	}
	if controllers.Dropped(err) {
		return nil
	}
	return err
}
