// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
)

// served starts a server for one mirror and returns its address.
func served(t *testing.T, m *Mirrors, src Source) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.ServeGit(w, r, src, strings.TrimPrefix(r.URL.Path, "/x.git/"))
	}))
	t.Cleanup(server.Close)
	return server.URL + "/x.git"
}

func TestPodFetchesByCommit(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	m := open(t, nil)
	merge, err := m.Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"})
	if err != nil {
		t.Fatal(err)
	}
	url, pod, git := served(t, m, f.source()), t.TempDir(), gitops.Git{}
	run := func(args ...string) (string, error) { return git.Run(t.Context(), pod, args...) }
	if _, err := run("init", "--quiet", "--bare", "."); err != nil {
		t.Fatal(err)
	}
	if _, err := run("-c", "protocol.version=2", "fetch", "--quiet", url, merge.Commit, base); err != nil {
		t.Fatal(err)
	}
	if out, err := run("show", merge.Commit+":a"); err != nil || out != "2\n" {
		t.Errorf("the pod sees %q, %v", out, err)
	}
	refs, err := run("-c", "protocol.version=2", "ls-remote", url)
	if err != nil || strings.TrimSpace(refs) != "" {
		t.Errorf("refs are listed: %q, %v", refs, err)
	}
	if _, err := run("push", "--quiet", url, merge.Commit+":refs/heads/x"); err == nil {
		t.Error("a pod may push")
	}
	if _, err := run("-c", "protocol.version=0", "ls-remote", url); err == nil {
		t.Error("protocol version 0 is served")
	}
}

func TestLostMergeIsMadeAgain(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n", "b": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n", "b": "1\n"}, base)
	made, err := open(t, nil).Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"})
	if err != nil {
		t.Fatal(err)
	}
	f.commit("refs/heads/main", map[string]string{"a": "1\n", "b": "2\n"}, base) // the branch moves on,
	f.commit("refs/pull/7/head", map[string]string{"a": "3\n", "b": "1\n"})      // and the author pushes over it
	wanted := Wanted{Number: 7, Branch: "main", Base: base, Head: head, Merge: made.Commit}
	fresh := open(t, nil)
	if err := fresh.Ensure(t.Context(), f.source(), wanted); err != nil {
		t.Fatal(err)
	}
	if mir, err := fresh.of(f.source()); err != nil || !mir.holds(t.Context(), made.Commit) {
		t.Errorf("the merge is not kept: %v", err)
	}
	wanted.Merge = head
	if err := fresh.Ensure(t.Context(), f.source(), wanted); err == nil {
		t.Error("a commit that is not the merge was accepted for it")
	}
}

func TestServedMergeSurvivesPruning(t *testing.T) {
	f := newForge(t)
	base := f.commit("refs/heads/main", map[string]string{"a": "1\n"})
	head := f.commit("refs/pull/7/head", map[string]string{"a": "2\n"}, base)
	m := open(t, nil)
	made, err := m.Merge(t.Context(), f.source(), Request{Number: 7, Head: head, Branch: "main"})
	if err != nil {
		t.Fatal(err)
	}
	mir, err := m.of(f.source())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (gitops.Git{}).Run(t.Context(), mir.dir, "gc", "--quiet", "--prune=now"); err != nil {
		t.Fatal(err)
	}
	m.packAll(t.Context())
	if files, err := m.ReadFiles(t.Context(), f.source(), made.Tree, []string{"a"}); err != nil || string(files["a"]) != "2\n" {
		t.Errorf("after pruning: %q, %v", files, err)
	}
}

func TestReadFilesFollowsNothing(t *testing.T) {
	f := newForge(t)
	work := t.TempDir()
	env := gitops.Git{Env: []string{"GIT_DIR=" + f.dir, "GIT_WORK_TREE=" + work, "GIT_INDEX_FILE=" + filepath.Join(t.TempDir(), "index")}}
	for _, err := range []error{
		os.Symlink("/etc/passwd", filepath.Join(work, "link")), os.Symlink("/etc", filepath.Join(work, "dir")),
		os.WriteFile(filepath.Join(work, "big"), make([]byte, maxReadBytes+1), 0o600),
		os.WriteFile(filepath.Join(work, "a*b"), []byte("star\n"), 0o600), os.WriteFile(filepath.Join(work, "acb"), []byte("c\n"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := env.Run(t.Context(), work, "add", "--all"); err != nil {
		t.Fatal(err)
	}
	tree, err := env.Line(t.Context(), work, "write-tree")
	if err != nil {
		t.Fatal(err)
	}
	f.git(f.dir, "update-ref", "refs/heads/main", f.git(f.dir, "commit-tree", tree, "-m", "x"))
	m := open(t, nil)
	if _, _, err := m.Pin(t.Context(), f.source(), "", "main"); err != nil {
		t.Fatal(err)
	}
	got, err := m.ReadFiles(t.Context(), f.source(), tree, []string{"link", "dir/passwd", "big", "a*b", ":(glob)*", "../x", "", "\x00", "nothing"})
	if err != nil || len(got) != 1 || string(got["a*b"]) != "star\n" {
		t.Errorf("files = %q, %v", got, err)
	}
}
