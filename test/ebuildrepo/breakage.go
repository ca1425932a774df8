// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"fmt"
	"slices"
	"strings"
)

// removedPackage makes the package that is in the early history and gone now, so that references to it are stale.
func (g *generator) removedPackage() {
	p, _ := g.newPackage(kinds[3], 1)
	for _, e := range p.Ebuilds {
		e.RDepend, e.Depend, e.PDepend, e.IDepend = nil, nil, nil, nil
	}
	p.Metadata.LocalUse = nil
	g.repo.removed = append(g.repo.removed, p)
	g.stale = p.Key()
}

// plantAll adds the breakage, each in a package of its own that nothing depends on.
func (g *generator) plantAll() {
	b := g.o.Breakage
	for _, d := range []struct {
		name  string
		count int
		plant func(p *Package, e *Ebuild)
	}{
		{"UnavailableDeps", b.UnavailableDeps, plantUnavailable},
		{"MaskedDeps", b.MaskedDeps, g.plantMaskedDep},
		{"MissingDescription", b.MissingDescription, func(p *Package, e *Ebuild) { e.Description = p.Name }},
		{"UnsortedKeywords", b.UnsortedKeywords, func(_ *Package, e *Ebuild) { e.Keywords = []string{"~arm64", "~amd64"} }},
		{"UntidyText", b.UntidyText, plantUntidy},
		{"BadMetadata", b.BadMetadata, func(p *Package, _ *Ebuild) {
			p.Metadata.Text = strings.Replace(p.Metadata.Render(), "</pkgmetadata>", "", 1)
		}},
		{"MissingMetadata", b.MissingMetadata, func(p *Package, _ *Ebuild) { p.Metadata.None = true }},
		{"Unsourceable", b.Unsourceable, func(p *Package, e *Ebuild) {
			e.Text = e.Render() + "\n[[ ${PV} == 0 ]] || die \"" + p.Name + " needs a version that nobody has released\"\n"
		}},
		{"UnknownUse", b.UnknownUse, func(_ *Package, e *Ebuild) { e.IUse = []string{"frobnicate", "nosuchflag"} }},
		{"UnknownLicense", b.UnknownLicense, func(p *Package, e *Ebuild) { e.License = p.Name + "-EULA" }},
		{"MissingManifest", b.MissingManifest, func(p *Package, _ *Ebuild) {
			p.Manifest = new(Dist(p.Name + "-0.0.1.tar.gz"))
			*p.Manifest += "\n"
		}},
		{"StaleOptfeature", b.StaleOptfeature, g.plantStaleOptfeature},
	} {
		for range d.count {
			p := g.plain()
			d.plant(p, p.Ebuilds[0])
			g.repo.Packages[p.Key()] = p
			g.repo.Planted[d.name] = append(g.repo.Planted[d.name], p.Key())
		}
	}
}

// plain makes a package of one version with nothing wrong and no dependencies.
func (g *generator) plain() *Package {
	k := kinds[3]
	p := &Package{Category: pick(g, k.categories), Extra: Tree{}}
	p.Name = g.newName(p.Category, false)
	p.Metadata = Metadata{Maintainers: []Maintainer{pick(g, maintainers)}}
	p.Ebuilds = []*Ebuild{{
		Version: fmt.Sprintf("1.%d", g.rng.IntN(20)), EAPI: "8", Slot: "0", Keywords: []string{"~amd64", "~arm64"},
		Description: pick(g, k.what) + " " + pick(g, subjects), License: pick(g, licenses).name,
		Homepage: "https://" + p.Name + ".example.org/",
		SrcURI:   []string{"https://" + p.Name + ".example.org/releases/${P}.tar.gz"},
	}}
	return p
}

// plantUnavailable makes the case of a package whose dependencies live in another overlay.
func plantUnavailable(_ *Package, e *Ebuild) {
	for i := range 13 {
		e.RDepend = append(e.RDepend, "dev-perl/Heath-Module-"+string(rune('A'+i)))
	}
}

// plantMaskedDep adds a package, masks it, and depends on it.
func (g *generator) plantMaskedDep(_ *Package, e *Ebuild) {
	m := g.plain()
	g.repo.Packages[m.Key()] = m
	g.repo.masked = append(g.repo.masked, m.Key())
	e.RDepend = []string{m.Key()}
}

// plantUntidy writes what an editor without settings leaves behind.
func plantUntidy(p *Package, e *Ebuild) {
	e.Body = "src_install() {\n\tdefault\n\n\n\tdodoc ${S}/README.md \n\tdosym /usr/bin/" + p.Name + " /usr/bin/" + p.Name + "-classic\n}\n"
}

func (g *generator) plantStaleOptfeature(_ *Package, e *Ebuild) {
	e.Inherit = []string{"optfeature"}
	e.Body = "pkg_postinst() {\n\toptfeature \"more formats\" " + g.stale + "\n}\n"
}

// newBare is a package without ebuilds.
func newBare(key string) *Package {
	category, name, _ := strings.Cut(key, "/")
	return &Package{Category: category, Name: name, Extra: Tree{}, Metadata: Metadata{Maintainers: slices.Clone(maintainers[:1])}}
}
