// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// attributes override every .gitattributes of a tree: a check-out is the blobs' bytes, whatever the tree says about them.
const attributes = "* -text -eol -ident -filter -working-tree-encoding"

// InitBare makes an empty bare repository.
func (g Git) InitBare(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	_, err := g.Run(ctx, dir, "init", "--quiet", "--bare", "--template=", ".")
	return err
}

// CheckOut writes commit's tree to dir, which must not exist, with a small .git of its own that borrows its objects from the
// bare repository repo. History checks are silently empty unless the repository looks like a developer's clone that is up to
// date (planner-rules R18), so: the branch is named branch, and refs/remotes/origin/HEAD is symbolic and names commit.
// Both are read back, and a difference is an error.
func (g Git) CheckOut(ctx context.Context, repo, commit, branch, dir string) error {
	if err := g.has(ctx, repo, commit); err != nil {
		return fmt.Errorf("checking out: %w", err)
	}
	if err := g.layOut(ctx, repo, commit, branch, dir); err != nil {
		return fmt.Errorf("checking out %s to %s: %w", commit, dir, err)
	}
	if err := g.AssertCheckOut(ctx, commit, branch, dir); err != nil {
		return fmt.Errorf("checking out: %w", err)
	}
	return nil
}

func (g Git) layOut(ctx context.Context, repo, commit, branch, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	if err := g.layHistory(ctx, repo, commit, branch, dir); err != nil {
		return err
	}
	for _, args := range [][]string{{"read-tree", commit}, {"checkout-index", "--all", "--force", "--quiet", "-u"}} {
		if _, err := g.Run(ctx, dir, args...); err != nil {
			return err
		}
	}
	return nil
}

// LayHistory gives the folder dir the .git that CheckOut would give it, and neither files nor an index: whoever asks git for the history
// is told what a check-out would say.
func (g Git) LayHistory(ctx context.Context, repo, commit, branch, dir string) error {
	if err := g.layHistory(ctx, repo, commit, branch, dir); err != nil {
		return fmt.Errorf("giving %s the history of %s: %w", dir, commit, err)
	}
	return g.AssertCheckOut(ctx, commit, branch, dir)
}

// layHistory writes the few files of a repository itself (gitrepository-layout(5)): git would take a process for each.
func (g Git) layHistory(ctx context.Context, repo, commit, branch, dir string) error {
	if _, err := g.Run(ctx, dir, "check-ref-format", "--branch", branch); err != nil {
		return err
	}
	for _, folder := range []string{"objects/info", "objects/pack", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, ".git", folder), 0o755); err != nil {
			return err
		}
	}
	if err := Borrow(dir, repo); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"HEAD":                          "ref: refs/heads/" + branch,
		"config":                        "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false",
		"info/attributes":               attributes,
		"refs/heads/" + branch:          commit,
		"refs/remotes/origin/" + branch: commit,
		"refs/remotes/origin/HEAD":      "ref: refs/remotes/origin/" + branch,
	} {
		file := filepath.Join(dir, ".git", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(text+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Borrow makes the check-out dir take its objects from the bare repository repo. The two may be moved, or shown elsewhere,
// together: the path from one to the other is what counts.
func Borrow(dir, repo string) error {
	info := filepath.Join(dir, ".git", "objects", "info")
	if err := os.MkdirAll(info, 0o755); err != nil {
		return err
	}
	from, err := filepath.EvalSymlinks(filepath.Dir(info))
	if err != nil {
		return err
	}
	to, err := filepath.EvalSymlinks(filepath.Join(repo, "objects"))
	if err != nil {
		return err
	}
	objects, err := filepath.Rel(from, to)
	if err != nil {
		return err
	}
	if strings.ContainsAny(objects, "\n\"") {
		return fmt.Errorf("git cannot borrow objects from %q: move it to a path without quotes and line breaks", to)
	}
	return os.WriteFile(filepath.Join(info, "alternates"), []byte(objects+"\n"), 0o644)
}

// AssertCheckOut fails unless dir has branch checked out at commit, and origin/HEAD is that branch at that commit.
func (g Git) AssertCheckOut(ctx context.Context, commit, branch, dir string) error {
	args := []string{"rev-parse", "HEAD^{commit}", "refs/remotes/origin/HEAD^{commit}", "--symbolic-full-name", "HEAD", "refs/remotes/origin/HEAD"}
	got, err := g.Line(ctx, dir, args...)
	if err != nil {
		return err
	}
	if want := strings.Join([]string{commit, commit, "refs/heads/" + branch, "refs/remotes/origin/" + branch}, "\n"); got != want {
		return fmt.Errorf("git %s in %s says %q, expected %q", strings.Join(args, " "), dir, got, want)
	}
	return nil
}
