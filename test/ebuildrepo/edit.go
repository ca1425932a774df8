// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Package finds a package by "category/name".
func (r *Repo) Package(key string) (*Package, error) {
	p, ok := r.Packages[key]
	if !ok {
		return nil, fmt.Errorf("repository %s has no package %s", r.Name, key)
	}
	return p, nil
}

// Find finds one version of a package.
func (r *Repo) Find(key, version string) (*Package, *Ebuild, error) {
	p, err := r.Package(key)
	if err != nil {
		return nil, nil, err
	}
	e := p.Ebuild(version)
	if e == nil {
		return nil, nil, fmt.Errorf("package %s has no version %s", key, version)
	}
	return p, e, nil
}

// AddPackage adds a package that is not there yet.
func (r *Repo) AddPackage(p *Package) error {
	if _, ok := r.Packages[p.Key()]; ok {
		return fmt.Errorf("adding %s: repository %s has it already", p.Key(), r.Name)
	}
	if p.Extra == nil {
		p.Extra = Tree{}
	}
	r.Packages[p.Key()] = p
	r.addCategory(p.Category)
	return nil
}

// RemovePackage removes a package, as a treeclean does. Masks and references to it stay, and so does its category.
func (r *Repo) RemovePackage(key string) error {
	if _, err := r.Package(key); err != nil {
		return fmt.Errorf("removing: %w", err)
	}
	delete(r.Packages, key)
	return nil
}

// AddVersion adds a version to a package.
func (r *Repo) AddVersion(key string, e *Ebuild) error {
	p, err := r.Package(key)
	if err != nil {
		return fmt.Errorf("adding a version: %w", err)
	}
	if p.Ebuild(e.Version) != nil {
		return fmt.Errorf("adding a version: %s-%s is there already", key, e.Version)
	}
	p.Ebuilds = append(p.Ebuilds, e)
	return nil
}

// Bump copies a version to a new one with testing keywords, the usual way to bump; the old version stays.
func (r *Repo) Bump(key, from, to string) error {
	_, e, err := r.Find(key, from)
	if err != nil {
		return fmt.Errorf("bumping: %w", err)
	}
	c := e.Clone()
	c.Version = to
	for i, k := range c.Keywords {
		c.Keywords[i] = "~" + strings.TrimPrefix(k, "~")
	}
	if c.Text != "" {
		c.Text = keywordsLine.ReplaceAllStringFunc(c.Text, func(l string) string {
			return bareKeyword.ReplaceAllString(l, "${1}~${2}")
		})
	}
	return r.AddVersion(key, c)
}

var (
	keywordsLine = regexp.MustCompile(`(?m)^KEYWORDS=.*$`)
	bareKeyword  = regexp.MustCompile(`(["\s])([a-z][a-z0-9-]*)`)
)

// Drop removes a version. The last one goes with its package.
func (r *Repo) Drop(key, version string) error {
	p, _, err := r.Find(key, version)
	if err != nil {
		return fmt.Errorf("dropping: %w", err)
	}
	if len(p.Ebuilds) == 1 {
		return r.RemovePackage(key)
	}
	p.Ebuilds = slices.DeleteFunc(p.Ebuilds, func(e *Ebuild) bool { return e.Version == version })
	return nil
}

// EditEbuild changes one version in place.
func (r *Repo) EditEbuild(key, version string, edit func(*Ebuild)) error {
	_, e, err := r.Find(key, version)
	if err != nil {
		return fmt.Errorf("editing an ebuild: %w", err)
	}
	edit(e)
	return nil
}

// EditMetadata changes a package's metadata.xml.
func (r *Repo) EditMetadata(key string, edit func(*Metadata)) error {
	p, err := r.Package(key)
	if err != nil {
		return fmt.Errorf("editing metadata: %w", err)
	}
	edit(&p.Metadata)
	return nil
}

// Rename moves a package as a package move does: directory, every dependency and mask that names it, profiles/updates.
func (r *Repo) Rename(from, to string) error {
	p, err := r.Package(from)
	if err != nil {
		return fmt.Errorf("renaming: %w", err)
	}
	category, name, ok := strings.Cut(to, "/")
	if _, taken := r.Packages[to]; taken || !ok {
		return fmt.Errorf("renaming %s to %q: not a free category/name", from, to)
	}
	delete(r.Packages, from)
	p.Category, p.Name = category, name
	r.addCategory(category)
	r.Packages[to] = p
	r.ReplaceAtom(from, to)
	r.appendLine("profiles/updates/1Q-2026", "move "+from+" "+to)
	return nil
}

