// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import "github.com/prcheck/prcheck/internal/checker/pkgcheck"

// keywords is what a base's scans ask for: every keyword, which turns on the checks that are off by default, or the tool's choice.
func (b *Base) keywords() []string {
	names := []string{}
	if b.Every {
		for _, k := range pkgcheck.DefaultTables().Keywords {
			names = append(names, k.Name)
		}
	}
	return names
}
