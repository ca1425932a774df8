// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"context"
	"fmt"
	"strings"
)

// Tip returns the commit that a branch of the source names now, and the branch: with "" it is the one that the source's HEAD names.
// The mirror holds the commit afterwards.
func (m *Mirrors) Tip(ctx context.Context, src Source, branch string) (commit, name string, err error) {
	mir, err := m.of(src)
	if err != nil {
		return "", "", err
	}
	if branch == "" {
		branch, err = await(ctx, m, "head "+mir.dir, mir.headBranch)
		if err != nil {
			return "", "", err
		}
	}
	if err := checkRefName(branch); err != nil {
		return "", "", err
	}
	commit, err = await(ctx, m, "tip "+mir.dir+" "+branch, func(ctx context.Context) (string, error) { return mir.freshTip(ctx, branch) })
	return commit, branch, err
}

// freshTip asks where a branch stands, and fetches only where the mirror does not know.
func (mir *mirror) freshTip(ctx context.Context, branch string) (string, error) {
	remote, err := mir.refs(ctx, branchRef(branch))
	if err != nil {
		return "", err
	}
	if at := remote[branchRef(branch)]; at != "" && mir.resolve(ctx, commitRef(at)) == at {
		return at, nil
	}
	return mir.tip(ctx, branch)
}

// headBranch asks which branch the source's HEAD names.
func (mir *mirror) headBranch(ctx context.Context) (string, error) {
	git, url, err := mir.remote(ctx)
	if err != nil {
		return "", err
	}
	out, err := git.Run(ctx, mir.owner.dir, "ls-remote", "--quiet", "--symref", "--", url, "HEAD")
	if err != nil {
		return "", fmt.Errorf("asking for the branch that HEAD names: %w", err)
	}
	for line := range strings.Lines(out) {
		target, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if branch, isRef := strings.CutPrefix(target, "ref: refs/heads/"); ok && isRef && name == "HEAD" {
			return branch, nil
		}
	}
	return "", fmt.Errorf("%w: its HEAD names none", ErrNoBranch)
}
