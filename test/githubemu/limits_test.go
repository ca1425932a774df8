// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/test/githubemu"
)

func TestPagesAreLinked(t *testing.T) {
	e, number, _ := withPull(t)
	for range 5 {
		if err := e.Comment(t.Context(), full, number, "ann", "hello"); err != nil {
			t.Fatal(err)
		}
	}
	gh := client(t, e, e.Token)
	opts := &gogithub.IssueListCommentsOptions{ListOptions: gogithub.ListOptions{PerPage: 2}}
	seen := map[int64]bool{}
	for pages := 1; ; pages++ {
		list, resp, err := gh.Issues.ListComments(t.Context(), owner, name, number, opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			seen[c.GetID()] = true
		}
		if resp.NextPage == 0 {
			if pages != 3 || len(seen) != 5 {
				t.Errorf("%d comments on %d pages", len(seen), pages)
			}
			return
		}
		if resp.LastPage != 3 {
			t.Errorf("page %d says that the last is %d", pages, resp.LastPage)
		}
		opts.Page = resp.NextPage
	}
}

func TestUnchangedIsFreeWithCredentials(t *testing.T) {
	e, _, _ := withPull(t)
	path := "/repos/" + full + "/pulls"
	_, _, first := raw(t, e, "GET", path, "", nil)
	status, _, second := raw(t, e, "GET", path, "", map[string]string{"If-None-Match": first.Get("Etag")})
	if status != http.StatusNotModified || second.Get("X-Ratelimit-Remaining") != first.Get("X-Ratelimit-Remaining") {
		t.Errorf("got %d, remaining %s after %s", status, second.Get("X-Ratelimit-Remaining"), first.Get("X-Ratelimit-Remaining"))
	}
	e.Pull(t, full, "Another", map[string]githubemu.File{"b": {Text: "b"}})
	status, _, third := raw(t, e, "GET", path, "", map[string]string{"If-None-Match": first.Get("Etag")})
	if status != http.StatusOK || third.Get("X-Ratelimit-Remaining") == first.Get("X-Ratelimit-Remaining") {
		t.Errorf("after a change: %d, remaining %s", status, third.Get("X-Ratelimit-Remaining"))
	}
}

func TestGoGithubUnderstandsThePrimaryLimit(t *testing.T) {
	e, _, _ := withPull(t)
	e.SetLimit(githubemu.LimitState{Actor: "checker", Limit: 5000, Remaining: 1, ResetIn: 600})
	gh := client(t, e, e.Token)
	if _, resp, err := gh.Repositories.Get(t.Context(), owner, name); err != nil || resp.Rate.Remaining != 0 || resp.Rate.Limit != 5000 {
		t.Fatalf("the last one: %v, %v", resp.Rate, err)
	}
	_, _, err := client(t, e, e.Token).Repositories.Get(t.Context(), owner, name)
	var limited *gogithub.RateLimitError
	if !errors.As(err, &limited) || limited.Rate.Reset.Before(time.Now()) {
		t.Fatalf("got %v", err)
	}
	rates, _, err := client(t, e, e.Token).RateLimit.Get(t.Context())
	if err != nil || rates.Core.Remaining != 0 {
		t.Errorf("asking for the limit is free: %v, %v", rates, err)
	}
}

func TestGoGithubUnderstandsTheSecondaryLimit(t *testing.T) {
	e, _, head := withPull(t)
	if err := e.AddFault(githubemu.Fault{Method: "POST", Path: "/repos/octo/overlay/statuses/*", Secondary: true, RetryAfter: 30}); err != nil {
		t.Fatal(err)
	}
	post := func() error {
		_, _, err := client(t, e, e.Token).Repositories.CreateStatus(t.Context(), owner, name, head, &gogithub.RepoStatus{State: new("success")})
		return err
	}
	var abuse *gogithub.AbuseRateLimitError
	if err := post(); !errors.As(err, &abuse) || abuse.GetRetryAfter() != 30*time.Second {
		t.Fatalf("got %v", err)
	}
	e.ExpectViolation("ignored-retry-after")
	if err := post(); !errors.As(err, &abuse) || !named(e, "ignored-retry-after") {
		t.Errorf("a client that does not wait is refused and recorded; got %v", err)
	}
}

