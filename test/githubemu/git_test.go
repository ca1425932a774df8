// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

// git runs git in a directory and gives its output, the complaint included.
func git(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := git(t, dir, args...)
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return out
}

// as gives the repository's address with a password in it.
func as(e *emutest.Emulator, password, repo string) string {
	return strings.Replace(e.URL, "http://", "http://x-access-token:"+password+"@", 1) + "/" + repo + ".git"
}

func TestGitClonesAndFetchesPullRequests(t *testing.T) {
	e, number, head := withPull(t)
	dir := t.TempDir()
	mustGit(t, dir, "clone", "--quiet", e.URL+"/"+full+".git", "clone")
	clone := filepath.Join(dir, "clone")
	if got := mustGit(t, clone, "rev-parse", "--abbrev-ref", "HEAD"); got != "master" {
		t.Errorf("default branch %q", got)
	}
	mustGit(t, clone, "fetch", "--quiet", "origin", "refs/pull/1/head:pr")
	if got := mustGit(t, clone, "rev-parse", "pr"); got != head {
		t.Errorf("refs/pull/%d/head is %s, want %s", number, got, head)
	}
	if got := mustGit(t, clone, "show", "pr:cat/pkg/pkg-1.ebuild"); got != "EAPI=8" {
		t.Errorf("content %q", got)
	}
	forced, err := e.PushPull(t.Context(), full, number, githubemu.Content{Parent: "master", Files: map[string]githubemu.File{"other": {Text: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	mustGit(t, clone, "fetch", "--quiet", "origin", "+refs/pull/1/head:pr")
	if got := mustGit(t, clone, "rev-parse", "pr"); got != forced {
		t.Errorf("after a force push: %s, want %s", got, forced)
	}
	mustGit(t, clone, "fetch", "--quiet", "origin", forced) // by SHA
}

func TestGitAsksForCredentials(t *testing.T) {
	e := emutest.Start(t)
	if err := e.CreateRepo(t.Context(), githubemu.NewRepo{Name: full, Private: true}); err != nil {
		t.Fatal(err)
	}
	for sentence, tc := range map[string]struct {
		url string
		ok  bool
	}{
		"without credentials": {e.URL + "/" + full + ".git", false},
		"with a wrong token":  {as(e, "ghp_wrong", full), false},
		"with a token":        {as(e, e.Token, full), true},
		"of an unknown name":  {as(e, e.Token, "octo/none"), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			if out, err := git(t, t.TempDir(), "ls-remote", tc.url); (err == nil) != tc.ok {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func TestOnlyTheAdminPushes(t *testing.T) {
	hooks := newReceiver(t)
	e := emutest.Start(t, emutest.WithWebhook(hooks.url, secret))
	e.Repo(t, full, "")
	number, err := e.OpenPull(t.Context(), githubemu.NewPull{
		Repo: full, Title: "From a branch", Author: "ann", Head: "topic", SameRepo: true,
		Content: githubemu.Content{Files: map[string]githubemu.File{"a": {Text: "1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mustGit(t, dir, "clone", "--quiet", "--branch", "topic", as(e, e.Token, full), "clone")
	clone := filepath.Join(dir, "clone")
	mustGit(t, clone, "commit", "--quiet", "--allow-empty", "-m", "more")
	if out, err := git(t, clone, "push", "--quiet", "origin", "topic"); err == nil {
		t.Fatalf("a user's token pushed: %s", out)
	}
	mustGit(t, clone, "push", "--quiet", as(e, "admin", full), "topic")
	if got, want := e.Head(t, full, number), mustGit(t, clone, "rev-parse", "HEAD"); got != want {
		t.Errorf("the pull request's head is %s, want %s", got, want)
	}
	wait(t, e)
	var got []string
	for _, d := range hooks.all() {
		got = append(got, d.event+" "+d.action())
	}
	if all := strings.Join(got, ","); !strings.Contains(all, "synchronize") || strings.Count(all, "push") != 2 {
		t.Errorf("deliveries: %s", all)
	}
	if out, err := git(t, clone, "push", "--quiet", as(e, "admin", full), "HEAD:refs/pull/1/head"); err == nil {
		t.Errorf("refs/pull was pushed to: %s", out)
	}
}

func TestRepositoriesAndHeadsComeFromGit(t *testing.T) {
	src := filepath.Join(t.TempDir(), "src")
	mustGit(t, ".", "init", "--quiet", "--initial-branch", "trunk", src)
	if err := os.WriteFile(filepath.Join(src, "a"), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustGit(t, src, "add", "a")
	mustGit(t, src, "commit", "--quiet", "-m", "one")
	e := emutest.Start(t)
	e.Repo(t, full, src)
	mustGit(t, src, "checkout", "--quiet", "-b", "change")
	mustGit(t, src, "mv", "a", "b")
	mustGit(t, src, "commit", "--quiet", "-m", "two")
	bundle := filepath.Join(t.TempDir(), "pr.bundle")
	mustGit(t, src, "bundle", "create", "--quiet", bundle, "trunk..change")
	patch := mustGit(t, src, "diff", "trunk", "change") + "\n"
	want := mustGit(t, src, "rev-parse", "change")
	for sentence, c := range map[string]githubemu.Content{
		"from a directory": {Dir: src, Rev: "change"},
		"from a bundle":    {Bundle: bundle, Rev: "refs/heads/change"},
		"from a patch":     {Patch: patch, Message: "two", Author: "Ann Other <ann@example.org>"},
	} {
		t.Run(sentence, func(t *testing.T) {
			n, err := e.OpenPull(t.Context(), githubemu.NewPull{Repo: full, Title: sentence, Author: "ann", Content: c})
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Head(t, full, n); c.Patch == "" && got != want {
				t.Errorf("head %s, want %s", got, want)
			}
			files, _, err := client(t, e, e.Token).PullRequests.ListFiles(t.Context(), owner, name, n, nil)
			if err != nil || len(files) != 1 || files[0].GetStatus() != "renamed" || files[0].GetPreviousFilename() != "a" || files[0].GetFilename() != "b" {
				t.Errorf("files: %v, %v", files, err)
			}
		})
	}
}

func TestConflictsAreNotMergeable(t *testing.T) {
	e := emutest.Start(t, emutest.With(func(o *githubemu.Options) { o.ShowMergeableAtOnce = true }))
	e.Repo(t, full, "")
	n := e.Pull(t, full, "Mine", map[string]githubemu.File{"README.md": {Text: "mine\n"}})
	if _, err := e.PushBranch(t.Context(), full, "master", "ann", githubemu.Content{Files: map[string]githubemu.File{"README.md": {Text: "theirs\n"}}}); err != nil {
		t.Fatal(err)
	}
	p, _, err := client(t, e, e.Token).PullRequests.Get(t.Context(), owner, name, n)
	if err != nil || p.GetMergeable() || p.GetMergeableState() != "dirty" {
		t.Errorf("%v, %v", p, err)
	}
	if err := e.MergePull(t.Context(), full, n, "ann"); err == nil {
		t.Error("it was merged")
	}
}

func TestGitHubsOtherReads(t *testing.T) {
	e := emutest.Start(t)
	life(t, e) // leaves a merged pull request with comments
	n := e.Pull(t, full, "Second", map[string]githubemu.File{"cat/a": {Text: "a"}, "b": {Text: "b", Mode: "100755"}})
	head := e.Head(t, full, n)
	if err := e.Label(t.Context(), full, n, "", "priority-ci"); err != nil {
		t.Fatal(err)
	}
	if err := e.Comment(t.Context(), full, n, "ann", "hi"); err != nil {
		t.Fatal(err)
	}
	if status, answer, _ := raw(t, e, "POST", "/repos/"+full+"/statuses/"+head, `{"state":"pending"}`, nil); status != http.StatusCreated {
		t.Fatalf("status: %d %v", status, answer)
	}
	for _, path := range []string{
		"", "/branches", "/branches/master", "/commits", "/commits/" + head, "/commits/master", "/git/commits/" + head, "/git/ref/heads/master",
		"/compare/master..." + head, "/contents/README.md", "/contents/cat?ref=" + head, "/commits/" + head + "/pulls", "/commits/" + head + "/status",
		"/commits/" + head + "/check-runs", "/commits/" + head + "/check-suites", "/labels", "/issues/1", "/issues/1/labels", "/issues/comments", "/hooks",
		"/collaborators/contributor/permission", "/pulls", "/pulls?state=all&sort=updated&direction=asc", "/pulls/1", "/pulls/2", "/pulls/2/files",
		"/pulls/2/commits", "/pulls?head=contributor:patch-2", "/pulls?base=master", "/issues/2/comments", "/issues/2/labels", "/commits/" + head + "/statuses",
		"/issues/comments?sort=updated&since=2020-01-01T00:00:00Z",
	} {
		if status, answer, _ := raw(t, e, "GET", "/api/v3/repos/"+full+path, "", nil); status != http.StatusOK {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
	for _, path := range []string{"/user", "/users/contributor", "/meta", "/rate_limit"} {
		if status, answer, _ := raw(t, e, "GET", path, "", nil); status != http.StatusOK {
			t.Errorf("%s: %d %v", path, status, answer)
		}
	}
	sha, _, err := client(t, e, e.Token).Repositories.GetCommitSHA1(t.Context(), owner, name, "master", "")
	if err != nil || len(sha) != 40 {
		t.Errorf("SHA of a branch: %q, %v", sha, err)
	}
}
