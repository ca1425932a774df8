// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

var (
	heads = []string{"bar", "cor", "dul", "fen", "gor", "hal", "jor", "kel", "lum", "mar", "nor", "ost", "pel", "quin", "ros", "sel", "tam", "ulm", "vor", "wen", "yar", "zan"}
	tails = []string{"aris", "beck", "cast", "dane", "elo", "fin", "gate", "hold", "ique", "kit", "lode", "mint", "nest", "opia", "pace", "rill", "sive", "trix", "und", "vale", "wick", "yx"}
	orgs  = []string{"amberworks", "birchlab", "cobaltic", "driftwood", "elderfern", "foxglove-dev", "granitehq", "hazelware"}

	maintainers = []Maintainer{
		{"anna@example.org", "Anna Example"},
		{"bo@example.org", "Bo Sample"},
		{"chris@example.org", "Chris Specimen"},
		{"dana@example.org", "Dana Model"},
		{"eli@example.org", "Eli Pattern"},
	}

	localFlags = []string{"archive", "benchmarks", "client", "extras", "fuzzy", "importer", "plugins", "server", "shaders", "tools", "watcher"}
)

// newName makes a package name that is not taken in the category.
func (g *generator) newName(category string, library bool) string {
	for try := 0; ; try++ {
		name := pick(g, heads) + pick(g, tails)
		if library && g.chance(70) {
			name = "lib" + name
		}
		if try > 3 || g.chance(12) {
			name += "-" + pick(g, tails)
		}
		if try > 8 {
			name += pick(g, heads)
		}
		if key := category + "/" + name; !g.names[key] {
			g.names[key] = true
			return name
		}
	}
}

// newPackage makes a package of n versions. It says how far the oldest is keyworded.
func (g *generator) newPackage(k *kind, n int) (*Package, map[string]int) {
	p := &Package{Category: pick(g, k.categories), Extra: Tree{}}
	p.Name = g.newName(p.Category, k.library)
	levels := g.newLevels()
	if levels["amd64"] == 1 && g.chance(60) {
		n = 1 // where nothing is stable, the old version mostly goes when the new one comes
	}
	e := g.newEbuild(k, p, levels)
	p.Metadata = g.newMetadata(k, p, e)
	k.build(g, p, e)
	if k.name != "virtual" && k.name != "data" && g.chance(25) {
		g.addPatch(p, e)
	}
	g.addVersions(k, p, e, levels, n)
	return p, levels
}

// newEbuild makes the oldest version of a package, without what its kind adds.
func (g *generator) newEbuild(k *kind, p *Package, levels map[string]int) *Ebuild {
	e := &Ebuild{
		Version: fmt.Sprintf("%d.%d", g.rng.IntN(5), 1+g.rng.IntN(12)), EAPI: "8", Slot: "0",
		Description: pick(g, k.what) + " " + pick(g, subjects), License: pick(g, licenses).name,
		Keywords: keywords(levels, 0, 1),
	}
	if k.name == "virtual" {
		e.Version = "0"
	}
	switch n := g.rng.IntN(50); {
	case n < 5:
		e.EAPI = "7"
	case n == 5:
		e.EAPI = "9"
	}
	if g.chance(15) {
		e.License += " " + pick(g, licenses).name
		if l := strings.Fields(e.License); l[0] == l[1] {
			e.License = l[0]
		}
	}
	g.source(p, e)
	g.flags(k, e)
	g.dependencies(k, e, levels)
	return e
}

