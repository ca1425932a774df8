// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import "slices"

// corePackages are the packages that the eclasses and the system set need. They are the same for every seed.
func (g *generator) corePackages() {
	everywhere := []string{"amd64", "arm64", "~ppc64", "~riscv"}
	tool := kinds[3]
	add := func(key string, e Ebuild, versions ...string) {
		p := newBare(key)
		p.Metadata.Maintainers = []Maintainer{maintainers[len(g.pool)%len(maintainers)]}
		for _, v := range versions {
			c := e.Clone()
			c.Version, c.EAPI, c.Keywords = v, "8", slices.Clone(everywhere)
			if c.Slot == "" {
				c.Slot = "0"
			}
			p.Ebuilds = append(p.Ebuilds, c)
		}
		g.names[key] = true
		g.add(p, tool, levelsOf(everywhere))
	}
	plainSource := func(what, license, name string) Ebuild {
		return Ebuild{
			Description: what, License: license, Homepage: "https://" + name + ".example.org/",
			SrcURI: []string{"https://" + name + ".example.org/releases/${P}.tar.xz"},
		}
	}
	add("sys-apps/baselayout", plainSource("Filesystem baselayout and init scripts", "GPL-2", "baselayout"), "2.17")
	add("dev-util/pkgconf", plainSource("Program that returns metadata about installed libraries", "ISC", "pkgconf"), "2.4.3")
	add("virtual/pkgconfig", Ebuild{Description: "Virtual for the pkg-config implementation", RDepend: []string{"dev-util/pkgconf"}}, "3")
	add("dev-build/ninja", plainSource("Small build system similar to make", "Apache-2.0", "ninja"), "1.12.1")
	add("dev-build/cmake", plainSource("Cross platform build system", "BSD", "cmake"), "3.31.5")
	add("dev-build/meson", plainSource("Open source build system meant to be fast", "Apache-2.0", "meson"), "1.7.0")
	add("dev-util/desktop-file-utils", plainSource("Command line utilities to work with desktop menu entries", "GPL-2", "desktop-file-utils"), "0.28")
	add("sys-apps/systemd-utils", plainSource("Utilities split out from systemd", "LGPL-2.1", "systemd-utils"), "255.13")
	add("virtual/tmpfiles", Ebuild{Description: "Virtual for tmpfiles.d processors", RDepend: []string{"sys-apps/systemd-utils"}}, "0")
	add("dev-vcs/git", plainSource("Distributed version control system", "GPL-2", "git-scm"), "2.49.0")
	for _, slot := range []string{"3.12", "3.13", "3.14"} {
		e := plainSource("Interpreted, interactive, object-oriented programming language", "BSD", "python")
		e.Slot = slot
		if g.repo.Packages["dev-lang/python"] == nil {
			add("dev-lang/python", e, slot+".2")
			g.pool = g.pool[:len(g.pool)-1] // asked for through the eclasses only
			continue
		}
		e.Version, e.EAPI, e.Keywords = slot+".2", "8", slices.Clone(everywhere)
		p := g.repo.Packages["dev-lang/python"]
		p.Ebuilds = append(p.Ebuilds, &e)
	}
}
