// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import "github.com/prcheck/prcheck/internal/finding"

// gaps returns the packages of which one side has facts, the other has the package, and nobody looked at it there. Facts of
// whole-tree checks do not count: those checks ran on both sides, or the engine has refused the runs.
func gaps(base, head Side) []Package {
	found := map[Package]bool{}
	look := func(facts []finding.Fact, other Side) {
		if other.Whole {
			return
		}
		for i := range facts {
			f := &facts[i]
			if f.Package == "" || (f.Scope != "" && f.Scope != "package" && f.Scope != "version") {
				continue
			}
			p := Package{f.Category, f.Package}
			if _, exists := other.Packages[p]; exists && !other.Looked[p] {
				found[p] = true
			}
		}
	}
	look(base.Facts, head)
	look(head.Facts, base)
	return sortedPackages(found)
}
