// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package ebuild reads what ebuild repositories are made of: versions, atoms, dependency specifications, metadata entries, manifests,
// metadata.xml, profiles, eclass documents. It is pure: it takes bytes or an fs.FS and runs nothing.
//
// The Package Manager Specification says what the formats mean; where it leaves room, pkgcore decides, because pkgcore is what scans.
// Reading is tolerant where pkgcore is (a line that it only logs is an error value beside the rest of the file), and nothing that a
// pull request can contain makes it panic.
package ebuild
