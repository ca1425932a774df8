// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/shard"
)

// PutRun registers a run. Where its profile wants full scans divided, the plan that is stored says how: by what earlier full scans measured, and
// without the shards that an earlier attempt has finished.
func (s *Service) PutRun(ctx context.Context, record results.RunRecord) (*results.Summary, error) {
	run, err := s.putRun(ctx, record)
	if err != nil {
		return nil, err
	}
	return s.summary(run), nil
}

func (s *Service) putRun(ctx context.Context, record results.RunRecord) (*store.Run, error) {
	if record.Plan.Snapshot.Sharding == nil || record.Plan.Baseline != nil {
		return s.Store.PutRun(ctx, record)
	}
	_, err := s.Store.Run(ctx, record.Hash)
	if err == nil { // its plan stands
		return s.Store.PutRun(ctx, record)
	}
	if !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	planned := record.Plan
	parts, err := s.goOn(ctx, &record, &planned)
	if err != nil {
		return nil, err
	}
	if planned.Sharding == nil {
		if err := s.divide(ctx, &record, &planned); err != nil {
			return nil, fmt.Errorf("dividing run %s: %w", record.Hash, err)
		}
	}
	return s.Store.PutDivided(ctx, record, planned, parts)
}

// goOn takes over what the attempt before has found, if it was of this check. Its scope holds even where the target branch has moved since: everything
// is more than any part. Its shards count only for the same plan, and under its clock.
func (s *Service) goOn(ctx context.Context, record *results.RunRecord, planned *plan.Plan) ([]store.Part, error) {
	if record.Continues == "" {
		return nil, nil
	}
	before, err := s.Store.Run(ctx, record.Continues)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil || before.Open() || before.Record.CheckUID != record.CheckUID {
		return nil, err
	}
	old, err := s.Store.Plan(ctx, record.Continues)
	if err != nil {
		return nil, err
	}
	if before.Summary.Reason == plan.ReasonDivide {
		v, err := s.Store.Verdict(ctx, before)
		if err != nil {
			return nil, err
		}
		planned.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: v.Scope.Reason, Unknown: v.Scope.Unknown}
		return nil, nil
	}
	if !old.Divided() || !old.Same(planned) {
		return nil, nil
	}
	parts, err := s.Store.Parts(ctx, record.Continues)
	if err != nil || len(parts) == 0 || len(parts) == len(old.Sharding.Shards) {
		return nil, err // nothing to keep; or all of it, which should have been judged: then it is scanned anew
	}
	planned.Clock, planned.Scope = old.Clock, old.Scope
	planned.Sharding = &plan.Sharding{Shards: old.Sharding.Shards, Scan: []int{}}
	for n := 1; n <= len(old.Sharding.Shards); n++ {
		if !slices.ContainsFunc(parts, func(p store.Part) bool { return p.Shard == n }) {
			planned.Sharding.Scan = append(planned.Sharding.Scan, n)
		}
	}
	return parts, nil
}

// divide divides a full scan, or says into how much it would be divided where only the run can tell what is in scope.
func (s *Service) divide(ctx context.Context, record *results.RunRecord, planned *plan.Plan) error {
	if planned.Scope.Kind == plan.ScopePackages {
		return nil
	}
	source, err := s.Sources.Target(ctx, record.Namespace, record.Repository)
	if err != nil {
		return err
	}
	packages, err := s.Packages(ctx, source, planned.Revision.Base, planned.Revision.Merge)
	if err != nil {
		return err
	}
	times, err := s.Store.Times(ctx, record.Namespace, record.Repository, record.Profile)
	if err != nil {
		return err
	}
	division := shard.Divide(packages, times, *planned.Snapshot.Sharding)
	switch {
	case division == nil:
	case planned.Scope.Kind == plan.ScopeAuto:
		planned.Divide = len(division.Shards)
	default:
		planned.Sharding = division
	}
	return nil
}

// PlanFor returns the plan as a pod gets it.
func (s *Service) PlanFor(ctx context.Context, caller auth.Caller) (*plan.Plan, error) {
	p, err := s.Store.Plan(ctx, caller.Run)
	if err != nil {
		return nil, err
	}
	return ownPlan(p, caller)
}

func ownPlan(p *plan.Plan, caller auth.Caller) (*plan.Plan, error) {
	own, err := p.ForPod(caller.Index)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", auth.ErrForbidden, err)
	}
	return own, nil
}
