// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/client"
	"github.com/prcheck/prcheck/internal/shard"
	"github.com/prcheck/prcheck/internal/verdict"
)

// dividing makes a world whose server divides full scans among three pods, and judges them by their logs.
func dividing(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.service.Packages = func(_ context.Context, _ gitmirror.Source, commits ...string) ([]shard.Package, error) {
		packages := []shard.Package{}
		for i := range 9 {
			packages = append(packages, shard.Package{Name: fmt.Sprintf("cat/p%d", i), Versions: 1, Sides: len(commits)})
		}
		return packages, nil
	}
	var mu sync.Mutex
	w.service.Evaluate = func(bundle fs.FS, p plan.Plan) *verdict.Verdict {
		mu.Lock()
		defer mu.Unlock()
		w.evaluated++
		if p.Scope.Kind == plan.ScopeAuto {
			return &verdict.Verdict{Conclusion: finding.ConclusionSuperseded, Reason: plan.ReasonDivide, Scope: plan.Scope{Kind: plan.ScopeFull, Reason: "an eclass changed"}}
		}
		said := []string{}
		for n := range p.Sharding.Shards {
			data, err := fs.ReadFile(bundle, plan.ShardDir(n+1)+"/log/scan")
			if err != nil {
				return &verdict.Verdict{Conclusion: finding.ConclusionError, Message: err.Error()}
			}
			said = append(said, string(data))
		}
		return &verdict.Verdict{
			Conclusion: finding.ConclusionSuccess, Message: strings.Join(said, ", "), Scope: p.Scope,
			Times: &plan.Times{Packages: map[string]float64{"cat/p0": 900, "cat/p1": 1}},
		}
	}
	return w
}

// full is the record of a run that scans everything, in at most three shards.
func full(n, attempt int) results.RunRecord {
	r := record(n)
	r.Attempt = attempt
	r.Plan.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "asked for"}
	r.Plan.Clock = time.Date(2026, 1, 1, 0, attempt, 0, 0, time.UTC)
	r.Plan.Snapshot.Sharding = &plan.ShardLimits{Most: 3, Target: time.Minute}
	return r
}

// put hands the result of the pod with a completion index over.
func (w *world) put(run, index int, log string) (*results.Summary, error) {
	w.t.Helper()
	return w.as(fmt.Sprintf("pod:%s:%s/%d", plan.AudiencePublish, hash(run), index)).PutResult(w.t.Context(), result(log))
}

