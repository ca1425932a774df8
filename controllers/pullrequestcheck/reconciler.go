// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package pullrequestcheck moves each check towards its report: it reads the pull request, has it merged, plans its runs,
// watches their Jobs, reads their verdicts and tells the forge. It creates no Job (package admission does) and compares
// nothing (the server does). It is the only writer of a check's status.
package pullrequestcheck

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
	"sigs.k8s.io/controller-runtime/pkg/log"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/controllers"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/status"
)

// Server is what the reconciler asks of prcheck's server. Errors are wrapped as package results says.
type Server interface {
	// Merge waits some seconds for the merge; Pending means: ask again.
	Merge(ctx context.Context, request results.MergeRequest) (*results.MergeResult, error)
	// PutRun registers a run.
	PutRun(ctx context.Context, record results.RunRecord) (*results.Summary, error)
	// Conclude settles a run that no pod delivers a result for; where one stands already, that is returned.
	Conclude(ctx context.Context, hash string, conclude results.Conclude) (*results.Summary, error)
	// GetRun reads a run's summary.
	GetRun(ctx context.Context, hash string) (*results.Summary, error)
	// Baseline says whether what is found on a whole base is stored.
	Baseline(ctx context.Context, request results.BaselineRequest) (*results.BaselineResult, error)
}

// Forges gives the forge of a Repository, with its credentials.
type Forges interface {
	Provider(ctx context.Context, repository *prcheckv1.Repository) (forge.Provider, error)
}

// Queue knows why a run has no Job yet.
type Queue interface {
	// Reason returns a sentence, "" where there is nothing to say.
	Reason(run string) string
}

// Config are the operator's wishes.
type Config struct {
	// ImageWait is how long a pod may wait for an image before the attempt counts as failed.
	ImageWait time.Duration
	// NoBaselines: nothing is made ahead, so nothing is waited for.
	NoBaselines bool
	// BaselineWait is how long a check that looks at everything waits for what is found on its base.
	BaselineWait time.Duration
	// KeepJobs is how long a finished Job stays after its verdict was reported.
	KeepJobs time.Duration
}

// Reconciler moves checks towards their reports.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache, before something is taken for gone.
	Live   client.Reader
	Forges Forges
	Server Server
	Queue  Queue
	Events events.EventRecorder
	Clock  clock.PassiveClock
	Config Config

	written written
}

// +kubebuilder:rbac:groups=prcheck.dev,resources=pullrequestchecks,verbs=get;list;watch
// +kubebuilder:rbac:groups=prcheck.dev,resources=pullrequestchecks/status,verbs=get;patch;update
// +kubebuilder:rbac:groups=prcheck.dev,resources=pullrequestchecks/finalizers,verbs=update
// +kubebuilder:rbac:groups=prcheck.dev,resources=repositories;checkprofiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=batch,resources=jobs,verbs=get;list;watch;create;delete
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile moves one check towards its report. The order of the phases is here and nowhere else.
func (r *Reconciler) Reconcile(ctx context.Context, check *prcheckv1.PullRequestCheck) (ctrl.Result, error) {
	if !check.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil // children go with their owner reference
	}
	if r.written.stale(check) {
		return ctrl.Result{RequeueAfter: soon}, nil // the cache is behind our own write
	}
	s := newScope(check, r.Clock.Now())
	err := run(ctx, s, r.observe, r.resolve, r.clean, r.announce, r.plan, r.run, r.compare, r.report)
	outcome := controllers.Classify(err)
	s.apply(outcome)
	check.Status = status.Compute(s.input())
	if perr := r.patchStatus(ctx, s); perr != nil {
		conflict := controllers.Classify(perr)
		return ctrl.Result{RequeueAfter: conflict.After}, errors.Join(outcome.Err, conflict.Err)
	}
	r.emit(s)
	if outcome.Err != nil {
		return ctrl.Result{}, outcome.Err
	}
	if err != nil {
		log.FromContext(ctx).Info("Pass ended early", "reason", err.Error(), "after", outcome.After)
	}
	return ctrl.Result{RequeueAfter: s.after}, nil
}

// phase is one step of a pass. It does its part and leaves what it found in the scope; with s.stop it ends the pass.
type phase func(context.Context, *scope) error

func run(ctx context.Context, s *scope, phases ...phase) error {
	for _, p := range phases {
		if err := p(ctx, s); err != nil || s.stopped {
			return err
		}
	}
	return nil
}

// patchStatus writes the status once, if it changed, and only over what was read.
func (r *Reconciler) patchStatus(ctx context.Context, s *scope) error {
	if equality.Semantic.DeepEqual(s.base.Status, s.check.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(s.base, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Status().Patch(ctx, s.check, patch); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.written.note(s.check)
	return nil
}

func (r *Reconciler) emit(s *scope) {
	for _, e := range s.events() {
		r.Events.Eventf(s.check, nil, e.Type, e.Reason, e.Action, "%s", e.Note)
	}
	for name, list := range s.aside {
		profile, exists := s.profiles[name]
		for _, e := range list {
			if exists {
				r.Events.Eventf(profile, nil, e.Type, e.Reason, e.Action, "%s", e.Note)
			}
		}
	}
}

func (s *scope) input() *status.Input {
	advisory := map[string]bool{}
	if s.repo != nil {
		for _, profile := range s.repo.Spec.Profiles {
			advisory[profile.ProfileRef.Name] = profile.Voting == prcheckv1.VotingAdvisory
		}
	}
	return &status.Input{
		Facts: s.check.Status, Generation: s.check.Generation, Advisory: advisory,
		Waiting: s.waiting, Stalls: s.stalls, Open: s.open, Unreported: s.unreported, Now: metav1.Time{Time: s.now},
	}
}
