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

// changedMetadata is the rest of R1: packages whose metadata differs, whatever made it differ.
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

// ignoredFiles is R15: what decides which files are looked at, and what is neither file nor folder.
func (p *planner) ignoredFiles() {
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
