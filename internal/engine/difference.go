// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
)

// difference is what of the base's metadata cannot be the head's, too. It follows from the commits and from the base's metadata alone: the
// head's own word has no part in it. What is not in it is taken from the base.
type difference struct {
	changes []gitops.Change
	// touched are the paths of all commits of the pull request, those that are as before in the end among them.
	touched []string
	// ebuilds of the head (category/PF) that must be sourced: they changed, or an eclass of theirs did, or nothing is known of them.
	ebuilds []string
	// eclasses of the head that must be sourced: they changed, or one that they inherit did.
	eclasses []string
	// packages (category/package) with a metadata.xml that changed, on either side.
	packages []string
}

// nothing says that the base's metadata are the head's.
func (d *difference) nothing() bool {
	return len(d.ebuilds)+len(d.eclasses)+len(d.packages) == 0
}

// farReaching are files that decide what is an ebuild, and which eclasses there are.
var farReaching = []string{"metadata/layout.conf", "profiles/categories"}

// differ compares the commits. base is the base's prepared folder.
func (s *stage) differ(ctx context.Context, base string) (*difference, error) {
	changes, err := s.changes(ctx)
	if err != nil {
		return nil, err
	}
	if err := speakable(changes); err != nil {
		return nil, err
	}
	touched, err := s.touched(ctx)
	if err != nil {
		return nil, err
	}
	d := &difference{changes: changes, touched: touched, ebuilds: []string{}, eclasses: []string{}, packages: []string{}}
	head, err := s.listing(ctx, Head)
	if err != nil {
		return nil, err
	}
	changed := map[string]bool{}
	for _, c := range changes {
		changed[c.Path] = true
	}
	all, wide := breadth(changes, base)
	d.packages = append(d.packages, describing(gitops.Paths(changes))...)
	known, err := s.knownEbuilds(base, wide)
	if err != nil {
		return nil, err
	}
	if all {
		d.packages = append(d.packages, head.packages()...)
	}
	tree := treeFS(s.engine.Layout.Tree(Head))
	links := head.links()
	d.packages = append(d.packages, describing(slices.Collect(maps.Keys(links)))...)
	slices.Sort(d.packages)
	d.packages = slices.Compact(d.packages)
	head.ebuilds(tree, func(category, name, version string) {
		file := path.Join(category, name, name+"-"+version+".ebuild")
		if changed[file] || links[file] && len(changes) > 0 || wide && !known[category+"/"+name+"-"+version] {
			d.ebuilds = append(d.ebuilds, category+"/"+name+"-"+version)
		}
	})
	if wide {
		eclasses, err := s.differentEclasses(all)
		d.eclasses = append(d.eclasses, eclasses...) // none is a list, too: the driver wants all three
		return d, err
	}
	return d, nil
}

// breadth says how far changes reach beyond the files that they name: wide, to what inherits a changed eclass, or even to all that the head has.
func breadth(changes []gitops.Change, base string) (all, wide bool) {
	all = blank(base)
	for _, c := range changes {
		all = all || slices.Contains(farReaching, c.Path)
		wide = wide || strings.HasPrefix(c.Path, "eclass/")
	}
	return all, wide || all
}

// describing lists the packages whose metadata.xml is among the files.
func describing(files []string) []string {
	names := []string{}
	for _, file := range files {
		if strings.Count(file, "/") == 2 && path.Base(file) == "metadata.xml" {
			names = append(names, path.Dir(file))
		}
	}
	return names
}

// blank says that nothing is known of the base: its metadata could not be made.
func blank(base string) bool {
	entries, err := os.ReadDir(filepath.Join(base, cacheFolder))
	_, err2 := os.Lstat(filepath.Join(base, errorsFile))
	return (err != nil || len(entries) == 0) && err2 != nil
}

// packages are those that the commit has files of, as far as the names of their folders go.
func (l *listing) packages() []string {
	names := []string{}
	for _, f := range l.files {
		if parts := strings.Split(f.path, "/"); len(parts) == 3 && parts[2] == "metadata.xml" && isCategory(l.categories, parts[0]) {
			names = append(names, parts[0]+"/"+parts[1])
		}
	}
	return names
}

