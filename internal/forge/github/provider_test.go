// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

const full = "octo/overlay"

var repo = forge.Repository{Owner: "octo", Name: "overlay"}

// quick are options without waits.
func quick() Options {
	return Options{WriteInterval: -1, ReadsPerSecond: 1e6, LagDelay: -1, Timeout: 10 * time.Second}
}

// start runs an emulator with a repository and a pull request, and a provider with a token.
func start(t *testing.T, options ...emutest.Option) (p forge.Provider, e *emutest.Emulator, number int64, head string) {
	t.Helper()
	e = emutest.Start(t, options...)
	e.Repo(t, full, "")
	n := e.Pull(t, full, "Add a file", map[string]githubemu.File{"cat/pkg/pkg-1.ebuild": {Text: "EAPI=8\n"}})
	return newProvider(t, quick(), e.URL, Credentials{Token: e.Token}), e, int64(n), e.Head(t, full, n)
}

func newProvider(t *testing.T, opts Options, forgeURL string, c Credentials) forge.Provider {
	t.Helper()
	p, err := NewRegistry(opts).Provider(APIURL(forgeURL), c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fault(t *testing.T, e *emutest.Emulator, f githubemu.Fault) {
	t.Helper()
	if err := e.AddFault(f); err != nil {
		t.Fatal(err)
	}
}

// requests are the emulator's requests as "METHOD STATUS".
func requests(e *emutest.Emulator) []string {
	out := []string{}
	for _, r := range e.Requests() {
		out = append(out, fmt.Sprintf("%s %d", r.Method, r.Status))
	}
	return out
}

func posts(e *emutest.Emulator) int {
	n := 0
	for _, r := range e.Requests() {
		if r.Method == http.MethodPost && strings.Contains(r.Path, "/statuses/") {
			n++
		}
	}
	return n
}

func TestGetPull(t *testing.T) {
	p, e, number, head := start(t)
	if err := e.Label(t.Context(), full, int(number), "maintainer", "noci"); err != nil {
		t.Fatal(err)
	}
	got, err := p.GetPull(t.Context(), repo, number)
	if err != nil {
		t.Fatal(err)
	}
	if got.Updated.IsZero() || got.RepositoryID == 0 || !strings.HasSuffix(got.URL, fmt.Sprintf("/pull/%d", number)) {
		t.Errorf("updated, repository or address is missing: %+v", got)
	}
	got.Updated, got.RepositoryID, got.URL = time.Time{}, 0, ""
	want := &forge.Pull{Number: number, Title: "Add a file", Author: "contributor", Head: head, BaseBranch: "master", Labels: []string{"noci"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pull request (-want +got):\n%s", diff)
	}
}

func TestGetPullBelievesTheSecond404(t *testing.T) {
	p, e, number, _ := start(t)
	fault(t, e, githubemu.Fault{Method: "GET", Path: "/repos/octo/overlay/pulls/*", Status: 404, Count: 1})
	if _, err := p.GetPull(t.Context(), repo, number); err != nil {
		t.Errorf("after one 404: %v", err)
	}
	before := len(e.Requests())
	if _, err := p.GetPull(t.Context(), repo, 999); !errors.Is(err, forge.ErrNotFound) {
		t.Errorf("a pull request that is not there: %v", err)
	}
	if n := len(e.Requests()) - before; n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestReadsAreConditional(t *testing.T) {
	p, e, number, _ := start(t)
	for range 2 { // the first read leaves mergeability open, the second does not
		if _, err := p.GetPull(t.Context(), repo, number); err != nil {
			t.Fatal(err)
		}
	}
	before := len(requests(e))
	for range 3 {
		if _, err := p.GetPull(t.Context(), repo, number); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"GET 304", "GET 304", "GET 304"}, requests(e)[before:]); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if err := e.Label(t.Context(), full, int(number), "maintainer", "noci"); err != nil {
		t.Fatal(err)
	}
	if got, err := p.GetPull(t.Context(), repo, number); err != nil || len(got.Labels) != 1 {
		t.Errorf("a change was not seen at once: %+v, %v", got, err)
	}
}

func TestListPulls(t *testing.T) {
	p, e, number, _ := start(t)
	pulls, cursor, unchanged, err := p.ListPulls(t.Context(), repo, "")
	if err != nil || unchanged || len(pulls) != 1 || pulls[0].Number != number || cursor == "" {
		t.Fatalf("first: %v %q %v %v", pulls, cursor, unchanged, err)
	}
	pulls, again, unchanged, err := p.ListPulls(t.Context(), repo, cursor)
	if err != nil || !unchanged || len(pulls) != 0 || again != cursor {
		t.Fatalf("unchanged: %v %q %v %v", pulls, again, unchanged, err)
	}
	if err := e.ClosePull(t.Context(), full, int(number), "contributor"); err != nil {
		t.Fatal(err)
	}
	pulls, again, unchanged, err = p.ListPulls(t.Context(), repo, cursor)
	if err != nil || unchanged || len(pulls) != 0 || again == cursor {
		t.Fatalf("closed: %v %q %v %v", pulls, again, unchanged, err)
	}
}

func TestPutStatusWritesOnce(t *testing.T) {
	p, e, _, head := start(t)
	pending := forge.Status{Context: "prcheck", State: forge.StatePending, Description: "Waiting for a free slot", TargetURL: "https://prcheck.example/1"}
	for range 5 {
		if err := p.PutStatus(t.Context(), repo, head, pending); err != nil {
			t.Fatal(err)
		}
	}
	success := pending
	success.State, success.Description = forge.StateSuccess, "No new problems"
	if err := p.PutStatus(t.Context(), repo, head, success); err != nil {
		t.Fatal(err)
	}
	if n := posts(e); n != 2 {
		t.Errorf("%d writes, want 2", n)
	}
	got, err := p.FindStatus(t.Context(), repo, head, "prcheck")
	if diff := cmp.Diff(&success, got); err != nil || diff != "" {
		t.Errorf("status: %v\n%s", err, diff)
	}
	if other, err := p.FindStatus(t.Context(), repo, head, "other"); other != nil || err != nil {
		t.Errorf("a context that nobody wrote: %v, %v", other, err)
	}
}

func TestFindStatusBeyondTheFirstPage(t *testing.T) {
	p, e, _, head := start(t)
	ours := forge.Status{Context: "prcheck", State: forge.StateFailure, Description: "1 new problem"}
	if err := p.PutStatus(t.Context(), repo, head, ours); err != nil {
		t.Fatal(err)
	}
	for i := range 110 { // 60 contexts, over two pages
		foreign := forge.Status{Context: fmt.Sprintf("ci/%d", i%60), State: forge.StateSuccess, Description: fmt.Sprint(i)}
		if err := p.(*provider).createStatus(t.Context(), repo, head, foreign); err != nil {
			t.Fatal(err)
		}
	}
	before := posts(e)
	got, err := p.FindStatus(t.Context(), repo, head, "prcheck")
	if diff := cmp.Diff(&ours, got); err != nil || diff != "" {
		t.Errorf("status: %v\n%s", err, diff)
	}
	if err := p.PutStatus(t.Context(), repo, head, ours); err != nil || posts(e) != before {
		t.Errorf("written again: %v", err)
	}
	newest, err := p.FindStatus(t.Context(), repo, head, "ci/49")
	if err != nil || newest.Description != "109" {
		t.Errorf("not the newest of its context: %+v, %v", newest, err)
	}
}

func TestAmbiguousWrites(t *testing.T) {
	status := forge.Status{Context: "prcheck", State: forge.StateSuccess, Description: "No new problems"}
	const path = "/repos/octo/overlay/statuses/*"
	tests := map[string]struct {
		fault         githubemu.Fault
		written, sent int
		want          error
	}{
		"the connection breaks after the write": {githubemu.Fault{Drop: githubemu.DropAfter}, 1, 1, nil},
		"the connection breaks before it":       {githubemu.Fault{Drop: githubemu.DropBefore}, 1, 1, nil}, // not seen by the recorder
		"a 502":                                 {githubemu.Fault{Status: 502}, 1, 2, nil},
		"a page of HTML instead of an answer":   {githubemu.Fault{HTML: true}, 1, 2, nil},
		"a 500 for ever":                        {githubemu.Fault{Status: 500, Count: -1}, 0, 2, forge.ErrUnavailable},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p, e, _, head := start(t)
			tc.fault.Method, tc.fault.Path = "POST", path
			fault(t, e, tc.fault)
			if err := p.PutStatus(t.Context(), repo, head, status); !errors.Is(err, tc.want) {
				t.Errorf("error %v, want %v", err, tc.want)
			}
			written, err := e.Statuses(full, head)
			if err != nil || len(written) != tc.written {
				t.Errorf("%d statuses, want %d (%v)", len(written), tc.written, err)
			}
			if n := posts(e); n != tc.sent {
				t.Errorf("%d writes seen, want %d: %v", n, tc.sent, requests(e))
			}
		})
	}
}

func TestHeadGone(t *testing.T) {
	p, e, _, head := start(t)
	status := forge.Status{Context: "prcheck", State: forge.StateSuccess}
	if err := p.(*provider).createStatus(t.Context(), repo, strings.Repeat("0", 40), status); !errors.Is(err, forge.ErrGone) {
		t.Errorf("a commit that never was: %v", err)
	}
	if err := e.ForgetCommit(full, head); err != nil {
		t.Fatal(err)
	}
	if err := p.PutStatus(t.Context(), repo, head, status); !errors.Is(err, forge.ErrNotFound) && !errors.Is(err, forge.ErrGone) {
		t.Errorf("a commit after a force push: %v", err)
	}
	if n := posts(e); n > 2 {
		t.Errorf("%d writes", n)
	}
}

func TestThousandStatuses(t *testing.T) {
	p, e, _, head := start(t)
	fault(t, e, githubemu.Fault{
		Method: "POST", Path: "/repos/octo/overlay/statuses/*", Status: 422, Count: -1,
		Message: "Validation Failed: This SHA and context has reached the maximum number of statuses.",
	})
	err := p.PutStatus(t.Context(), repo, head, forge.Status{Context: "prcheck", State: forge.StateSuccess})
	if !errors.Is(err, ErrTooManyStatuses) || !errors.Is(err, forge.ErrGone) {
		t.Errorf("got %v", err)
	}
	if n := posts(e); n != 1 {
		t.Errorf("%d writes", n)
	}
}

func TestRenamedRepository(t *testing.T) {
	p, e, number, head := start(t)
	if err := e.RenameRepo(full, "guru"); err != nil {
		t.Fatal(err)
	}
	status := forge.Status{Context: "prcheck", State: forge.StateSuccess, Description: "No new problems"}
	if err := p.PutStatus(t.Context(), repo, head, status); err != nil {
		t.Fatal(err)
	}
	written, err := e.Statuses("octo/guru", head)
	if err != nil || len(written) != 1 || written[0].State != "success" {
		t.Errorf("statuses %v, %v", written, err)
	}
	if pull, err := p.GetPull(t.Context(), repo, number); err != nil || pull.Head != head {
		t.Errorf("pull request %v, %v", pull, err)
	}
	moved := slices.DeleteFunc(requests(e), func(r string) bool { return !strings.Contains(r, " 30") || strings.Contains(r, "304") })
	if len(moved) != 1 {
		t.Errorf("the new name is not remembered: %v", moved)
	}
}

func TestBadCredentials(t *testing.T) {
	p, e, number, head := start(t)
	e.RevokeToken(e.Token)
	if _, err := p.GetPull(t.Context(), repo, number); !errors.Is(err, forge.ErrUnauthorized) {
		t.Errorf("a revoked token: %v", err)
	}
	value, err := e.AddToken(githubemu.Token{Login: "reader", Permissions: map[string]string{"pull_requests": "read", "statuses": "read"}})
	if err != nil {
		t.Fatal(err)
	}
	p = newProvider(t, quick(), e.URL, Credentials{Token: value})
	if err := p.PutStatus(t.Context(), repo, head, forge.Status{Context: "x", State: forge.StateSuccess}); !errors.Is(err, forge.ErrForbidden) {
		t.Errorf("a token that may not write: %v", err)
	}
	user, password, err := p.GitCredentials(t.Context())
	if user != "x-access-token" || password != value || err != nil {
		t.Errorf("credentials for git: %q, %v", user, err)
	}
}

func TestCancelledContext(t *testing.T) {
	p, _, number, head := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.GetPull(ctx, repo, number); !errors.Is(err, context.Canceled) {
		t.Errorf("GetPull: %v", err)
	}
	if err := p.PutStatus(ctx, repo, head, forge.Status{Context: "x", State: forge.StateSuccess}); !errors.Is(err, context.Canceled) {
		t.Errorf("PutStatus: %v", err)
	}
}

func TestInvalidStatusesAreNotSent(t *testing.T) {
	p, e, _, head := start(t)
	for name, status := range map[string]forge.Status{
		"no context": {State: forge.StateSuccess}, "no state": {Context: "x"}, "a state of another forge": {Context: "x", State: "warning"},
		"too long": {Context: "x", State: forge.StateSuccess, Description: strings.Repeat("ü", 141)}, "no UTF-8": {Context: "x", State: forge.StateSuccess, Description: "\xff"},
	} {
		if err := p.PutStatus(t.Context(), repo, head, status); !errors.Is(err, forge.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(e.Requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
	if err := p.PutStatus(t.Context(), repo, head, forge.Status{Context: "x", State: forge.StateSuccess, Description: strings.Repeat("𝔛", 140)}); err != nil {
		t.Errorf("140 characters of four bytes: %v", err)
	}
}