func TestFaults(t *testing.T) {
	for sentence, tc := range map[string]struct {
		fault  githubemu.Fault
		failed bool // for the client
		stored int
		text   string
	}{
		"an error of the server does nothing":                {githubemu.Fault{Method: "POST", Status: 502}, true, 0, "502"},
		"a dropped connection before the work does nothing":  {githubemu.Fault{Method: "POST", Drop: githubemu.DropBefore}, true, 0, "EOF"},
		"a dropped connection after the work leaves it done": {githubemu.Fault{Method: "POST", Drop: githubemu.DropAfter}, true, 1, "EOF"},
		"a page of HTML is not an answer":                    {githubemu.Fault{Method: "POST", HTML: true}, true, 0, "invalid character"},
		"a delay changes nothing":                            {githubemu.Fault{Method: "POST", DelayMillis: 5}, false, 1, ""},
		"another method is not touched":                      {githubemu.Fault{Method: "PATCH", Status: 502}, false, 1, ""},
		"a pattern of the path's beginning":                  {githubemu.Fault{Path: "/repos/octo/**", Status: 503}, true, 0, "503"},
		"a pattern of another path is not touched":           {githubemu.Fault{Path: "/repos/octo/overlay/pulls", Status: 503}, false, 1, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			e, _, head := withPull(t)
			if err := e.AddFault(tc.fault); err != nil {
				t.Fatal(err)
			}
			_, _, err := client(t, e, e.Token).Repositories.CreateStatus(t.Context(), owner, name, head, &gogithub.RepoStatus{State: new("success")})
			if (err != nil) != tc.failed || err != nil && !strings.Contains(err.Error(), tc.text) {
				t.Errorf("the client saw %v", err)
			}
			if seen, err := e.Statuses(full, head); err != nil || len(seen) != tc.stored {
				t.Errorf("stored %v, %v", seen, err)
			}
			e.ClearFaults()
			if _, _, err := client(t, e, e.Token).Repositories.Get(t.Context(), owner, name); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestAFaultEndsAfterItsCount(t *testing.T) {
	e, _, _ := withPull(t)
	if err := e.AddFault(githubemu.Fault{Status: 500, Count: 2}); err != nil {
		t.Fatal(err)
	}
	var got []int
	for range 3 {
		status, _, _ := raw(t, e, "GET", "/repos/"+full, "", nil)
		got = append(got, status)
	}
	if got[0] != 500 || got[1] != 500 || got[2] != 200 {
		t.Errorf("got %v", got)
	}
}

func TestRenamedRepositoriesRedirect(t *testing.T) {
	e, _, head := withPull(t)
	if err := e.RenameRepo(full, "tree"); err != nil {
		t.Fatal(err)
	}
	status, _, h := raw(t, e, "GET", "/api/v3/repos/"+full+"/pulls?state=all", "", nil)
	if want := e.URL + "/api/v3/repos/octo/tree/pulls?state=all"; status != http.StatusMovedPermanently || h.Get("Location") != want {
		t.Errorf("read: %d to %s, want %s", status, h.Get("Location"), want)
	}
	status, _, _ = raw(t, e, "POST", "/repos/"+full+"/statuses/"+head, `{"state":"success"}`, nil)
	if status != http.StatusTemporaryRedirect {
		t.Errorf("write: %d", status)
	}
	if _, _, err := client(t, e, e.Token).Repositories.Get(t.Context(), owner, name); err != nil {
		t.Errorf("go-github follows reads: %v", err)
	}
}

func TestCredentials(t *testing.T) {
	e, _, head := withPull(t)
	reader, err := e.AddToken(githubemu.Token{Login: "reader", Permissions: map[string]string{"pull_requests": "read"}})
	if err != nil {
		t.Fatal(err)
	}
	old, err := e.AddToken(githubemu.Token{Login: "late", Expires: time.Now().Add(-time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	for sentence, tc := range map[string]struct {
		authorization string
		want          int
		message       string
	}{
		"a token nobody knows":         {"Bearer ghp_x", 401, "Bad credentials"},
		"a token that has expired":     {"token " + old, 401, "Bad credentials"},
		"a token that may not write":   {"Bearer " + reader, 403, "Resource not accessible by personal access token"},
		"no token":                     {"", 401, "Requires authentication"},
		"a scheme that does not exist": {"Digest x", 401, "Bad credentials"},
		"a token that may":             {"token " + e.Token, 201, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			status, answer, _ := raw(t, e, "POST", "/repos/"+full+"/statuses/"+head, `{"state":"pending"}`, map[string]string{"Authorization": tc.authorization})
			if status != tc.want || tc.message != "" && answer["message"] != tc.message {
				t.Errorf("got %d %v", status, answer["message"])
			}
		})
	}
}
