// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package stages takes trees through the stages of a run, the way pods and prcheck run do: fetch, prepare and scan by the engine,
// with the driver inside the toolchain's root file system, under users of their own, sandboxed.
//
// A test binary that uses it calls sandbox.Main first thing in TestMain: sandboxed programs are started by way of the binary itself.
package stages

import (
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/toolchain"
)

// Clock is the instant of all scans: a day after the commits of a Repository.
var Clock = time.Date(2026, time.January, 6, 12, 0, 0, 0, time.UTC)

// Master is a repository that another one builds on, at a commit.
type Master struct {
	Name       string
	Repository *Repository
	Commit     string
}

// Run is one run over two commits of a repository. Engine and Plan may be changed before it goes.
type Run struct {
	Engine engine.Engine
	Plan   plan.Plan
	from   engine.Remote
}

// New makes a run that scans everything but the commits, with one process, and gates on errors and warnings.
func New(tb testing.TB, name string, repository *Repository, base, head string, masters ...Master) *Run {
	tb.Helper()
	chain, err := engine.RootToolchain(toolchain.Root(tb), "rootfs")
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	r := &Run{
		Engine: engine.Engine{
			Layout: engine.Layout{Root: dir + "/run", Temporary: dir + "/tmp"}, Toolchain: chain,
			Git: gitops.Git{Protocols: []string{"file"}}, Clock: clock.RealClock{},
		},
		Plan: plan.Plan{
			Version: plan.Version, Repository: name, Scope: plan.Scope{Kind: plan.ScopeFull}, Clock: Clock,
			Revision: plan.Revision{Base: base, Head: head, Merge: head, Branch: "main"},
			Masters:  []plan.Master{},
			Snapshot: plan.Snapshot{
				Name: "test", Image: "rootfs", Profiles: []string{"stable", "dev", "exp"}, Jobs: 1,
				Gate:        []finding.Level{finding.LevelError, finding.LevelWarning},
				Timeouts:    plan.Timeouts{Prepare: 10 * time.Minute, Scan: 10 * time.Minute},
				OutputBytes: 256 << 20, CommitChecks: plan.CommitsOff,
			},
		},
		from: engine.Remote{Target: repository.Dir, Masters: map[string]string{}},
	}
	for _, m := range masters {
		r.Plan.Masters = append(r.Plan.Masters, plan.Master{Name: m.Name, Commit: m.Commit, Branch: "main"})
		r.from.Masters[m.Name] = m.Repository.Dir
	}
	changes, err := r.Engine.Git.Changes(tb.Context(), repository.Dir, base, head)
	if err != nil {
		tb.Fatal(err)
	}
	r.Plan.Changed = gitops.Paths(changes)
	if err := r.Engine.Layout.Make(); err != nil {
		tb.Fatal(err)
	}
	return r
}

// MakeKit makes the kit of the run's base in a folder, for this run and others on that base.
func (r *Run) MakeKit(tb testing.TB, dir string) {
	tb.Helper()
	if err := r.Engine.MakeKit(tb.Context(), r.Plan, r.from, dir); err != nil {
		tb.Fatal(err)
	}
}

// Fetch lays out the trees.
func (r *Run) Fetch(tb testing.TB) plan.Outcome {
	tb.Helper()
	outcome, err := r.Engine.Fetch(tb.Context(), r.Plan, r.from)
	if err != nil {
		tb.Fatal(err)
	}
	return outcome
}

// Go takes the run through all stages up to one that does not complete, and returns their outcomes.
func (r *Run) Go(tb testing.TB) []plan.Outcome {
	tb.Helper()
	outcome := r.Fetch(tb)
	if !outcome.OK() {
		return []plan.Outcome{outcome}
	}
	return append([]plan.Outcome{outcome}, r.Finish(tb)...)
}

// Finish takes a run that was fetched through the other stages, up to one that does not complete.
func (r *Run) Finish(tb testing.TB) []plan.Outcome {
	tb.Helper()
	outcomes := []plan.Outcome{}
	for _, stage := range []func() (plan.Outcome, error){
		func() (plan.Outcome, error) { return r.Engine.Prepare(tb.Context(), r.Plan) },
		func() (plan.Outcome, error) { return r.Engine.Scan(tb.Context(), r.Plan) },
	} {
		outcome, err := stage()
		if err != nil {
			tb.Fatal(err)
		}
		outcomes = append(outcomes, outcome)
		if !outcome.OK() {
			break
		}
	}
	return outcomes
}

// Verdict judges what the stages left.
func (r *Run) Verdict() *verdict.Verdict {
	return engine.Evaluate(r.Engine.Layout.Bundle(), r.Plan)
}
