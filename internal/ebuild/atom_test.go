// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAtom(t *testing.T) {
	for text, want := range map[string]Atom{
		"a/b":                           {Category: "a", Package: "b"},
		"!a/b":                          {Block: WeakBlocker, Category: "a", Package: "b"},
		"!!a/b":                         {Block: StrongBlocker, Category: "a", Package: "b"},
		">=dev-libs/foo-bar-1.2_rc3-r4": {Op: OpGreaterEqual, Category: "dev-libs", Package: "foo-bar", Version: "1.2_rc3-r4"},
		"=a/b-1.2*":                     {Op: OpEqual, Glob: true, Category: "a", Package: "b", Version: "1.2"},
		"~a/b-1":                        {Op: OpSimilar, Category: "a", Package: "b", Version: "1"},
		"a/b:0":                         {Category: "a", Package: "b", Slot: "0"},
		"a/b:0/1.2=":                    {Category: "a", Package: "b", Slot: "0", Subslot: "1.2", SlotOp: "="},
		"a/b:*":                         {Category: "a", Package: "b", SlotOp: "*"},
		"a/b:=":                         {Category: "a", Package: "b", SlotOp: "="},
		"a/b::r":                        {Category: "a", Package: "b", Repo: "r"},
		"<a/b-1:2::r[x]":                {Op: OpLess, Category: "a", Package: "b", Version: "1", Slot: "2", Repo: "r", Use: []UseDep{{Flag: "x"}}},
		"a/b[-z,y(+),!x?]":              {Category: "a", Package: "b", Use: []UseDep{{Flag: "x", Kind: UseIfDisabled}, {Flag: "z", Kind: UseDisabled}, {Flag: "y", Default: '+'}}},
		"a/b[x=,!y(-)=,z?]":             {Category: "a", Package: "b", Use: []UseDep{{Flag: "y", Kind: UseOpposite, Default: '-'}, {Flag: "x", Kind: UseEqual}, {Flag: "z", Kind: UseIfEnabled}}},
	} {
		got, err := ParseAtom(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
		if key, ok := AtomKey(text); !ok || key != want.Key() {
			t.Errorf("the key of %s is %q (%v)", text, key, ok)
		}
	}
}

func TestNoAtoms(t *testing.T) {
	for _, s := range []string{
		"", "!", "a", "a/", "/b", "a/b/c", "!!!a/b", "a/b-1", ">=a/b", "=a/b*", "~a/b-1-r1", ">=a/b-1*", "==a/b-1", "a/b:", "a/b:0/", "a/b:/1", "a/b:-1", "a/b:0*",
		"a/b:==", "a/b::", "a/b::-r", "a/b[", "a/b[]", "a/b[x", "a/b[x]y", "a/b[x]:0", "a/b[-x?]", "a/b[!x]", "a/b[x(*)]", "a/b[x,]", "a/b:0::r:1", "a b/c", "a/b ",
	} {
		if a, err := ParseAtom(s); err == nil {
			t.Errorf("%q is read as %v", s, a)
		}
	}
}

func TestAtomIsWrittenAsRead(t *testing.T) {
	for _, s := range []string{"a/b", "!!>=a/b-1-r2:0/1=::r[!x?,-z,y(+)]", "=a/b-1*:*", "~a/b-1:=", "!<a/b-1:2"} {
		a, err := ParseAtom(s)
		if err != nil || a.String() != s {
			t.Errorf("%s is written as %s (%v)", s, a, err)
		}
	}
}

func TestMatchesVersion(t *testing.T) {
	for text, want := range map[string]string{ // of 1 1-r1 1.0 1.1 1.10 1_p1 2
		"a/b": "1 1-r1 1.0 1.1 1.10 1_p1 2", "=a/b-1": "1", "=a/b-1-r1": "1-r1", "=a/b-1.00": "1.0", "~a/b-1": "1 1-r1", ">a/b-1.1": "1.10 2", ">=a/b-1.1": "1.1 1.10 2",
		"<a/b-1.0": "1 1-r1 1_p1", "<=a/b-1-r1": "1 1-r1", "=a/b-1*": "1 1-r1 1.0 1.1 1.10 1_p1", "=a/b-1.1*": "1.1", "=a/b-1.*": "", "!<a/b-2": "1 1-r1 1.0 1.1 1.10 1_p1",
	} {
		a, err := ParseAtom(text)
		if err != nil && text != "=a/b-1.*" {
			t.Fatal(err)
		}
		got := []string{}
		for s := range strings.FieldsSeq("1 1-r1 1.0 1.1 1.10 1_p1 2") {
			if err == nil && a.MatchesVersion(parsed(t, s)) {
				got = append(got, s)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s matches %q, want %q", text, got, want)
		}
	}
}

func TestMatchesSlot(t *testing.T) {
	for text, want := range map[string][3]bool{ // of 0/0 0/1 1/1
		"a/b": {true, true, true}, "a/b:*": {true, true, true}, "a/b:0": {true, true, false}, "a/b:0/1=": {false, true, false}, "a/b:2": {},
	} {
		a, err := ParseAtom(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]bool{a.MatchesSlot("0", "0"), a.MatchesSlot("0", "1"), a.MatchesSlot("1", "1")}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestAtomsThatNothingMatches(t *testing.T) {
	a := Atom{Op: OpEqual, Category: "a", Package: "b", Version: "nonsense"}
	if a.MatchesVersion(parsed(t, "1")) || (Atom{Op: OpEqual, Version: "1"}).MatchesVersion(Version{}) {
		t.Error("what is no version matches")
	}
}
