// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"regexp"
	"time"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/artifact"
	"github.com/prcheck/prcheck/internal/results/store"
)

// findings says whether what a profile finds on a whole base today is stored.
func (s *Service) findings(ctx context.Context, req results.BaselineRequest, p plan.Plan) (*results.BaselineResult, error) {
	snapshot, err := plan.Digest(req.Snapshot)
	if err != nil {
		return nil, err
	}
	p.Clock = s.Clock.Now().UTC().Truncate(time.Second)
	p.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "checks that look at everything compare with it"}
	p.Baseline = &plan.Baseline{Key: plan.FindingsKey(s.KitKey(p).ID(), snapshot, p.Clock), Findings: true}
	result := &results.BaselineResult{State: results.MergeReady, Plan: p}
	a, err := s.Store.Artifact(ctx, req.Namespace, req.Repository, store.ArtifactFindings, p.Baseline.Key)
	if errors.Is(err, store.ErrNotFound) {
		return result, nil
	}
	if err != nil {
		return nil, err
	}
	made, err := s.Store.Plan(ctx, a.Run)
	if err != nil {
		return nil, fmt.Errorf("reading when the findings of base %s were made: %w", a.Base, err)
	}
	result.Stored, result.Plan.Clock = true, made.Clock
	return result, nil
}

var findingsID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// keepFindings keeps what a baseline run found on the whole base, after it was judged complete.
func (s *Service) keepFindings(ctx context.Context, record results.RunRecord, p plan.Plan, root *os.Root) error {
	data, err := fs.ReadFile(root.FS(), "outcome/"+string(plan.StageScan)+".json")
	if err != nil {
		return fmt.Errorf("keeping findings: %w", err)
	}
	var outcome plan.Outcome
	if err := json.Unmarshal(data, &outcome); err != nil || !findingsID.MatchString(outcome.Findings) {
		return fmt.Errorf("keeping findings: the outcome names them %.80q: %w", outcome.Findings, artifact.ErrInvalid)
	}
	const folder = "kept"
	if err := root.MkdirAll(path.Join(folder, outcome.Findings), 0o700); err != nil {
		return fmt.Errorf("keeping findings: %w", err)
	}
	if err := root.Link("scan/base.jsonl", path.Join(folder, outcome.Findings, "base.jsonl")); err != nil {
		return fmt.Errorf("keeping findings: %w", err)
	}
	kept, err := fs.Sub(root.FS(), folder)
	if err != nil {
		return fmt.Errorf("keeping findings: %w", err)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(artifact.Pack(w, kept)) }()
	defer r.Close() //nolint:errcheck // never fails; ends the packing where storing failed
	key := s.KitKey(p)
	stored, err := s.Store.PutArtifact(ctx, store.Artifact{
		Namespace: record.Namespace, Repository: record.Repository, Kind: store.ArtifactFindings, Key: p.Baseline.Key, Line: key.Line(),
		Branch: p.Revision.Branch, Base: p.Revision.Base, Run: record.Hash,
	}, r)
	if err != nil {
		return err
	}
	s.Metrics.stored(stored.Kind)
	return nil
}

// Findings finds what a run's plan names.
func (s *Service) Findings(ctx context.Context, run *store.Run, p *plan.Plan) (*store.Artifact, error) {
	if p.BaseFindings == "" {
		return nil, fmt.Errorf("%w: the run looks at both sides itself", store.ErrNotFound)
	}
	return s.Store.Artifact(ctx, run.Record.Namespace, run.Record.Repository, store.ArtifactFindings, p.BaseFindings)
}

func (p *pods) getFindings(w http.ResponseWriter, r *http.Request) {
	p.give(w, r, p.service.Findings)
}
