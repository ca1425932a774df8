// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/artifact"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Baseline says what the baseline of a branch is now, Pending after mergeWait.
func (s *Service) Baseline(ctx context.Context, req results.BaselineRequest) (*results.BaselineResult, error) {
	target, err := s.Sources.Target(ctx, req.Namespace, req.Repository)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, mergeWait)
	defer cancel()
	base, branch, masters := req.Base, req.Branch, req.Masters
	if base == "" {
		base, branch, err = s.Mirrors.Tip(wait, target, req.Branch)
	}
	if err == nil && len(masters) == 0 {
		masters, err = s.pinMasters(wait, results.MergeRequest{Namespace: req.Namespace, Repository: req.Repository})
	}
	if err != nil {
		return s.noBaseline(ctx, req, err), nil
	}
	p := plan.OfBase(plan.Plan{
		Version: plan.Version, Repository: req.Name, Revision: plan.Revision{Base: base, Branch: branch}, Masters: masters, Snapshot: req.Snapshot,
	})
	if req.Findings {
		return s.findings(ctx, req, p)
	}
	key := s.KitKey(p).ID()
	p.Baseline = &plan.Baseline{Key: key}
	_, err = s.Store.Artifact(ctx, req.Namespace, req.Repository, store.ArtifactKit, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	return &results.BaselineResult{State: results.MergeReady, Plan: p, Stored: err == nil}, nil
}

// noBaseline says why nobody knows yet where the branch stands.
func (s *Service) noBaseline(ctx context.Context, req results.BaselineRequest, err error) *results.BaselineResult {
	result := &results.BaselineResult{State: results.MergePending, Message: err.Error()}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		result.Message = "the mirror is being fetched"
	} else {
		s.Log.WarnContext(ctx, "Cannot tell where a target branch stands", "namespace", req.Namespace, "repository", req.Repository, "branch", req.Branch, "error", err)
	}
	return result
}

// errOtherKit says that pod and server do not mean the same kit.
var errOtherKit = fmt.Errorf("the run's kit has another name here: server and runner must be of the same release: %w", store.ErrDifferent)

// PutKit stores the kit that a baseline run made. Runs of pull requests may not: whatever they made, a pull request's code was near it.
func (s *Service) PutKit(ctx context.Context, run *store.Run, p *plan.Plan, id string, body io.Reader) error {
	key := s.KitKey(*p)
	switch {
	case p.Baseline == nil || p.Baseline.Findings:
		return fmt.Errorf("%w: run %s makes no kit: only runs of a base alone leave anything for others", auth.ErrForbidden, run.Record.Hash)
	case key.ID() != id:
		return errOtherKit
	case !run.Open():
		return fmt.Errorf("run %s: %w", run.Record.Hash, store.ErrSettled)
	}
	root, done, err := s.scratch()
	if err != nil {
		return err
	}
	defer done()
	packed, err := s.spool(root, body, s.MaxKit)
	if err != nil {
		return err
	}
	defer packed.Close() //nolint:errcheck // only read from here on
	if err := artifact.Inspect(packed, artifact.DefaultLimits); err != nil {
		return err
	}
	if _, err := packed.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("storing a kit: %w", err)
	}
	stored, err := s.Store.PutArtifact(ctx, store.Artifact{
		Namespace: run.Record.Namespace, Repository: run.Record.Repository, Kind: store.ArtifactKit, Key: id, Line: key.Line(),
		Branch: p.Revision.Branch, Base: p.Revision.Base, Run: run.Record.Hash,
	}, packed)
	if err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "Stored a kit", "namespace", stored.Namespace, "repository", stored.Repository, "base", stored.Base, "bytes", stored.Blob.Size)
	s.Metrics.stored(stored.Kind)
	return nil
}

// Kit finds the kit of a run's base; ErrNotFound where there is none.
func (s *Service) Kit(ctx context.Context, run *store.Run, p *plan.Plan, id string) (*store.Artifact, error) {
	if s.KitKey(*p).ID() != id {
		return nil, fmt.Errorf("%w: the run's kit has another name here", store.ErrNotFound)
	}
	a, err := s.Store.Artifact(ctx, run.Record.Namespace, run.Record.Repository, store.ArtifactKit, id)
	s.Metrics.asked(err)
	return a, err
}

// Seed finds the newest kit that the one of a baseline run can be made from.
func (s *Service) Seed(ctx context.Context, run *store.Run, p *plan.Plan) (*store.Artifact, error) {
	if p.Baseline == nil {
		return nil, fmt.Errorf("%w: run %s checks a pull request, and takes the kit of its own base or none", auth.ErrForbidden, run.Record.Hash)
	}
	return s.Store.NewestArtifact(ctx, run.Record.Namespace, run.Record.Repository, store.ArtifactKit, s.KitKey(*p).Line())
}

// delivered makes a failure of a baseline run that left nothing.
func (s *Service) delivered(ctx context.Context, record results.RunRecord, p plan.Plan, v *verdict.Verdict, root *os.Root) error {
	switch {
	case p.Baseline == nil || v.Conclusion != finding.ConclusionSuccess:
		return nil
	case p.Baseline.Findings:
		return s.keepFindings(ctx, record, p, root)
	}
	_, err := s.Store.Artifact(ctx, record.Namespace, record.Repository, store.ArtifactKit, s.KitKey(p).ID())
	if errors.Is(err, store.ErrNotFound) {
		v.Conclusion, v.Reason, v.Message = finding.ConclusionError, plan.ReasonPublishFailed, "The run came to its end and left no kit."
		return nil
	}
	return err
}
