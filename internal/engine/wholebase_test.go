// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
)

// foundOnBase shows what a run on the base alone found, under one name.
type foundOnBase struct {
	id, dir string
	asked   []string
}

func (f *foundOnBase) FullFindings(_ context.Context, id string) (string, error) {
	f.asked = append(f.asked, id)
	if id != f.id {
		return "", basekit.ErrNone
	}
	return f.dir, nil
}

func (f *foundOnBase) PutFindings(context.Context, string, func(string) error) error {
	return errors.New("a pull request's run keeps nothing")
}

// TestARunOnTheBaseAloneSavesOthersTheirBase: what it finds is what a run that looks at both sides finds on the base, byte for byte.
func TestARunOnTheBaseAloneSavesOthersTheirBase(t *testing.T) {
	t.Parallel()
	repo := small(t)
	key, version := sound(t, repo)
	bare := local.Change(t, repo, func(r *ebuildrepo.Repo) {
		edit(t, r, key, version, func(e *ebuildrepo.Ebuild) { e.License = "No-Such-Licence" })
	})
	kit := kitOf(t, bare)

	alone := local.Pair(t, bare, "heath", "main", "main")
	alone.Plan.Baseline = &plan.Baseline{Key: "findings", Findings: true}
	alone.Engine.Kit = kit
	for _, stage := range []func() (plan.Outcome, error){
		func() (plan.Outcome, error) { return alone.Engine.Fetch(t.Context(), alone.Plan, alone.Remote) },
		func() (plan.Outcome, error) { return alone.Engine.Prepare(t.Context(), alone.Plan) },
	} {
		if outcome, err := stage(); err != nil || !outcome.OK() {
			t.Fatalf("%+v, %v", outcome, err)
		}
	}
	outcome, err := alone.Engine.ScanBase(t.Context(), alone.Plan)
	if err != nil || !outcome.OK() || outcome.Findings == "" {
		t.Fatalf("%+v, %v", outcome, err)
	}
	if v := engine.Evaluate(alone.Engine.Layout.Bundle(), alone.Plan); v.Conclusion != finding.ConclusionSuccess {
		t.Errorf("it is judged %s: %s", v.Conclusion, v.Message)
	}
	kept := &foundOnBase{id: outcome.Findings, dir: t.TempDir()}
	if err := os.WriteFile(filepath.Join(kept.dir, "base.jsonl"), alone.Stream(engine.Base), 0o600); err != nil {
		t.Fatal(err)
	}

	facts := map[bool][]string{}
	for _, with := range []bool{false, true} {
		run := local.New(t, bare, "heath", "main", "topic")
		run.Engine.Kit = kit
		if with {
			run.Engine.Findings = kept
		}
		v := run.Verdict()
		if v.Conclusion != finding.ConclusionFailure {
			t.Errorf("with findings %v: %s: %s", with, v.Conclusion, v.Message)
		}
		for _, i := range v.Items {
			facts[with] = append(facts[with], fmt.Sprint(i.Class, " ", i.Fact.Rule, " ", i.Fact.Fingerprint))
		}
	}
	if len(kept.asked) != 1 || kept.asked[0] != kept.id {
		t.Errorf("the run asked for %q, and there was %q", kept.asked, kept.id)
	}
	if diff := cmp.Diff(facts[false], facts[true]); diff != "" {
		t.Errorf("facts without (-) and with (+) what was found before:\n%s", diff)
	}
}

// TestAnIncompleteLookAtTheBaseIsNotKept: what lacks evidence is no success.
func TestAnIncompleteLookAtTheBaseIsNotKept(t *testing.T) {
	t.Parallel()
	run := local.Pair(t, local.Change(t, small(t), func(r *ebuildrepo.Repo) { r.EditFile("README", func(string) string { return "x" }) }), "heath", "main", "main")
	run.Plan.Baseline = &plan.Baseline{Key: "findings", Findings: true}
	if v := engine.Evaluate(run.Engine.Layout.Bundle(), run.Plan); v.Conclusion != finding.ConclusionError {
		t.Errorf("of nothing at all: %s", v.Conclusion)
	}
}
