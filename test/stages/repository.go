// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// Repository is a bare git repository that tests fill with trees. Its commits have fixed authors and times, so that equal trees give
// equal ids.
type Repository struct {
	Dir  string
	work string
}

// NewRepository makes an empty repository below dir.
func NewRepository(tb testing.TB, dir string) *Repository {
	tb.Helper()
	r := &Repository{Dir: filepath.Join(dir, "repository.git"), work: filepath.Join(dir, "worktree")}
	if err := os.MkdirAll(r.work, 0o755); err != nil {
		tb.Fatal(err)
	}
	r.git(tb, "init", "--quiet", "--bare", "--template=", r.Dir)
	return r
}

// Work is the folder that CommitWork commits.
func (r *Repository) Work() string { return r.work }

// CommitWork commits everything in the folder Work, whatever an ignore file in it says, on top of parent (none: the first commit).
func (r *Repository) CommitWork(tb testing.TB, parent string) string {
	tb.Helper()
	if parent == "" {
		return r.commitWork(tb, "A tree of a test")
	}
	return r.commitWork(tb, "A tree of a test", parent)
}

// CommitMessage commits a tree with a message on top of any number of parents.
func (r *Repository) CommitMessage(tb testing.TB, message string, tree ebuildrepo.Tree, parents ...string) string {
	tb.Helper()
	if err := os.RemoveAll(r.work); err != nil {
		tb.Fatal(err)
	}
	if err := tree.WriteFiles(r.work); err != nil {
		tb.Fatal(err)
	}
	return r.commitWork(tb, message, parents...)
}

func (r *Repository) commitWork(tb testing.TB, message string, parents ...string) string {
	tb.Helper()
	r.git(tb, "add", "--all", "--force", ".")
	args := []string{"commit-tree", "-m", message, strings.TrimSpace(r.git(tb, "write-tree"))}
	for _, parent := range parents {
		args = append(args, "-p", parent)
	}
	id := strings.TrimSpace(r.git(tb, args...))
	r.git(tb, "update-ref", "refs/heads/"+id, id)
	return id
}

// Restore makes the folder Work what a commit has.
func (r *Repository) Restore(tb testing.TB, commit string) {
	tb.Helper()
	r.git(tb, "read-tree", "--reset", "-u", commit)
	r.git(tb, "clean", "--quiet", "--force", "-d", "-x")
}

// Commit commits a tree on top of parent.
func (r *Repository) Commit(tb testing.TB, parent string, tree ebuildrepo.Tree) string {
	tb.Helper()
	if err := os.RemoveAll(r.work); err != nil {
		tb.Fatal(err)
	}
	if err := tree.WriteFiles(r.work); err != nil {
		tb.Fatal(err)
	}
	return r.CommitWork(tb, parent)
}

func (r *Repository) git(tb testing.TB, args ...string) string {
	tb.Helper()
	config := []string{"--git-dir=" + r.Dir, "--work-tree=" + r.work, "-c", "core.autocrlf=false", "-c", "gc.auto=0"}
	if args[0] == "init" {
		config = nil
	}
	out, err := ebuildrepo.Git(tb.Context(), r.work, nil, append(config, args...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
