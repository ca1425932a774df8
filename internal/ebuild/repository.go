// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// notCategories are folders of a repository without profiles/categories that hold no packages.
var notCategories = []string{"eclass", "profiles", "metadata", "licenses"}

// Categories lists the categories of a repository, sorted. The first tree is the repository, the others are its masters: what any of
// their profiles/categories names is a category. Where none has such a file, every folder of the repository is one.
func Categories(trees ...fs.FS) ([]string, error) {
	names, listed := []string{}, false
	for _, tree := range trees {
		text, err := readText(tree, "profiles/categories")
		if err != nil {
			return nil, err
		}
		for _, line := range numbered(text) { // comments are not known here
			names, listed = append(names, trim(line)), true
		}
	}
	if !listed && len(trees) > 0 {
		folders, err := foldersIn(trees[0], ".")
		if err != nil {
			return nil, err
		}
		for _, name := range folders {
			if !slices.Contains(notCategories, name) {
				names = append(names, name)
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !IsCategoryName(name) })
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Package is a package of a tree with its versions in rising order.
type Package struct {
	Category, Name string
	Versions       []Version
}

// Key is category and name.
func (p Package) Key() string { return p.Category + "/" + p.Name }

// Packages lists the packages of a tree that have an ebuild, sorted by category and name. Links are followed as far as tree does.
func Packages(tree fs.FS, categories []string) ([]Package, error) {
	found := []Package{}
	for _, category := range categories {
		if !IsCategoryName(category) {
			continue
		}
		names, err := foldersIn(tree, category)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			p, err := ReadPackage(tree, category, name)
			if err != nil {
				return nil, err
			}
			if len(p.Versions) > 0 {
				found = append(found, p)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Package) int {
		return cmp.Or(strings.Compare(a.Category, b.Category), strings.Compare(a.Name, b.Name))
	})
	return found, nil
}

// ReadPackage lists the ebuilds of one package; a package that is not there has none. Versions that are equal stand in the order of
// their texts.
func ReadPackage(tree fs.FS, category, name string) (Package, error) {
	p := Package{Category: category, Name: name}
	if !IsCategoryName(category) || !IsPackageName(name) {
		return p, nil
	}
	folder := path.Join(category, name)
	entries, err := readDir(tree, folder)
	if err != nil {
		return p, err
	}
	for _, entry := range entries {
		pf, ok := strings.CutSuffix(entry.Name(), ".ebuild")
		if !ok {
			continue
		}
		version, ok := strings.CutPrefix(pf, name+"-")
		if !ok {
			continue
		}
		if v, err := ParseVersion(version); err == nil && isKind(tree, folder, entry, 0) {
			p.Versions = append(p.Versions, v)
		}
	}
	slices.SortFunc(p.Versions, func(a, b Version) int { return cmp.Or(a.Compare(b), strings.Compare(a.text, b.text)) })
	return p, nil
}

// readDir lists a folder; one that is not there is empty.
func readDir(tree fs.FS, name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(tree, name)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", name, err)
	}
	return entries, nil
}

// foldersIn lists the folders in a folder, links to folders among them.
func foldersIn(tree fs.FS, folder string) ([]string, error) {
	entries, err := readDir(tree, folder)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, entry := range entries {
		if isKind(tree, folder, entry, fs.ModeDir) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// isKind tells whether an entry, or what it links to, is of a kind: 0 is a regular file.
func isKind(tree fs.FS, folder string, entry fs.DirEntry, kind fs.FileMode) bool {
	if entry.Type()&fs.ModeSymlink == 0 {
		return entry.Type() == kind
	}
	info, err := fs.Stat(tree, path.Join(folder, entry.Name()))
	return err == nil && info.Mode().Type() == kind
}
