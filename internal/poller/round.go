// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"context"
	"errors"
	"time"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/wake"
)

// round is one poll of one Repository: what the forge has against what is known.
type round struct {
	poller *Poller
	repo   *v1alpha1.Repository
	known  map[int64]store.Pull
	checks map[int64]*v1alpha1.PullRequestCheck
	began  time.Time
}

// open goes through the open pull requests. One that fails does not keep the others.
func (r *round) open(ctx context.Context, pulls []forge.Pull) error {
	var failed []error
	for i := range pulls {
		failed = append(failed, r.look(ctx, &pulls[i]))
	}
	return errors.Join(failed...)
}

func (r *round) look(ctx context.Context, pull *forge.Pull) error {
	check, exists := r.checks[pull.Number]
	watched := wake.Watches(r.repo, pull.BaseBranch)
	if !exists && !watched {
		return nil
	}
	fingerprint := wake.Fingerprint(pull.Head, pull.BaseBranch, pull.Draft, pull.Labels)
	was, seen := r.known[pull.Number]
	switch {
	case !seen || was.Fingerprint != fingerprint:
		return r.wake(ctx, pull.Number, watched, store.Pull{Fingerprint: fingerprint})
	case !exists:
		r.poller.Metrics.woke("missing")
		return r.poller.Waker.Ensure(ctx, r.repo, pull.Number)
	case r.doubtful(check, pull, was):
		return r.wake(ctx, pull.Number, watched, store.Pull{Fingerprint: fingerprint, Rewoken: was.Rewoken + 1})
	}
	return nil
}

// doubtful says that the check was woken, has looked, and still has another head: it was told an old one.
func (r *round) doubtful(check *v1alpha1.PullRequestCheck, pull *forge.Pull, was store.Pull) bool {
	looked := check.Status.LastHandledRequest == check.Annotations[v1alpha1.AnnotationRequestedAt]
	return looked && check.Status.Revision.Head != "" && check.Status.Revision.Head != pull.Head &&
		was.Rewoken < maxRewakes && r.began.Sub(time.Unix(0, was.Woken)) > settle
}

// gone goes through the checks whose pull requests are not open any more.
func (r *round) gone(ctx context.Context, pulls []forge.Pull) error {
	listed := make(map[int64]bool, len(pulls))
	for i := range pulls {
		listed[pulls[i].Number] = true
	}
	var failed []error
	for number, check := range r.checks {
		was := r.known[number]
		// What came up while we listed may be missing in the list.
		recent := !check.CreationTimestamp.Time.Before(r.began.Truncate(time.Second)) || was.Woken >= r.began.UnixNano()
		if listed[number] || recent || was.Fingerprint == wake.Closed {
			continue
		}
		failed = append(failed, r.wake(ctx, number, false, store.Pull{Fingerprint: wake.Closed}))
	}
	return errors.Join(failed...)
}

// wake wakes first and remembers then: what is lost in between is only woken twice.
func (r *round) wake(ctx context.Context, number int64, create bool, seen store.Pull) error {
	if err := r.poller.Waker.Wake(ctx, r.repo, number, create); err != nil {
		return err
	}
	r.poller.Metrics.woke("changed")
	seen.Namespace, seen.Repository, seen.Number = r.repo.Namespace, r.repo.Name, number
	return r.poller.Store.PutPull(ctx, seen)
}
