// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package rest is the server's internal listener: what the manager asks for (/internal/v1) and what a run's pod fetches and
// hands over (/pod/v1). Everything here is authenticated; a pod reaches nothing but its own run.
package rest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/shard"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Sources tells where the mirrors of a Repository object are fetched from.
type Sources interface {
	// Target returns the source of the Repository itself. ErrNoRepository where there is no such object.
	Target(ctx context.Context, namespace, name string) (gitmirror.Source, error)
	// Masters returns the masters of the Repository, in the order of its spec.
	Masters(ctx context.Context, namespace, name string) ([]Master, error)
}

// Master is a repository that a scan needs.
type Master struct {
	Name   string
	Source gitmirror.Source
	Commit string // pinned to it, or
	Branch string // follows it
}

// ErrNoRepository is returned by Sources where there is no such Repository object.
var ErrNoRepository = errors.New("there is no such Repository")

// Service does what the API offers.
type Service struct {
	Store   *store.Store
	Mirrors *gitmirror.Mirrors
	Sources Sources
	// Packages lists the packages of two commits, for dividing full scans (gitmirror.Mirrors.Packages).
	Packages func(ctx context.Context, source gitmirror.Source, commits ...string) ([]shard.Package, error)
	// Evaluate reads a bundle and judges it (internal/engine).
	Evaluate func(bundle fs.FS, p plan.Plan) *verdict.Verdict
	// KitKey names the kit of a plan's base, as the runner does (internal/engine).
	KitKey func(p plan.Plan) basekit.Key
	// ReportURL is where a run's report can be read.
	ReportURL func(hash string) string
	Log       *slog.Logger
	Clock     clock.WithTicker
	Metrics   *Metrics
	// ScratchDir is where bundles are unpacked; what is in it may be deleted at any start.
	ScratchDir string
	// MaxBundle bounds what a pod may send as its result, compressed; MaxKit what it may send as a kit.
	MaxBundle int64
	MaxKit    int64
}

// mergeWait is how long a request for a merge is held open.
const mergeWait = 25 * time.Second

// Merge answers the manager's request for a merge, Pending after mergeWait.
func (s *Service) Merge(ctx context.Context, req results.MergeRequest) (*results.MergeResult, error) {
	target, err := s.Sources.Target(ctx, req.Namespace, req.Repository)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, mergeWait)
	defer cancel()
	merge, err := s.Mirrors.Merge(ctx, target, gitmirror.Request{Number: req.Number, Head: req.Head, Branch: req.Branch})
	if err != nil {
		return s.noMerge(ctx, req, err), nil
	}
	result := &results.MergeResult{
		State: results.MergeReady, Changed: merge.Changed, Conflicts: merge.Conflicts,
		Revision: plan.Revision{Base: merge.Base, Head: req.Head, Merge: merge.Commit, Tree: merge.Tree, Branch: req.Branch},
	}
	if merge.Conflict {
		result.State = results.MergeConflict
		if merge.Unrelated {
			result.Message = "the pull request and " + req.Branch + " have no commit in common"
		}
		return result, nil
	}
	if result.Masters, err = s.pinMasters(ctx, req); err != nil {
		return s.noMerge(ctx, req, err), nil
	}
	return result, nil
}

// noMerge says why there is no merge yet, or never will be.
func (s *Service) noMerge(ctx context.Context, req results.MergeRequest, err error) *results.MergeResult {
	result := &results.MergeResult{State: results.MergePending, Message: err.Error(), Revision: plan.Revision{Head: req.Head, Branch: req.Branch}}
	switch {
	case errors.Is(err, gitmirror.ErrHeadGone):
		result.State = results.MergeHeadGone
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled):
		result.Message = "the mirror is being fetched"
	default:
		s.Log.WarnContext(ctx, "Cannot merge a pull request", "namespace", req.Namespace, "repository", req.Repository, "number", req.Number, "error", err)
		s.Metrics.mergeFailed()
	}
	return result
}

