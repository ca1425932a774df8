// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLicenseGroups(t *testing.T) {
	own, err := ParseLicenseGroups("# x\nFREE @GNU MIT @GONE\nGNU GPL-2\nLOOP @POOL A\nPOOL @LOOP B\nQUOTED \"C D\"\n")
	if err != nil {
		t.Fatal(err)
	}
	got, err := own.Expand(LicenseGroups{"GNU": {"GPL-3", "@FREE"}, "FREE": {"BSD"}, "MORE": {"@GNU"}})
	want := LicenseGroups{
		"FREE": {"BSD", "GPL-2", "GPL-3", "MIT"}, "GNU": {"BSD", "GPL-2", "GPL-3"}, "LOOP": {"A", "B"}, "POOL": {"A", "B"}, "QUOTED": {"C", "D"}, "MORE": {"BSD", "GPL-3"},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if _, err := ParseLicenseGroups("A B\nC\n"); err == nil {
		t.Error("a group without licences is taken")
	}
	if _, err := ReadLicenseGroups(texts(map[string]string{"profiles/license_groups": "A \xff\n"})); err == nil {
		t.Error("what is not UTF-8 is taken")
	}
}

func TestGroupsThatExplode(t *testing.T) {
	groups := LicenseGroups{}
	for i := range 600 {
		groups[strings.Repeat("x", i+1)] = []string{"@" + strings.Repeat("x", i), strings.Repeat("y", i+1)}
	}
	if _, err := groups.Expand(); err == nil {
		t.Error("too many names are made of few")
	}
}

func TestLists(t *testing.T) {
	tree := texts(map[string]string{
		"licenses/b": "", "licenses/a": "", "licenses/sub/c": "",
		"profiles/thirdpartymirrors": "m u v # c\nempty\nm w\n", "profiles/arch.list": "x\n# c\ny # d\nx\n", "profiles/arches.desc": "x stable\ny testing z\nw odd\n",
		"profiles/profiles.desc": "x //a/../b/ stable\nbroken\ny b dev\n", "profiles/use.desc": "a - one - two\nb\nc  no\n", "profiles/desc/g.desc": "v - w\n",
	})
	licenses, err := Licenses(tree)
	if diff := cmp.Diff([]string{"a", "b"}, licenses); diff != "" || err != nil {
		t.Error(err, diff)
	}
	mirrors, err := ReadMirrors(tree)
	if diff := cmp.Diff(Mirrors{"m": {"w"}}, mirrors); diff != "" || err != nil {
		t.Error(err, diff)
	}
	arches, err := ReadArches(tree)
	if diff := cmp.Diff([]string{"x", "y"}, arches); diff != "" || err != nil {
		t.Error(err, diff)
	}
	statuses, err := ReadArchStatus(tree)
	if diff := cmp.Diff(map[string]string{"x": "stable"}, statuses); diff != "" || err != nil {
		t.Error(err, diff)
	}
	profiles, err := ReadProfileDescs(tree)
	if diff := cmp.Diff([]ProfileDesc{{"x", "a/../b", "stable"}, {"y", "b", "dev"}}, profiles); diff != "" || err != nil {
		t.Error(err, diff)
	}
	flags, err := ReadUseDesc(tree)
	if diff := cmp.Diff([]FlagDesc{{Name: "a", Text: "one - two"}}, flags.List); diff != "" || err != nil || len(flags.Ignored) != 2 {
		t.Error(err, flags.Ignored, diff)
	}
	groups, err := ReadUseExpandDescs(tree)
	if diff := cmp.Diff([]FlagDesc{{Name: "v", Text: "w"}}, groups["g"].List); diff != "" || err != nil || len(groups) != 1 {
		t.Error(err, diff)
	}
}

func TestLocalDescs(t *testing.T) {
	got := ParseLocalDescs("a/b:x - one\na/b - two\nbad:y - three\n")
	if diff := cmp.Diff([]FlagDesc{{Package: "a/b", Name: "x", Text: "one"}}, got.List); diff != "" || len(got.Ignored) != 2 {
		t.Error(got.Ignored, diff)
	}
}

func TestManifest(t *testing.T) {
	m, err := ParseManifest([]byte("DIST a 12 BLAKE2B 00aB SHA512 1\n\nEBUILD e 1 X 2\nMISC m 2\nAUX f 3\n"))
	want := Manifest{
		Dist:   map[string]Distfile{"a": {Size: 12, Checksums: map[string]string{"BLAKE2B": "ab", "SHA512": "1"}}},
		Ebuild: map[string]Distfile{"e": {Size: 1, Checksums: map[string]string{"X": "2"}}},
		Misc:   map[string]Distfile{"m": {Size: 2, Checksums: map[string]string{}}},
		Aux:    map[string]Distfile{"f": {Size: 3, Checksums: map[string]string{}}},
	}
	if diff := cmp.Diff(want, m); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestBadManifests(t *testing.T) {
	for _, line := range []string{"X a 1", "DIST", "DIST a", "DIST a 1 X", "DIST a x", "DIST a 1 X zz", "DIST ok 1"} {
		m, err := ParseManifest([]byte("DIST ok 1 X f\n" + line + "\nDIST after 1\n"))
		if err == nil || !strings.HasPrefix(err.Error(), "Manifest, line 2: ") || len(m.Dist) != 2 {
			t.Errorf("%s: %v, %v", line, m, err)
		}
	}
}

func TestSignedManifest(t *testing.T) {
	m, err := ParseManifest([]byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: a\nHash: b\n\nDIST a 1\n-----BEGIN PGP SIGNATURE-----\nDIST no x\n-----END PGP SIGNATURE-----\nDIST b 1\n"))
	if err != nil || len(m.Dist) != 2 {
		t.Errorf("%v (%v)", m, err)
	}
}
