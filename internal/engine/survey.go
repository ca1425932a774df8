// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/plan"
)

// inventory is what a tree has: versions by category/package.
type inventory map[string][]string

// survey notes what the runner itself finds in the trees and Evaluate, which has no trees, must know to compare the results.
func (s *stage) survey() error {
	l := s.engine.Layout
	masters := []string{}
	for _, m := range s.plan.Masters {
		masters = append(masters, l.MasterTree(m.Name))
	}
	found := map[string]inventory{}
	for _, side := range Sides {
		var err error
		if found[side], err = inventoryOf(l.Tree(side), masters); err != nil {
			return fmt.Errorf("listing the versions of the %s: %w", side, err)
		}
	}
	renames, err := renamesBetween(l.Tree(Base), l.Tree(Head), found[Base], found[Head])
	if err != nil {
		return fmt.Errorf("looking for renamed packages: %w", err)
	}
	s.outcome.Trees = &plan.Trees{Renames: renames}
	if s.plan.Scope.Kind != plan.ScopeFull { // the results of a full scan have all versions, or are refused
		s.outcome.Trees.Versions = map[string][]string{Base: found[Base].lines(), Head: found[Head].lines()}
	}
	return nil
}

// inventoryOf lists what packagesOf counts, with versions.
func inventoryOf(tree string, masters []string) (inventory, error) {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	categories, err := categoriesOf(append([]string{tree}, masters...))
	if err != nil {
		return nil, err
	}
	found := inventory{}
	return found, walk(root, func(name string, d fs.DirEntry) error {
		parts := strings.Split(name, "/")
		if d.IsDir() && (len(parts) == 3 || len(parts) == 1 && !isCategory(categories, name)) {
			return fs.SkipDir
		}
		if len(parts) == 3 && isEbuild(root, parts, d) {
			key := parts[0] + "/" + parts[1]
			found[key] = append(found[key], ebuildVersion(parts))
		}
		return nil
	})
}

func ebuildVersion(parts []string) string {
	return strings.TrimSuffix(strings.TrimPrefix(parts[2], parts[1]+"-"), ".ebuild")
}

// lines is the inventory as an outcome has it: "category/package version version", sorted. What has no name of a package is none
// to the tool either.
func (i inventory) lines() []string {
	lines := make([]string, 0, len(i))
	for _, name := range slices.Sorted(maps.Keys(i)) {
		if _, ok := parsePackage(name); ok {
			lines = append(lines, name+" "+strings.Join(i[name], " "))
		}
	}
	return lines
}

// packageVersions reads such a line.
func packageVersions(line string) (name compare.Package, versions []string, ok bool) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return name, nil, false
	}
	name, ok = parsePackage(words[0])
	return name, words[1:], ok
}

// parsePackage takes category/package apart.
func parsePackage(text string) (compare.Package, bool) {
	category, name, ok := strings.Cut(text, "/")
	return compare.Package{Category: category, Name: name}, ok && categoryName.MatchString(category) && packageName.MatchString(name)
}
