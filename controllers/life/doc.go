// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package life tests the controllers together, over the whole life of a check: on a real API server, with a forge and a
// server of its own that count every write and can fail any of them. It holds no product code.
package life
