// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitops_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
)

// repository is a repository under test: a work tree to commit in, whose .git serves as the bare repository, too.
type repository struct {
	t    *testing.T
	dir  string
	bare string
	git  gitops.Git
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	dir := t.TempDir()
	r := &repository{t: t, dir: dir, bare: filepath.Join(dir, "bare.git")}
	r.git.Env = []string{
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.org", "GIT_AUTHOR_DATE=@1700000000 +0100",
		"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_COMMITTER_DATE=@1700000000 +0100",
	}
	r.run("init", "--quiet", "--bare", r.bare)
	return r
}

func (r *repository) run(args ...string) string {
	r.t.Helper()
	out, err := r.git.Line(r.t.Context(), r.dir, args...)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// tree writes files (path → content; "@target" is a symbolic link, "!text" an executable) to a tree and returns its id.
func (r *repository) tree(files map[string]string) string {
	r.t.Helper()
	r.git.Env = append(r.git.Env, "GIT_INDEX_FILE="+filepath.Join(r.t.TempDir(), "index"))
	var list strings.Builder
	for path, content := range files {
		mode := "100644"
		if rest, ok := strings.CutPrefix(content, "@"); ok {
			mode, content = "120000", rest
		} else if rest, ok := strings.CutPrefix(content, "!"); ok {
			mode, content = "100755", rest
		}
		id, err := r.git.RunInput(r.t.Context(), r.bare, strings.NewReader(content), "hash-object", "-w", "--stdin")
		if err != nil {
			r.t.Fatal(err)
		}
		list.WriteString(mode + " " + strings.TrimSpace(id) + "\t" + path + "\x00")
	}
	if _, err := r.git.RunInput(r.t.Context(), r.bare, strings.NewReader(list.String()), "update-index", "--add", "-z", "--index-info"); err != nil {
		r.t.Fatal(err)
	}
	id, err := r.git.Line(r.t.Context(), r.bare, "write-tree")
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *repository) commit(files map[string]string, parents ...string) string {
	r.t.Helper()
	args := []string{"commit-tree", r.tree(files), "-m", "c"}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	id, err := r.git.Line(r.t.Context(), r.bare, args...)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func TestMergeInto(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		build     func(r *repository) (base, head string)
		conflicts []string
		paths     []string
		err       error
	}{
		"both sides add a file": {
			build: func(r *repository) (string, string) {
				root := r.commit(map[string]string{"a": "1"})
				return r.commit(map[string]string{"a": "1", "b": "1"}, root), r.commit(map[string]string{"a": "1", "c": "1"}, root)
			},
			paths: []string{"c"},
		},
		"a head that descends from the base still gets a merge commit": {
			build: func(r *repository) (string, string) {
				root := r.commit(map[string]string{"a": "1"})
				return root, r.commit(map[string]string{"a": "!1"}, root)
			},
			paths: []string{"a"},
		},
		"a head that the base contains changes nothing": {
			build: func(r *repository) (string, string) {
				root := r.commit(map[string]string{"a": "1"})
				return r.commit(map[string]string{"a": "2"}, root), root
			},
			paths: []string{},
		},
		"the same line changed on both sides": {
			build: func(r *repository) (string, string) {
				root := r.commit(map[string]string{"a": "1", "b\tc\n": "1", "z": "1"})
				return r.commit(map[string]string{"a": "2", "b\tc\n": "2", "z": "1"}, root), r.commit(map[string]string{"a": "3", "z": "2"}, root)
			},
			conflicts: []string{"a", "b\tc\n"},
		},
		"criss-cross: two merge bases": {
			build: func(r *repository) (string, string) {
				root := r.commit(map[string]string{"a": "1", "b": "1"})
				left, right := r.commit(map[string]string{"a": "2", "b": "1"}, root), r.commit(map[string]string{"a": "1", "b": "2"}, root)
				both := map[string]string{"a": "2", "b": "2"}
				one, two := r.commit(both, left, right), r.commit(both, right, left)
				return r.commit(map[string]string{"a": "2", "b": "2", "c": "1"}, one), r.commit(map[string]string{"a": "2", "b": "2", "d": "1"}, two)
			},
			paths: []string{"d"},
		},
		"the head's .gitattributes do not choose how files are merged": {
			build: func(r *repository) (string, string) {
				root := r.commit(map[string]string{"a": "1", ".gitattributes": "a merge=union"})
				return r.commit(map[string]string{"a": "2", ".gitattributes": "a merge=union"}, root), r.commit(map[string]string{"a": "3", ".gitattributes": "a merge=union"}, root)
			},
			conflicts: []string{"a"},
		},
		"unrelated histories": {
			build: func(r *repository) (string, string) {
				return r.commit(map[string]string{"a": "1"}), r.commit(map[string]string{"b": "1"})
			},
			err: gitops.ErrUnrelated,
		},
		"a head that is not there": {
			build: func(r *repository) (string, string) {
				return r.commit(map[string]string{"a": "1"}), strings.Repeat("1", 40)
			},
			err: gitops.ErrNotFound,
		},
		"a head that is not a commit id": {
			build: func(r *repository) (string, string) { return r.commit(map[string]string{"a": "1"}), "--help" },
			err:   gitops.ErrNotFound,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			base, head := c.build(r)
			var git gitops.Git
			got, err := git.MergeInto(t.Context(), r.bare, base, head)
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if c.err != nil {
				return
			}
			if got.Conflict != (c.conflicts != nil) || !reflect.DeepEqual(got.Conflicts, c.conflicts) {
				t.Fatalf("conflicts %q, want %q", got.Conflicts, c.conflicts)
			}
			again, err := git.MergeInto(t.Context(), r.bare, base, head)
			if err != nil || !reflect.DeepEqual(again, got) {
				t.Fatalf("merging again gave %v, %v; first %v", again, err, got)
			}
			if got.Conflict {
				return
			}
			changes, err := git.Changes(t.Context(), r.bare, base, got.Commit)
			if err != nil || !reflect.DeepEqual(gitops.Paths(changes), c.paths) {
				t.Fatalf("changed %q, %v; want %q", gitops.Paths(changes), err, c.paths)
			}
		})
	}
}

