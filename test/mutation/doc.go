// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package mutation makes random, repeatable, realistic changes to Gentoo-style ebuild repositories, whatever they are: generated ones,
// pkgcheck's test data, overlays that people use.
//
// A change is one of Kinds, made by a seed. It works on the text of files, as contributors do, and looks for places where it matters:
// packages that others depend on, eclasses that are inherited, licences that are used. The same kind and seed change the same
// tree in the same way on every machine.
//
//	head, what, err := mutation.Apply(base, mutation.Step{Kind: "drop-package", Seed: 7})
//
// The package knows nothing of findings: whether a change makes or mends any is for its users to see.
package mutation
