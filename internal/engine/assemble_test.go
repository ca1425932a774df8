// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/planted"
)

func sumOf(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// entryOf is a metadata entry of an ebuild of that text that inherits eclasses (name → text).
func entryOf(mark, ebuild string, eclasses map[string]string) string {
	words := []string{}
	for name, text := range eclasses {
		words = append(words, name, sumOf(text))
	}
	entry := "DESCRIPTION=" + mark + "\nEAPI=8\nSLOT=0\n"
	if len(words) > 0 {
		entry += "_eclasses_=" + strings.Join(words, "\t") + "\n"
	}
	return entry + "_md5_=" + sumOf(ebuild) + "\n"
}

// errorsOf is the error of an ebuild whose text is that of the tests' unchanged one.
func errorsOf(mark string) string {
	return `{"errors":{"a/b-1":{"md5":"` + sumOf("EAPI=8\n") + `","attr":"data","error":"` + mark + `","detail":null,"inputs":"x"}}}`
}

// assembled builds both sides' trees and prepared folders and returns what the head's scan would be told.
func assembled(t *testing.T, trees, given map[string]map[string]string) (map[string]string, error) {
	t.Helper()
	l := Layout{Root: t.TempDir()}
	for _, side := range Sides {
		planted.Write(t, l.Tree(side), trees[side])
		planted.Write(t, l.Prepared(side), given[side])
	}
	s := &stage{engine: &Engine{Layout: l, known: newKnown()}, plan: plan.Plan{Revision: committed(t, l.Target(), trees[Base], trees[Head])}}
	if err := s.assemble(t.Context()); err != nil {
		return nil, err
	}
	// The driver reads the head's folder before the base's, and believes nothing that does not fit the tree.
	told := given[Base]
	if _, ok := planted.Read(t, l.Work("prepared-head"))["md5-cache/a/b-1"]; ok {
		told = map[string]string{}
	}
	told = maps.Clone(told)
	maps.Copy(told, planted.Read(t, l.Work("prepared-head")))
	if told["errors.json"] == `{"errors":{}}` {
		told["errors.json"] = given[Base]["errors.json"]
		if told["md5-cache/a/b-1"] != given[Base]["md5-cache/a/b-1"] {
			told["errors.json"] = ""
		}
	}
	return told, nil
}

func TestTheHeadsWordCountsOnlyWhereItsInputsChanged(t *testing.T) {
	t.Parallel()
	const ebuild, changed, eclass, newer = "EAPI=8\n", "EAPI=8\n# new\n", "# eclass\n", "# newer\n"
	const metadata = "<pkgmetadata/>"
	tree := func(ebuildText, eclassText string) map[string]string {
		return map[string]string{"a/b/b-1.ebuild": ebuildText, "a/b/metadata.xml": metadata, "eclass/e.eclass": eclassText}
	}
	inherits := func(text string) map[string]string { return map[string]string{"e": text} }
	said := func(mark, ebuildText string, eclasses map[string]string) map[string]string {
		return map[string]string{"md5-cache/a/b-1": entryOf(mark, ebuildText, eclasses), "use.local.desc": "a/b:flag - " + mark + "\n"}
	}
	cases := map[string]struct {
		head  map[string]string // tree
		given map[string]string // by the head
		base  map[string]string // given by the base
		want  string            // whose word
	}{
		"nothing changed":                            {tree(ebuild, eclass), said("forged", ebuild, nil), said("base", ebuild, nil), "base"},
		"the ebuild changed":                         {tree(changed, eclass), said("head", changed, nil), said("base", ebuild, nil), "head"},
		"an eclass changed that it inherits":         {tree(ebuild, newer), said("head", ebuild, inherits(newer)), said("base", ebuild, inherits(eclass)), "head"},
		"an eclass changed that it does not inherit": {tree(ebuild, newer), said("forged", ebuild, nil), said("base", ebuild, nil), "base"},
		"an error of the base stays": {
			tree(ebuild, eclass), said("forged", ebuild, nil),
			map[string]string{"errors.json": errorsOf("base")},
			"base",
		},
		"an error of the base may be gone with an eclass": {
			tree(ebuild, newer), said("head", ebuild, inherits(newer)),
			map[string]string{"errors.json": errorsOf("base")},
			"head",
		},
		"an error that the head invents": {tree(ebuild, eclass), map[string]string{"errors.json": errorsOf("forged")}, said("base", ebuild, nil), "base"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := assembled(t, map[string]map[string]string{Base: tree(ebuild, eclass), Head: c.head}, map[string]map[string]string{Base: c.base, Head: c.given})
			if err != nil {
				t.Fatal(err)
			}
			text := got["md5-cache/a/b-1"] + got["errors.json"]
			if !strings.Contains(text, c.want) || strings.Contains(text, "forged") {
				t.Errorf("the scan is told %q; want the word of the %s", text, c.want)
			}
		})
	}
}

