// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

const owner, name, full = "octo", "overlay", "octo/overlay"

// client is go-github as the product uses it.
func client(t *testing.T, e *emutest.Emulator, token string) *gogithub.Client {
	t.Helper()
	c, err := gogithub.NewClient(nil).WithAuthToken(token).WithEnterpriseURLs(e.URL, e.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// withPull starts an emulator that has one repository with one open pull request.
func withPull(t *testing.T, options ...emutest.Option) (e *emutest.Emulator, number int, head string) {
	t.Helper()
	e = emutest.Start(t, options...)
	e.Repo(t, full, "")
	number = e.Pull(t, full, "Add a file", map[string]githubemu.File{"cat/pkg/pkg-1.ebuild": {Text: "EAPI=8\n"}})
	return e, number, e.Head(t, full, number)
}

func TestGoGithubReadsAPullRequest(t *testing.T) {
	e, number, head := withPull(t)
	gh := client(t, e, e.Token)
	list, _, err := gh.PullRequests.List(t.Context(), owner, name, nil)
	if err != nil || len(list) != 1 || list[0].GetHead().GetSHA() != head {
		t.Fatalf("list: %v, %v", list, err)
	}
	first, _, err := gh.PullRequests.Get(t.Context(), owner, name, number)
	if err != nil || first.Mergeable != nil {
		t.Fatalf("the first read must leave mergeability open: %v, %v", first.Mergeable, err)
	}
	second, _, err := gh.PullRequests.Get(t.Context(), owner, name, number)
	if err != nil || !second.GetMergeable() || second.GetCommits() != 1 || second.GetAdditions() != 1 {
		t.Fatalf("second read: %v, %v", second, err)
	}
	files, _, err := gh.PullRequests.ListFiles(t.Context(), owner, name, number, nil)
	if err != nil || len(files) != 1 || files[0].GetFilename() != "cat/pkg/pkg-1.ebuild" || files[0].GetStatus() != "added" || files[0].GetPatch() == "" {
		t.Fatalf("files: %v, %v", files, err)
	}
	commits, _, err := gh.PullRequests.ListCommits(t.Context(), owner, name, number, nil)
	if err != nil || len(commits) != 1 || commits[0].GetSHA() != head {
		t.Fatalf("commits: %v, %v", commits, err)
	}
	diff, _, err := gh.PullRequests.GetRaw(t.Context(), owner, name, number, gogithub.RawOptions{Type: gogithub.Diff})
	if err != nil || diff == "" {
		t.Fatalf("diff: %q, %v", diff, err)
	}
}

func TestGoGithubWritesStatuses(t *testing.T) {
	e, _, head := withPull(t)
	gh := client(t, e, e.Token)
	for i, state := range []string{"pending", "success"} {
		st, _, err := gh.Repositories.CreateStatus(t.Context(), owner, name, head, &gogithub.RepoStatus{
			State: &state, Context: new("prcheck"), Description: new(fmt.Sprint("run ", i)), TargetURL: new("https://example.org/1"),
		})
		if err != nil || st.GetState() != state || st.GetCreator().GetLogin() != "checker" {
			t.Fatalf("create: %v, %v", st, err)
		}
	}
	combined, _, err := gh.Repositories.GetCombinedStatus(t.Context(), owner, name, head, nil)
	if err != nil || combined.GetState() != "success" || combined.GetTotalCount() != 1 {
		t.Fatalf("combined: %v, %v", combined, err)
	}
	list, _, err := gh.Repositories.ListStatuses(t.Context(), owner, name, head, nil)
	if err != nil || len(list) != 2 || list[0].GetState() != "success" {
		t.Fatalf("list is newest first: %v, %v", list, err)
	}
	seen, err := e.Statuses(full, head)
	if err != nil || len(seen) != 2 || seen[1].Description != "run 1" {
		t.Fatalf("seen by the admin: %v, %v", seen, err)
	}
}

func TestUnknownCommitIsUnprocessable(t *testing.T) {
	e, _, head := withPull(t)
	gh := client(t, e, e.Token)
	if err := e.ForgetCommit(full, head); err != nil {
		t.Fatal(err)
	}
	_, resp, err := gh.Repositories.CreateStatus(t.Context(), owner, name, head, &gogithub.RepoStatus{State: new("success")})
	var refused *gogithub.ErrorResponse
	if !errors.As(err, &refused) || resp.StatusCode != http.StatusUnprocessableEntity || refused.Message != "No commit found for SHA: "+head {
		t.Fatalf("got %v", err)
	}
}
