// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/client"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

// gate knows tokens: "manager", and "pod:AUDIENCE:RUN".
type gate struct{}

func (gate) Manager(_ context.Context, token string) error {
	switch {
	case token == "manager":
		return nil
	case strings.HasPrefix(token, "pod:"):
		return auth.ErrForbidden
	default:
		return auth.ErrUnauthenticated
	}
}

// Pod takes pod:AUDIENCE:RUN, with /INDEX for a pod of an indexed Job.
func (gate) Pod(_ context.Context, token, audience string) (auth.Caller, error) {
	name, ok := strings.CutPrefix(token, "pod:"+audience+":")
	if !ok {
		return auth.Caller{}, auth.ErrUnauthenticated
	}
	run, index, _ := strings.Cut(name, "/")
	n, err := strconv.Atoi("0" + index)
	return auth.Caller{Run: run, Index: n}, err
}

// sources knows no Repository but ns/guru, whose forge is away.
type sources struct{ url string }

func (s sources) Target(_ context.Context, namespace, name string) (gitmirror.Source, error) {
	if namespace != "ns" || name != "guru" {
		return gitmirror.Source{}, rest.ErrNoRepository
	}
	return gitmirror.Source{Name: "ns/guru", URL: s.url}, nil
}

func (sources) Masters(context.Context, string, string) ([]rest.Master, error) { return nil, nil }

type world struct {
	t         *testing.T
	service   *rest.Service
	server    *httptest.Server
	evaluated int
	data      string // the store's folder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, data: t.TempDir()}
	forge := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(forge.Close)
	db, err := store.Open(t.Context(), w.data, clock.RealClock{})
	if err != nil {
		t.Fatal(err)
	}
	mirrors, err := gitmirror.Open(t.Context(), gitmirror.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w.service = &rest.Service{
		Store: db, Mirrors: mirrors, Sources: sources{forge.URL + "/o/guru.git"}, ScratchDir: t.TempDir(), MaxBundle: 1 << 20, MaxKit: 1 << 20, KitKey: kitKey,
		ReportURL: func(hash string) string { return "https://prcheck.example/run/" + plan.Short(hash) },
		Log:       slog.New(slog.DiscardHandler), Clock: clock.RealClock{},
		Evaluate: func(bundle fs.FS, _ plan.Plan) *verdict.Verdict {
			w.evaluated++
			data, err := fs.ReadFile(bundle, "scan/head.jsonl")
			if err != nil {
				return &verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonIncomplete}
			}
			return &verdict.Verdict{Conclusion: finding.Conclusion(data), Head: verdict.SideEvidence{UnknownRules: []string{"X"}}}
		},
	}
	w.server = httptest.NewTLSServer(rest.Handler(w.service, gate{}))
	t.Cleanup(func() {
		w.server.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// as returns a client with a token.
func (w *world) as(token string) *client.Client {
	w.t.Helper()
	dir := w.t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.server.Certificate().Raw})
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600), os.WriteFile(filepath.Join(dir, "ca.crt"), ca, 0o600)); err != nil {
		w.t.Fatal(err)
	}
	c, err := client.New(client.Options{BaseURL: w.server.URL, TokenFile: filepath.Join(dir, "token"), CAFile: filepath.Join(dir, "ca.crt")})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func hash(n int) string { return fmt.Sprintf("%064x", n) }

func record(n int) results.RunRecord {
	return results.RunRecord{
		Hash: hash(n), Namespace: "ns", Repository: "guru", Check: "guru-1", CheckUID: "u", Number: 1, Title: "t", Author: "a", Profile: "p", Context: "prcheck",
		Attempt: 1, Created: time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC), GitURL: "https://x/y.git",
		Plan: plan.Plan{Version: 1, Repository: "guru", Revision: plan.Revision{Base: hash(1)[:40], Head: hash(2)[:40], Branch: "main"}, Changed: []string{"a"}},
	}
}

