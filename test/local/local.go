// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package local runs the engine in tests, with the real toolchain in its root file system, as prcheck run does.
//
// A test that uses it needs root (or user namespaces) and `make toolchain`, and its TestMain calls sandbox.Main first.
package local

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/toolchain"
)

// Clock is the instant of every scan here.
var Clock = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Run is one run in folders of its own.
type Run struct {
	Engine *engine.Engine
	Plan   plan.Plan
	Remote engine.Remote
	tb     testing.TB
}

// New plans a run of head against base, both commits or branches of the bare repository at bare. The profile gates errors.
func New(tb testing.TB, bare, name, base, head string) *Run {
	tb.Helper()
	r := Pair(tb, bare, name, base, head)
	r.merge(bare)
	return r
}

// Pair plans a run of two commits as they are, without a merge.
func Pair(tb testing.TB, bare, name, base, head string) *Run {
	tb.Helper()
	dir := tb.TempDir()
	chain, err := engine.RootToolchain(toolchain.Root(tb), "rootfs")
	if err != nil {
		tb.Fatal(err)
	}
	r := &Run{tb: tb, Remote: engine.Remote{Target: bare, Masters: map[string]string{}}}
	r.Engine = &engine.Engine{
		Layout:    engine.Layout{Root: filepath.Join(dir, "run"), Temporary: filepath.Join(dir, "tmp")},
		Toolchain: chain, Clock: clock.RealClock{}, Git: gitops.Git{Protocols: []string{"file"}},
	}
	if err := r.Engine.Layout.Make(); err != nil {
		tb.Fatal(err)
	}
	r.Plan = plan.Plan{
		Version: plan.Version, Repository: name, Clock: Clock, Masters: []plan.Master{},
		Revision: plan.Revision{Base: r.commit(bare, base), Head: r.commit(bare, head), Branch: "main"},
		Scope:    plan.Scope{Kind: plan.ScopeFull, Reason: "asked for"},
		Snapshot: plan.Snapshot{
			Name: "test", Image: chain.Name, Profiles: []string{"dev", "stable"}, Keywords: []string{},
			Gate: []finding.Level{finding.LevelError}, OutputBytes: 64 << 20,
		},
	}
	r.Plan.Revision.Merge = r.Plan.Revision.Head
	return r
}

func (r *Run) commit(bare, rev string) string {
	r.tb.Helper()
	id, err := r.Engine.Git.Line(r.tb.Context(), bare, "rev-parse", "--verify", rev+"^{commit}")
	if err != nil {
		r.tb.Fatal(err)
	}
	return id
}

func (r *Run) merge(bare string) {
	r.tb.Helper()
	rev := &r.Plan.Revision
	merge, err := r.Engine.Git.MergeInto(r.tb.Context(), bare, rev.Base, rev.Head)
	if err != nil || merge.Conflict {
		r.tb.Fatalf("merging: %v %v", merge.Conflicts, err)
	}
	rev.Merge, rev.Tree = merge.Commit, merge.Tree
	changes, err := r.Engine.Git.Changes(r.tb.Context(), bare, rev.Base, rev.Merge)
	if err != nil {
		r.tb.Fatal(err)
	}
	r.Plan.Changed = gitops.Paths(changes)
}

// Master adds a master: the tip of a branch of the bare repository at bare.
func (r *Run) Master(name, bare, branch string) {
	r.tb.Helper()
	r.Plan.Masters = append(r.Plan.Masters, plan.Master{Name: name, Commit: r.commit(bare, branch), Branch: branch})
	r.Remote.Masters[name] = bare
}

// Stages runs fetch, prepare and scan until one does not complete, and returns the last one's outcome.
func (r *Run) Stages() plan.Outcome {
	r.tb.Helper()
	var last plan.Outcome
	for _, stage := range []func() (plan.Outcome, error){
		func() (plan.Outcome, error) { return r.Engine.Fetch(r.tb.Context(), r.Plan, r.Remote) },
		func() (plan.Outcome, error) { return r.Engine.Prepare(r.tb.Context(), r.Plan) },
		func() (plan.Outcome, error) { return r.Engine.Scan(r.tb.Context(), r.Plan) },
	} {
		var err error
		if last, err = stage(); err != nil {
			r.tb.Fatal(err)
		}
		if !last.OK() {
			return last
		}
	}
	return last
}

// Verdict runs everything and judges it. Where it could not be reached, the log of the test gets the reason.
func (r *Run) Verdict() *verdict.Verdict {
	r.tb.Helper()
	r.Stages()
	v := engine.Evaluate(r.Engine.Layout.Bundle(), r.Plan)
	if v.Reason != "" {
		r.tb.Logf("%s: %s: %s", v.Conclusion, v.Reason, v.Message)
	}
	return v
}

// Stream returns a side's results as they were written.
func (r *Run) Stream(side string) []byte {
	r.tb.Helper()
	data, err := os.ReadFile(r.Engine.Layout.Scanned(side + ".jsonl"))
	if err != nil {
		r.tb.Fatal(err)
	}
	return data
}

// Write makes a bare repository of a history and returns its folder.
func Write(tb testing.TB, history *ebuildrepo.History) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "repo.git")
	if err := history.Write(tb.Context(), dir); err != nil {
		tb.Fatal(err)
	}
	return dir
}

// Change makes a repository of a generated one and one change on the branch topic.
func Change(tb testing.TB, repo *ebuildrepo.Repo, change func(*ebuildrepo.Repo)) string {
	tb.Helper()
	after := repo.Clone()
	change(after)
	history := ebuildrepo.NewHistory(repo)
	history.Commit("topic", "main", "change", after.Tree())
	return Write(tb, history)
}

// Rules lists the facts of a class as "package-version Rule".
func Rules(v *verdict.Verdict, class finding.Class) []string {
	rules := []string{}
	for _, f := range v.Of(class) {
		rules = append(rules, f.Category+"/"+f.Package+"-"+f.Version+" "+f.Rule)
	}
	return rules
}
