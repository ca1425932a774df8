// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge/github"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/wake"
)

const (
	// again is when deliveries that could not be worked off are tried once more.
	again = 5 * time.Second
	// pruneEvery is how often old deliveries are forgotten.
	pruneEvery = time.Hour
	batch      = 100
)

// Run works off stored deliveries, those of an earlier life first, until ctx ends.
func (rc *Receiver) Run(ctx context.Context) error {
	rc.init()
	retries, prunes := rc.Clock.NewTicker(again), rc.Clock.NewTicker(pruneEvery)
	defer retries.Stop()
	defer prunes.Stop()
	for {
		rc.workOff(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-rc.arrived:
		case <-retries.C():
		case <-prunes.C():
			if err := rc.Store.PruneDeliveries(ctx); err != nil {
				rc.Log.ErrorContext(ctx, "Cannot forget old deliveries", "error", err)
			}
		}
	}
}

// workOff handles what is stored. It stops at a round in which nothing succeeded.
func (rc *Receiver) workOff(ctx context.Context) {
	for ctx.Err() == nil {
		pending, err := rc.Store.PendingDeliveries(ctx, batch)
		if err != nil {
			rc.Log.ErrorContext(ctx, "Cannot read stored deliveries", "error", err)
			return
		}
		handled := 0
		for _, d := range pending {
			if err := rc.handle(ctx, d); err != nil {
				rc.Log.ErrorContext(ctx, "Cannot work off a delivery yet", "delivery", d.ID, "error", err)
				continue
			}
			handled++
		}
		if handled == 0 || len(pending) < batch {
			return
		}
	}
}

func (rc *Receiver) handle(ctx context.Context, d store.Delivery) error {
	if err := rc.wake(ctx, d); err != nil {
		if ferr := rc.Store.DeliveryFailed(ctx, d.ID); ferr != nil {
			return fmt.Errorf("%w; and %w", err, ferr)
		}
		return err
	}
	return rc.Store.DeliveryHandled(ctx, d.ID)
}

func (rc *Receiver) wake(ctx context.Context, d store.Delivery) error {
	var s github.Signal
	if err := json.Unmarshal([]byte(d.Payload), &s); err != nil {
		return fmt.Errorf("reading a stored delivery: %w", err)
	}
	repo := &v1alpha1.Repository{}
	err := rc.Repositories.Get(ctx, types.NamespacedName{Namespace: d.Namespace, Name: d.Repository}, repo)
	if apierrors.IsNotFound(err) || (err == nil && (!repo.DeletionTimestamp.IsZero() || repo.Spec.Suspend)) {
		return nil // nobody listens any more; who resumes a Repository is told by the poller
	}
	if err != nil {
		return fmt.Errorf("reading Repository %s/%s: %w", d.Namespace, d.Repository, err)
	}
	watched := wake.Watches(repo, s.Branch)
	if err := rc.Waker.Wake(ctx, repo, s.Number, !s.Closed && watched); err != nil {
		return err
	}
	rc.Metrics.woke()
	fingerprint := wake.Closed
	if !s.Closed {
		fingerprint = wake.Fingerprint(s.Head, s.Branch, s.Draft, s.Labels)
	}
	return rc.Store.PutPull(ctx, store.Pull{Namespace: d.Namespace, Repository: d.Repository, Number: s.Number, Fingerprint: fingerprint})
}
