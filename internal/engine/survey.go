// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/plan"
)

// inventory is what a tree has: versions by category/package.
type inventory map[string][]string

// survey notes what the runner itself finds in the trees and Evaluate, which has no trees, must know: the packages that each scan must have
// seen, and what is needed to compare them.
func (s *stage) survey(ctx context.Context, tables *pkgcheck.Tables) error {
	l := s.engine.Layout
	found, roots := map[string]inventory{}, map[string]fs.FS{}
	s.outcome.Packages = map[string][]string{}
	for _, side := range Sides {
		listed, err := s.listing(ctx, side)
		if err != nil {
			return fmt.Errorf("listing the packages of the %s: %w", side, err)
		}
		roots[side] = treeFS(l.Tree(side))
		found[side] = listed.inventory(roots[side])
		s.outcome.Packages[side] = inScope(slices.Sorted(maps.Keys(found[side])), s.scope)
	}
	if s.plan.Shard > 0 {
		s.ownPart(found, tables)
	}
	renames := renamesBetween(roots[Base], roots[Head], found[Base], found[Head])
	s.outcome.Trees = &plan.Trees{Renames: renames}
	if s.scope.Kind != plan.ScopeFull || s.part != nil { // the results of a whole full scan have all versions, or are refused
		s.outcome.Trees.Versions = map[string][]string{Base: found[Base].lines(), Head: found[Head].lines()}
	}
	return nil
}

// inScope leaves the packages that the scope names.
func inScope(packages []string, scope plan.Scope) []string {
	if scope.Kind == plan.ScopeFull {
		return packages
	}
	named := map[string]bool{}
	for _, p := range scope.Packages {
		named[p.Category+"/"+p.Package] = true
	}
	return slices.DeleteFunc(packages, func(name string) bool { return !named[name] })
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
