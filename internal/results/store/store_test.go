// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

func TestARunIsRegisteredOnce(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for range 2 {
		run, err := s.PutRun(t.Context(), record(1))
		if err != nil || !run.Open() || run.Record.Number != 7 {
			t.Fatalf("%+v, %v", run, err)
		}
	}
	other := record(1)
	other.Title = "another"
	if _, err := s.PutRun(t.Context(), other); !errors.Is(err, store.ErrDifferent) {
		t.Errorf("a different run of one hash: %v", err)
	}
	if _, err := s.Run(t.Context(), hashOf(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown run: %v", err)
	}
	if p, err := s.Plan(t.Context(), hashOf(1)); err != nil || !cmp.Equal(*p, record(1).Plan) {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}

func TestRunsAreFound(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	for n := range 3 {
		r := record(n)
		r.Number = int64(n)
		if n == 2 { // of another beginning, and of the same pull request as the second
			r.Hash, r.Number = strings.Repeat("1", 64), 1
		}
		if _, err := s.PutRun(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for prefix, want := range map[string]error{
		"1111111": nil, strings.Repeat("1", 64): nil, hashOf(0): nil,
		hashOf(0)[:20]: store.ErrAmbiguous, "2222222": store.ErrNotFound, "111111": store.ErrNotFound, "111111%": store.ErrNotFound, "": store.ErrNotFound,
	} {
		if _, err := s.FindRun(t.Context(), prefix); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", prefix, err, want)
		}
	}
	of, err := s.RunsOf(t.Context(), "overlays", "guru", 1, 10)
	if err != nil || len(of) != 2 || of[0].Record.Hash != strings.Repeat("1", 64) {
		t.Errorf("the runs of a pull request, newest first: %d, %v", len(of), err)
	}
	if recent, err := s.Recent(t.Context(), 2); err != nil || len(recent) != 2 || recent[0].Record.Hash != strings.Repeat("1", 64) {
		t.Errorf("the newest runs: %d, %v", len(recent), err)
	}
}

// The first end of a run stands, whatever comes later.
func TestTheFirstEndStands(t *testing.T) {
	t.Parallel()
	result := func(digest string) store.Settlement {
		return store.Settlement{State: results.RunFinished, Verdict: &verdict.Verdict{Conclusion: finding.ConclusionSuccess}, Digest: digest}
	}
	concluded := store.Settlement{State: results.RunFinished, Verdict: &verdict.Verdict{Conclusion: finding.ConclusionError}}
	for name, c := range map[string]struct {
		first, second store.Settlement
		want          error
	}{
		"the same result":             {result("x"), result("x"), nil},
		"another result":              {result("x"), result("y"), store.ErrDifferent},
		"a result after a conclusion": {concluded, result("x"), store.ErrSettled},
		"a conclusion after a result": {result("x"), concluded, nil},
		"two conclusions":             {concluded, concluded, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, t.TempDir())
			if _, err := s.PutRun(t.Context(), record(1)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Settle(t.Context(), hashOf(1), c.first); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Settle(t.Context(), hashOf(1), c.second); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			run, err := s.Run(t.Context(), hashOf(1))
			if err != nil {
				t.Fatal(err)
			}
			if v, err := s.Verdict(t.Context(), run); err != nil || v.Conclusion != c.first.Verdict.Conclusion {
				t.Errorf("the verdict is %+v, %v", v, err)
			}
		})
	}
	s := open(t, t.TempDir())
	if _, err := s.Settle(t.Context(), hashOf(1), result("x")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a result of no run: %v", err)
	}
}

// Of many results that come at once, one stands, whole.
func TestResultsAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if _, err := s.PutRun(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			end := settlement(store.Blob{})
			end.Digest, end.Logs, end.Summary.Line = fmt.Sprint(i), nil, fmt.Sprint(i)
			end.Verdict.Items = end.Verdict.Items[:600+i]
			_, errs[i] = s.Settle(t.Context(), hashOf(1), end)
		})
	}
	all.Wait()
	run, err := s.Run(t.Context(), hashOf(1))
	if err != nil {
		t.Fatal(err)
	}
	won := 0
	for i, err := range errs {
		switch {
		case err == nil:
			won++
			items, err := s.Facts(t.Context(), run, store.FactQuery{})
			if err != nil || len(items) != 600+i || run.Summary.Line != fmt.Sprint(i) {
				t.Errorf("the result of %d stands with %d facts and the line %q, %v", i, len(items), run.Summary.Line, err)
			}
		case !errors.Is(err, store.ErrDifferent):
			t.Errorf("%d: %v", i, err)
		}
	}
	if won != 1 {
		t.Errorf("%d results stand", won)
	}
}