// The merge commit is part of prcheck's promise: a replica of another version must make the same one.
func TestMergeIntoGivesAFixedCommit(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	root := r.commit(map[string]string{"a": "1"})
	base, head := r.commit(map[string]string{"a": "1", "b": "1"}, root), r.commit(map[string]string{"a": "1", "c": "1"}, root)
	got, err := gitops.Git{}.MergeInto(t.Context(), r.bare, base, head)
	if err != nil {
		t.Fatal(err)
	}
	text := r.run("--git-dir="+r.bare, "cat-file", "commit", got.Commit)
	want := "tree " + got.Tree + "\nparent " + base + "\nparent " + head + "\n" +
		"author prcheck <merge@prcheck.dev> 1700000000 +0000\ncommitter prcheck <merge@prcheck.dev> 1700000000 +0000\n\n" +
		"Merge " + head + " into " + base
	if text != want {
		t.Errorf("commit:\n%s\nwant:\n%s", text, want)
	}
}

func TestCheckOut(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	root := r.commit(map[string]string{"a": "1"})
	commit := r.commit(map[string]string{
		".gitattributes": "* text eol=crlf ident\n", "a": "one\n$Id$\n", "d/x": "!run\n", "link": "@/etc/passwd",
	}, root)
	dir := filepath.Join(t.TempDir(), "tree")
	var git gitops.Git
	if err := git.CheckOut(t.Context(), r.bare, commit, "release/1", dir); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(data) != "one\n$Id$\n" {
		t.Errorf("a holds %q, %v; want the blob's own bytes", data, err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "link")); err != nil || target != "/etc/passwd" {
		t.Errorf("link → %q, %v", target, err)
	}
	if info, err := os.Stat(filepath.Join(dir, "d/x")); err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("d/x: %v, %v; want it executable", info, err)
	}
	log, err := git.Line(t.Context(), dir, "log", "--format=%H", "origin/HEAD")
	if err != nil || log != commit+"\n"+root {
		t.Errorf("history %q, %v", log, err)
	}
	if out, err := git.Run(t.Context(), dir, "status", "--porcelain"); err != nil || out != "" {
		t.Errorf("status %q, %v; want it clean", out, err)
	}
	if err := git.AssertCheckOut(t.Context(), root, "release/1", dir); err == nil {
		t.Error("a check-out of another commit was accepted")
	}
	if err := git.AssertCheckOut(t.Context(), commit, "main", dir); err == nil {
		t.Error("a check-out of another branch was accepted")
	}
	if err := git.CheckOut(t.Context(), r.bare, commit, "--bad", filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a branch name that looks like an option was accepted")
	}
}

func TestErrorsNameTheCommandButNoSetting(t *testing.T) {
	t.Parallel()
	git := gitops.Git{Config: []gitops.Setting{{Key: "http.extraHeader", Value: "Authorization: Bearer secret"}}}
	_, err := git.Run(t.Context(), t.TempDir(), "rev-parse", "nothing")
	if err == nil || !strings.Contains(err.Error(), "git rev-parse nothing") || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
}