func TestMetadataThatDoesNotFitTheTreeIsRefused(t *testing.T) {
	t.Parallel()
	const ebuild, changed, eclass = "EAPI=8\n", "EAPI=8\n# new\n", "# eclass\n"
	trees := map[string]map[string]string{
		Base: {"a/b/b-1.ebuild": ebuild, "eclass/e.eclass": eclass},
		Head: {"a/b/b-1.ebuild": changed, "eclass/e.eclass": eclass},
	}
	for name, given := range map[string]map[string]string{
		"an entry of another ebuild":      {"md5-cache/a/b-1": entryOf("x", ebuild, nil)},
		"an entry of another eclass":      {"md5-cache/a/b-1": entryOf("x", changed, map[string]string{"e": "other"})},
		"an entry of an eclass not there": {"md5-cache/a/b-1": entryOf("x", changed, map[string]string{"f": "other"})},
		"an entry that is none":           {"md5-cache/a/b-1": "hello"},
		"an error of another ebuild":      {"errors.json": errorsOf("x")},
		"errors that are no JSON":         {"errors.json": "hello"},
		"an unknown member":               {"errors.json": `{"errors":{},"more":{}}`},
		"a record with an unknown member": {"errors.json": `{"errors":{"a/b-1":{"evil":1}}}`},
		"eclasses with strange names":     {"eclasses.json": `{"eclasses":{"e":{"md5":"` + sumOf(eclass) + `","functions":["a b"],"variables":[]}}}`},
		"an eclass of another content":    {"eclasses.json": `{"eclasses":{"e":{"md5":"` + sumOf("x") + `","functions":[],"variables":[]}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := assembled(t, trees, map[string]map[string]string{Base: {}, Head: given})
			var f *failure
			if !errors.As(err, &f) || f.reason != plan.ReasonToolFailed {
				t.Errorf("error %v; want it to be refused", err)
			}
		})
	}
}

func TestLocalFlagsFollowTheirMetadata(t *testing.T) {
	t.Parallel()
	trees := map[string]map[string]string{
		Base: {"a/b/metadata.xml": "1", "a/c/metadata.xml": "1"},
		Head: {"a/b/metadata.xml": "1", "a/c/metadata.xml": "2", "a/d/metadata.xml": "1"},
	}
	given := map[string]map[string]string{
		Base: {"md5-cache/a/b-1": "x", "use.local.desc": "a/b:x - base\na/c:x - base\n"},
		Head: {"use.local.desc": "a/b:x - forged\na/c:x - head\na/d:x - head\nz/z:x - forged\nnonsense\n"},
	}
	got, err := assembled(t, trees, given)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a/b:x - base\na/c:x - head\na/d:x - head\n", got["use.local.desc"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEclassesThatInheritAChangedOneHaveChanged(t *testing.T) {
	t.Parallel()
	base := &digests{eclasses: map[string]string{"a": "1", "b": "1", "c": "1", "d": "1"}, inherits: map[string][]string{"b": {"a"}, "c": {"b", "x"}}}
	head := &digests{eclasses: map[string]string{"a": "2", "b": "1", "c": "1", "d": "1", "new": "1"}, inherits: map[string][]string{"b": {"a"}, "c": {"b"}}}
	want := map[string]bool{"a": true, "b": true, "c": true, "new": true}
	if got := changedEclasses(base, head); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
