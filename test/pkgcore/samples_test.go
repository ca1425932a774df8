// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcore

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// chooser puts texts together from parts; equal seeds give equal texts.
type chooser struct{ *rand.Rand }

func (c chooser) one(list ...string) string { return list[c.IntN(len(list))] }

func (c chooser) version() string {
	v := c.one("0", "1", "1", "2", "10", "01", "007", "20260101")
	for range c.IntN(4) {
		v += "." + c.one("0", "00", "1", "01", "10", "010", "2", "9", "123456789012345678901234567890")
	}
	if c.IntN(4) == 0 {
		v += c.one("a", "b", "z", "A")
	}
	for range max(0, c.IntN(5)-2) {
		v += "_" + c.one("alpha", "beta", "pre", "rc", "p") + c.one("", "0", "1", "01", "2", "20260101")
	}
	if c.IntN(3) == 0 {
		v += "-r" + c.one("0", "00", "1", "01", "2", "10")
	}
	return v
}

// rarely chooses a wrong one once in a while.
func (c chooser) rarely(list []string, wrong ...string) string {
	if c.IntN(25) == 0 {
		return c.one(wrong...)
	}
	return c.one(list...)
}

func (c chooser) name() string {
	return c.rarely([]string{"foo", "Foo", "foo-bar", "foo+", "_foo", "foo-1a-bar", "foo-", "a--b", "foo-r1", "x11", "foo_pre1", "foo-2-bar", "9", "gtk+"},
		"foo-1", "+a", "-a", "foo.bar", "", "foo-1-r2", "foo-1.2_p3", "é")
}

func (c chooser) atom() string {
	s := c.rarely([]string{"", "", "", "!", "!!"}, "!!!", " ")
	op := c.rarely([]string{"", "", ">=", "<=", "<", ">", "=", "=", "~"}, "==", "=>", "<>")
	s += op + c.rarely([]string{"dev-libs", "sys-apps", "Cat_1.x+", "a"}, ".a", "-a", "+a", "dev libs", "a/b") + c.rarely([]string{"/"}, "//", "") + c.name()
	if (op != "") != (c.IntN(25) == 0) {
		s += "-" + c.version()
	}
	if op == "=" || c.IntN(25) == 0 {
		s += c.one("", "*")
	}
	if c.IntN(2) == 0 {
		s += ":" + c.rarely([]string{"0", "0/1", "0=", "0/1=", "*", "=", "1.2_3+4-5", "+x"}, "", "0/", "/1", "-1", ".1", "0*", "==", "0/1/2", "ä")
	}
	if c.IntN(6) == 0 {
		s += "::" + c.rarely([]string{"gentoo", "a-b_c"}, "-x", "", "a.b")
	}
	if c.IntN(2) == 0 {
		flags := []string{}
		for range 1 + c.IntN(3) {
			flags = append(flags, c.use())
		}
		s += "[" + strings.Join(flags, ",") + c.rarely([]string{"]"}, "", "]x", "]]")
	}
	return s
}

func (c chooser) use() string {
	end := c.rarely([]string{"", "", "?", "="}, "??", "=?")
	begin := c.rarely([]string{"", "-"}, "!", "--", "-!")
	if end != "" {
		begin = c.rarely([]string{"", "!"}, "-", "!!", "!-")
	}
	return begin + c.rarely([]string{"ssl", "x264", "python_targets_python3_13", "c++", "a@b", "l10n_de-DE"}, "_x", "", "é") + c.rarely([]string{"", "(+)", "(-)"}, "(*)", "(+)(-)", ")") + end
}

func (c chooser) spec(depth int) string {
	words := []string{}
	for range c.IntN(5) {
		switch {
		case depth < 4 && c.IntN(2) == 0:
			words = append(words, c.one("", "||", "^^", "??", "foo?", "!foo?", "foo-bar?", "?", "!?", "|||")+" "+c.one("(", "(", "(", "(", "(", "(", "")+" "+
				c.spec(depth+1)+" "+c.one(")", ")", ")", ")", ")", ")", ")", ""))
		default:
			words = append(words, c.one("a/b", ">=a/b-1", "GPL-2", "!flag", "a|b", "(a", "b)", "http://x/y.tar", "a\tb", "\u2003", "\x1c", "\u00a0x"))
		}
	}
	return strings.Join(words, c.one(" ", " ", "\t", "  "))
}

