// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/mutation"
)

// furnish adds what developers' repositories have and generated ones have not, so that changes of it have a place: masks and flags by
// profile, deprecated packages, groups, mappings, projects, an ignore file, earlier moves.
func furnish(tree mutation.Tree, repo *ebuildrepo.Repo) mutation.Tree {
	tree = maps.Clone(tree)
	put := func(name string, lines ...string) {
		f := tree[name]
		f.Text += strings.Join(lines, "\n") + "\n"
		f.Mode = ebuildrepo.ModeFile
		tree[name] = f
	}
	keys := slices.DeleteFunc(repo.Keys(), func(k string) bool { return strings.HasPrefix(k, "acct-") || strings.HasPrefix(k, "virtual/") })
	at := func(i int) string { return keys[i*len(keys)/16] }
	put("metadata/stabilization-groups/first.group", "# Go together.", at(1), at(2), at(3))
	put("metadata/license-mapping.conf", "[spdx-to-ebuild]", "MIT = MIT", "GPL-2.0-only = GPL-2", "Zlib = ZLIB")
	put("profiles/package.deprecated", "# Use something newer.", at(4))
	put(".gitignore", "*.swp", "*.orig")
	put("profiles/updates/4Q-2025", "move dev-libs/oldest-name "+at(5), "move app-misc/former-name dev-libs/middle-name", "move dev-libs/middle-name "+at(6))
	flags := []string{}
	for _, key := range keys {
		for _, e := range repo.Packages[key].Ebuilds {
			for _, flag := range e.IUse {
				flags = append(flags, key+" "+strings.TrimPrefix(flag, "+"))
			}
		}
	}
	if dir := "profiles/base"; len(flags) > 6 && tree[dir+"/eapi"].Text != "" {
		put(dir+"/package.use.mask", flags[len(flags)/3])
		put(dir+"/package.use.force", flags[len(flags)/2])
		put("profiles/arch/arm64/package.mask", at(7))
		put("profiles/arch/riscv/package.use.mask", flags[2*len(flags)/3])
		put("profiles/default/linux/amd64/use.force", strings.Fields(flags[len(flags)/4])[1])
	}
	calls(tree, keys, put)
	return tree
}

// calls adds text that refers to eclasses and packages in ways of which metadata says nothing.
func calls(tree mutation.Tree, keys []string, put func(name string, lines ...string)) {
	count := 0
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		key := path.Dir(name)
		if path.Ext(name) != ".ebuild" || !slices.Contains(keys, key) || strings.Contains(tree[name].Text, "pkg_") {
			continue
		}
		count++
		switch count % 9 {
		case 0:
			put(name, "", "pkg_preinst() {", "\ttc-export CC", "\tappend-flags -O1", "}") // of eclasses that it may not inherit
		case 4:
			put(name, "", "pkg_preinst() {", "\tnobody_has_this_yet \"${CMAKE_BUILD_TYPE}\"", "}")
		}
	}
}
