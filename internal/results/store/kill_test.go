// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Environment of the child that puts a result, and is killed at a point of it.
const (
	envDir   = "PRCHECK_TEST_STORE"
	envPoint = "PRCHECK_TEST_POINT"
)

// The points, in the order in which a result passes them.
const (
	pointBlob    = "the log is half written"
	pointNamed   = "the log is stored, and nothing refers to it"
	pointBegun   = "the transaction has begun"
	pointUpdated = "the run is marked as finished, in the transaction"
	pointFacts   = "some of the facts are inserted, in the transaction"
	pointDone    = "the store has acknowledged"
)

var points = []string{pointBlob, pointNamed, pointBegun, pointUpdated, pointFacts, pointDone}

func TestMain(m *testing.M) {
	if point := os.Getenv(envPoint); point != "" {
		put := putResult
		if strings.HasPrefix(point, "an artifact") {
			put = putArtifact
		}
		if err := put(context.Background(), os.Getenv(envDir), point); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// halt tells the parent that the point is reached, and waits to be killed.
func halt() {
	fmt.Fprintln(os.Stdout, "here")
	_, _ = io.Copy(io.Discard, os.Stdin) // the parent never closes it
}

const logText = "scanning base\nscanning head\n"

// slowLog is the log, at whose middle the writer halts.
type slowLog struct {
	rest string
	halt bool
}

func (l *slowLog) Read(p []byte) (int, error) {
	if l.rest == "" {
		return 0, io.EOF
	}
	if l.halt && len(l.rest) <= len(logText)/2 {
		halt()
	}
	n := copy(p, l.rest[:min(len(l.rest), len(logText)/2)])
	l.rest = l.rest[n:]
	return n, nil
}

// haltingClock halts when it is asked for the n-th time: the store does so within its transaction.
type haltingClock struct {
	clock.RealClock
	left *int
}

func (c haltingClock) Now() time.Time {
	if *c.left--; *c.left == 0 {
		halt()
	}
	return c.RealClock.Now()
}

// haltingAttribute halts when it is written.
type haltingAttribute struct{}

func (haltingAttribute) MarshalJSON() ([]byte, error) {
	halt()
	return []byte("1"), nil
}

// putResult puts a result as the server does, up to a point.
func putResult(ctx context.Context, dir, point string) error {
	asked := map[string]int{pointBegun: 1, pointUpdated: 2}[point]
	s, err := store.Open(ctx, dir, haltingClock{left: &asked})
	if err != nil {
		return err
	}
	blob, err := s.PutBlob(&slowLog{rest: logText, halt: point == pointBlob})
	if err != nil {
		return err
	}
	if point == pointNamed {
		halt()
	}
	end := settlement(blob)
	if point == pointFacts {
		end.Verdict.Items[1200].Fact.Attributes["n"] = haltingAttribute{}
	}
	if _, err := s.Settle(ctx, hashOf(1), end); err != nil {
		return err
	}
	if point == pointDone {
		halt()
	}
	return errors.New("nobody killed this process")
}

func hashOf(n int) string { return fmt.Sprintf("%064x", 0xabcdef0000+n) }

func record(n int) results.RunRecord {
	return results.RunRecord{
		Hash: hashOf(n), Namespace: "overlays", Repository: "guru", Check: "guru-7", CheckUID: "u", Number: 7, Profile: "standard", Attempt: n,
		Created: time.Date(2026, 11, 21, 12, 0, n, 0, time.UTC),
		Plan:    plan.Plan{Version: plan.Version, Repository: "guru", Revision: plan.Revision{Head: "h", Base: "b"}, Changed: []string{"a/b"}},
	}
}

// settlement is a result of many facts, more than are inserted at once.
func settlement(log store.Blob) store.Settlement {
	v := &verdict.Verdict{Conclusion: finding.ConclusionFailure, Counts: verdict.Counts{New: 1500}, Items: []verdict.Item{}}
	for i := range 1500 {
		v.Items = append(v.Items, verdict.Item{
			Class: finding.ClassNew, Gates: true, Problem: fmt.Sprintf("%012x", i),
			Fact: finding.Fact{Rule: "UnknownLicense", Level: finding.LevelError, Category: "a", Package: fmt.Sprintf("p%04d", i), Version: "1", Attributes: map[string]any{"n": float64(1)}},
		})
	}
	return store.Settlement{
		State: results.RunFinished, Verdict: v, Summary: results.Summary{Conclusion: v.Conclusion, Line: "1,500 new problems", Counts: v.Counts},
		Digest: "the bundle's", Bundle: log, Logs: map[plan.Stage]store.Blob{plan.StageScan: log},
	}
}

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// killed lets a child put a result and kills it, hard, at the point.
func killed(t *testing.T, dir, point string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envDir+"="+dir, envPoint+"="+point)
	var said bytes.Buffer
	cmd.Stderr = &said
	if _, err := cmd.StdinPipe(); err != nil { // it stays open for as long as the child lives
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	killErr := cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	if err != nil || killErr != nil || line != "here\n" {
		t.Fatalf("the child did not come to the point: %q, %v, %v\n%s", line, err, killErr, said.Bytes())
	}
}

// TestKilledWhilePuttingAResult: whenever the server is killed, a run has its whole result or none, and takes it at the next try.
func TestKilledWhilePuttingAResult(t *testing.T) {
	t.Parallel()
	for _, point := range points {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			first, err := store.Open(t.Context(), dir, clock.RealClock{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := first.PutRun(t.Context(), record(1)); err != nil {
				t.Fatal(err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			killed(t, dir, point)

			s := open(t, dir)
			if point == pointDone {
				wantWhole(t, s)
			} else {
				wantNothing(t, s)
			}
			if left, err := os.ReadDir(filepath.Join(dir, "blobs", "incoming")); err != nil || len(left) != 0 {
				t.Errorf("what was half written is still there: %v, %v", left, err)
			}
			log, err := s.PutBlob(strings.NewReader(logText))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Settle(t.Context(), hashOf(1), settlement(log)); err != nil {
				t.Fatalf("the next try: %v", err)
			}
			wantWhole(t, s)
		})
	}
}

// wantNothing wants an open run without anything of a result.
func wantNothing(t *testing.T, s *store.Store) {
	t.Helper()
	run, err := s.Run(t.Context(), hashOf(1))
	if err != nil {
		t.Fatal(err)
	}
	if !run.Open() || run.Summary.Line != "" || !run.Finished.IsZero() {
		t.Errorf("half a result is served: %+v", run.Summary)
	}
	if v, err := s.Verdict(t.Context(), run); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("there is a verdict: %+v, %v", v, err)
	}
	if items, err := s.Facts(t.Context(), run, store.FactQuery{}); err != nil || len(items) != 0 {
		t.Errorf("there are %d facts, %v", len(items), err)
	}
	if logs, err := s.Logs(t.Context(), run); err != nil || len(logs) != 0 {
		t.Errorf("there are logs: %v, %v", logs, err)
	}
	if _, stored, err := s.Standing(t.Context(), hashOf(1), "the bundle's"); stored || err != nil {
		t.Errorf("a result stands: %v, %v", stored, err)
	}
	if p, err := s.Plan(t.Context(), hashOf(1)); err != nil || !cmp.Equal(*p, record(1).Plan) {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}

// wantWhole wants the whole result.
func wantWhole(t *testing.T, s *store.Store) {
	t.Helper()
	run, err := s.Run(t.Context(), hashOf(1))
	if err != nil {
		t.Fatal(err)
	}
	want := settlement(store.Blob{})
	if run.Open() || run.Summary.Line != want.Summary.Line || run.Finished.IsZero() {
		t.Errorf("the run is %+v", run.Summary)
	}
	v, err := s.Verdict(t.Context(), run)
	if err != nil || v.Conclusion != want.Verdict.Conclusion || v.Counts != want.Verdict.Counts {
		t.Errorf("the verdict is %+v, %v", v, err)
	}
	items, err := s.Facts(t.Context(), run, store.FactQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Verdict.Items, items); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	f, err := s.Log(t.Context(), run, plan.StageScan)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || string(text) != logText {
		t.Errorf("the log is %q, %v", text, err)
	}
}