func makeSamples() samples {
	c := chooser{rand.New(rand.NewPCG(4, 2))}
	s := samples{}
	for len(s.Versions) < 220 {
		if v := c.version(); !slices.Contains(s.Versions, v) {
			s.Versions = append(s.Versions, v)
		}
	}
	for range 1500 {
		s.Names = append(s.Names, c.name()+c.one("-", "-", "-", "--", "")+c.version()+c.one("", "", "", "", "-r", "_", ".", "-r1", "ab", "_p1_", "_foo"))
	}
	for range 6000 {
		s.Atoms = append(s.Atoms, c.atom())
	}
	for range 3000 {
		s.Specs = append(s.Specs, c.spec(0))
	}
	return s
}

func testVersions(t *testing.T, list []string, want [][]int) {
	t.Helper()
	for i, a := range list {
		va, err := ebuild.ParseVersion(a)
		if err != nil {
			t.Fatal(err)
		}
		for j, b := range list {
			vb, err := ebuild.ParseVersion(b)
			if err != nil {
				t.Fatal(err)
			}
			if got := va.Compare(vb); got != want[i][j] {
				t.Errorf("comparing %s with %s gives %d, pkgcore has %d", a, b, got, want[i][j])
			}
		}
	}
}

func testSplits(t *testing.T, list []string, want []tried[[2]string]) {
	t.Helper()
	right := 0
	for i, pf := range list {
		pn, version, ok := ebuild.SplitPF(pf)
		if ok {
			right++
		}
		if got := [2]string{pn, version}; ok != (want[i].Error == "") || got != want[i].Value {
			t.Errorf("%q is %q (%v), pkgcore has %+v", pf, got, ok, want[i])
		}
	}
	if right < 200 || right > len(list)-200 {
		t.Errorf("%d of %d names are right: that is not much of a test", right, len(list))
	}
}

// asDumped is an atom of ours in pkgcore's form.
func asDumped(a ebuild.Atom) dumpedAtom {
	d := dumpedAtom{
		Text: a.String(), Key: a.Key(), Op: string(a.Op), Glob: a.Glob, Version: a.Version, Slot: a.Slot, Subslot: a.Subslot, SlotOp: a.SlotOp,
		Repo: a.Repo, Block: int(a.Block), Use: []string{},
	}
	for _, u := range a.Use {
		d.Use = append(d.Use, u.String())
	}
	return d
}

func testAtoms(t *testing.T, list, versions []string, want []tried[dumpedAtom]) {
	t.Helper()
	right := 0
	for i, text := range list {
		a, err := ebuild.ParseAtom(text)
		if (err != nil) != (want[i].Error != "") {
			t.Errorf("%q: our error is %v, pkgcore's %q", text, err, want[i].Error)
		}
		if err != nil || want[i].Error != "" {
			continue
		}
		right++
		got := asDumped(a)
		for _, version := range versions {
			v, err := ebuild.ParseVersion(version)
			if err != nil {
				t.Fatal(err)
			}
			got.Matches = append(got.Matches, a.MatchesVersion(v))
		}
		if diff := cmp.Diff(want[i].Value, got); diff != "" {
			t.Errorf("%q differs (-pkgcore +ours):\n%s", text, diff)
		}
		if key, ok := ebuild.AtomKey(text); !ok || key != a.Key() {
			t.Errorf("the key of %q is %q (%v), of the whole atom %q", text, key, ok, a.Key())
		}
	}
	if right < 500 || right > len(list)-500 {
		t.Errorf("%d of %d atoms are right: that is not much of a test", right, len(list))
	}
}

func testSpecs(t *testing.T, list []string, want []tried[[]string]) {
	t.Helper()
	right := 0
	for i, text := range list {
		nodes, err := ebuild.ParseSpec(text)
		if (err != nil) != (want[i].Error != "") {
			t.Errorf("%q: our error is %v, pkgcore's %q", text, err, want[i].Error)
		}
		if err != nil || want[i].Error != "" {
			continue
		}
		right++
		if got := slices.Collect(ebuild.Leaves(nodes)); !slices.Equal(got, want[i].Value) {
			t.Errorf("%q has the leaves %q, pkgcore has %q", text, got, want[i].Value)
		}
		if got := slices.Collect(ebuild.LeavesOf(text)); !slices.Equal(got, want[i].Value) {
			t.Errorf("%q has the words %q, pkgcore has %q", text, got, want[i].Value)
		}
	}
	if right < 300 || right > len(list)-300 {
		t.Errorf("%d of %d specifications are right: that is not much of a test", right, len(list))
	}
}
