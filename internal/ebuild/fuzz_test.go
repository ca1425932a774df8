// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func FuzzVersion(f *testing.F) {
	for _, s := range []string{"1.0", "1_p", "01.010a_alpha1_rc-r00", "1-r", "1.", "20260101_pre", "9999"} {
		f.Add(s, "1.0")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		va, err := ParseVersion(a)
		if err != nil {
			return
		}
		if va.String() != a || va.Compare(Version{}) <= 0 {
			t.Errorf("%q reads as %q and is not itself", a, va)
		}
		pn, version, ok := SplitPF("foo-bar-" + a)
		if !ok || pn != "foo-bar" || version != a {
			t.Errorf("foo-bar-%s is split into %q and %q", a, pn, version)
		}
		vb, err := ParseVersion(b)
		if err == nil && va.Compare(vb) != -vb.Compare(va) {
			t.Errorf("%s and %s are ordered both ways", a, b)
		}
	})
}

func FuzzSplitPF(f *testing.F) {
	for _, s := range []string{"foo-1", "foo-bar-1.2-r1", "foo-1-r", "a-1-2", "-1", "foo-1-r1-r2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		pn, version, ok := SplitPF(s)
		if ok && (pn+"-"+version != s || !IsPackageName(pn)) {
			t.Errorf("%q is split into %q and %q", s, pn, version)
		}
		if _, err := ParseVersion(version); ok && err != nil {
			t.Error(err)
		}
	})
}

func FuzzAtom(f *testing.F) {
	for _, s := range []string{"a/b", "!!>=a/b-1.2-r3:0/1=::r[x,-y(+),!z(-)?,w=]", "=a/b-1*", "~a/b-1", "a/b:*", "a/b::r", "!", "=*", "a/b[", "a/b:[]"} {
		f.Add(s)
	}
	v, err := ParseVersion("1.2-r3")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAtom(s)
		key, ok := AtomKey(s)
		if err != nil {
			return
		}
		if !ok || key != a.Key() {
			t.Errorf("the key of %q is %q (%v), of the atom %q", s, key, ok, a.Key())
		}
		again, err := ParseAtom(a.String())
		if err != nil || again.String() != a.String() {
			t.Errorf("%q is written as %q, and that as %q (%v)", s, a, again, err)
		}
		a.MatchesVersion(v)
		a.MatchesSlot("0", "1")
	})
}

func FuzzSpec(f *testing.F) {
	for _, s := range []string{"", "a/b || ( c/d ( e/f !g? ( h/i ) ) )", "^^ ( a b ) ?? ( c d )", "http://a/b -> c d? ( e )", "( ", ") (", "|| x", "( )", "->"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		nodes, err := ParseSpec(s)
		loose := slices.Collect(LeavesOf(s))
		if err != nil {
			return
		}
		if strict := slices.Collect(Leaves(nodes)); !slices.Equal(strict, loose) {
			t.Errorf("%q has the leaves %q and the words %q", s, strict, loose)
		}
	})
}

func FuzzEntry(f *testing.F) {
	f.Add("DEPEND=a/b\nEAPI=8\nINHERIT=x y\nIUSE=+a -b\nSLOT=0/1\n_eclasses_=x\t0123\ty\t4567\n_md5_=0123456789abcdef0123456789abcdef\n")
	f.Add("_eclasses_=x\n_md5_=0\n")
	f.Add("\n\n=\n")
	f.Fuzz(func(t *testing.T, s string) {
		e, err := ParseEntry([]byte(s))
		if err == nil && e.MD5 == "" {
			t.Error("an entry without _md5_ was taken")
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add("DIST a 1 SHA512 ff BLAKE2B 00a\nEBUILD b 2 SHA512 1\n")
	f.Add("-----BEGIN PGP SIGNED MESSAGE-----\nHash: x\n\nDIST a 1\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n")
	f.Add("DIST\nMISC a\nDIST a -1\nX a 1\n")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseManifest([]byte(s))
		if m.Dist == nil || err == nil && strings.Contains(s, "DIST a 1\n") && len(m.Dist) == 0 && !strings.Contains(s, "PGP") {
			t.Errorf("%q has no distfiles", s)
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add("<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"y\"><pkgmetadata><maintainer type=\"person\"><email>a</email></maintainer><use><flag name=\"x\">b <pkg>c/d</pkg></flag></use></pkgmetadata>")
	f.Add("<a><pkg><!-- x --></pkg><cat/></a>")
	f.Add("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe9</a>")
	f.Add("<a/><b/>")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMetadata([]byte(s))
		if err != nil && (m.Packages != nil || m.Maintainers != nil) {
			t.Error("a file that is refused has references")
		}
	})
}

func FuzzEclassDoc(f *testing.F) {
	f.Add("# @ECLASS: x.eclass\n# @PROVIDES: a b\n# @DEPRECATED: none\n\n# @FUNCTION: f\n# @INTERNAL\n# @DESCRIPTION:\n# x\nf() { :; }\n\n\t# @VARIABLE: v\n\t# @REQUIRED\n")
	f.Add("# @ECLASS_VARIABLE:\n#\n#x\n# @USER_VARIABLE")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseEclassDoc([]byte(s))
		if err == nil && !d.Documented && len(d.Functions)+len(d.Variables)+len(d.FunctionVariables) > 0 {
			t.Error("there are names without a block")
		}
	})
}

