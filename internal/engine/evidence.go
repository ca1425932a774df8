// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/verdict"
)

// slowest is how many package times a verdict keeps.
const slowest = 20

func (s *scanned) evidence() verdict.SideEvidence {
	start := s.stream.Start
	e := verdict.SideEvidence{
		Tool: map[string]string{
			"pkgcheck": start.Versions.Pkgcheck, "pkgcore": start.Versions.Pkgcore, "snakeoil": start.Versions.Snakeoil,
			"python": start.Versions.Python, "bash": start.Versions.Bash, "git": start.Versions.Git,
			"perlModule": strconv.FormatBool(start.Versions.PerlModule),
		},
		Packages: len(s.stream.Packages), PackagesExpected: len(s.expected),
		Checks: s.stream.Ran(), Skipped: map[string]string{}, Findings: len(s.stream.Findings),
		Arguments: start.Arguments, Seed: strconv.Itoa(start.HashSeed), Clock: start.Clock.UTC().Format(time.RFC3339),
		RepositoryName: start.Repository, UnknownRules: s.unknown,
	}
	for _, c := range s.stream.Checks {
		if !c.Ran {
			e.Skipped[c.Name] = strings.TrimSuffix(c.Reason+": "+c.Detail, ": ")
		}
	}
	times := slices.Clone(s.stream.Packages)
	slices.SortStableFunc(times, func(a, b pkgcheck.Package) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return 0
	})
	for _, t := range times[:min(slowest, len(times))] {
		e.Slowest = append(e.Slowest, verdict.PackageTime{Package: t.Category + "/" + t.Package, Seconds: t.Seconds})
	}
	return e
}
