// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"maps"
	"slices"
)

// The modes of the files in a tree, as git writes them.
const (
	ModeFile    = "100644"
	ModeExec    = "100755"
	ModeSymlink = "120000"
)

// A File is one file of a tree. The text of a symlink is its target.
type File struct {
	Text string
	Mode string
}

// A Tree holds all files of a revision by their path from the repository's top.
type Tree map[string]File

// Repo is the model of one ebuild repository.
type Repo struct {
	Name string
	// Packages are keyed "category/name".
	Packages map[string]*Package
	// Files are all files that belong to no package: profiles/, eclass/, licenses/, metadata/.
	Files Tree
	// Planted names the packages in which breakage was planted, by the field's name in Breakage.
	Planted map[string][]string

	options Options
	removed []*Package // in the history once, gone now
	masked  []string   // keys of the packages that are masked because something depends on them
}

// Package is one package directory.
type Package struct {
	Category, Name string
	Ebuilds        []*Ebuild
	Metadata       Metadata
	// Extra are further files of the package by their path below it, such as "files/fix.patch".
	Extra Tree
	// Manifest replaces the made Manifest where it is not nil; an empty one means no file.
	Manifest *string
}

// Key is "category/name".
func (p *Package) Key() string { return p.Category + "/" + p.Name }

// Ebuild is one version of a package. Dependency fields hold one item an entry, such as "dev-libs/a[ssl?]" or
// "ssl? ( dev-libs/b )".
type Ebuild struct {
	Version     string
	EAPI        string
	Before      []string // lines before inherit, such as PYTHON_COMPAT
	Inherit     []string
	Description string
	Homepage    string
	SrcURI      []string
	Subdir      string // what S is set to
	License     string
	Slot        string
	Keywords    []string
	IUse        []string
	RequiredUse string
	Restrict    string
	RDepend     []string
	Depend      []string
	BDepend     []string
	IDepend     []string
	PDepend     []string
	Patches     []string
	Body        string // the phase functions
	// Text replaces the rendering where it is not empty.
	Text string
}

// Metadata is what metadata.xml says. Text replaces the rendering where it is not empty; None leaves the file out.
type Metadata struct {
	Maintainers []Maintainer
	LocalUse    map[string]string
	RemoteIDs   []RemoteID
	Long        string
	Text        string
	None        bool
}

// Maintainer is a person that looks after a package.
type Maintainer struct{ Email, Name string }

// RemoteID names a package at its upstream.
type RemoteID struct{ Type, ID string }

// Clone copies the model, so that one repository can be changed in several ways.
func (r *Repo) Clone() *Repo {
	c := *r
	c.Packages = make(map[string]*Package, len(r.Packages))
	for key, p := range r.Packages {
		c.Packages[key] = p.Clone()
	}
	c.Files = maps.Clone(r.Files)
	c.Planted = make(map[string][]string, len(r.Planted))
	for kind, keys := range r.Planted {
		c.Planted[kind] = slices.Clone(keys)
	}
	return &c
}

// Clone copies a package.
func (p *Package) Clone() *Package {
	c := *p
	c.Ebuilds = make([]*Ebuild, len(p.Ebuilds))
	for i, e := range p.Ebuilds {
		c.Ebuilds[i] = e.Clone()
	}
	c.Metadata.Maintainers = slices.Clone(p.Metadata.Maintainers)
	c.Metadata.LocalUse = maps.Clone(p.Metadata.LocalUse)
	c.Metadata.RemoteIDs = slices.Clone(p.Metadata.RemoteIDs)
	c.Extra = maps.Clone(p.Extra)
	if p.Manifest != nil {
		c.Manifest = new(*p.Manifest)
	}
	return &c
}

// Clone copies an ebuild.
func (e *Ebuild) Clone() *Ebuild {
	c := *e
	for _, list := range []*[]string{
		&c.Before, &c.Inherit, &c.SrcURI, &c.Keywords, &c.IUse, &c.RDepend, &c.Depend, &c.BDepend, &c.IDepend, &c.PDepend, &c.Patches,
	} {
		*list = slices.Clone(*list)
	}
	return &c
}

// Ebuild finds a version of the package, or nil.
func (p *Package) Ebuild(version string) *Ebuild {
	i := slices.IndexFunc(p.Ebuilds, func(e *Ebuild) bool { return e.Version == version })
	if i < 0 {
		return nil
	}
	return p.Ebuilds[i]
}

// Keys are the keys of all packages, sorted.
func (r *Repo) Keys() []string { return slices.Sorted(maps.Keys(r.Packages)) }

// Count is the number of ebuilds.
func (r *Repo) Count() int {
	n := 0
	for _, p := range r.Packages {
		n += len(p.Ebuilds)
	}
	return n
}
