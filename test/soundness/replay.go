// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"slices"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

// wholeTree are the checks that a list of packages leaves out.
var wholeTree = pkgcheck.DefaultTables().WholeTreeChecks()

// cut is the part of a full scan that a scope looks at.
func cut(s *pkgcheck.Stream, scope plan.Scope) compare.Side {
	side := compare.Side{Packages: map[compare.Package][]string{}, Whole: scope.Kind == plan.ScopeFull, Looked: map[compare.Package]bool{}}
	for _, k := range scope.Packages {
		side.Looked[compare.Package{Category: k.Category, Name: k.Package}] = true
	}
	for _, k := range s.Packages {
		name := compare.Package{Category: k.Category, Name: k.Package}
		side.Packages[name] = k.Versions
		side.Looked[name] = side.Looked[name] || side.Whole
	}
	findings := s.Findings
	if !side.Whole {
		findings = slices.DeleteFunc(slices.Clone(findings), func(f finding.Finding) bool {
			if slices.Contains(wholeTree, f.Check) {
				return !slices.Contains(scope.WholeTree, f.Check)
			}
			return !side.Looked[compare.Package{Category: f.Category, Name: f.Package}]
		})
	}
	side.Facts = pkgcheck.Default().Facts(findings)
	return side
}

// Oracle is what changed according to the two full scans.
func (p *Pair) Oracle(renames map[compare.Package]compare.Package) (changes, error) {
	return p.Replay(plan.Scope{Kind: plan.ScopeFull}, renames)
}

// Replay is what changed as far as a scope looks.
func (p *Pair) Replay(scope plan.Scope, renames map[compare.Package]compare.Package) (changes, error) {
	base, err := p.BaseScan.stream()
	if err != nil {
		return nil, err
	}
	head, err := p.HeadScan.stream()
	if err != nil {
		return nil, err
	}
	return changesOf(compare.Compare(cut(base, scope), cut(head, scope), compare.Options{Renames: renames})), nil
}
