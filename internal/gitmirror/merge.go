// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/prcheck/prcheck/internal/gitops"
)

// Request asks for a merge.
type Request struct {
	Number int64
	Head   string // the commit that must be merged, and no other
	Branch string // the target branch
}

// Merge is the merge of one head with one branch's tip.
type Merge struct {
	Base      string
	Commit    string // empty on a conflict
	Tree      string // empty on a conflict
	Conflict  bool
	Conflicts []string // sorted
	Unrelated bool     // head and base have no commit in common: a conflict without paths
	Changed   []string // paths that differ between base and merge, sorted
}

func pullRef(number int64) string { return "refs/pull/" + strconv.FormatInt(number, 10) + "/head" }

// localPull and localHead are where a source's refs stand in its mirror.
func localPull(number int64) string   { return "refs/prcheck/pull/" + strconv.FormatInt(number, 10) }
func localHead(branch string) string  { return "refs/prcheck/heads/" + branch }
func mergeRef(merge string) string    { return "refs/prcheck/merge/" + merge }
func commitRef(commit string) string  { return "refs/prcheck/commit/" + commit }
func branchRef(branch string) string  { return "refs/heads/" + branch }
func refspec(from, to string) string  { return "+" + from + ":" + to }
func validBranch(branch string) error { return checkRefName(branch) }

// Merge fetches head and branch and merges them. Requests for the same merge share the work, which goes on when their
// contexts end: the next request finds it done. ErrHeadGone and ErrNoBranch are final; other errors are worth another try.
func (m *Mirrors) Merge(ctx context.Context, src Source, req Request) (*Merge, error) {
	mir, err := m.of(src)
	if err != nil {
		return nil, err
	}
	if !gitops.IsCommitID(req.Head) {
		return nil, fmt.Errorf("%q is not a whole commit id: %w", req.Head, ErrHeadGone)
	}
	if err := validBranch(req.Branch); err != nil {
		return nil, err
	}
	key := fmt.Sprintf("merge %s %d %s %s", mir.dir, req.Number, req.Head, req.Branch)
	return await(ctx, m, key, func(ctx context.Context) (*Merge, error) { return mir.merge(ctx, req) })
}

// await runs work once for all who ask for key at the same time, with a life of its own, and waits for it as long as ctx lasts.
func await[T any](ctx context.Context, m *Mirrors, key string, work func(context.Context) (T, error)) (T, error) {
	results := m.flights.DoChan(key, func() (any, error) { //nolint:contextcheck // the work goes on when who asked first is gone
		ctx, cancel := context.WithTimeout(m.life, m.fetchTimeout)
		defer cancel()
		return work(ctx)
	})
	var none T
	select {
	case r := <-results:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		return none, fmt.Errorf("waiting for the mirror: %w", ctx.Err())
	}
}

func (mir *mirror) merge(ctx context.Context, req Request) (*Merge, error) {
	base, err := mir.bring(ctx, req)
	if err != nil {
		return nil, err
	}
	result, err := mir.mergeAt(ctx, base, req.Head)
	if err == nil || ctx.Err() != nil || !mir.discardIfDamaged(ctx, err) {
		return result, err
	}
	if base, err = mir.bring(ctx, req); err != nil {
		return nil, err
	}
	return mir.mergeAt(ctx, base, req.Head)
}

// bring makes the mirror hold the head and the branch's tip, and returns the tip.
func (mir *mirror) bring(ctx context.Context, req Request) (base string, err error) {
	remote, err := mir.wanted(ctx, req)
	if err != nil {
		return "", err
	}
	base, ok := remote[branchRef(req.Branch)]
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrNoBranch, req.Branch)
	}
	if mir.resolve(ctx, localPull(req.Number)) == req.Head && mir.resolve(ctx, localHead(req.Branch)) == base {
		return base, nil
	}
	err = mir.fetch(ctx, refspec(pullRef(req.Number), localPull(req.Number)), refspec(branchRef(req.Branch), localHead(req.Branch)))
	if err != nil {
		return "", err
	}
	if got := mir.resolve(ctx, localPull(req.Number)); got != req.Head {
		return "", fmt.Errorf("%w: the forge now names %s, not %s", ErrHeadGone, got, req.Head)
	}
	if base = mir.resolve(ctx, localHead(req.Branch)); base == "" {
		return "", fmt.Errorf("%w: %s", ErrNoBranch, req.Branch)
	}
	return base, nil
}

