// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package pkgcore holds internal/ebuild against pkgcore itself, the library that reads repositories for pkgcheck: both read whole repositories
// (pkgcheck's test data, generated ones, one full of oddities) and thousands of single texts, and must read the same.
//
// pkgcore runs inside the toolchain's root file system (make toolchain); it sources the ebuilds. Whatever it refuses may be read here
// in any way: the planner only has to know of everything that pkgcore knows.
package pkgcore
