// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrUnrelated is returned where base and head share no commit.
var ErrUnrelated = errors.New("the pull request's head and the target branch have no commit in common")

// ErrNotFound is returned where a repository lacks a commit.
var ErrNotFound = errors.New("no such commit")

// Merge is the result of merging a head into a base.
type Merge struct {
	Commit string // empty on a conflict
	Tree   string // the commit's tree; empty on a conflict
	// Conflict says that both sides changed the same; Conflicts are the paths, sorted.
	Conflict  bool
	Conflicts []string
}

// Identity of merge commits. Together with dates from the head and pinned options it makes (base, head) always give the
// same commit, so that any replica, and anyone at home, can repeat it.
const (
	mergeName  = "prcheck"
	mergeEmail = "merge@prcheck.dev"
)

// mergeSettings pin what could change a merge's result: git's own defaults today.
var mergeSettings = []Setting{
	{"merge.renames", "true"},
	{"merge.renameLimit", "7000"},
	{"merge.directoryRenames", "conflict"},
	{"merge.renormalize", "false"},
	{"merge.conflictStyle", "merge"},
	{"diff.renames", "true"},
	{"diff.algorithm", "myers"},
	{"i18n.commitEncoding", "UTF-8"},
	{"commit.gpgSign", "false"},
}

var commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// IsCommitID says whether s is a whole object id.
func IsCommitID(s string) bool { return commitID.MatchString(s) }

// MergeInto merges head into base in the bare repository repo and returns the merge commit, which no ref names yet, or the
// conflicting paths. Both are whole commit ids. Several merge bases (criss-cross) are merged first, as git merge does.
// The repository must be bare: in others, git would follow the .gitattributes of whatever is checked out.
func (g Git) MergeInto(ctx context.Context, repo, base, head string) (Merge, error) {
	g.Config = append(slices.Clone(g.Config), mergeSettings...)
	for _, id := range []string{base, head} {
		if !IsCommitID(id) {
			return Merge{}, fmt.Errorf("%q is not a whole commit id: %w", id, ErrNotFound)
		}
	}
	out, err := g.Run(ctx, repo, "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", base, head)
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	var failed *Error
	switch {
	case err == nil:
	case errors.As(err, &failed) && failed.ExitCode == 1 && IsCommitID(fields[0]):
		paths := slices.Sorted(slices.Values(fields[1:]))
		return Merge{Conflict: true, Conflicts: slices.Compact(paths)}, nil
	case failed != nil && strings.Contains(failed.Stderr, "unrelated histories"):
		return Merge{}, ErrUnrelated
	default:
		return Merge{}, cmp.Or(g.hasAll(ctx, repo, base, head), fmt.Errorf("merging %s into %s: %w", head, base, err))
	}
	commit, err := g.commitMerge(ctx, repo, fields[0], base, head)
	if err != nil {
		return Merge{}, fmt.Errorf("merging %s into %s: %w", head, base, err)
	}
	return Merge{Commit: commit, Tree: fields[0]}, nil
}

func (g Git) commitMerge(ctx context.Context, repo, tree, base, head string) (string, error) {
	date, err := g.Line(ctx, repo, "show", "-s", "--format=%ct", head)
	if err != nil {
		return "", err
	}
	if n, perr := strconv.ParseInt(date, 10, 64); perr != nil || n < 0 {
		date = "0" // a head may bear any date, even none that git can write
	}
	g.Env = append(slices.Clone(g.Env),
		"GIT_AUTHOR_NAME="+mergeName, "GIT_AUTHOR_EMAIL="+mergeEmail, "GIT_AUTHOR_DATE=@"+date+" +0000",
		"GIT_COMMITTER_NAME="+mergeName, "GIT_COMMITTER_EMAIL="+mergeEmail, "GIT_COMMITTER_DATE=@"+date+" +0000")
	message := fmt.Sprintf("Merge %s into %s\n", head, base)
	return g.Line(ctx, repo, "commit-tree", tree, "-p", base, "-p", head, "-m", message)
}

// hasAll fails with ErrNotFound unless all are commits of repo.
func (g Git) hasAll(ctx context.Context, repo string, ids ...string) error {
	for _, id := range ids {
		if err := g.has(ctx, repo, id); err != nil {
			return err
		}
	}
	return nil
}

// has fails with ErrNotFound unless id is a commit of repo.
func (g Git) has(ctx context.Context, repo, id string) error {
	var failed *Error
	if _, err := g.Run(ctx, repo, "cat-file", "-e", id+"^{commit}"); errors.As(err, &failed) && failed.ExitCode > 0 {
		return fmt.Errorf("commit %s: %w", id, ErrNotFound)
	} else if err != nil {
		return err
	}
	return nil
}
