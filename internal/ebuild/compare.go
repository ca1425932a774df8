// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"cmp"
	"strings"
)

// Compare orders versions as PMS 3.3 does: negative where v is lower than o, positive where it is higher. Versions that are written
// differently can be equal (1.0 and 1.00, 1 and 1-r0).
func (v Version) Compare(o Version) int {
	if v.number == o.number {
		return compareNumbers(v.revision, o.revision)
	}
	if v.number == "" || o.number == "" {
		return cmp.Compare(len(v.number), len(o.number))
	}
	dotted1, suffixes1, more1 := strings.Cut(v.number, "_")
	dotted2, suffixes2, more2 := strings.Cut(o.number, "_")
	if dotted1 != dotted2 {
		if c := compareDotted(dotted1, dotted2); c != 0 {
			return c
		}
	}
	if c := compareSuffixes(suffixes1, more1, suffixes2, more2); c != 0 {
		return c
	}
	return compareNumbers(v.revision, o.revision)
}

// compareDotted compares 1.2.3a with 1.2.4.
func compareDotted(a, b string) int {
	a, letterA := cutLetter(a)
	b, letterB := cutLetter(b)
	moreA, moreB := true, true
	for first := true; moreA && moreB; first = false {
		var partA, partB string
		partA, a, moreA = strings.Cut(a, ".")
		partB, b, moreB = strings.Cut(b, ".")
		if c := comparePart(partA, partB, first); c != 0 {
			return c
		}
	}
	switch {
	case moreA:
		return 1
	case moreB:
		return -1
	}
	return cmp.Compare(letterA, letterB)
}

func cutLetter(s string) (rest string, letter byte) {
	if n := len(s) - 1; isLetter(s[n]) {
		return s[:n], s[n]
	}
	return s, 0
}

// comparePart compares two numbers between dots. All but the first are read as decimal fractions if one of them begins with 0.
func comparePart(a, b string, first bool) int {
	if first || a[0] != '0' && b[0] != '0' {
		return compareNumbers(a, b)
	}
	return strings.Compare(strings.TrimRight(a, "0"), strings.TrimRight(b, "0"))
}

// compareNumbers compares two rows of digits, however long; an empty one is 0.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(a, b)
}

// compareSuffixes compares alpha1_p2 with rc3; more tells whether there is one at all.
func compareSuffixes(a string, moreA bool, b string, moreB bool) int {
	for moreA || moreB {
		rankA, digitsA, rankB, digitsB := 0, "", 0, ""
		if moreA {
			var suffix string
			suffix, a, moreA = strings.Cut(a, "_")
			rankA, digitsA, _ = splitSuffix(suffix)
		}
		if moreB {
			var suffix string
			suffix, b, moreB = strings.Cut(b, "_")
			rankB, digitsB, _ = splitSuffix(suffix)
		}
		if rankA != rankB {
			return cmp.Compare(rankA, rankB)
		}
		if c := compareNumbers(digitsA, digitsB); c != 0 {
			return c
		}
	}
	return 0
}
