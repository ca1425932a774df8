// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// MergeBase returns the best common ancestor of two commits, or ErrUnrelated. Of several that are equally good it is git's first.
func (g Git) MergeBase(ctx context.Context, repo, a, b string) (string, error) {
	id, err := g.Line(ctx, repo, "merge-base", a, b)
	if failed, ok := errors.AsType[*Error](err); ok && failed.ExitCode == 1 {
		return "", ErrUnrelated
	}
	if err != nil {
		return "", fmt.Errorf("finding the merge base of %s and %s: %w", a, b, err)
	}
	return id, nil
}

// Between lists the commits that to has and from has not, the newest first, at most limit of them.
func (g Git) Between(ctx context.Context, repo, from, to string, limit int) ([]string, error) {
	out, err := g.Run(ctx, repo, "rev-list", "--max-count="+strconv.Itoa(limit), to, "^"+from, "--")
	if err != nil {
		return nil, fmt.Errorf("listing the commits between %s and %s: %w", from, to, err)
	}
	return strings.Fields(out), nil
}

// Sizes returns how many bytes each commit object has: its message, above all.
func (g Git) Sizes(ctx context.Context, repo string, commits []string) ([]int64, error) {
	out, err := g.RunInput(ctx, repo, strings.NewReader(strings.Join(commits, "\n")+"\n"), "cat-file", "--batch-check=%(objecttype) %(objectsize)")
	if err != nil {
		return nil, fmt.Errorf("asking for the sizes of commits: %w", err)
	}
	sizes := make([]int64, 0, len(commits))
	for line := range strings.Lines(out) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "commit ")
		size, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil {
			return nil, fmt.Errorf("asking for the sizes of commits: git says %.100q", line)
		}
		sizes = append(sizes, size)
	}
	if len(sizes) != len(commits) {
		return nil, fmt.Errorf("asking for the sizes of %d commits: git knows %d", len(commits), len(sizes))
	}
	return sizes, nil
}

// SignedOff counts, among the newest commits up to one, merges apart, those that bear a Signed-off-by line.
func (g Git) SignedOff(ctx context.Context, repo, commit string, newest int) (signed, all int, err error) {
	out, err := g.Run(ctx, repo, "log", "-z", "--no-merges", "--max-count="+strconv.Itoa(newest),
		"--format=%H %(trailers:key=Signed-off-by,valueonly,unfold,separator=%x2C)", commit, "--")
	if err != nil {
		return 0, 0, fmt.Errorf("reading the history of %s: %w", commit, err)
	}
	for record := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		id, by, _ := strings.Cut(record, " ")
		if !IsCommitID(id) {
			continue // there is no commit at all
		}
		all++
		if strings.TrimSpace(by) != "" {
			signed++
		}
	}
	return signed, all, nil
}

// PointOrigin makes origin's branch in a check-out that CheckOut or LayHistory made name another commit.
func PointOrigin(dir, branch, commit string) error {
	return os.WriteFile(filepath.Join(dir, ".git", "refs", "remotes", "origin", branch), []byte(commit+"\n"), 0o644)
}
