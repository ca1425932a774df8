// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/trees"
)

// Request is the third tree of a run that checks commits: that of the pull request's head itself, not of the merge. It is no side of the
// comparison.
const Request = "request"

// A repository other than ::gentoo uses checks of commits where its history shows the custom: nearly all of the target branch's newest
// commits are signed off, and there are enough of them to tell.
const (
	customNewest  = 100 // commits that are looked at, merges apart
	customLeast   = 50  // of which there must be this many
	customPercent = 90  // of which this many must be signed off
)

// messageCheck is the check of pkgcheck's that looks at messages and sign-offs. The others hold commits to ::gentoo's own rules.
const messageCheck = "GitCommitMessageCheck"

// Sizes of commit objects above which commits are not checked: of one, and of all together. Their messages are anybody's text.
const (
	commitLimit  = 256 << 10
	commitsLimit = 16 << 20
)

// planCommits decides whether the pull request's own commits are checked, and which these are. It asks git only.
func (s *stage) planCommits(ctx context.Context) (*plan.Commits, error) {
	c, err := s.wantedCommits(ctx)
	if err != nil || c.State != plan.CommitsChecked {
		return c, err
	}
	rev, repo, git := s.plan.Revision, s.engine.Layout.Target(), s.engine.Git
	if !gitops.IsCommitID(rev.Head) {
		return c, fmt.Errorf("the plan names %q as the pull request's head, which is no whole commit id", rev.Head)
	}
	own, err := git.Between(ctx, repo, rev.Base, rev.Head, plan.MaxCommits+1)
	if err != nil {
		return c, err
	}
	if c.Count = len(own); len(own) == 0 {
		return &plan.Commits{State: plan.CommitsNone}, nil
	}
	if c.Base, err = git.MergeBase(ctx, repo, rev.Base, rev.Head); err != nil {
		return c, err
	}
	seen, err := git.Between(ctx, repo, c.Base, rev.Head, plan.MaxCommits+1)
	if err != nil {
		return c, err
	}
	if reason, err := s.tooMuch(ctx, seen); err != nil || reason != "" {
		return &plan.Commits{State: plan.CommitsTooMany, Reason: reason, Base: c.Base, Count: len(own)}, err
	}
	for _, id := range seen {
		if !slices.Contains(own, id) {
			c.Foreign = append(c.Foreign, id)
		}
	}
	return c, nil
}

// wantedCommits says whether commits are to be checked at all, by which checks, and why.
func (s *stage) wantedCommits(ctx context.Context) (*plan.Commits, error) {
	switch {
	case s.plan.Shard > plan.WholeTreeShard:
		return &plan.Commits{State: plan.CommitsElsewhere}, nil
	case s.plan.Snapshot.CommitChecks == plan.CommitsOff:
		return &plan.Commits{State: plan.CommitsDisabled}, nil
	case s.plan.Snapshot.CommitChecks == plan.CommitsOn:
		return &plan.Commits{State: plan.CommitsChecked, Reason: "the profile asks for it"}, nil
	case s.plan.Repository == gentooName:
		return &plan.Commits{State: plan.CommitsChecked, Reason: "its rules are those of ::gentoo"}, nil
	}
	signed, all, err := s.engine.Git.SignedOff(ctx, s.engine.Layout.Target(), s.plan.Revision.Base, customNewest)
	if err != nil {
		return nil, err
	}
	reason := fmt.Sprintf("%d of the target branch's newest %d commits are signed off", signed, all)
	if all < customLeast || 100*signed < customPercent*all {
		return &plan.Commits{State: plan.CommitsUnused, Reason: reason}, nil
	}
	return &plan.Commits{State: plan.CommitsChecked, Reason: reason, Checks: []string{messageCheck}}, nil
}

// gentooName is the configured name that turns ::gentoo's own checks on.
const gentooName = "gentoo"

// tooMuch says what about commits is more than is checked; empty: nothing.
func (s *stage) tooMuch(ctx context.Context, commits []string) (string, error) {
	if len(commits) > plan.MaxCommits {
		return fmt.Sprintf("it has more than %d commits", plan.MaxCommits), nil
	}
	sizes, err := s.engine.Git.Sizes(ctx, s.engine.Layout.Target(), commits)
	if err != nil {
		return "", err
	}
	var all int64
	for i, size := range sizes {
		if size > commitLimit {
			return fmt.Sprintf("the message of its commit %.12s is longer than %d KiB", commits[i], commitLimit>>10), nil
		}
		all += size
	}
	if all > commitsLimit {
		return fmt.Sprintf("its commits' messages are longer than %d MiB", commitsLimit>>20), nil
	}
	return "", nil
}

// layRequest lays out the tree of the pull request's head. It looks like a developer's clone: the head is checked out, and origin's branch is at the
// merge base. What the pull request itself changed is real, all else is from the store.
func (s *stage) layRequest(ctx context.Context, ignore []byte) error {
	e, p, c := s.engine, s.plan, s.outcome.Commits
	if c == nil || c.State != plan.CommitsChecked {
		return nil
	}
	changes, err := e.Git.Changes(ctx, e.Layout.Target(), c.Base, p.Revision.Head)
	if err != nil {
		return err
	}
	branch := branchName(p.Revision.Branch)
	err = s.layTree(ctx, e.Layout.Tree(Request), p.Repository, trees.Side{
		Repo: e.Layout.Target(), Commit: p.Revision.Head, Branch: branch, Role: trees.Target,
		Ignore: ignore, Real: gitops.Paths(changes), Trust: e.trusted(),
	})
	if err != nil {
		return fmt.Errorf("laying out the pull request's own tree: %w", err)
	}
	return gitops.PointOrigin(e.Layout.Tree(Request), branch, c.Base)
}

// plannedCommits is what fetch decided.
func (s *stage) plannedCommits() (*plan.Commits, error) {
	o, err := readOutcome(s.engine.Layout.Source(), plan.StageFetch)
	if err != nil {
		return nil, err
	}
	if o.Commits == nil {
		return nil, errors.New("fetch did not say whether the pull request's commits are checked")
	}
	return o.Commits, nil
}
