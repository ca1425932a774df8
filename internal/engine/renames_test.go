// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/test/planted"
)

func TestRenamesBetween(t *testing.T) {
	t.Parallel()
	const text = "# Copyright\nEAPI=8\nDESCRIPTION=\"One thing\"\nHOMEPAGE=\"https://one.example.org/\"\nSLOT=0\nKEYWORDS=\"~amd64\"\n"
	other := strings.NewReplacer("One thing", "Quite another thing", "one.example.org", "somewhere-else.example.org").Replace(text)
	edited := strings.Replace(text, "SLOT=0", "SLOT=1", 1)
	const old, categories = "a/old/old-1.ebuild", "profiles/categories"
	cases := map[string]struct {
		base, head map[string]string
		want       map[string]string
	}{
		"nothing is gone":     {map[string]string{old: text}, map[string]string{old: text, "a/new/new-1.ebuild": text}, map[string]string{}},
		"a new category":      {map[string]string{old: text}, map[string]string{"b/old/old-2.ebuild": edited}, map[string]string{"a/old": "b/old"}},
		"an unlike package":   {map[string]string{old: text}, map[string]string{"a/new/new-1.ebuild": other}, map[string]string{}},
		"a move of an unlike": {map[string]string{old: text}, map[string]string{"a/new/new-1.ebuild": other, "profiles/updates/1Q-2026": "move a/old a/new\n"}, map[string]string{"a/old": "a/new"}},
		"moves in a chain": {
			map[string]string{old: text, "profiles/updates/1Q-2025": "move a/older a/old\n"},
			map[string]string{"b/last/last-1.ebuild": other, "profiles/updates/1Q-2025": "move a/older a/old\nmove a/old a/new\nslotmove a/x 0 1\n", "profiles/updates/2Q-2025": "move a/new a/old\nmove a/new b/last"},
			map[string]string{"a/old": "b/last"},
		},
		"a move to what is not there":   {map[string]string{old: text}, map[string]string{"a/x/x-1.ebuild": other, "profiles/updates/1Q-2026": "move a/old a/new\nmove a/old ../x\n"}, map[string]string{}},
		"a move of what is still there": {map[string]string{old: text}, map[string]string{old: text, "a/new/new-1.ebuild": text, "profiles/updates/1Q-2026": "move a/old a/new\n"}, map[string]string{}},
		"two that are alike keep their names": {
			map[string]string{old: text, "a/too/too-1.ebuild": text},
			map[string]string{"b/old/old-1.ebuild": text, "b/too/too-1.ebuild": text},
			map[string]string{"a/old": "b/old", "a/too": "b/too"},
		},
		"one becomes two":                   {map[string]string{old: text}, map[string]string{"a/new/new-1.ebuild": text, "a/too/too-1.ebuild": edited}, map[string]string{"a/old": "a/new"}},
		"updates that lead out of the tree": {map[string]string{old: text}, map[string]string{"a/new/new-1.ebuild": other, "profiles/updates": "@/etc"}, map[string]string{}},
		"an ebuild that is too large": {
			map[string]string{old: text + strings.Repeat("x", ebuildLimit)}, map[string]string{"b/old/old-1.ebuild": text + strings.Repeat("x", ebuildLimit)}, map[string]string{},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trees, found := [2]string{t.TempDir(), t.TempDir()}, [2]inventory{}
			for i, files := range []map[string]string{c.base, c.head} {
				files[categories] = "a\nb\n"
				planted.Write(t, trees[i], files)
				found[i] = inventoryOf(t, trees[i])
			}
			renames := renamesBetween(treeFS(trees[0]), treeFS(trees[1]), found[0], found[1])
			if diff := cmp.Diff(c.want, renames); diff != "" {
				t.Errorf("renames (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInventoryHoldsEbuildsOnly(t *testing.T) {
	t.Parallel()
	tree := t.TempDir()
	planted.Write(t, tree, map[string]string{
		"profiles/categories": "a\n", "a/b/b-1.ebuild": "", "a/b/b-2-r1.ebuild": "", "a/b/c-1.ebuild": "", "a/c/c-1.ebuild": "@../b/b-1.ebuild",
		"a/d/d-1.ebuild": "@/etc/passwd", "a/e/metadata.xml": "", "x/f/f-1.ebuild": "", "a/b/files/b-3.ebuild": "",
	})
	found := inventoryOf(t, tree)
	if diff := cmp.Diff([]string{"a/b 1 2-r1", "a/c 1"}, found.lines()); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
}