// result is a bundle of a run that the tests' evaluation takes for a success.
func result(log string) fstest.MapFS {
	return fstest.MapFS{"scan/head.jsonl": {Data: []byte(finding.ConclusionSuccess)}, "log/scan": {Data: []byte(log)}, "outcome/scan.json": {Data: []byte("{}")}}
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestWayOfARun(t *testing.T) {
	w := newWorld(t)
	manager, pod := w.as("manager"), w.as("pod:"+plan.AudiencePublish+":"+hash(1))
	summary := must[*results.Summary](t)
	if _, err := manager.GetRun(t.Context(), hash(1)); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	for range 2 {
		if got := summary(manager.PutRun(t.Context(), record(1))); got.State != results.RunPlanned || got.ReportURL != "https://prcheck.example/run/000000000000" {
			t.Errorf("registered: %+v", got)
		}
	}
	changed := record(1)
	changed.Title = "other"
	if _, err := manager.PutRun(t.Context(), changed); !errors.Is(err, client.ErrConflict) {
		t.Errorf("another record of the same hash: %v", err)
	}
	planned, err := w.as("pod:" + plan.AudienceFetch + ":" + hash(1)).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(record(1).Plan, *planned); diff != "" {
		t.Errorf("the plan changed on its way (-put +got):\n%s", diff)
	}
	for range 2 {
		if got := summary(pod.PutResult(t.Context(), result("fine"))); got.State != results.RunFinished || got.Conclusion != "success" || got.Line == "" {
			t.Errorf("handed over: %+v", got)
		}
	}
	if w.evaluated != 1 {
		t.Errorf("the same result was judged %d times", w.evaluated)
	}
	if _, err := pod.PutResult(t.Context(), result("not so fine")); !errors.Is(err, client.ErrConflict) {
		t.Errorf("another result: %v", err)
	}
	got := summary(manager.Conclude(t.Context(), hash(1), results.Conclude{Conclusion: "error", Reason: plan.ReasonInfrastructure}))
	if got.Conclusion != "success" || !cmp.Equal(got.UnknownRules, []string{"X"}) {
		t.Errorf("a conclusion overtook the result: %+v", got)
	}
	if diff := cmp.Diff(got, summary(manager.GetRun(t.Context(), hash(1)))); diff != "" {
		t.Errorf("the summary is another when it is read again:\n%s", diff)
	}
}

func TestConclusionWithoutAResult(t *testing.T) {
	w := newWorld(t)
	manager := w.as("manager")
	summary := must[*results.Summary](t)
	summary(manager.PutRun(t.Context(), record(1)))
	end := results.Conclude{Conclusion: finding.ConclusionNeutral, Reason: "MergeConflict", Conflicts: []string{"a"}}
	for range 2 {
		if got := summary(manager.Conclude(t.Context(), hash(1), end)); got.State != results.RunFinished || got.Line != "Not judged: merge conflict in a" {
			t.Errorf("concluded: %+v", got)
		}
	}
	if _, err := w.as("pod:"+plan.AudiencePublish+":"+hash(1)).PutResult(t.Context(), result("")); !errors.Is(err, client.ErrConflict) {
		t.Errorf("a late result: %v", err)
	}
	summary(manager.PutRun(t.Context(), record(2)))
	if got := summary(manager.Conclude(t.Context(), hash(2), results.Conclude{Conclusion: finding.ConclusionSuperseded})); got.State != results.RunSuperseded {
		t.Errorf("superseded: %+v", got)
	}
	if _, err := manager.Conclude(t.Context(), hash(3), end); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	if _, err := w.as("manager").PutRun(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	fetch, publish := "pod:"+plan.AudienceFetch+":"+hash(1), "pod:"+plan.AudiencePublish+":"+hash(1)
	acts := map[string]func(c *client.Client) error{
		"read a run": func(c *client.Client) error { _, err := c.GetRun(t.Context(), hash(1)); return err },
		"put a run":  func(c *client.Client) error { _, err := c.PutRun(t.Context(), record(1)); return err },
		"conclude": func(c *client.Client) error {
			_, err := c.Conclude(t.Context(), hash(1), results.Conclude{Conclusion: "error"})
			return err
		},
		"merge": func(c *client.Client) error {
			_, err := c.Merge(t.Context(), results.MergeRequest{Namespace: "x"})
			return err
		},
		"get the plan":  func(c *client.Client) error { _, err := c.Plan(t.Context()); return err },
		"put a result":  func(c *client.Client) error { _, err := c.PutResult(t.Context(), result("")); return err },
		"clone":         func(c *client.Client) error { return w.git(c.TargetURL(), fetch) },
		"clone, no one": func(c *client.Client) error { return w.git(c.TargetURL(), "") },
	}
	denied := map[string][]string{
		"read a run": {"", "x", fetch, publish}, "put a run": {"", "x", fetch, publish}, "conclude": {"", "x", fetch, publish}, "merge": {"", "x", fetch, publish},
		"get the plan": {"", "x", "manager", publish}, "put a result": {"", "x", "manager", fetch}, "clone, no one": {""},
	}
	for act, tokens := range denied {
		for _, token := range tokens {
			if err := acts[act](w.as(token)); !errors.Is(err, client.ErrDenied) {
				t.Errorf("%s as %q: %v", act, token, err)
			}
		}
	}
	if err := acts["clone"](w.as(fetch)); errors.Is(err, client.ErrDenied) {
		t.Errorf("a fetching pod may not clone: %v", err)
	}
}

// git asks for a repository's refs with a token.
func (w *world) git(url, token string) error {
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, url+"/info/refs?service=git-upload-pack", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := w.server.Client().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode == http.StatusUnauthorized {
		return client.ErrDenied
	}
	return nil
}

func TestMergeOfAnUnknownRepository(t *testing.T) {
	w := newWorld(t)
	if _, err := w.as("manager").Merge(t.Context(), results.MergeRequest{Namespace: "ns", Repository: "no", Number: 1, Head: hash(1)[:40], Branch: "main"}); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("error = %v", err)
	}
	got, err := w.as("manager").Merge(t.Context(), results.MergeRequest{Namespace: "ns", Repository: "guru", Number: 1, Head: hash(1)[:40], Branch: "main"})
	if err != nil || got.State != results.MergePending || got.Message == "" {
		t.Errorf("with the forge away: %+v, %v", got, err)
	}
}

func TestResultTooLarge(t *testing.T) {
	w := newWorld(t)
	if _, err := w.as("manager").PutRun(t.Context(), record(1)); err != nil {
		t.Fatal(err)
	}
	w.service.MaxBundle = 10
	if _, err := w.as("pod:"+plan.AudiencePublish+":"+hash(1)).PutResult(t.Context(), result("x")); !errors.Is(err, client.ErrInvalid) && !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("error = %v", err)
	}
	if left, err := os.ReadDir(w.service.ScratchDir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestServerAway(t *testing.T) {
	w := newWorld(t)
	c := w.as("manager")
	w.server.Close()
	if _, err := c.GetRun(t.Context(), hash(1)); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("error = %v", err)
	}
}

func TestOpenAPINamesEveryRoute(t *testing.T) {
	w := newWorld(t)
	resp, err := w.server.Client().Get(w.server.URL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`"openapi":"3.1.`, "/internal/v1/merges", "/internal/v1/runs/{hash}/conclusion", "/pod/v1/plan", "/pod/v1/result", "/pod/v1/git/target.git/info/refs", "/internal/v1/baselines", "/pod/v1/kits/{id}", "/pod/v1/seed", "/pod/v1/findings"} {
		if !strings.Contains(string(data), text) {
			t.Errorf("the document lacks %s", text)
		}
	}
}