func (w *world) planOf(run, index int) *plan.Plan {
	w.t.Helper()
	p, err := w.as(fmt.Sprintf("pod:%s:%s/%d", plan.AudienceFetch, hash(run), index)).Plan(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func TestShardsAreJudgedTogether(t *testing.T) {
	w := dividing(t)
	manager, summary := w.as("manager"), must[*results.Summary](t)
	for range 2 {
		if got := summary(manager.PutRun(t.Context(), full(1, 1))); got.Shards != 3 || got.Scanning != 3 {
			t.Fatalf("registered: %+v", got)
		}
	}
	for index := range 3 {
		if p := w.planOf(1, index); p.Shard != index+1 || len(p.Sharding.Shards[index]) != 3 {
			t.Errorf("pod %d gets shard %d of %v", index, p.Shard, p.Sharding)
		}
	}
	if _, err := w.as("pod:" + plan.AudienceFetch + ":" + hash(1) + "/3").Plan(t.Context()); !errors.Is(err, client.ErrDenied) {
		t.Errorf("a fourth pod: %v", err)
	}
	for _, index := range []int{2, 0, 0} { // the second one twice
		if got := summary(w.put(1, index, fmt.Sprintf("log %d", index))); got.State != results.RunPlanned || w.evaluated != 0 {
			t.Errorf("after shard %d: %+v", index+1, got)
		}
	}
	if _, err := w.put(1, 0, "something else"); !errors.Is(err, client.ErrConflict) {
		t.Errorf("another result of a shard: %v", err)
	}
	got := summary(w.put(1, 1, "log 1"))
	if got.State != results.RunFinished || got.Conclusion != finding.ConclusionSuccess || got.Message != "log 0, log 1, log 2" {
		t.Errorf("after all shards: %+v", got)
	}
	if again := summary(w.put(1, 1, "log 1")); w.evaluated != 1 || again.State != results.RunFinished {
		t.Errorf("judged %d times: %+v", w.evaluated, again)
	}
	if _, err := w.put(1, 1, "too late"); !errors.Is(err, client.ErrConflict) {
		t.Errorf("another result of a shard, later: %v", err)
	}
	run, err := w.service.Store.Run(t.Context(), hash(1))
	if err != nil {
		t.Fatal(err)
	}
	if logs, err := w.service.Store.Logs(t.Context(), run); err != nil || len(logs) != 3 || logs[plan.StageScan.OfShard(2)] == 0 {
		t.Errorf("logs %v, %v", logs, err)
	}

	// What was measured decides the next division: p0 takes half an hour for both sides.
	if err := errors.Join(second(manager.PutRun(t.Context(), full(2, 1)))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"cat/p0"}, w.planOf(2, 0).Sharding.Shards[0]); diff != "" {
		t.Errorf("the measured times have no weight: %s", diff)
	}
}

func second[T any](_ T, err error) error { return err }

// What the shards of a failed attempt handed over is kept: the next one scans the others, at the same instant.
func TestAnAttemptGoesOnWithWhatIsThere(t *testing.T) {
	w := dividing(t)
	manager, summary := w.as("manager"), must[*results.Summary](t)
	summary(manager.PutRun(t.Context(), full(1, 1)))
	summary(w.put(1, 0, "log 0"))
	summary(w.put(1, 2, "log 2"))
	summary(manager.Conclude(t.Context(), hash(1), results.Conclude{Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure}))
	if _, err := w.put(1, 1, "log 1"); !errors.Is(err, client.ErrConflict) {
		t.Errorf("a shard after its attempt was given up: %v", err)
	}

	next := full(2, 2)
	next.Continues = hash(1)
	for range 2 {
		if got := summary(manager.PutRun(t.Context(), next)); got.Shards != 3 || got.Scanning != 1 {
			t.Fatalf("registered: %+v", got)
		}
	}
	p := w.planOf(2, 0)
	if p.Shard != 2 || !p.Clock.Equal(full(1, 1).Plan.Clock) {
		t.Errorf("the pod scans shard %d at %s", p.Shard, p.Clock)
	}
	if got := summary(w.put(2, 0, "log 1, again")); got.State != results.RunFinished || got.Message != "log 0, log 1, again, log 2" {
		t.Errorf("after the missing shard: %+v", got)
	}
}

func TestAnAttemptStartsAnewWhereSomethingElseIsJudged(t *testing.T) {
	for sentence, edit := range map[string]func(*results.RunRecord){
		"the target branch moved":     func(r *results.RunRecord) { r.Plan.Revision.Base = strings.Repeat("9", 40) },
		"the profile was edited":      func(r *results.RunRecord) { r.Plan.Snapshot.FullScope = true },
		"it is another check":         func(r *results.RunRecord) { r.CheckUID = "other" },
		"nothing is said to continue": func(r *results.RunRecord) { r.Continues = "" },
		"the run before is not known": func(r *results.RunRecord) { r.Continues = hash(77) },
	} {
		t.Run(sentence, func(t *testing.T) {
			w := dividing(t)
			manager, summary := w.as("manager"), must[*results.Summary](t)
			summary(manager.PutRun(t.Context(), full(1, 1)))
			summary(w.put(1, 0, "log 0"))
			summary(manager.Conclude(t.Context(), hash(1), results.Conclude{Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure}))
			next := full(2, 2)
			next.Continues = hash(1)
			edit(&next)
			if got := summary(manager.PutRun(t.Context(), next)); got.Scanning != 3 {
				t.Errorf("registered: %+v", got)
			}
			if p := w.planOf(2, 0); !p.Clock.Equal(next.Plan.Clock) {
				t.Errorf("the clock is %s", p.Clock)
			}
		})
	}
}

// A run that finds everything in scope gives way to one that is divided, even if the target branch has moved since.
func TestARunThatFindsEverythingInScopeIsDivided(t *testing.T) {
	w := dividing(t)
	manager, summary := w.as("manager"), must[*results.Summary](t)
	auto := full(1, 1)
	auto.Plan.Scope = plan.Scope{Kind: plan.ScopeAuto}
	if got := summary(manager.PutRun(t.Context(), auto)); got.Shards != 0 {
		t.Errorf("registered: %+v", got)
	}
	if p := w.planOf(1, 0); p.Divide != 3 || p.Shard != 0 || p.Sharding != nil {
		t.Errorf("the pod's plan: divide %d, shard %d", p.Divide, p.Shard)
	}
	if got := summary(w.put(1, 0, "")); got.State != results.RunSuperseded || got.Reason != plan.ReasonDivide {
		t.Errorf("handed over: %+v", got)
	}
	next := full(2, 2)
	next.Plan.Scope, next.Continues, next.Plan.Revision.Base = plan.Scope{Kind: plan.ScopeAuto}, hash(1), strings.Repeat("9", 40)
	if got := summary(manager.PutRun(t.Context(), next)); got.Shards != 3 || got.Scanning != 3 {
		t.Errorf("registered: %+v", got)
	}
	if p := w.planOf(2, 1); p.Scope.Kind != plan.ScopeFull || p.Scope.Reason != "an eclass changed" || p.Shard != 2 {
		t.Errorf("the pod's plan: scope %+v, shard %d", p.Scope, p.Shard)
	}
}

// Two shards that arrive at once are both taken, and there is one verdict.
func TestShardsAtOnce(t *testing.T) {
	w := dividing(t)
	must[*results.Summary](t)(w.as("manager").PutRun(t.Context(), full(1, 1)))
	var all sync.WaitGroup
	for index := range 3 {
		all.Go(func() {
			if _, err := w.put(1, index, fmt.Sprint(index)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := must[*results.Summary](t)(w.as("manager").GetRun(t.Context(), hash(1))); got.Message != "0, 1, 2" {
		t.Errorf("%+v", got)
	}
}
