// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// maxLinked is how many files a commit may have that are seen only through links to folders. A few links to links could show a tree
// any number of times.
const maxLinked = 200_000

// follow adds what the tool sees through links to folders: a category, or a package, that is a link to another folder of the tree. git lists
// the link and nothing below it. What leads out of the tree is no link in a check-out, so that nothing of it is seen.
func (l *listing) follow(tree fs.FS) error {
	direct := l.files // links are added to the end, and are not followed once more: the tree does that
	for _, f := range direct {
		if !f.link {
			continue
		}
		if info, err := fs.Stat(tree, f.path); err != nil || !info.IsDir() {
			continue
		}
		category, rest, below := strings.Cut(f.path, "/")
		if !isCategory(l.categories, category) || strings.Contains(rest, "/") {
			continue
		}
		show := l.showPackage
		if !below {
			show = l.showCategory
		}
		if err := show(tree, f.path); err != nil {
			return fmt.Errorf("following the link %s: %w", f.path, err)
		}
	}
	return nil
}

// showCategory adds the packages of a category.
func (l *listing) showCategory(tree fs.FS, category string) error {
	entries, err := fs.ReadDir(tree, category)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(category, e.Name())
		if info, err := fs.Stat(tree, name); err != nil || !info.IsDir() {
			continue // no package to the tool, either
		}
		if err := l.showPackage(tree, name); err != nil {
			return err
		}
	}
	return nil
}

// showPackage adds the files of a package. Folders in it hold neither ebuilds nor metadata.
func (l *listing) showPackage(tree fs.FS, name string) error {
	entries, err := fs.ReadDir(tree, name)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		if l.linked++; l.linked > maxLinked {
			return fmt.Errorf("more than %d files are seen through links to folders", maxLinked)
		}
		l.files = append(l.files, listedFile{path.Join(name, e.Name()), true})
	}
	return nil
}
