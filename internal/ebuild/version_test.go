// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"slices"
	"strings"
	"testing"
)

// rising are versions in rising order; those in one string are equal.
var rising = []string{
	"0 0-r0 00", "0.1", "0.9", "0.10", "1_alpha", "1_alpha1_beta", "1_alpha1", "1_beta", "1_pre2", "1_rc", "1 1-r0 1-r00 01", "1-r1 1-r01", "1_p 1_p0",
	"1_p1", "1A", "1a", "1b", "1.0 1.00", "1.0a", "1.01 1.010", "1.02", "1.1", "1.1.1", "1.2", "1.10", "1.123456789012345678901234567890",
	"1.123456789012345678901234567891", "10", "20260101", "20260102",
}

func parsed(t *testing.T, s string) Version {
	t.Helper()
	v, err := ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCompare(t *testing.T) {
	last := []Version{{}}
	for _, row := range rising {
		equal := []Version{}
		for s := range strings.FieldsSeq(row) {
			equal = append(equal, parsed(t, s))
		}
		for _, a := range equal {
			for _, b := range equal {
				if c := a.Compare(b); c != 0 {
					t.Errorf("%s against %s: %d, want 0", a, b, c)
				}
			}
			for _, b := range last {
				if a.Compare(b) != 1 || b.Compare(a) != -1 {
					t.Errorf("%s is not higher than %s", a, b)
				}
			}
		}
		last = append(last, equal...)
	}
}

func TestNoVersions(t *testing.T) {
	for _, s := range []string{"", "a", "1.", ".1", "1..2", "1ab", "1a.2", "1_", "1_foo", "1_pa", "1-", "1-r", "1-rx", "1-1", "1-r1-r2", "-r1", "1 ", "１", "1_p1_"} {
		if v, err := ParseVersion(s); err == nil {
			t.Errorf("%q is read as %v", s, v)
		}
	}
}

func TestRevision(t *testing.T) {
	for s, want := range map[string][2]string{"1": {"1", ""}, "1-r0": {"1", ""}, "1_p2-r007": {"1_p2", "7"}} {
		if v := parsed(t, s); v.Number() != want[0] || v.Revision() != want[1] {
			t.Errorf("%s has the number %q and the revision %q, want %q", s, v.Number(), v.Revision(), want)
		}
	}
}

func TestSplitPF(t *testing.T) {
	for pf, want := range map[string]string{
		"foo-1": "foo 1", "foo-bar-1.2_rc3-r4": "foo-bar 1.2_rc3-r4", "foo-2-bar-3": "foo-2-bar 3", "foo--1": "foo- 1", "gtk+-3": "gtk+ 3",
		"foo-r1-1": "foo-r1 1", "foo": "", "foo-1-2": "", "foo-1-r1-2": "", "-1": "", "1": "", "foo-bar": "", "foo-1.": "", "+a-1": "", "a.b-1": "",
		"foo-r1": "", "foo-1-r2-r3": "",
	} {
		pn, version, ok := SplitPF(pf)
		if got := strings.TrimSpace(pn + " " + version); got != want || ok != (want != "") {
			t.Errorf("%q is split into %q (%v), want %q", pf, got, ok, want)
		}
	}
}

func TestNames(t *testing.T) {
	for s, want := range map[string][3]bool{ // package, category, flag
		"foo": {true, true, true}, "foo-bar+": {true, true, true}, "_x": {true, true, false}, "a.b": {false, true, false}, "a@b": {false, false, true},
		"": {}, "-a": {}, "+a": {}, ".a": {}, "a/b": {}, "ä": {}, "foo-1": {false, true, true}, "foo-1-r2": {false, true, true}, "foo-r2": {true, true, true},
	} {
		if got := [3]bool{IsPackageName(s), IsCategoryName(s), IsFlagName(s)}; got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestSortedVersions(t *testing.T) {
	list := []Version{parsed(t, "10"), parsed(t, "9999"), parsed(t, "2-r1"), parsed(t, "2"), parsed(t, "2_rc1")}
	slices.SortFunc(list, Version.Compare)
	got := ""
	for _, v := range list {
		got += v.String() + " "
	}
	if want := "2_rc1 2 2-r1 10 9999 "; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