func FuzzProfileLines(f *testing.F) {
	f.Add("package.mask", "# c\n-a/b\n>=a/b-1 # x\n-\n")
	f.Add("packages", "*a/b\n-*a/c\n-*\na/d\n")
	f.Add("package.use", "a/b x -y\na/b\nX: y\n")
	f.Add("package.provided", "a/b-1\n-a/b-2\nx\n")
	f.Fuzz(func(t *testing.T, name, s string) {
		for _, line := range ParseProfileLines(name, "f", s) {
			if line.Err == nil && line.Atom.Package == "" && line.Text != "*" {
				t.Errorf("%q has no atom and no error", line.Text)
			}
		}
	})
}

func FuzzUpdates(f *testing.F) {
	f.Add("move a/b a/c\nslotmove a/c 0 1\nmove a/c a/d\nmove a/d a/b\n", "move a/b a/x\n\n")
	f.Add("move a/a a/b\nmove a/b a/a\n", "slotmove =a/b-1 0 1\n")
	f.Fuzz(func(t *testing.T, first, second string) {
		u := Updates{Moves: map[string]string{}}
		err := errors.Join(u.parse("1Q-2020", first), u.parse("2Q-2020", second))
		u.follow()
		moved := map[string]bool{}
		for _, update := range u.List {
			if !update.SlotMove {
				moved[update.Source.Key()] = true
			}
		}
		for source := range u.Moves {
			if !moved[source] {
				t.Errorf("%s is moved by no line (%v)", source, err)
			}
		}
	})
}

func FuzzLists(f *testing.F) {
	f.Add("A @B GPL-2\nB MIT @A\nC \"x y\"\n")
	f.Add("x - y - z\na/b:c - d\nmirror http://x/\r\nmasters = a b\n")
	f.Fuzz(func(t *testing.T, s string) {
		groups, err := ParseLicenseGroups(s)
		if err == nil {
			if expanded, err := groups.Expand(groups); err == nil && len(expanded) != len(groups) {
				t.Errorf("%d groups became %d", len(groups), len(expanded))
			}
		}
		ParseLayout(s)
		ParseLocalDescs(s)
		data := &fstest.MapFile{Data: []byte(s)}
		tree := fstest.MapFS{}
		for _, name := range []string{"thirdpartymirrors", "arch.list", "arches.desc", "profiles.desc", "use.desc", "desc/x.desc", "categories", "repo_name", "parent", "eapi"} {
			tree["profiles/"+name] = data
		}
		for _, read := range []func() error{
			func() error { _, err := ReadMirrors(tree); return err },
			func() error { _, err := ReadArches(tree); return err },
			func() error { _, err := ReadArchStatus(tree); return err },
			func() error { _, err := ReadProfileDescs(tree); return err },
			func() error { _, err := ReadUseDesc(tree); return err },
			func() error { _, err := ReadUseExpandDescs(tree); return err },
			func() error { _, err := Categories(tree); return err },
			func() error { _, err := ReadProfile(tree, ""); return err },
			func() error { _, err := ReadLayout(tree); return err },
		} {
			if err := read(); err != nil && !strings.Contains(err.Error(), errNotUTF8.Error()) {
				t.Error(err)
			}
		}
	})
}

func FuzzRecords(f *testing.F) {
	f.Add(`{"eclasses": {"x": {"md5": "0", "functions": ["a"], "variables": [], "properties": "live"}}}`)
	f.Add(`{"errors": {"a/b-1": {"md5": "0", "attr": "data", "error": "x", "detail": null}}}`)
	f.Fuzz(func(t *testing.T, s string) {
		if records, err := ParseEclassRecords([]byte(s)); (err == nil) != (records != nil) {
			t.Error("neither records nor an error, or both")
		}
		if records, err := ParseSourcingErrors([]byte(s)); (err == nil) != (records != nil) {
			t.Error("neither records nor an error, or both")
		}
	})
}

func FuzzTexts(f *testing.F) {
	f.Add("foo-bar", "x foo-bar y")
	f.Add("é", "aéb")
	f.Add("-x.", "--x.")
	f.Add("optfeature", "optfeature \"some / thing\" dev-libs/a \\\n\t\"dev-libs/b dev-libs/c\" # it's\nx")
	f.Fuzz(func(t *testing.T, word, text string) {
		set := NewWordSet([]string{word, "foo"})
		found := set.In([]byte(text))
		if slices.Contains(found, word) && !strings.Contains(text, word) {
			t.Errorf("%q is not in %q", word, text)
		}
		if word != "" && !slices.Contains(set.In([]byte(" "+word+" ")), word) {
			t.Errorf("%q is not found alone", word)
		}
		for _, atom := range Optfeatures([]byte(text)) {
			if !strings.Contains(text, atom) {
				t.Errorf("%q is not in %q", atom, text)
			}
		}
	})
}
