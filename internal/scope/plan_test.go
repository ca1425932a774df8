// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThePackagesInScope(t *testing.T) {
	base := small()
	lib2 := base["dev-libs/lib/lib-2.ebuild"]
	for name, tc := range map[string]struct {
		change []string
		want   string // packages, or "*"
	}{
		"nothing changes nothing": {nil, ""},
		"R1: a package without users is alone": {
			[]string{"app-misc/quiet/quiet-1.ebuild", base["app-misc/quiet/quiet-1.ebuild"] + "# x\n"}, "app-misc/quiet",
		},
		"R1: a file in files/": {[]string{"app-misc/quiet/files/x.patch", "x"}, "app-misc/quiet"},
		"R1: a Manifest alone": {[]string{"dev-libs/lib/Manifest", "DIST lib-1.tar 11 BLAKE2B aa SHA512 bc\n"}, "dev-libs/lib"},
		"R1: a new package": {
			[]string{"dev-libs/new/new-1.ebuild", base["app-misc/quiet/quiet-1.ebuild"]}, "dev-libs/new",
		},
		"R2: a removed package takes users, blockers, text references": {
			[]string{
				"dev-libs/lib/lib-1.ebuild", "", "dev-libs/lib/lib-2.ebuild", "", "dev-libs/lib/metadata.xml", "",
				"dev-libs/lib/Manifest", "",
			},
			"app-misc/hints app-misc/old app-misc/range app-misc/refers app-misc/user dev-libs/lib virtual/lib",
		},
		"R2: a removed version counts for those whose atoms matched it": {
			[]string{"dev-libs/lib/lib-1.ebuild", ""},
			"app-misc/old app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R2: a revision bump with the same signature counts for nobody": {
			[]string{"dev-libs/lib/lib-2.ebuild", "", "dev-libs/lib/lib-2-r1.ebuild", lib2},
			"dev-libs/lib",
		},
		"R2: KEYWORDS count": {
			[]string{"dev-libs/lib/lib-2.ebuild", strings.Replace(lib2, "~amd64", "amd64", 1)},
			"app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R2: IUSE counts": {
			[]string{"dev-libs/lib/lib-2.ebuild", strings.Replace(lib2, "doc ssl", "doc", 1)},
			"app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R2: an older version makes a blocker match": {
			[]string{"dev-libs/lib/lib-0.1.ebuild", lib2},
			"app-misc/blocker app-misc/range dev-libs/lib",
		},
		"R2: a text that no check of others reads counts for nobody": {
			[]string{"dev-libs/lib/lib-2.ebuild", lib2 + "DESCRIPTION=\"Another one\"\n"}, "dev-libs/lib",
		},
		"R2: what stops to source counts": {
			[]string{"dev-libs/lib/lib-2.ebuild", lib2 + "die\n"},
			"app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R5a, R4: inheritors, and what does not source": {
			[]string{"eclass/build.eclass", base["eclass/build.eclass"] + "# more\n"}, "app-misc/broken dev-libs/alone",
		},
		"R5b: callers of a function that an eclass gains": {
			[]string{"eclass/other.eclass", base["eclass/other.eclass"] + "build_new() {\n\t:\n}\n"},
			"app-misc/broken app-misc/caller",
		},
		"R5a: a removed eclass, without which an ebuild does not source": {
			[]string{"eclass/build.eclass", ""}, "app-misc/anyof app-misc/broken dev-libs/alone virtual/lib",
		},
		"R6: a mask takes the package and all its users": {
			[]string{"profiles/package.mask", ">=dev-libs/lib-2\n"},
			"app-misc/blocker app-misc/old app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R6: a comment is nothing":         {[]string{"profiles/package.mask", "# other\n"}, ""},
		"R7: layout.conf is everything":    {[]string{"metadata/layout.conf", "masters =\nthin-manifests = true\n"}, "*"},
		"R7: make.defaults is everything":  {[]string{"profiles/default/amd64/make.defaults", "ARCH=\"arm64\"\n"}, "*"},
		"R7: a new profile is everything":  {[]string{"profiles/default/arm64/package.mask", "dev-libs/lib\n"}, "*"},
		"R7: use.desc is everything":       {[]string{"profiles/use.desc", "doc - Other\n"}, "*"},
		"R7: an unknown file of a profile": {[]string{"profiles/package.strange", "x\n"}, "*"},
		"R8: a licence that is removed":    {[]string{"licenses/MIT", ""}, "dev-libs/lib"},
		"R8: a group":                      {[]string{"profiles/license_groups", "FREE MIT\nEULA Evil MIT\n"}, "dev-libs/lib"},
		"R9: a mirror":                     {[]string{"profiles/thirdpartymirrors", "gnu https://other.example.org/\n"}, "dev-libs/lib"},
		"R10: a move takes users of both names": {
			[]string{"profiles/updates/1Q-2026", "move dev-libs/lib dev-libs/alone\n"},
			"app-misc/anyof app-misc/blocker app-misc/old app-misc/range app-misc/user dev-libs/lib virtual/lib",
		},
		"R11: package.deprecated": {
			[]string{"profiles/package.deprecated", "dev-libs/alone\n"},
			"app-misc/anyof dev-libs/alone virtual/lib",
		},
		"R14: a licence mapping is nobody's": {[]string{"metadata/license-mapping.conf", "[spdx-to-ebuild]\n"}, ""},
		"R15: .gitignore is everything":      {[]string{"app-misc/.gitignore", "*.x\n"}, "*"},
		"R17: a forged entry is nothing":     {[]string{"metadata/md5-cache/dev-libs/lib-1", "EAPI=8\n"}, ""},
		"news are nobody's":                  {[]string{"metadata/news/2026-01-01-x/x.txt", "x\n"}, ""},
		"a file at the top is nobody's":      {[]string{"README.md", "x\n"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			result := planBetween(t, base, base.with(tc.change...), Options{})
			got := strings.Join(slices.Sorted(maps.Keys(inScope(result))), " ")
			if got != tc.want {
				t.Errorf("in scope is %q, want %q\n%v", got, tc.want, inScope(result))
			}
		})
	}
}

func TestDeriveEqualsBuild(t *testing.T) {
	base := small()
	for name, change := range map[string][]string{
		"an ebuild":             {"app-misc/quiet/quiet-1.ebuild", "EAPI=\"7\"\n"},
		"a removed package":     {"app-misc/quiet/quiet-1.ebuild", ""},
		"an eclass":             {"eclass/build.eclass", "inherit other\nnew_one() {\n}\n"},
		"a removed eclass":      {"eclass/build.eclass", ""},
		"a mask":                {"profiles/package.mask", "dev-libs/lib\n"},
		"a mask removed":        {"profiles/package.mask", ""},
		"a new profile":         {"profiles/default/arm64/package.mask", "dev-libs/lib\n"},
		"a folder of masks":     {"profiles/package.use.mask/x", "dev-libs/lib doc\n"},
		"updates":               {"profiles/updates/1Q-2026", "move dev-libs/lib dev-libs/alone\n"},
		"licences":              {"licenses/GPL", "x\n", "profiles/license_groups", "X GPL\n"},
		"mirrors":               {"profiles/thirdpartymirrors", "gnu a b\n"},
		"a category":            {"dev-new/a/a-1.ebuild", "EAPI=\"8\"\n", "profiles/categories", "app-misc\ndev-libs\nvirtual\ndev-new\n"},
		"no list of categories": {"profiles/categories", ""},
		"a category's text":     {"app-misc/metadata.xml", "<catmetadata><pkg>dev-libs/lib</pkg></catmetadata>\n"},
		"a folder not listed":   {"scripts/run", "x\n", "scripts/a/b", "x\n"},
		"a GLSA":                {"metadata/glsa/glsa-1.xml", "<package name=\"dev-libs/lib\" auto=\"yes\">"},
		"groups":                {"metadata/stabilization-groups/x.group", "dev-libs/lib\n"},
		"generated files":       {"metadata/md5-cache/dev-libs/lib-1", "x", "profiles/use.local.desc", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			head := base.with(change...)
			derived, err := base.index(t).Derive(base.changes(head), head.fs(), head.prepared())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(dump(t, head.index(t)), dump(t, derived)); diff != "" {
				t.Errorf("the derived index is not the built one (-built +derived):\n%s", diff)
			}
		})
	}
}
