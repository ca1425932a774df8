// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

func compareEntries(a, b Entry) int {
	if c := compareFacts(a.Fact, b.Fact); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(a.From, b.From), strings.Compare(a.Behind, b.Behind))
}

func sortFacts(facts []*finding.Fact) { slices.SortFunc(facts, compareFacts) }

// compareFacts is a total order of what facts say, so that equal ones are interchangeable.
func compareFacts(a, b *finding.Fact) int {
	if c := strings.Compare(a.Category, b.Category); c != 0 {
		return c
	}
	if c := strings.Compare(a.Package, b.Package); c != 0 {
		return c
	}
	return compareInPackage(a, b)
}

// compareInPackage is compareFacts for two facts of one package.
func compareInPackage(a, b *finding.Fact) int {
	if c := compareVersions(a.Version, b.Version); c != 0 {
		return c
	}
	if c := strings.Compare(a.Rule, b.Rule); c != 0 {
		return c
	}
	if c := cmp.Compare(a.Line, b.Line); c != 0 {
		return c
	}
	if c := strings.Compare(a.Fingerprint, b.Fingerprint); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(a.Path, b.Path),
		strings.Compare(a.Message, b.Message),
		strings.Compare(string(a.Level), string(b.Level)),
		strings.Compare(a.Identity, b.Identity),
		strings.Compare(a.Check, b.Check),
		strings.Compare(a.Scope, b.Scope),
	)
}

// compareVersions orders versions for readers: numbers by value, all else by bytes. It is not the package manager's order
// (1.0_rc1 follows 1.0 here), and nothing but the order of lists and the choice of an example hangs on it.
func compareVersions(a, b string) int {
	if a == b {
		return 0
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		x, y := digits(a[i:]), digits(b[j:])
		if x > 0 && y > 0 {
			n, m := strings.TrimLeft(a[i:i+x], "0"), strings.TrimLeft(b[j:j+y], "0")
			if c := cmp.Or(cmp.Compare(len(n), len(m)), strings.Compare(n, m)); c != 0 {
				return c
			}
			i, j = i+x, j+y
			continue
		}
		if a[i] != b[j] {
			return cmp.Compare(a[i], b[j])
		}
		i, j = i+1, j+1
	}
	return cmp.Or(cmp.Compare(len(a)-i, len(b)-j), strings.Compare(a, b))
}

// digits returns how many digits text starts with.
func digits(text string) int {
	n := 0
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return n
}
