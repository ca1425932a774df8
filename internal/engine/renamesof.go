// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import "fmt"

// Renames finds the packages that have another name on head, in two trees as fetch lays them out: former → present name. Scan does the
// same for Evaluate; this is for whoever compares results that did not come from one run.
func Renames(base, head string, masters []string) (map[string]string, error) {
	found := map[string]inventory{}
	for side, tree := range map[string]string{Base: base, Head: head} {
		var err error
		if found[side], err = inventoryOf(tree, masters); err != nil {
			return nil, fmt.Errorf("listing the versions of the %s: %w", side, err)
		}
	}
	return renamesBetween(base, head, found[Base], found[Head])
}