// ReplaceAtom writes another package's name wherever a dependency, an optfeature line, a metadata.xml or a mask has one.
func (r *Repo) ReplaceAtom(from, to string) {
	word := regexp.MustCompile(`(^|[^A-Za-z0-9+_./-])` + regexp.QuoteMeta(from) + `($|[^A-Za-z0-9+_-]|-[0-9])`)
	replace := func(s string) string { return word.ReplaceAllString(s, "${1}"+to+"${2}") }
	list := func(l []string) {
		for i := range l {
			l[i] = replace(l[i])
		}
	}
	for _, p := range r.Packages {
		for flag, text := range p.Metadata.LocalUse {
			p.Metadata.LocalUse[flag] = replace(text)
		}
		for _, e := range p.Ebuilds {
			for _, l := range [][]string{e.RDepend, e.Depend, e.BDepend, e.IDepend, e.PDepend} {
				list(l)
			}
			e.Body, e.Text = replace(e.Body), replace(e.Text)
		}
	}
	for name, f := range r.Files {
		if base := path.Base(name); strings.HasPrefix(name, "profiles/") && (strings.HasPrefix(base, "package.") || base == "packages") {
			f.Text = replace(f.Text)
			r.Files[name] = f
		}
	}
}

// EditFile changes a file outside the packages, such as "profiles/use.desc". A file that is not there begins empty; one
// that ends empty is removed.
func (r *Repo) EditFile(name string, edit func(text string) string) {
	f, ok := r.Files[name]
	if !ok {
		f.Mode = ModeFile
	}
	f.Text = edit(f.Text)
	if f.Text == "" {
		delete(r.Files, name)
		return
	}
	r.Files[name] = f
}

// EditEclass changes an eclass of the repository.
func (r *Repo) EditEclass(name string, edit func(text string) string) error {
	file := "eclass/" + name + ".eclass"
	if _, ok := r.Files[file]; !ok {
		return fmt.Errorf("editing an eclass: repository %s has no %s", r.Name, file)
	}
	r.EditFile(file, edit)
	return nil
}

// AddEclassFunction gives an eclass one more documented function.
func (r *Repo) AddEclassFunction(eclass, function string) error {
	return r.EditEclass(eclass, func(text string) string {
		doc := "# @FUNCTION: " + function + "\n# @DESCRIPTION:\n# Print the arguments.\n" + function + "() {\n\techo \"$@\"\n}\n\n"
		if i := strings.LastIndex(text, "fi\n"); i >= 0 {
			return text[:i] + doc + text[i:]
		}
		return text + "\n" + doc
	})
}

// Mask adds an entry to profiles/package.mask.
func (r *Repo) Mask(atom, reason string) {
	r.appendLine("profiles/package.mask", "\n# Anna Example <anna@example.org> (2026-01-09)\n# "+reason+"\n"+atom)
}

// Unmask removes an entry from profiles/package.mask.
func (r *Repo) Unmask(atom string) {
	r.EditFile("profiles/package.mask", func(text string) string {
		return strings.ReplaceAll("\n"+text, "\n"+atom+"\n", "\n")[1:]
	})
}

func (r *Repo) appendLine(name, line string) {
	r.EditFile(name, func(text string) string { return strings.TrimLeft(text+line+"\n", "\n") })
}

// Inheritors are the packages with an ebuild that names the eclass in its inherit line, sorted.
func (r *Repo) Inheritors(eclass string) []string {
	var keys []string
	for _, key := range r.Keys() {
		if slices.ContainsFunc(r.Packages[key].Ebuilds, func(e *Ebuild) bool { return slices.Contains(e.Inherit, eclass) }) {
			keys = append(keys, key)
		}
	}
	return keys
}

// Dependents are the packages whose ebuilds name the package in a dependency, sorted.
func (r *Repo) Dependents(key string) []string {
	word := regexp.MustCompile(`(^|[\s!<>=~])` + regexp.QuoteMeta(key) + `($|[\s:\[]|-[0-9])`)
	var keys []string
	for _, k := range r.Keys() {
		if slices.ContainsFunc(r.Packages[k].Ebuilds, func(e *Ebuild) bool {
			return slices.ContainsFunc(slices.Concat(e.RDepend, e.Depend, e.BDepend, e.IDepend, e.PDepend), word.MatchString)
		}) {
			keys = append(keys, k)
		}
	}
	return keys
}
