// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package scope plans what a scan must cover: from both sides of a pull request it derives the packages and the whole-tree checks whose
// findings can differ, each with a reason that a contributor can read. Where it cannot prove a limit it widens, up to everything.
//
// An Index is what the planner knows of one side. It is built once for a base and derived for a head at a cost of the change:
//
//	base, err := scope.Build(tree, prepared, masters)
//	head, err := base.Derive(changes, headTree, headPrepared)
//	result := scope.Plan(base, head, changes, checks, scope.Options{})
//
// The rules have the numbers R1 to R21; each is a function of its own, and docs of the checks (table.go) say which inputs of which check
// a rule covers. The package is pure: it reads trees through fs.FS and runs nothing.
package scope
