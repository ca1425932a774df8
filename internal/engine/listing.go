// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
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
	files, err := s.listed(ctx, commitOf(p, side))
	if err != nil {
		return nil, err
	}
	found := &listing{categories: categoriesOf(seen), files: slices.Clone(files)}
	return found, found.follow(seen[0])
}

// known is what git said of commits.
type known struct {
	changes  map[string][]gitops.Change
	touched  map[string][]string
	listings map[string][]listedFile
}

func newKnown() *known {
	return &known{changes: map[string][]gitops.Change{}, touched: map[string][]string{}, listings: map[string][]listedFile{}}
}

// Know takes what differs between a revision's base and merge, from someone who has asked git.
func (e *Engine) Know(rev plan.Revision, changes []gitops.Change) {
	if e.known == nil {
		e.known = newKnown()
	}
	e.known.changes[rev.Base+".."+rev.Merge] = changes
}

// listed are the files and links of a commit, sorted as git sorts them. The merge's are the base's with what differs: one listing is enough.
func (s *stage) listed(ctx context.Context, commit string) ([]listedFile, error) {
	k, rev := s.engine.known, s.plan.Revision
	if files, ok := k.listings[commit]; ok {
		return files, nil
	}
	var files []listedFile
	var err error
	if commit == rev.Merge && commit != rev.Base {
		files, err = s.listedFrom(ctx, rev.Base)
	} else {
		var out string
		if out, err = s.engine.Git.Run(ctx, s.engine.Layout.Target(), "ls-tree", "-r", "-z", "--full-tree", commit); err == nil {
			files, err = parseListing(out)
		}
	}
	if err == nil {
		k.listings[commit] = files
	}
	return files, err
}

// listedFrom makes the merge's listing of another commit's and of what differs.
func (s *stage) listedFrom(ctx context.Context, base string) ([]listedFile, error) {
	files, err := s.listed(ctx, base)
	if err != nil {
		return nil, err
	}
	changes, err := s.changes(ctx)
	return applied(files, changes), err
}

// parseListing reads what git ls-tree -z says.
func parseListing(out string) ([]listedFile, error) {
	files := []listedFile{}
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		about, name, ok := strings.Cut(line, "\t")
		if !ok && line != "" {
			return nil, fmt.Errorf("git lists %.100q, which is not understood", line)
		}
		mode, _, _ := strings.Cut(about, " ")
		if f, ok := listedAs(name, mode); ok {
			files = append(files, f)
		}
	}
	return files, nil
}

// listedAs is the file of a path and mode; submodules are none.
func listedAs(name, mode string) (listedFile, bool) {
	link := strings.HasPrefix(mode, "120")
	return listedFile{name, link}, link || strings.HasPrefix(mode, "100")
}

// applied is a listing after changes. Both are sorted by the bytes of their paths.
func applied(files []listedFile, changes []gitops.Change) []listedFile {
	changes = slices.SortedFunc(slices.Values(changes), func(a, b gitops.Change) int { return strings.Compare(a.Path, b.Path) })
	out := make([]listedFile, 0, len(files)+len(changes))
	for _, c := range changes {
		n := 0
		for n < len(files) && files[n].path < c.Path {
			n++
		}
		out, files = append(out, files[:n]...), files[n:]
		if len(files) > 0 && files[0].path == c.Path {
			files = files[1:]
		}
		if f, ok := listedAs(c.Path, c.NewMode); ok && !c.Deleted() {
			out = append(out, f)
		}
	}
	return append(out, files...)
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
