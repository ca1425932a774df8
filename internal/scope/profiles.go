// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// profiles is what a tree's profiles/ says.
type profiles struct {
	lines    map[string][]profileLine // by file below profiles/; a folder of files is one (base/package.mask)
	folders  []string                 // below profiles/, sorted
	groups   map[string][]string      // of license_groups, not expanded
	mirrors  map[string]string        // of thirdpartymirrors: name → URIs
	moves    map[string]string        // of updates: source → target
	moved    []string                 // keys that updates name, sorted
	spoiled  []string                 // files that cannot be read as what they are, sorted
	useDesc  []string                 // flags of use.desc, sorted
	useGroup []string                 // flags of desc/*, with the group's name in front, sorted
}

// profileLine is a line of a file that names packages.
type profileLine struct {
	key  string // category/name; empty where the line cannot be read
	atom string
	rest string // what stands behind the atom
	mark string // "-", "*" or "-*" in front of the atom
}

// readProfiles reads a tree's profiles/.
func (r *reader) readProfiles(t *tree) error {
	found, err := ebuild.ReadProfiles(r.tree)
	if err != nil {
		return fmt.Errorf("reading profiles/: %w", err)
	}
	t.profile.lines = map[string][]profileLine{}
	for i := range found {
		t.profile.take(&found[i])
	}
	slices.Sort(t.profile.folders)
	return r.readLists(t)
}

// take adds a folder.
func (p *profiles) take(folder *ebuild.Profile) {
	if folder.Path != "" {
		p.folders = append(p.folders, folder.Path)
	}
	for name, lines := range folder.Lines {
		file := path.Join(folder.Path, name)
		for i := range lines {
			p.lines[file] = append(p.lines[file], lineOf(&lines[i]))
		}
	}
	for _, err := range folder.Errs {
		p.spoiled = append(p.spoiled, folder.Path+": "+err.Error())
	}
}

func lineOf(l *ebuild.ProfileLine) profileLine {
	out := profileLine{rest: strings.Join(l.Words, " ")}
	if l.Removes {
		out.mark = "-"
	}
	if l.System {
		out.mark += "*"
	}
	out.atom = l.Text
	if l.Err == nil && l.Atom.Package != "" {
		out.key, out.atom = l.Atom.Key(), l.Atom.String()
	}
	return out
}

// readLists reads the lists in profiles/ that have rules of their own.
func (r *reader) readLists(t *tree) error {
	p := &t.profile
	p.spoiled = slices.DeleteFunc(p.spoiled, func(s string) bool { return strings.HasPrefix(s, listPrefix) })
	groups, err := ebuild.ReadLicenseGroups(r.tree)
	p.spoil("license_groups", err)
	p.groups = groups
	mirrors, err := ebuild.ReadMirrors(r.tree)
	p.spoil("thirdpartymirrors", err)
	p.mirrors = map[string]string{}
	for name, uris := range mirrors {
		p.mirrors[name] = strings.Join(uris, " ")
	}
	updates, err := ebuild.ReadUpdates(r.tree, r.profilesEAPI())
	p.spoil("updates", err)
	p.moves, p.moved = updates.Moves, nil
	for i := range updates.List {
		u := &updates.List[i]
		p.moved = append(p.moved, u.Source.Key())
		if !u.SlotMove {
			p.moved = append(p.moved, u.Target.Key())
		}
	}
	p.moved = sorted(p.moved)
	r.readFlags(p)
	slices.Sort(p.spoiled)
	return nil
}

const listPrefix = "list "

// spoil notes that a list cannot be read.
func (p *profiles) spoil(name string, err error) {
	if err != nil {
		p.spoiled = append(p.spoiled, listPrefix+name+": "+err.Error())
	}
}

func (r *reader) readFlags(p *profiles) {
	global, err := ebuild.ReadUseDesc(r.tree)
	p.spoil("use.desc", err)
	p.useDesc, p.useGroup = nil, nil
	for _, flag := range global.List {
		p.useDesc = append(p.useDesc, flag.Name)
	}
	groups, err := ebuild.ReadUseExpandDescs(r.tree)
	p.spoil("desc", err)
	for group, flags := range groups {
		for _, flag := range flags.List {
			p.useGroup = append(p.useGroup, strings.ToLower(group)+"_"+flag.Name)
		}
	}
	p.useDesc, p.useGroup = sorted(p.useDesc), sorted(p.useGroup)
}

// profilesEAPI is the EAPI of profiles/ itself.
func (r *reader) profilesEAPI() string {
	data, err := fs.ReadFile(r.tree, "profiles/eapi")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
