// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package e2e_test holds prcheck, installed as its users install it, to its promises on a cluster of two nodes. Its tests carry the
// build tag cluster: `make test-cluster` runs them.
package e2e_test