func TestFactsAreNarrowedAndPaged(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	if _, err := s.PutRun(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	run, err := s.Settle(t.Context(), hashOf(1), settlement(store.Blob{}))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		query store.FactQuery
		want  int
		first string
	}{
		"all":                 {store.FactQuery{}, 1500, "p0000"},
		"a page":              {store.FactQuery{Skip: 1490, Limit: 20}, 10, "p1490"},
		"one package":         {store.FactQuery{Category: "a", Package: "p0042"}, 1, "p0042"},
		"a class without any": {store.FactQuery{Class: finding.ClassFixed}, 0, ""},
		"an injection":        {store.FactQuery{Rule: "x' OR '1'='1"}, 0, ""},
	} {
		items, err := s.Facts(t.Context(), run, c.query)
		if err != nil || len(items) != c.want || (c.want > 0 && items[0].Fact.Package != c.first) {
			t.Errorf("%s: %d facts, %v", name, len(items), err)
		}
	}
	items, total, err := s.Problems(t.Context(), run, store.ProblemQuery{From: 3, Limit: 5})
	if err != nil || total != 1500 || len(items) != 5 {
		t.Errorf("problems: %d of %d, %v", len(items), total, err)
	}
	if _, err := s.Log(t.Context(), run, plan.StageFetch); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a log that is not there: %v", err)
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	clk := testclock.NewFakeClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	s, err := store.Open(t.Context(), t.TempDir(), clk)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, c := range []struct {
		id    string
		fresh bool
	}{{"one", true}, {"two", true}, {"one", false}} {
		if fresh, err := s.AddDelivery(t.Context(), store.Delivery{ID: c.id, Event: "pull_request", Payload: c.id}); err != nil || fresh != c.fresh {
			t.Errorf("%s: fresh %v, %v", c.id, fresh, err)
		}
		clk.Step(time.Second)
	}
	pending := func() (ids []string) {
		list, err := s.PendingDeliveries(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			ids = append(ids, d.ID)
		}
		return ids
	}
	if got := pending(); !cmp.Equal(got, []string{"one", "two"}) {
		t.Errorf("the oldest first: %v", got)
	}
	if err := s.DeliveryFailed(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	if got := pending(); !cmp.Equal(got, []string{"two", "one"}) {
		t.Errorf("what failed goes behind: %v", got)
	}
	if err := s.DeliveryHandled(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	if got := pending(); !cmp.Equal(got, []string{"one"}) {
		t.Errorf("what was handled is pending: %v", got)
	}
	if fresh, err := s.AddDelivery(t.Context(), store.Delivery{ID: "two"}); err != nil || fresh {
		t.Errorf("what was handled is taken again: %v, %v", fresh, err)
	}
	clk.Step(store.KeepDeliveries + time.Minute)
	if err := s.PruneDeliveries(t.Context()); err != nil {
		t.Fatal(err)
	}
	if fresh, err := s.AddDelivery(t.Context(), store.Delivery{ID: "two"}); err != nil || !fresh {
		t.Errorf("what is older than any redelivery is remembered: %v, %v", fresh, err)
	}
}

func TestPullsAreRememberedAcrossRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), dir, clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	for _, fingerprint := range []string{"a", "b"} {
		if err := s.PutPull(t.Context(), store.Pull{Namespace: "n", Repository: "r", Number: 7, Fingerprint: fingerprint, Rewoken: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	known, err := s.Pulls(t.Context(), "n", "r")
	if err != nil || len(known) != 1 || known[7].Fingerprint != "b" || known[7].Rewoken != 1 || known[7].Woken == 0 {
		t.Errorf("%+v, %v", known, err)
	}
	if other, err := s.Pulls(t.Context(), "n", "other"); err != nil || len(other) != 0 {
		t.Errorf("another repository's: %+v, %v", other, err)
	}
}