// source sets HOMEPAGE and SRC_URI.
func (g *generator) source(p *Package, e *Ebuild) {
	org := pick(g, orgs)
	switch n := g.rng.IntN(10); {
	case n < 5:
		e.Homepage = "https://github.com/" + org + "/" + p.Name
		e.SrcURI = []string{"https://github.com/" + org + "/" + p.Name + "/archive/v${PV}.tar.gz -> ${P}.tar.gz"}
		p.Metadata.RemoteIDs = []RemoteID{{"github", org + "/" + p.Name}}
	case n < 7:
		e.Homepage = "https://" + p.Name + ".example.org/"
		e.SrcURI = []string{"https://" + p.Name + ".example.org/releases/${P}.tar.xz"}
	case n == 7:
		e.Homepage = "https://sourceforge.net/projects/" + p.Name + "/"
		e.SrcURI = []string{"mirror://sourceforge/" + p.Name + "/${P}.tar.gz"}
		p.Metadata.RemoteIDs = []RemoteID{{"sourceforge", p.Name}}
	case n == 8:
		e.Homepage = "https://www.gnu.org/software/" + p.Name + "/"
		e.SrcURI = []string{"mirror://gnu/${PN}/${P}.tar.xz"}
	default:
		e.Homepage = "https://" + org + ".example.net/" + p.Name
		e.SrcURI = []string{"https://files.example.net/${PN}/${P}.tar.gz"}
	}
}

// flags sets IUSE: a few global flags, now and then a local one, now and then a requirement between two.
func (g *generator) flags(k *kind, e *Ebuild) {
	if k.name == "virtual" || k.name == "data" {
		return
	}
	all := slices.Sorted(maps.Keys(globalUse))
	for range g.rng.IntN(5) {
		if f := pick(g, all); !slices.Contains(plain(e.IUse), f) {
			if g.chance(15) {
				f = "+" + f
			}
			e.IUse = append(e.IUse, f)
		}
	}
	if g.chance(20) {
		e.IUse = append(e.IUse, pick(g, localFlags))
	}
	slices.SortFunc(e.IUse, func(a, b string) int {
		return strings.Compare(strings.TrimPrefix(a, "+"), strings.TrimPrefix(b, "+"))
	})
	if f := plain(e.IUse); len(f) > 2 && g.chance(30) {
		e.RequiredUse = pick(g, []string{f[0] + "? ( " + f[1] + " )", "?? ( " + f[0] + " " + f[2] + " )", f[0] + "? ( || ( " + f[1] + " " + f[2] + " ) )"})
	}
}

func (g *generator) newMetadata(k *kind, p *Package, e *Ebuild) Metadata {
	m := Metadata{RemoteIDs: p.Metadata.RemoteIDs, Maintainers: []Maintainer{pick(g, maintainers)}, LocalUse: map[string]string{}}
	if len(m.RemoteIDs) > 0 && g.chance(10) {
		m.RemoteIDs = nil // pkgcheck suggests it: MissingRemoteId
	}
	if second := pick(g, maintainers); g.chance(20) && second != m.Maintainers[0] {
		m.Maintainers = append(m.Maintainers, second)
	}
	for _, f := range plain(e.IUse) {
		if _, global := globalUse[f]; !global {
			m.LocalUse[f] = fmt.Sprintf("Build the %s of %s for %s", f, p.Name, pick(g, subjects))
			if c := g.choose(map[string]int{}, ""); c != nil && g.chance(30) {
				m.LocalUse[f] = fmt.Sprintf("Build the %s of %s with <pkg>%s</pkg>", f, p.Name, c.key)
			}
		}
	}
	if g.chance(15) && k.name != "virtual" {
		m.Long = "This package came to the repository because several programs need " + pick(g, subjects) +
			", and because nobody else looked after the old library that they were written for."
	}
	return m
}

// addPatch gives the package a patch file that the ebuild applies.
func (g *generator) addPatch(p *Package, e *Ebuild) {
	topic := pick(g, []string{"gcc15", "musl", "c23", "respect-flags", "no-werror"})
	name := p.Name + "-" + e.Version + "-" + topic + ".patch"
	e.Patches = []string{name}
	p.Extra["files/"+name] = File{Mode: ModeFile, Text: fmt.Sprintf(
		"Make %s build with %s.\n\n--- a/src/main.c\n+++ b/src/main.c\n@@ -%d,3 +%d,3 @@\n #include <stdlib.h>\n-static int level;\n+static int level_%d;\n \n",
		p.Name, topic, 1+g.rng.IntN(90), 1+g.rng.IntN(90), g.rng.IntN(1000))}
}

