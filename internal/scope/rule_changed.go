// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// git's modes of what is neither a file nor a folder.
const (
	modeLink      = 0o120000
	modeSubmodule = 0o160000
)

// changed is R1: every package with a changed path, by diff-tree, modes too.
func (p *planner) changed() {
	for _, c := range p.changes {
		if locate(c.Path) == placePackage {
			p.changedPath(c)
		}
	}
}

// changedMetadata is the rest of R4: packages whose metadata differs, or what is known in its stead, whatever made it differ.
func (p *planner) changedMetadata() {
	for key := range p.differ.own {
		p.add(key, "its metadata changed")
	}
}

func (p *planner) changedPath(c Change) {
	key := packageOf(c.Path)
	category, name, _ := strings.Cut(key, "/")
	if !slices.Contains(p.base.categories(), category) && !slices.Contains(p.head.categories(), category) {
		return // no check takes it for a package
	}
	if !ebuild.IsCategoryName(category) || !ebuild.IsPackageName(name) {
		p.everything(key + " is no name that a package can have")
		return
	}
	before, after := p.base.target().has(key), p.head.target().has(key)
	switch {
	case before && !after:
		p.add(key, "was removed")
	case !before && after:
		p.add(key, "was added")
	default:
		p.add(key, "was changed")
	}
}

// ignoredFiles is R15: what decides which files are looked at, and what is neither file nor folder. Where links lead from one folder to
// another, a changed path does not say which packages changed.
func (p *planner) ignoredFiles() {
	if len(p.changes) > 0 {
		p.links()
	}
	for _, c := range p.changes {
		switch name := c.Path[strings.LastIndexByte(c.Path, '/')+1:]; {
		case name == ".gitignore" || name == ".gitattributes" || name == ".gitmodules":
			p.everything(c.Path + " decides which files are looked at")
		case c.OldMode == modeLink || c.NewMode == modeLink:
			p.everything(c.Path + " is a symbolic link on one side")
		case c.OldMode == modeSubmodule || c.NewMode == modeSubmodule:
			p.everything(c.Path + " is a submodule on one side")
		}
	}
}

func (p *planner) links() {
	for _, x := range p.sides() {
		if x.target().linked {
			p.everything("the repository has symbolic links between its folders")
		}
		for _, k := range x.target().packages {
			if k.flags&pkgLinked != 0 {
				p.add(k.key, "has symbolic links that lead out of its folder")
			}
		}
	}
}

// history is the planner's part of R18: what commits touched and touched back is not in the trees' difference, but in the history that
// checks of blockers, profiles and ages look at.
func (p *planner) history() {
	differs := map[string]bool{}
	for _, c := range p.changes {
		differs[c.Path] = true
	}
	named, depended := map[string]string{}, map[string]string{}
	for _, name := range p.touched {
		if differs[name] || locate(name) != placePackage {
			continue
		}
		key := packageOf(name)
		named[key] = "was changed and changed back by commits of the pull request"
		depended[key] = "which commits of the pull request changed and changed back"
	}
	p.addNamed(named)
	p.addDependents(depended)
	for key := range depended {
		if len(p.views[0].linesOf(key)) > 0 {
			p.need(checkProfiles)
		}
	}
}
