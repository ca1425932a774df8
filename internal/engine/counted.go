// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/plan"
)

// counted is what scan's runner found in the trees, as its outcome has it.
type counted struct {
	packages map[string][]string // by side
	trees    *plan.Trees
	scope    *plan.Scope
	commits  *plan.Commits // as fetch's outcome has it
}

// chosen is the scope that was scanned: the plan's, or the one that the run chose where the plan left it to it.
func (c counted) chosen(planned plan.Scope) (plan.Scope, error) {
	if planned.Kind != plan.ScopeAuto {
		return planned, nil
	}
	if c.scope == nil || c.scope.Kind != plan.ScopeFull && c.scope.Kind != plan.ScopePackages {
		return planned, incomplete("Nobody wrote down what was scanned.")
	}
	for _, p := range c.scope.Packages {
		if _, ok := parsePackage(p.Category + "/" + p.Package); !ok {
			return planned, incomplete("The scan stage names a package in scope that cannot be one: %.100q.", p.Category+"/"+p.Package)
		}
	}
	return *c.scope, nil
}

// renames is what the comparison takes of that name.
func (c counted) renames() (map[compare.Package]compare.Package, error) {
	renames := map[compare.Package]compare.Package{}
	if c.trees == nil {
		return renames, nil
	}
	if len(c.trees.Renames) > maxRenames {
		return nil, incomplete("The scan stage names %d renamed packages, more than the %d that it may.", len(c.trees.Renames), maxRenames)
	}
	for old, name := range c.trees.Renames {
		from, ok := parsePackage(old)
		to, ok2 := parsePackage(name)
		if !ok || !ok2 {
			return nil, incomplete("The scan stage names a renamed package that cannot be one: %.100q, now %.100q.", old, name)
		}
		renames[from] = to
	}
	return renames, nil
}

// exist is what a side's tree has, whatever was looked at. The results of a full scan name it all.
func (c counted) exist(side string, scope plan.Scope) (map[compare.Package][]string, error) {
	if scope.Kind == plan.ScopeFull {
		return nil, nil
	}
	if c.trees == nil || c.trees.Versions[side] == nil {
		return nil, incomplete("Nobody listed the versions of the packages of the %s.", side)
	}
	found := map[compare.Package][]string{}
	for _, line := range c.trees.Versions[side] {
		name, versions, ok := packageVersions(line)
		if !ok {
			return nil, incomplete("The scan stage lists a package of the %s that cannot be one: %.100q.", side, line)
		}
		found[name] = versions
	}
	return found, nil
}