// addVersions makes the later versions from the oldest, each with a small change.
func (g *generator) addVersions(k *kind, p *Package, oldest *Ebuild, levels map[string]int, n int) {
	slotted := k.library && n > 1 && g.chance(12)
	major := 1 + g.rng.IntN(9)
	for i := range n {
		e := oldest.Clone()
		e.Keywords = keywords(levels, i, n)
		if i > 0 {
			e.Version = strconv.Itoa(i)
			if k.name != "virtual" {
				e.Version = nextVersion(p.Ebuilds[i-1].Version, g.rng.IntN(3))
			}
			if c := g.choose(levels, ""); c != nil && g.chance(30) && k.name != "virtual" && k.name != "data" {
				e.RDepend = append(e.RDepend, g.atom(c))
			}
		}
		switch {
		case slotted:
			e.Slot = strconv.Itoa(major + i)
		case k.library:
			e.Slot = "0/" + strconv.Itoa(major+i/2)
		}
		p.Ebuilds = append(p.Ebuilds, e)
	}
	if n < 4 && k.name == "tool" && g.chance(40) && len(oldest.Inherit) == 0 {
		p.Ebuilds[n-1] = g.live(p.Ebuilds[n-1], n)
	}
}

// live makes a version that is built from git, where the package has another version to stay with.
func (g *generator) live(e *Ebuild, n int) *Ebuild {
	if n == 1 || !strings.HasPrefix(e.Homepage, "https://github.com/") {
		return e
	}
	l := e.Clone()
	l.Version, l.Inherit, l.Keywords, l.SrcURI = "9999", []string{"git-r3"}, nil, nil
	l.Before, l.Patches = nil, nil
	l.Body = "EGIT_REPO_URI=\"" + e.Homepage + ".git\"\n\n" + l.Body
	return l
}

// nextVersion counts a version up: 0 a patch level, 1 the minor, 2 the major number.
func nextVersion(version string, part int) string {
	fields := strings.Split(version, ".")
	number := func(i int) int {
		n, _ := strconv.Atoi(fields[i]) // generated versions hold numbers only
		return n
	}
	switch part {
	case 0:
		if len(fields) > 2 {
			return fmt.Sprintf("%s.%s.%d", fields[0], fields[1], number(2)+1)
		}
		return version + ".1"
	case 1:
		return fmt.Sprintf("%s.%d", fields[0], number(1)+1)
	default:
		return fmt.Sprintf("%d.0", number(0)+1)
	}
}

// addAccount makes an acct-user package and the acct-group that it needs.
func (g *generator) addAccount(n int) {
	if n < 2 || g.users > 200 || g.o.Master != nil {
		return
	}
	g.users++
	id := strconv.Itoa(100 + g.users)
	name := g.newName("acct-user", false)
	g.names["acct-group/"+name] = true
	keys := []string{"amd64", "arm64", "~ppc64", "~riscv"}
	group := &Package{Category: "acct-group", Name: name, Extra: Tree{}, Metadata: Metadata{Maintainers: maintainers[:1]}}
	group.Ebuilds = []*Ebuild{{Version: "0", EAPI: "8", Keywords: keys, Inherit: []string{"acct-group"}, Text: header + "EAPI=8\n\ninherit acct-group\n\nACCT_GROUP_ID=" + id + "\n"}}
	user := &Package{Category: "acct-user", Name: name, Extra: Tree{}, Metadata: Metadata{Maintainers: maintainers[:1]}}
	user.Ebuilds = []*Ebuild{{Version: "0", EAPI: "8", Keywords: keys, Inherit: []string{"acct-user"}, Text: header + "EAPI=8\n\ninherit acct-user\n\nACCT_USER_ID=" + id + "\nACCT_USER_GROUPS=( " + name + " )\n\nacct-user_add_deps\n"}}
	g.repo.Packages[group.Key()] = group
	g.repo.Packages[user.Key()] = user
	g.pool = append(g.pool, &candidate{key: user.Key(), kind: kinds[len(kinds)-1], oldest: "0", levels: levelsOf(keys), slots: []string{"0"}})
}
