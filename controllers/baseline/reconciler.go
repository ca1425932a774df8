// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package baseline has the bases of a Repository's target branches looked at ahead of the pull requests: when a branch moved, it plans
// a run on the new tip, one at a time for a Repository, and watches its Job, which belongs to the Repository. What the run leaves is kept
// by the server and taken by the pods of checks. It creates no Job (package admission does), and nothing waits for it: a check whose
// base has no baseline makes everything itself.
package baseline

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

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	prcheckevents "github.com/prcheck/prcheck/internal/events"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/status"
)

// Server is what the reconciler asks of prcheck's server. Errors are wrapped as package results says.
type Server interface {
	// Baseline waits some seconds for the mirror; Pending means: ask again.
	Baseline(ctx context.Context, request results.BaselineRequest) (*results.BaselineResult, error)
	PutRun(ctx context.Context, record results.RunRecord) (*results.Summary, error)
	Conclude(ctx context.Context, hash string, conclude results.Conclude) (*results.Summary, error)
	GetRun(ctx context.Context, hash string) (*results.Summary, error)
}

// Queue knows why a run has no Job yet.
type Queue interface {
	// Reason returns a sentence, "" where there is nothing to say.
	Reason(run string) string
}

// Config are the operator's wishes.
type Config struct {
	// Off makes no baselines at all.
	Off bool
	// Every is how often the target branches are looked at.
	Every time.Duration
	// Settle is how long a branch must stay where it is before a run is planned: merges come in rows.
	Settle time.Duration
	// ImageWait is how long a pod may wait for an image before the attempt counts as failed.
	ImageWait time.Duration
	// KeepJobs is how long a finished Job stays.
	KeepJobs time.Duration
}

// Backoff of failed baselines. A branch that moves is tried at once.
const (
	firstRetry = time.Minute
	lastRetry  = 6 * time.Hour
)

// Reconciler looks after the baselines of Repositories.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache, before something is taken for gone.
	Live   client.Reader
	Server Server
	Queue  Queue
	Events events.EventRecorder
	Clock  clock.PassiveClock
	Config Config

	moves moves
}

// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories,verbs=get;list;watch
// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories/status,verbs=get;patch;update
// +kubebuilder:rbac:groups=prcheck.dev,resources=checkprofiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=batch,resources=jobs,verbs=get;list;watch;create;delete
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile looks after the baselines of one Repository. The order of the phases is here and nowhere else.
func (r *Reconciler) Reconcile(ctx context.Context, repo *prcheckv1.Repository) (ctrl.Result, error) {
	if !repo.DeletionTimestamp.IsZero() {
		r.moves.forget(repo.UID)
		return ctrl.Result{}, nil // Jobs go with their owner reference
	}
	s := &scope{repo: repo, base: repo.DeepCopy(), now: r.Clock.Now()}
	err := r.observe(ctx, s)
	if err == nil {
		err = r.follow(ctx, s)
	}
	if err == nil && !repo.Spec.Suspend {
		err = r.plan(ctx, s)
	}
	if err == nil {
		err = r.clean(ctx, s) // after plan, which may find a run again that the status has lost
	}
	outcome := controllers.Classify(err)
	if outcome.After > 0 {
		s.wake(outcome.After)
	}
	status.SetBaselines(&repo.Status.Conditions, repo.Generation, s.problem(), metav1.Time{Time: s.now})
	if perr := r.patchStatus(ctx, s); perr != nil {
		conflict := controllers.Classify(perr)
		return ctrl.Result{RequeueAfter: conflict.After}, errors.Join(outcome.Err, conflict.Err)
	}
	if outcome.Err != nil {
		return ctrl.Result{}, outcome.Err
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// patchStatus writes the status once, if it changed, and only over what was read; then it tells of what happened.
func (r *Reconciler) patchStatus(ctx context.Context, s *scope) error {
	if !equality.Semantic.DeepEqual(s.base.Status, s.repo.Status) {
		patch := client.MergeFromWithOptions(s.base, client.MergeFromWithOptimisticLock{})
		if err := r.Client.Status().Patch(ctx, s.repo, patch); err != nil {
			return client.IgnoreNotFound(err)
		}
	}
	for _, e := range append(s.events, prcheckevents.BaselineFailing(s.base.Status.Conditions, s.repo.Status.Conditions)...) {
		r.Events.Eventf(s.repo, nil, e.Type, e.Reason, e.Action, "%s", e.Note)
	}
	return nil
}