func (s *Service) pinMasters(ctx context.Context, req results.MergeRequest) ([]plan.Master, error) {
	masters, err := s.Sources.Masters(ctx, req.Namespace, req.Repository)
	if err != nil {
		return nil, err
	}
	pinned := make([]plan.Master, 0, len(masters))
	for _, m := range masters {
		commit, branch, err := s.Mirrors.Pin(ctx, m.Source, m.Commit, m.Branch)
		if err != nil {
			return nil, fmt.Errorf("master %s: %w", m.Name, err)
		}
		pinned = append(pinned, plan.Master{Name: m.Name, Commit: commit, Branch: branch})
	}
	return pinned, nil
}

// GetRun returns where a run stands.
func (s *Service) GetRun(ctx context.Context, hash string) (*results.Summary, error) {
	run, err := s.Store.Run(ctx, hash)
	if err != nil {
		return nil, err
	}
	return s.summary(run), nil
}

// Conclude settles a run without a result of a pod.
func (s *Service) Conclude(ctx context.Context, hash string, end results.Conclude) (*results.Summary, error) {
	standing, err := s.Store.Run(ctx, hash)
	if err != nil {
		return nil, err
	}
	if !standing.Open() {
		return s.summary(standing), nil
	}
	p, err := s.Store.Plan(ctx, hash)
	if err != nil {
		return nil, err
	}
	v := &verdict.Verdict{
		Conclusion: end.Conclusion, Reason: end.Reason, Message: end.Message, Conflicts: end.Conflicts, Revision: p.Revision, Scope: p.Scope,
	}
	run, err := s.Store.Settle(ctx, hash, store.Settlement{State: stateOf(v), Verdict: v, Summary: summarize(v, standing.Record)})
	if err != nil {
		return nil, err
	}
	return s.summary(run), nil
}

func stateOf(v *verdict.Verdict) results.RunState {
	if v.Conclusion == finding.ConclusionSuperseded {
		return results.RunSuperseded
	}
	return results.RunFinished
}

// Limits of a summary, which must stay below 64 KiB.
const (
	maxUnknownRules = 200
	maxMessage      = 4 << 10
)

// NamesOf are what reports on a run call things by.
func NamesOf(v *verdict.Verdict, record results.RunRecord) report.Names {
	return report.Names{Branch: v.Revision.Branch, Base: v.Revision.Base, Head: v.Revision.Head, Profile: record.Profile, Number: record.Number}
}

func summarize(v *verdict.Verdict, record results.RunRecord) results.Summary {
	unknown := v.Head.UnknownRules
	return results.Summary{
		Conclusion: v.Conclusion, Reason: v.Reason, Message: v.Message[:min(len(v.Message), maxMessage)], Line: report.Line(v, NamesOf(v, record)), Counts: v.Counts,
		Problems: v.Problems, UnknownRules: unknown[:min(len(unknown), maxUnknownRules)],
		NoKeywords: v.Rules.NoKeyword[:min(len(v.Rules.NoKeyword), maxUnknownRules)],
	}
}

// summary completes a stored summary with what depends on where the server is.
func (s *Service) summary(run *store.Run) *results.Summary {
	out := run.Summary
	out.ReportURL = s.ReportURL(run.Record.Hash)
	out.Shards, out.Scanning = run.Record.Shards, run.Record.Scanning
	if run.Open() {
		out.Line = report.WaitingSlot().String()
	}
	return &out
}

// scratch makes a folder to unpack a bundle in.
func (s *Service) scratch() (*os.Root, func(), error) {
	dir, err := os.MkdirTemp(s.ScratchDir, "bundle-")
	if err != nil {
		return nil, nil, fmt.Errorf("making room for a bundle: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making room for a bundle: %w", err), os.RemoveAll(dir))
	}
	return root, func() {
		if err := errors.Join(root.Close(), os.RemoveAll(dir)); err != nil {
			s.Log.Warn("Cannot remove an unpacked bundle", "dir", dir, "error", err)
		}
	}, nil
}
