// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"io/fs"
)

// Renames finds the packages that have another name on head, in two trees as fetch lays them out: former → present name. Scan does the
// same for Evaluate; this is for whoever compares results that did not come from one run.
func Renames(base, head string, masters []string) (map[string]string, error) {
	found := map[string]inventory{}
	for side, tree := range map[string]string{Base: base, Head: head} {
		var err error
		if found[side], err = inventoryOfTree(tree, masters); err != nil {
			return nil, fmt.Errorf("listing the versions of the %s: %w", side, err)
		}
	}
	return renamesBetween(treeFS(base), treeFS(head), found[Base], found[Head]), nil
}

// inventoryOfTree lists the packages of a tree that is not known by its commit.
func inventoryOfTree(tree string, masters []string) (inventory, error) {
	root := treeFS(tree)
	seen := []fs.FS{root}
	for _, m := range masters {
		seen = append(seen, treeFS(m))
	}
	listed := &listing{categories: categoriesOf(seen)}
	files, err := fs.Glob(root, "*/*/*.ebuild")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		listed.files = append(listed.files, listedFile{file, true}) // what it leads to decides
	}
	return listed.inventory(root), nil
}