// wanted reads the two refs at the source. A head that is not there is looked for twice: forges replicate with a lag.
func (mir *mirror) wanted(ctx context.Context, req Request) (map[string]string, error) {
	pull, branch := pullRef(req.Number), branchRef(req.Branch)
	remote, err := mir.refs(ctx, pull, branch)
	if err != nil || remote[pull] == req.Head {
		return remote, err
	}
	timer := mir.owner.clock.NewTimer(mir.owner.recheck)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting before a second look for the head: %w", ctx.Err())
	}
	remote, err = mir.refs(ctx, pull, branch)
	switch got := remote[pull]; {
	case err != nil:
		return nil, err
	case got == "":
		return nil, fmt.Errorf("%w: the forge has no %s", ErrHeadGone, pull)
	case got != req.Head:
		return nil, fmt.Errorf("%w: the forge now names %s, not %s", ErrHeadGone, got, req.Head)
	}
	return remote, nil
}

// mergeAt merges two commits that the mirror has, and keeps a ref on the result.
func (mir *mirror) mergeAt(ctx context.Context, base, head string) (*Merge, error) {
	git := gitops.Git{}
	result, err := git.MergeInto(ctx, mir.dir, base, head)
	switch {
	case errors.Is(err, gitops.ErrUnrelated):
		return &Merge{Base: base, Conflict: true, Unrelated: true}, nil
	case err != nil:
		return nil, err
	case result.Conflict:
		return &Merge{Base: base, Conflict: true, Conflicts: result.Conflicts}, nil
	}
	if _, err := git.Run(ctx, mir.dir, "update-ref", mergeRef(result.Commit), result.Commit); err != nil {
		return nil, fmt.Errorf("keeping the merge: %w", err)
	}
	changes, err := git.Changes(ctx, mir.dir, base, result.Commit)
	if err != nil {
		return nil, err
	}
	return &Merge{Base: base, Commit: result.Commit, Tree: result.Tree, Changed: gitops.Paths(changes)}, nil
}

// Wanted names a merge that was made before.
type Wanted struct {
	Number int64
	Branch string
	Base   string
	Head   string
	Merge  string
}

// Ensure makes the mirror hold a merge that was made before, perhaps by a mirror that is no more: it fetches both sides and
// repeats the merge, which must give the same commit.
func (m *Mirrors) Ensure(ctx context.Context, src Source, w Wanted) error {
	mir, err := m.of(src)
	if err != nil {
		return err
	}
	if mir.holds(ctx, w.Merge) {
		return nil
	}
	_, err = await(ctx, m, "ensure "+mir.dir+" "+w.Merge, func(ctx context.Context) (bool, error) { return true, mir.repeat(ctx, w) })
	return err
}

// holds says that a merge is there with a ref that keeps it.
func (mir *mirror) holds(ctx context.Context, merge string) bool {
	return gitops.IsCommitID(merge) && mir.resolve(ctx, mergeRef(merge)) == merge
}

func (mir *mirror) repeat(ctx context.Context, w Wanted) error {
	if err := mir.fetch(ctx, refspec(pullRef(w.Number), localPull(w.Number)), refspec(branchRef(w.Branch), localHead(w.Branch))); err != nil {
		return err
	}
	for _, commit := range []string{w.Base, w.Head} {
		if err := mir.haveCommit(ctx, commit); err != nil {
			return err
		}
	}
	result, err := mir.mergeAt(ctx, w.Base, w.Head)
	if err != nil {
		return err
	}
	if result.Commit != w.Merge {
		return fmt.Errorf("merging %s into %s again gave %q, not %s: another version of git made it", w.Head, w.Base, result.Commit, w.Merge)
	}
	return nil
}

// haveCommit fetches a single commit by its id where the mirror lacks it.
func (mir *mirror) haveCommit(ctx context.Context, commit string) error {
	if !gitops.IsCommitID(commit) {
		return fmt.Errorf("%q is not a whole commit id: %w", commit, ErrNotMirrored)
	}
	if mir.resolve(ctx, commit) == commit {
		return nil
	}
	if err := mir.fetch(ctx, refspec(commit, commitRef(commit))); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNotMirrored, commit, err)
	}
	return nil
}
