// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/nodecache"
	"github.com/prcheck/prcheck/internal/plan"
)

// names of a plan's repositories.
func names(p plan.Plan) []string {
	all := []string{p.Repository}
	for _, m := range p.Masters {
		all = append(all, m.Name)
	}
	return all
}

// useCache tells the engine where the node's cache is. Links and borrowed objects lead there, so later stages must be told as well.
func useCache(e *engine.Engine, dir string, p plan.Plan) {
	e.Stores = nodecache.Stores(dir, names(p)...)
	e.Objects = nodecache.Objects(dir, names(p)...)
}

func (r *runner) cacheDir() string { return filepath.Join(r.layout.Root, filepath.Base(plan.CacheDir)) }

// fetchCached is the engine's Fetch with the node's cache, if there is one. Whatever is wrong with the cache, the run goes on without it.
func (r *runner) fetchCached(ctx context.Context, e *engine.Engine, p plan.Plan, from engine.Remote) (plan.Outcome, error) {
	cache := r.openCache(e, p)
	if cache == nil {
		return e.Fetch(ctx, p, from)
	}
	if err := r.provide(ctx, cache, p, from); err != nil {
		fmt.Fprintf(os.Stderr, "runner: going on without the node's cache: %v\n", err)
		if err := r.clear(); err != nil {
			return plan.Outcome{}, err
		}
		return e.Fetch(ctx, p, from)
	}
	cached := *e
	useCache(&cached, r.cacheDir(), p)
	outcome, err := cached.Fetch(ctx, p, from)
	if err != nil {
		return outcome, err
	}
	if outcome.OK() {
		return outcome, os.WriteFile(r.layout.Source(plan.CachedFile), nil, 0o644)
	}
	fmt.Fprintf(os.Stderr, "runner: trying once without the node's cache: %s\n", outcome.Message)
	for _, name := range names(p) {
		if sound, err := cache.Sound(ctx, name); err == nil && !sound {
			fmt.Fprintf(os.Stderr, "runner: the node's copy of %s is damaged and is thrown away\n", name)
			if err := cache.Discard(name); err != nil {
				return outcome, err
			}
		}
	}
	if err := r.clear(); err != nil {
		return outcome, err
	}
	return e.Fetch(ctx, p, from)
}

// openCache returns the node's cache where the pod has one that it can use for the plan.
func (r *runner) openCache(e *engine.Engine, p plan.Plan) *nodecache.Cache {
	if _, err := os.Stat(r.cacheDir()); err != nil {
		return nil // none is mounted
	}
	for _, name := range names(p) {
		if !engine.RepositoryName(name) {
			return nil // the engine will say so
		}
	}
	cache, err := nodecache.Open(r.cacheDir(), e.Git, r.clock)
	if err != nil {
		fmt.Fprintf(os.Stderr, "runner: going on without the node's cache: %v\n", err)
		return nil
	}
	return cache
}

// provide lays the repositories out so that the engine finds them there.
func (r *runner) provide(ctx context.Context, cache *nodecache.Cache, p plan.Plan, from engine.Remote) error {
	if limit := p.Snapshot.Timeouts.Fetch; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	if err := cache.Provide(ctx, p.Repository, from.Target, r.layout.Target(), p.Revision.Base, p.Revision.Merge); err != nil {
		return err
	}
	for _, m := range p.Masters {
		if err := cache.Provide(ctx, m.Name, from.Masters[m.Name], r.layout.Master(m.Name), m.Commit); err != nil {
			return err
		}
	}
	return nil
}

// clear empties the folder that fetch fills.
func (r *runner) clear() error {
	entries, err := os.ReadDir(r.layout.Source())
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(r.layout.Source(e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// keepEvery is how often a node's caches are pruned.
const keepEvery = time.Hour

// cacheCommand runs what the pods of the DaemonSet run.
func (r *runner) cacheCommand(ctx context.Context, args []string) error {
	switch {
	case args[0] == "cache-make" && len(args) >= 3:
		owner, err := strconv.Atoi(args[2])
		if err != nil {
			return errUsage
		}
		return nodecache.Prepare(args[1], owner, args[3:])
	case args[0] == "cache-keep" && len(args) == 2:
		return r.keep(ctx, args[1])
	}
	return errUsage
}

func (r *runner) keep(ctx context.Context, dir string) error {
	keeper := nodecache.Keeper{Git: gitops.Git{}, Clock: r.clock, Limits: nodecache.DefaultLimits}
	for {
		pruned, err := keeper.Prune(ctx, dir)
		if err != nil && ctx.Err() == nil {
			fmt.Fprintf(os.Stderr, "runner: %v\n", err)
		}
		fmt.Fprintf(os.Stderr, "prcheck: the node's cache: %d trees of %d MiB went, %d of %d MiB stay\n",
			pruned.Entries, pruned.Bytes>>20, pruned.Kept, pruned.KeptBytes>>20)
		select {
		case <-ctx.Done():
			return nil
		case <-r.clock.After(keepEvery):
		}
	}
}
