// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/client"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// gate knows tokens AUDIENCE:RUN.
type gate struct{}

func (gate) Manager(context.Context, string) error { return auth.ErrForbidden }

func (gate) Pod(_ context.Context, token, audience string) (auth.Caller, error) {
	run, ok := strings.CutPrefix(token, audience+":")
	if !ok {
		return auth.Caller{}, auth.ErrUnauthenticated
	}
	return auth.Caller{Run: run}, nil
}

// kitServer is a server with a store.
type kitServer struct {
	t     *testing.T
	store *store.Store
	http  *httptest.Server
	runs  int
}

func newKitServer(t *testing.T) *kitServer {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir(), clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	s := &kitServer{t: t, store: db}
	s.http = httptest.NewTLSServer(rest.Handler(&rest.Service{
		Store: db, KitKey: engine.PodKitKey, ScratchDir: t.TempDir(), MaxBundle: 1 << 30, MaxKit: 1 << 30, Log: slog.New(slog.DiscardHandler), Clock: clock.RealClock{},
	}, gate{}))
	t.Cleanup(func() {
		s.http.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// run registers a run and returns clients of its pod, for fetch and for publish.
func (s *kitServer) run(p plan.Plan) (fetch, publish *client.Client) {
	s.t.Helper()
	s.runs++
	hash := fmt.Sprintf("%064x", s.runs)
	_, err := s.store.PutRun(s.t.Context(), results.RunRecord{Hash: hash, Namespace: "ns", Repository: "heath", Created: time.Unix(1, 0), Plan: p})
	if err != nil {
		s.t.Fatal(err)
	}
	as := func(audience string) *client.Client {
		dir := s.t.TempDir()
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
		token, caFile := filepath.Join(dir, "token"), filepath.Join(dir, "ca.crt")
		if err := errors.Join(os.WriteFile(token, []byte(audience+":"+hash), 0o600), os.WriteFile(caFile, ca, 0o600)); err != nil {
			s.t.Fatal(err)
		}
		c, err := client.New(client.Options{BaseURL: s.http.URL, TokenFile: token, CAFile: caFile})
		if err != nil {
			s.t.Fatal(err)
		}
		return c
	}
	return as(plan.AudienceFetch), as(plan.AudiencePublish)
}

// contents are the digests of all files below a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		found[strings.TrimPrefix(path, dir)] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// judged runs a pull request as its pod does, with the kit that the server gives it.
func judged(t *testing.T, s *kitServer, bare, branch string) (facts []string, kit map[string]string, v finding.Conclusion) {
	t.Helper()
	run := local.New(t, bare, "heath", "main", branch)
	run.Plan.Scope = plan.Scope{Kind: plan.ScopeAuto}
	fetch, publish := s.run(run.Plan)
	r := &runner{clock: clock.RealClock{}, layout: run.Engine.Layout}
	stages := []func() (plan.Outcome, error){
		func() (plan.Outcome, error) {
			outcome, err := run.Engine.Fetch(t.Context(), run.Plan, run.Remote)
			r.takeKit(t.Context(), fetch, run.Plan)
			return outcome, errors.Join(err, r.useKit(run.Engine, run.Plan))
		},
		func() (plan.Outcome, error) { return r.prepare(t.Context(), run.Engine, run.Plan) },
		func() (plan.Outcome, error) { return r.scan(t.Context(), run.Engine, run.Plan) },
	}
	for _, stage := range stages {
		outcome, err := stage()
		if err != nil || !outcome.OK() {
			t.Fatalf("%+v, %v", outcome, err)
		}
		if outcome.Stage != plan.StageFetch && outcome.Kit == "" {
			t.Errorf("%s had no kit", outcome.Stage)
		}
	}
	dir := r.layout.Source(plan.KitFolder)
	if err := publish.PutKit(t.Context(), engine.PodKitKey(run.Plan).ID(), os.DirFS(dir)); !errors.Is(err, client.ErrDenied) && !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("a pull request's run leaves a kit: %v", err)
	}
	judgement := engine.Evaluate(run.Engine.Layout.Bundle(), run.Plan)
	for _, i := range judgement.Items {
		facts = append(facts, fmt.Sprint(i.Class, " ", i.Fact.Rule, " ", i.Fact.Fingerprint))
	}
	return facts, contents(t, dir), judgement.Conclusion
}

// TestAPoisonedKitLeavesNoTrace: a pull request whose ebuild writes wherever it can, and whose tree poisons what pkgcheck caches, changes neither
// the kit of its own run nor what the next run gets, and the next run finds what it found before.
func TestAPoisonedKitLeavesNoTrace(t *testing.T) {
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: 40})
	if err != nil {
		t.Fatal(err)
	}
	keys := repo.Keys()
	victim := ""
	for _, key := range keys {
		p, err := repo.Package(key)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Ebuilds[0].Inherit) == 0 && !strings.HasPrefix(key, "virtual/") {
			victim = key
			break
		}
	}
	change := func(r *ebuildrepo.Repo, text string) {
		p, err := r.Package(victim)
		if err == nil {
			err = r.EditEbuild(victim, p.Ebuilds[0].Version, func(e *ebuildrepo.Ebuild) {
				e.License = "No-Such-Licence"
				e.Text = e.Render() + text
			})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	history := ebuildrepo.NewHistory(repo)
	innocent, hostile := repo.Clone(), repo.Clone()
	change(innocent, "")
	change(hostile, "for f in /prcheck/*/* /prcheck/*/*/* /prcheck/*/*/*/*/*/* /tmp/*/*/run/source/kit/*; do echo poison > \"$f\"; rm -f \"$f\"; done 2>/dev/null\n")
	hostile.EditFile("profiles/package.mask", func(text string) string { return text + "\n" + victim + "\n" })
	history.Commit("innocent", "main", "innocent", innocent.Tree())
	history.Commit("hostile", "main", "hostile", hostile.Tree())
	bare := local.Write(t, history)

	s := newKitServer(t)
	maker := local.Pair(t, bare, "heath", "main", "main")
	made := filepath.Join(t.TempDir(), "kit")
	if err := os.MkdirAll(made, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := maker.Engine.MakeKit(t.Context(), maker.Plan, maker.Remote, made); err != nil {
		t.Fatal(err)
	}
	key := engine.PodKitKey(maker.Plan)
	if err := basekit.Seal(t.Context(), made, key, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	base := plan.OfBase(maker.Plan)
	base.Baseline = &plan.Baseline{Key: key.ID()}
	_, publish := s.run(base)
	if err := publish.PutKit(t.Context(), key.ID(), os.DirFS(made)); err != nil {
		t.Fatal(err)
	}

	before, kit, conclusion := judged(t, s, bare, "innocent")
	if diff := cmp.Diff(contents(t, made), kit); diff != "" {
		t.Errorf("what arrives is not what was made:\n%s", diff)
	}
	if conclusion != finding.ConclusionFailure {
		t.Errorf("the innocent change is judged %s", conclusion)
	}
	if _, poisoned, _ := judged(t, s, bare, "hostile"); !cmp.Equal(kit, poisoned) {
		t.Errorf("the hostile run changed its kit:\n%s", cmp.Diff(kit, poisoned))
	}
	after, next, _ := judged(t, s, bare, "innocent")
	if diff := cmp.Diff(kit, next); diff != "" {
		t.Errorf("the next run gets another kit:\n%s", diff)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("the next run finds something else:\n%s", diff)
	}
}

// TestADamagedKitIsDoneWithout: what does not verify is not used.
func TestADamagedKitIsDoneWithout(t *testing.T) {
	s := newKitServer(t)
	p := plan.Plan{Version: plan.Version, Repository: "heath", Revision: plan.Revision{Base: strings.Repeat("b", 40), Branch: "main"}}
	key := engine.PodKitKey(p)
	made := t.TempDir()
	file := filepath.Join(made, "index")
	if err := errors.Join(os.WriteFile(file, []byte("x"), 0o600), basekit.Seal(t.Context(), made, key, time.Unix(1, 0)), os.WriteFile(file, []byte("y"), 0o600)); err != nil {
		t.Fatal(err)
	}
	base := plan.OfBase(p)
	base.Baseline = &plan.Baseline{Key: key.ID()}
	_, publish := s.run(base)
	if err := publish.PutKit(t.Context(), key.ID(), os.DirFS(made)); err != nil {
		t.Fatal(err)
	}
	fetch, _ := s.run(p)
	r := &runner{clock: clock.RealClock{}, layout: engine.Layout{Root: t.TempDir()}}
	if err := r.layout.Make(); err != nil {
		t.Fatal(err)
	}
	r.takeKit(t.Context(), fetch, p)
	if left, err := filepath.Glob(r.layout.Source("kit*")); err != nil || len(left) != 0 {
		t.Errorf("there is %v, %v", left, err)
	}
}
