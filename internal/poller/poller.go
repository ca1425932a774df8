// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package poller finds what webhooks did not tell. Each Repository's open pull requests are listed at its interval; those that
// differ from what was known when their check was last woken are woken, once for each change. All webhooks may be lost.
package poller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/wake"
)

const (
	// tick is how often the poller looks whose turn it is.
	tick = time.Second
	// defaultInterval holds where the Repository's own is unset.
	defaultInterval = time.Minute
	// pollTimeout bounds one listing.
	pollTimeout = 5 * time.Minute
	// settle is how long the manager has to act on a wake before the poller doubts that it saw the head.
	settle = 30 * time.Second
	// maxRewakes of one state of a pull request: forges may answer with an old head for a while, but not for ever.
	maxRewakes = 3
	// maxWait is how long a Repository that cannot be listed is left alone at most, where its own interval is not longer.
	maxWait = 5 * time.Minute
)

// Poller lists pull requests.
type Poller struct {
	Reader    client.Reader // a cache of Repositories and checks
	Providers func(context.Context, *v1alpha1.Repository) (forge.Provider, error)
	Store     *store.Store
	Waker     *wake.Waker
	Clock     clock.WithTicker
	Log       *slog.Logger
	Metrics   *Metrics

	mu    sync.Mutex
	known map[types.UID]*watch
}

// watch is what the poller remembers of a Repository.
type watch struct {
	name       types.NamespacedName
	generation int64
	failures   int // listings in a row that failed
	next       time.Time
	running    bool
	cursor     string
	pulls      []forge.Pull // of the last listing
}

// Run polls until ctx ends.
func (p *Poller) Run(ctx context.Context) error {
	ticker := p.Clock.NewTicker(tick)
	defer ticker.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	for {
		if err := p.start(ctx, &running); err != nil && ctx.Err() == nil {
			p.Log.ErrorContext(ctx, "Cannot list Repositories", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
		}
	}
}

// start begins a poll of each Repository whose turn it is.
func (p *Poller) start(ctx context.Context, running *sync.WaitGroup) error {
	list := &v1alpha1.RepositoryList{}
	if err := p.Reader.List(ctx, list); err != nil {
		return fmt.Errorf("listing Repositories: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[types.UID]*watch{}
	}
	for uid, w := range p.known {
		if !slices.ContainsFunc(list.Items, func(r v1alpha1.Repository) bool { return r.UID == uid }) {
			delete(p.known, uid)
			p.Metrics.forget(w.name.Namespace, w.name.Name)
		}
	}
	now := p.Clock.Now()
	for i := range list.Items {
		repo := list.Items[i].DeepCopy()
		w := p.known[repo.UID]
		if w == nil || (w.generation != repo.Generation && !w.running) {
			w = &watch{name: client.ObjectKeyFromObject(repo), generation: repo.Generation, next: now}
			p.known[repo.UID] = w
		}
		if w.running || now.Before(w.next) || repo.Spec.Suspend || !repo.DeletionTimestamp.IsZero() {
			continue
		}
		w.running = true
		running.Go(func() { p.turn(ctx, repo, w) })
	}
	return nil
}

// turn polls one Repository and sets its next time.
func (p *Poller) turn(ctx context.Context, repo *v1alpha1.Repository, w *watch) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	err := p.poll(ctx, repo, w)
	w.failures++
	if err == nil {
		w.failures = 0
	}
	wait := jittered(backOff(interval(repo), w.failures))
	if limited, ok := errors.AsType[*forge.RateLimitedError](err); ok {
		wait = max(wait, limited.RetryAfter)
	}
	if err != nil && ctx.Err() == nil {
		p.Log.WarnContext(ctx, "Cannot list the pull requests of a Repository", "namespace", repo.Namespace, "repository", repo.Name, "error", err)
	}
	p.Metrics.polled(repo.Namespace, repo.Name, p.Clock.Now(), err == nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	w.running, w.next = false, p.Clock.Now().Add(wait)
}

func interval(repo *v1alpha1.Repository) time.Duration {
	if d := repo.Spec.Triggers.PollInterval; d != nil && d.Duration > 0 {
		return d.Duration
	}
	return defaultInterval
}

// backOff doubles the interval with each failure after the first, so that a forge which is down, or refuses the credentials, is asked
// ever more seldom.
func backOff(interval time.Duration, failures int) time.Duration {
	for ; failures > 1 && interval < maxWait; failures-- {
		interval = min(2*interval, maxWait)
	}
	return interval
}

// jittered keeps Repositories of one interval from being polled all at once.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // spreading load needs no secrecy
}

// poll lists once and wakes what changed.
func (p *Poller) poll(ctx context.Context, repo *v1alpha1.Repository, w *watch) error {
	provider, err := p.Providers(ctx, repo)
	if err != nil {
		return err
	}
	began := p.Clock.Now()
	f := repo.Spec.Forge
	pulls, cursor, unchanged, err := provider.ListPulls(ctx, forge.Repository{Owner: f.Owner, Name: f.Name}, w.cursor)
	if err != nil {
		return err
	}
	if unchanged {
		pulls = w.pulls
	}
	known, err := p.Store.Pulls(ctx, repo.Namespace, repo.Name)
	if err != nil {
		return err
	}
	checks, err := p.checks(ctx, repo)
	if err != nil {
		return err
	}
	round := &round{poller: p, repo: repo, known: known, checks: checks, began: began}
	if err := errors.Join(round.open(ctx, pulls), round.gone(ctx, pulls)); err != nil {
		return err // the cursor stays: what failed is seen again
	}
	w.cursor, w.pulls = cursor, pulls
	return nil
}

func (p *Poller) checks(ctx context.Context, repo *v1alpha1.Repository) (map[int64]*v1alpha1.PullRequestCheck, error) {
	list := &v1alpha1.PullRequestCheckList{}
	if err := p.Reader.List(ctx, list, client.InNamespace(repo.Namespace)); err != nil {
		return nil, fmt.Errorf("listing checks: %w", err)
	}
	checks := map[int64]*v1alpha1.PullRequestCheck{}
	for i := range list.Items {
		if check := &list.Items[i]; check.Spec.RepositoryRef.Name == repo.Name && check.Name == wake.Name(repo.Name, check.Spec.Number) {
			checks[check.Spec.Number] = check
		}
	}
	return checks, nil
}
