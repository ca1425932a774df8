// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"fmt"
	"strings"
)

// Version is a version with its revision, as PMS 3.2 has it. The zero Version is no version; it is lower than every other.
type Version struct {
	text     string // as written
	number   string // without the revision
	revision string // digits after -r; empty where there is none
}

// ParseVersion reads a version such as 1.2_rc3-r4.
func ParseVersion(s string) (Version, error) {
	v := Version{text: s, number: s}
	if i := strings.LastIndexByte(s, '-'); i >= 0 {
		if !isRevision(s[i+1:]) {
			return Version{}, fmt.Errorf("%.80q is no version", s)
		}
		v.number, v.revision = s[:i], s[i+2:]
	}
	if !isVersionNumber(v.number) {
		return Version{}, fmt.Errorf("%.80q is no version", s)
	}
	return v, nil
}

// String is the version as it was written.
func (v Version) String() string { return v.text }

// Number is the version without its revision.
func (v Version) Number() string { return v.number }

// Revision has the digits of the revision, without leading zeros; empty is -r0.
func (v Version) Revision() string { return strings.TrimLeft(v.revision, "0") }

// isRevision tells whether s is a revision without its hyphen: r and digits.
func isRevision(s string) bool {
	return len(s) > 1 && s[0] == 'r' && allDigits(s[1:])
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// isVersionNumber tells whether s is a version without a revision.
func isVersionNumber(s string) bool {
	dotted, suffixes, more := strings.Cut(s, "_")
	if n := len(dotted); n > 1 && isLetter(dotted[n-1]) {
		dotted = dotted[:n-1]
	}
	for more2 := true; more2; {
		var part string
		part, dotted, more2 = strings.Cut(dotted, ".")
		if part == "" || !allDigits(part) {
			return false
		}
	}
	for more {
		var suffix string
		suffix, suffixes, more = strings.Cut(suffixes, "_")
		if _, _, ok := splitSuffix(suffix); !ok {
			return false
		}
	}
	return true
}

// suffixNames are the names of suffixes with their ranks; no suffix has rank 0. Longer names stand before their beginnings.
var suffixNames = []struct {
	name string
	rank int
}{{"alpha", -4}, {"beta", -3}, {"pre", -2}, {"rc", -1}, {"p", 1}}

// splitSuffix splits a suffix such as rc3 into its rank and its digits.
func splitSuffix(s string) (rank int, digits string, ok bool) {
	for _, suffix := range suffixNames {
		if digits, found := strings.CutPrefix(s, suffix.name); found {
			return suffix.rank, digits, allDigits(digits)
		}
	}
	return 0, "", false
}

// SplitPF splits a package's name with its version: foo-bar-1.2-r1 is foo-bar and 1.2-r1.
func SplitPF(pf string) (pn, version string, ok bool) {
	i := strings.LastIndexByte(pf, '-')
	if i >= 0 && isRevision(pf[i+1:]) {
		i = strings.LastIndexByte(pf[:i], '-')
	}
	if i <= 0 || !IsPackageName(pf[:i]) {
		return "", "", false
	}
	if _, err := ParseVersion(pf[i+1:]); err != nil {
		return "", "", false
	}
	return pf[:i], pf[i+1:], true
}

// IsPackageName tells whether s can be the name of a package. What ends like a version (foo-1, foo-1-r2) cannot.
func IsPackageName(s string) bool {
	if s == "" || s[0] == '+' || s[0] == '-' || !only(s, "+_-") {
		return false
	}
	head, last, many := cutLast(s)
	if !many {
		return true
	}
	if isVersionNumber(last) {
		return false
	}
	if _, last2, many := cutLast(head); many && isRevision(last) {
		return !isVersionNumber(last2)
	}
	return true
}

// IsCategoryName tells whether s can be the name of a category.
func IsCategoryName(s string) bool {
	return s != "" && s[0] != '+' && s[0] != '.' && s[0] != '-' && only(s, "+_.-")
}

// cutLast cuts s at its last hyphen.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '-')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

// only tells whether s has nothing but ASCII letters, digits and the bytes of others.
func only(s, others string) bool {
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && !isLetter(c) && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
