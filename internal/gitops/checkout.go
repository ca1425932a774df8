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
const attributes = "* -text -eol -ident -filter -working-tree-encoding\n"

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
	if _, err := g.Run(ctx, dir, "check-ref-format", "--branch", branch); err != nil {
		return err
	}
	if _, err := g.Run(ctx, dir, "init", "--quiet", "--template=", "--initial-branch="+branch, "."); err != nil {
		return err
	}
	if err := Borrow(dir, repo); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, ".git", "info"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, ".git", "info", "attributes"), []byte(attributes), 0o644); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"update-ref", "refs/heads/" + branch, commit},
		{"update-ref", "refs/remotes/origin/" + branch, commit},
		{"symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/" + branch},
		{"read-tree", commit},
		{"checkout-index", "--all", "--force", "--quiet", "-u"},
	} {
		if _, err := g.Run(ctx, dir, args...); err != nil {
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
	for _, want := range []struct {
		value string
		args  []string
	}{
		{"refs/heads/" + branch, []string{"symbolic-ref", "HEAD"}},
		{commit, []string{"rev-parse", "--verify", "HEAD^{commit}"}},
		{"refs/remotes/origin/" + branch, []string{"symbolic-ref", "refs/remotes/origin/HEAD"}},
		{commit, []string{"rev-parse", "--verify", "refs/remotes/origin/HEAD^{commit}"}},
	} {
		got, err := g.Line(ctx, dir, want.args...)
		if err != nil {
			return err
		}
		if got != want.value {
			return fmt.Errorf("git %s in %s says %q, expected %q", strings.Join(want.args, " "), dir, got, want.value)
		}
	}
	return nil
}