// changes lists what differs between the commits.
func (s *stage) changes(ctx context.Context) ([]gitops.Change, error) {
	rev := s.plan.Revision
	key := rev.Base + ".." + rev.Merge
	if changes, ok := s.engine.known.changes[key]; ok {
		return changes, nil
	}
	changes, err := s.engine.Git.Changes(ctx, s.engine.Layout.Target(), rev.Base, rev.Merge)
	if err == nil {
		s.engine.known.changes[key] = changes
	}
	return changes, err
}

// touched lists the paths of all commits of the pull request.
func (s *stage) touched(ctx context.Context) ([]string, error) {
	rev := s.plan.Revision
	key := rev.Base + ".." + rev.Merge
	if touched, ok := s.engine.known.touched[key]; ok {
		return touched, nil
	}
	touched, err := s.engine.Git.Touched(ctx, s.engine.Layout.Target(), rev.Base, rev.Merge)
	if err == nil {
		s.engine.known.touched[key] = touched
	}
	return touched, err
}

// links are the listed files that are links: what they lead to may change without them.
func (l *listing) links() map[string]bool {
	links := map[string]bool{}
	for _, f := range l.files {
		if f.link {
			links[f.path] = true
		}
	}
	return links
}

// knownEbuilds lists the ebuilds of which the base's word holds on the head although eclasses changed: those with an entry whose eclasses are
// all there in the recorded content. What could not be sourced does not say what it inherits. It reads every entry, so it is only asked
// where it matters.
func (s *stage) knownEbuilds(base string, wanted bool) (map[string]bool, error) {
	known := map[string]bool{}
	if !wanted {
		return known, nil
	}
	given, err := readPrepared(base)
	if err != nil {
		return nil, err
	}
	eclasses := s.eclassesOf(Head)
	for cpv, data := range given.entries {
		e, err := parseEntry(data)
		if err != nil {
			continue
		}
		known[cpv] = true
		for name, sum := range e.eclasses {
			ok, err := eclasses.has(name, sum)
			if err != nil {
				return nil, err
			}
			known[cpv] = known[cpv] && ok
		}
	}
	return known, nil
}

// differentEclasses names the head's eclasses that are not the base's, and those that inherit one of them; or all.
func (s *stage) differentEclasses(all bool) ([]string, error) {
	found := map[string]*digests{}
	for _, side := range Sides {
		var err error
		if found[side], err = digestEclasses(s.engine.Layout.Tree(side)); err != nil {
			return nil, err
		}
	}
	changed := changedEclasses(found[Base], found[Head])
	return slices.DeleteFunc(slices.Sorted(maps.Keys(found[Head].eclasses)), func(name string) bool { return !all && !changed[name] }), nil
}

// eclassSums knows the MD5 of eclasses as a side's ebuilds find them: the side's own, else one of a master's.
type eclassSums struct {
	own     fs.FS
	masters []fs.FS
	sums    map[string][]string // name → own, or those of the masters
}

func (s *stage) eclassesOf(side string) *eclassSums {
	l := s.engine.Layout
	e := &eclassSums{own: treeFS(l.Tree(side)), sums: map[string][]string{}}
	for _, m := range s.plan.Masters {
		e.masters = append(e.masters, treeFS(l.MasterTree(m.Name)))
	}
	return e
}

// has says whether the side has an eclass of that content.
func (e *eclassSums) has(name, sum string) (bool, error) {
	if !eclassName.MatchString(name) {
		return false, nil
	}
	if _, ok := e.sums[name]; !ok {
		if err := e.read(name); err != nil {
			return false, err
		}
	}
	return slices.Contains(e.sums[name], sum), nil
}

func (e *eclassSums) read(name string) error {
	file := path.Join("eclass", name+".eclass")
	own, err := md5In(e.own, file)
	if err != nil {
		return err
	}
	e.sums[name] = []string{}
	if own != "" {
		e.sums[name] = append(e.sums[name], own)
		return nil
	}
	for _, master := range e.masters {
		sum, err := md5In(master, file)
		if err != nil {
			return err
		}
		if sum != "" {
			e.sums[name] = append(e.sums[name], sum)
		}
	}
	return nil
}

// commit is a side's.
func commitOf(p plan.Plan, side string) string {
	if side == Base {
		return p.Revision.Base
	}
	return p.Revision.Merge
}
