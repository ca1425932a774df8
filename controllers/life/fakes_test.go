// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package life

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

// errCrash is what a write returns when the manager is to die at it.
var errCrash = errors.New("the manager dies here")

// fuse lets the n-th write fail, before or after it took effect, and every later one until it is mended: a dead manager writes
// nothing more.
type fuse struct {
	mu     sync.Mutex
	writes int
	at     int // 0: never
	after  bool
	blown  bool
	log    []string
}

// write runs do as a write.
func (f *fuse) write(what string, do func() error) error {
	f.mu.Lock()
	if f.blown {
		f.mu.Unlock()
		return errCrash
	}
	f.writes++
	f.log = append(f.log, what)
	f.blown = f.writes == f.at
	blown := f.blown
	f.mu.Unlock()
	if !blown {
		return do()
	}
	if f.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errCrash
}

func (f *fuse) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blown = false
}

func (f *fuse) isBlown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blown
}

func (f *fuse) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

// fakeForge is a forge with one repository.
type fakeForge struct {
	fuse *fuse

	mu       sync.Mutex
	pulls    map[int64]forge.Pull
	statuses map[string][]forge.Status // by commit, the oldest first
	reads    int
	err      error // returned by every call
}

func newForge(f *fuse) *fakeForge {
	return &fakeForge{fuse: f, pulls: map[int64]forge.Pull{}, statuses: map[string][]forge.Status{}}
}

func (f *fakeForge) Provider(context.Context, *prcheckv1.Repository) (forge.Provider, error) {
	return f, nil
}

func (f *fakeForge) GetPull(_ context.Context, _ forge.Repository, number int64) (*forge.Pull, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	pull, there := f.pulls[number]
	if f.err != nil {
		return nil, f.err
	}
	if !there {
		return nil, forge.ErrNotFound
	}
	return &pull, nil
}

func (f *fakeForge) ListPulls(context.Context, forge.Repository, string) ([]forge.Pull, string, bool, error) {
	return nil, "", false, f.err
}

func (f *fakeForge) FindStatus(_ context.Context, _ forge.Repository, sha, name string) (*forge.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	if f.err != nil {
		return nil, f.err
	}
	for _, status := range slices.Backward(f.statuses[sha]) {
		if status.Context == name {
			return &status, nil
		}
	}
	return nil, nil
}

func (f *fakeForge) PutStatus(_ context.Context, _ forge.Repository, sha string, status forge.Status) error {
	return f.fuse.write(fmt.Sprintf("status %s %s", status.State, status.Description), func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.err != nil {
			return f.err
		}
		f.statuses[sha] = append(f.statuses[sha], status)
		return nil
	})
}

func (f *fakeForge) GitCredentials(context.Context) (user, password string, err error) {
	return "", "", nil
}

func (f *fakeForge) setPull(edit func(*forge.Pull)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	pull := f.pulls[number]
	edit(&pull)
	f.pulls[number] = pull
}

// shown returns what was written on a commit, as "state description".
func (f *fakeForge) shown(sha string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	lines := []string{}
	for _, status := range f.statuses[sha] {
		lines = append(lines, string(status.State)+" "+status.Description)
	}
	return lines
}

// fakeServer is the results API in memory, with the rules of the real one: a record stands as it was first written, and so does a
// verdict.
type fakeServer struct {
	fuse *fuse

	mu        sync.Mutex
	merge     results.MergeResult // without revision: Ready
	records   map[string]results.RunRecord
	summaries map[string]*results.Summary
	verdicts  map[string]int // how often a verdict was stored
	foundAt   time.Time      // when the whole base was looked at; zero: it was not
	divide    func(record results.RunRecord) (shards, scanning int)
	err       error
}

func newServer(f *fuse) *fakeServer {
	return &fakeServer{
		fuse: f, merge: results.MergeResult{State: results.MergeReady}, records: map[string]results.RunRecord{},
		summaries: map[string]*results.Summary{}, verdicts: map[string]int{},
	}
}

func (s *fakeServer) Merge(_ context.Context, request results.MergeRequest) (*results.MergeResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	merged := s.merge
	merged.Revision = plan.Revision{Base: "base", Head: request.Head, Branch: request.Branch}
	if merged.State == results.MergeReady {
		merged.Revision.Merge, merged.Revision.Tree = "merge-"+request.Head, "tree-"+request.Head
	}
	return &merged, nil
}

// Baseline knows of what was found on whole bases; kits are none of its business.
func (s *fakeServer) Baseline(_ context.Context, request results.BaselineRequest) (*results.BaselineResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	p := plan.OfBase(plan.Plan{Version: plan.Version, Revision: plan.Revision{Base: request.Base, Branch: request.Branch}, Snapshot: request.Snapshot})
	p.Clock = s.foundAt
	p.Baseline = &plan.Baseline{Key: "findings-" + request.Base, Findings: true}
	return &results.BaselineResult{State: results.MergeReady, Plan: p, Stored: !s.foundAt.IsZero()}, nil
}

func (s *fakeServer) PutRun(_ context.Context, record results.RunRecord) (*results.Summary, error) {
	var summary *results.Summary
	err := s.fuse.write("run "+record.Plan.Revision.Head, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err != nil {
			return s.err
		}
		if old, there := s.records[record.Hash]; there && !old.Created.Equal(record.Created) {
			return results.ErrDifferentRun
		} else if !there {
			s.records[record.Hash] = record
			s.summaries[record.Hash] = &results.Summary{
				Hash: record.Hash, State: results.RunPlanned, ReportURL: "https://prcheck.example.org/run/" + plan.Short(record.Hash),
			}
			if s.divide != nil {
				s.summaries[record.Hash].Shards, s.summaries[record.Hash].Scanning = s.divide(record)
			}
		}
		summary = new(*s.summaries[record.Hash])
		return nil
	})
	return summary, err
}

func (s *fakeServer) Conclude(_ context.Context, hash string, end results.Conclude) (*results.Summary, error) {
	var summary *results.Summary
	err := s.fuse.write("conclude "+string(end.Conclusion), func() error {
		var err error
		summary, err = s.finish(hash, verdict.Verdict{Conclusion: end.Conclusion, Reason: end.Reason, Message: end.Message, Conflicts: end.Conflicts})
		return err
	})
	return summary, err
}

// finish stores a verdict; the first one stands.
func (s *fakeServer) finish(hash string, v verdict.Verdict) (*results.Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	summary, there := s.summaries[hash]
	if !there {
		return nil, results.ErrUnknownRun
	}
	if summary.State == results.RunPlanned {
		summary.State, summary.Conclusion, summary.Reason, summary.Message = results.RunFinished, v.Conclusion, v.Reason, v.Message
		if v.Conclusion == finding.ConclusionSuperseded {
			summary.State = results.RunSuperseded
		}
		summary.Line = report.Line(&v, report.Names{Branch: "main"})
		summary.Counts, summary.Problems = v.Counts, v.Problems
		summary.UnknownRules, summary.NoKeywords = v.Head.UnknownRules, v.Rules.NoKeyword
		s.verdicts[hash]++
	}
	return new(*summary), nil
}

func (s *fakeServer) GetRun(_ context.Context, hash string) (*results.Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	summary, there := s.summaries[hash]
	if !there {
		return nil, results.ErrUnknownRun
	}
	return new(*summary), nil
}
