// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package version names the version of the programs, set by the linker.
package version

// Version is what `git describe` said when the program was built; "devel" in a plain go build.
var Version = "devel"
