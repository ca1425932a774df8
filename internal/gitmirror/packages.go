// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/shard"
)

// Packages lists what looks like a package (CATEGORY/PACKAGE/*.ebuild) in two commits, sorted. It is for planning: which of these the tool takes
// for packages, only the run can tell.
func (m *Mirrors) Packages(ctx context.Context, src Source, commits ...string) ([]shard.Package, error) {
	mir, err := m.of(src)
	if err != nil {
		return nil, err
	}
	found := map[string]*shard.Package{}
	for _, commit := range commits {
		if !gitops.IsCommitID(commit) {
			return nil, fmt.Errorf("listing packages: %q is no commit id", commit)
		}
		out, err := (gitops.Git{}).Run(ctx, mir.dir, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
		if err != nil {
			return nil, fmt.Errorf("listing packages: %w", err)
		}
		for name, n := range versionsIn(out) {
			p := found[name]
			if p == nil {
				p = &shard.Package{Name: name}
				found[name] = p
			}
			p.Versions, p.Sides = max(p.Versions, n), p.Sides+1
		}
	}
	packages := make([]shard.Package, 0, len(found))
	for _, p := range found {
		packages = append(packages, *p)
	}
	slices.SortFunc(packages, func(a, b shard.Package) int { return strings.Compare(a.Name, b.Name) })
	return packages, nil
}

// versionsIn counts the ebuilds of each package in a listing.
func versionsIn(listing string) map[string]int {
	versions := map[string]int{}
	for name := range strings.SplitSeq(listing, "\x00") {
		if parts := strings.Split(name, "/"); len(parts) == 3 && strings.HasSuffix(name, ".ebuild") {
			versions[parts[0]+"/"+parts[1]]++
		}
	}
	return versions
}
