// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package pkgcheck reads what the driver of pkgcheck (images/pkgcheck/driver, PROTOCOL.md) writes, and says when two of its
// findings are the same.
//
// [Parse] reads a scan's stream and refuses whatever is not complete evidence. A [Table] holds, for each keyword, what each
// attribute means for the identity; [Generate] makes one for any version of pkgcheck from the tables that the driver
// dumps, by the policy written once in policy.go; [Default] is the one for the toolchain image. [Table.Facts] takes findings
// apart with it:
//
//	stream, err := pkgcheck.Parse(file, pkgcheck.DefaultLimits)
//	…
//	facts := pkgcheck.Default().Facts(stream.Findings)
//
// The package runs nothing and reads no files beside its embedded tables.
package pkgcheck
