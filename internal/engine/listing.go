// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/trees"
)

// listing is what a commit has, as git lists it, seen through the check-out: it costs no walk through the files.
type listing struct {
	categories map[string]bool // that profiles/categories names; empty: what looks like one is one
	files      []listedFile
	linked     int // files that are seen through links to folders only
}

type listedFile struct {
	path string
	link bool // it is one, or is seen through one
}

// listing lists a side's commit.
func (s *stage) listing(ctx context.Context, side string) (*listing, error) {
	l, p := s.engine.Layout, s.plan
	seen := []fs.FS{treeFS(l.Tree(side))}
	for _, m := range p.Masters {
		seen = append(seen, treeFS(l.MasterTree(m.Name)))
	}
	out, err := s.listed(ctx, commitOf(p, side))
	if err != nil {
		return nil, err
	}
	found := &listing{categories: categoriesOf(seen)}
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		about, name, ok := strings.Cut(line, "\t")
		if !ok && line != "" {
			return nil, fmt.Errorf("git lists %.100q, which is not understood", line)
		}
		if strings.HasPrefix(about, "100") || strings.HasPrefix(about, "120") {
			found.files = append(found.files, listedFile{name, strings.HasPrefix(about, "120")})
		}
	}
	return found, found.follow(seen[0])
}

// known is what git said of commits.
type known struct {
	changes  map[string][]gitops.Change
	listings map[string]string
}

// listed is git's listing of a commit.
func (s *stage) listed(ctx context.Context, commit string) (string, error) {
	if k := s.engine.known; k != nil && k.listings[commit] != "" {
		return k.listings[commit], nil
	}
	out, err := s.engine.Git.Run(ctx, s.engine.Layout.Target(), "ls-tree", "-r", "-z", "--full-tree", commit)
	if k := s.engine.known; err == nil && k != nil {
		k.listings[commit] = out
	}
	return out, err
}

// ebuilds calls visit for each ebuild: category, package and version. A link to a file in the tree is one, too.
func (l *listing) ebuilds(tree fs.FS, visit func(category, name, version string)) {
	for _, f := range l.files {
		category, name, version, ok := l.ebuild(f.path)
		if !ok {
			continue
		}
		if f.link {
			if info, err := fs.Stat(tree, f.path); err != nil || !info.Mode().IsRegular() {
				continue
			}
		}
		visit(category, name, version)
	}
}

// ebuild takes the path of an ebuild apart.
func (l *listing) ebuild(file string) (category, name, version string, ok bool) {
	parts := strings.Split(file, "/")
	if len(parts) != 3 || !isCategory(l.categories, parts[0]) {
		return "", "", "", false
	}
	version, ok = ebuildName(parts[1], parts[2])
	return parts[0], parts[1], version, ok
}

// inventory is what the commit has: packages with their versions.
func (l *listing) inventory(tree fs.FS) inventory {
	found := inventory{}
	l.ebuilds(tree, func(category, name, version string) {
		key := category + "/" + name
		found[key] = append(found[key], version)
	})
	return found
}

// treeFS shows a tree, whatever it is made of.
func treeFS(tree string) fs.FS { return trees.FS(tree) }
