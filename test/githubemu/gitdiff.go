// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// change is one file of a difference.
type change struct {
	path, previous, status string
	blob, patch            string
	additions, deletions   int
}

var changeWords = map[byte]string{'A': "added", 'D': "removed", 'M': "modified", 'R': "renamed", 'C': "copied", 'T': "changed"}

// diff lists what differs between two commits, as GitHub's list of files does.
func (g gitDir) diff(ctx context.Context, from, to string) ([]change, error) {
	raw, err := g.run(ctx, "diff-tree", "-r", "-M", "-z", "--raw", "--no-abbrev", from, to)
	if err != nil {
		return nil, err
	}
	changes := parseRaw(raw)
	numbers, err := g.run(ctx, "diff-tree", "-r", "-M", "-z", "--numstat", from, to)
	if err != nil {
		return nil, err
	}
	addNumbers(changes, numbers)
	text, err := g.run(ctx, "diff-tree", "-r", "-M", "-p", from, to)
	if err != nil {
		return nil, err
	}
	patches := splitPatches(text)
	if len(patches) != len(changes) {
		return nil, fmt.Errorf("git shows %d patches for %d changed files between %s and %s", len(patches), len(changes), from, to)
	}
	for i := range changes {
		changes[i].patch = patches[i]
	}
	return changes, nil
}

// parseRaw reads ":100644 100644 <sha> <sha> M\0path\0", where renames and copies have two paths.
func parseRaw(raw string) []change {
	var changes []change
	fields := strings.Split(raw, "\x00")
	for i := 0; i+1 < len(fields); i++ {
		meta := strings.Fields(fields[i])
		if len(meta) < 5 {
			continue
		}
		c := change{status: changeWords[meta[4][0]], blob: meta[3]}
		if c.blob == zeroSHA {
			c.blob = meta[2]
		}
		i++
		c.path = fields[i]
		if (meta[4][0] == 'R' || meta[4][0] == 'C') && i+1 < len(fields) {
			i++
			c.previous, c.path = c.path, fields[i]
		}
		changes = append(changes, c)
	}
	return changes
}

// addNumbers reads "1\t2\tpath\0", or "1\t2\t\0old\0new\0" for renames; binary files have "-".
func addNumbers(changes []change, numbers string) {
	n := 0
	fields := strings.Split(numbers, "\x00")
	for i := 0; i < len(fields) && n < len(changes); i++ {
		part := strings.SplitN(fields[i], "\t", 3)
		if len(part) < 3 {
			continue
		}
		changes[n].additions, _ = strconv.Atoi(part[0]) // "-" counts as none
		changes[n].deletions, _ = strconv.Atoi(part[1])
		if part[2] == "" {
			i += 2
		}
		n++
	}
}

// splitPatches cuts a patch at its files, and each file's part down to its hunks, as GitHub shows them. A change
// of a file's type is two parts in git's words and one change in GitHub's.
func splitPatches(text string) []string {
	var patches []string
	last := ""
	for i, part := range strings.Split("\n"+text, "\ndiff --git ") {
		if i == 0 {
			continue
		}
		name, _, _ := strings.Cut(part, "\n")
		hunks := ""
		if at := strings.Index(part, "\n@@ "); at >= 0 {
			hunks = part[at+1:]
		}
		if name == last {
			patches[len(patches)-1] += "\n" + hunks
			continue
		}
		last = name
		patches = append(patches, hunks)
	}
	return patches
}

// mergeBase gives "" when the two have no history in common.
func (g gitDir) mergeBase(ctx context.Context, a, b string) string {
	base, err := g.run(ctx, "merge-base", a, b)
	if err != nil {
		return ""
	}
	return base
}

// compute asks git all that a pull request's page shows, once for each pair of commits.
func (r *repo) compute(ctx context.Context, p *pull) (*computed, error) {
	base := r.resolve(ctx, "refs/heads/"+p.base.ref)
	if base == "" {
		base = p.base.sha
	}
	if c := p.computed; c != nil && c.head == p.head.sha && c.base == base {
		return c, nil
	}
	c := &computed{head: p.head.sha, base: base}
	fork := r.git.mergeBase(ctx, base, p.head.sha)
	if fork == "" {
		fork = base
	}
	changes, err := r.git.diff(ctx, fork, p.head.sha)
	if err != nil {
		return nil, err
	}
	c.files = len(changes)
	for _, f := range changes {
		c.additions += f.additions
		c.deletion += f.deletions
	}
	count, err := r.git.run(ctx, "rev-list", "--count", p.head.sha, "^"+base)
	if err != nil {
		return nil, err
	}
	c.commits, _ = strconv.Atoi(count) // a number, or rev-list is broken and 0 says so
	if err := r.tryMerge(ctx, p, c); err != nil {
		return nil, err
	}
	p.computed = c
	return c, nil
}

// tryMerge makes GitHub's test merge at refs/pull/N/merge; after a conflict the old one stays, as it does there.
func (r *repo) tryMerge(ctx context.Context, p *pull, c *computed) error {
	tree, err := r.git.run(ctx, "merge-tree", "--write-tree", c.base, c.head)
	if err != nil {
		return nil //nolint:nilerr // a conflict, or no common history: not mergeable is the answer
	}
	c.mergeable = true
	sha, err := r.git.run(ctx, "commit-tree", "-p", c.base, "-p", c.head, "-m", fmt.Sprintf("Merge %s into %s", c.head, c.base), tree)
	if err != nil {
		return err
	}
	c.mergeCommit = sha
	return r.git.setRef(ctx, fmt.Sprintf("refs/pull/%d/merge", p.number), sha)
}
