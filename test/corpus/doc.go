// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package corpus runs pkgcheck's own test data through the engine: small repositories with known mistakes, the findings expected
// of each, and a patch that mends it. Every mended tree is compared with its base in both directions.
//
// What cannot work stands in a list with the reason each; a listed case that works fails the test as well as one that does not.
package corpus
