// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"fmt"
	"slices"
	"strings"
)

// A kind is a sort of package: where it lives, how it is built, and what it does for others.
type kind struct {
	name       string
	weight     int
	library    bool // others link to it, so it has subslots and USE dependencies
	categories []string
	what       []string // the beginning of its description
	build      func(g *generator, p *Package, e *Ebuild)
}

var subjects = []string{
	"structured logs", "geographic data", "sparse matrices", "certificates", "audio samples", "vector graphics", "mail folders",
	"time series", "subtitle files", "compressed streams", "message queues", "calendar entries", "font tables", "spatial indexes",
	"terminal sessions", "chess positions", "weather reports", "packet captures", "source archives", "colour profiles",
	"chemical formulas", "music scores", "raster images", "star catalogues", "bibliographies", "key bindings",
}

var kinds = []*kind{
	{
		name: "cmake-library", weight: 16, library: true, build: buildCMake,
		categories: []string{"dev-libs", "media-libs", "net-libs", "sci-libs"},
		what:       []string{"C++ library to read and write", "Library for processing", "Fast parser for"},
	},
	{
		name: "meson-library", weight: 14, library: true, build: buildMeson,
		categories: []string{"dev-libs", "gui-libs", "media-libs", "x11-libs"},
		what:       []string{"GObject library for", "Small C library to handle", "Shared code to display"},
	},
	{
		name: "autotools-library", weight: 14, library: true, build: buildAutotools,
		categories: []string{"dev-libs", "sys-libs", "net-libs", "app-arch"},
		what:       []string{"Portable library for", "Compact encoder and decoder of", "Reference implementation for"},
	},
	{
		name: "tool", weight: 16, build: buildAutotools,
		categories: []string{"app-text", "app-misc", "dev-util", "net-misc", "sys-apps", "sys-process", "app-editors"},
		what:       []string{"Command line tool to edit", "Utility to convert", "Interactive viewer of"},
	},
	{
		name: "desktop", weight: 14, build: buildDesktop,
		categories: []string{"gui-apps", "x11-misc", "media-gfx", "media-sound", "media-video", "games-puzzle"},
		what:       []string{"Desktop program to arrange", "Graphical editor of", "Lightweight browser for"},
	},
	{
		name: "daemon", weight: 8, build: buildDaemon,
		categories: []string{"net-misc", "www-servers", "mail-mta", "dev-db", "app-admin"},
		what:       []string{"Server that stores and shares", "Background service to index", "Daemon that distributes"},
	},
	{
		name: "python", weight: 10, build: buildPython,
		categories: []string{"app-admin", "dev-util", "app-misc", "dev-vcs"},
		what:       []string{"Scripts to manage", "Python program to compare", "Report generator for"},
	},
	{
		name: "data", weight: 5, build: buildData,
		categories: []string{"app-dicts", "media-fonts", "x11-themes"},
		what:       []string{"Freely licensed collection of", "Sample data with"},
	},
	{name: "virtual", weight: 3, build: buildVirtual, categories: []string{"virtual"}, what: []string{"Virtual for providers of"}},
	{name: "account", weight: 2, categories: []string{"acct-user"}, what: []string{""}},
}

func (g *generator) pickKind() *kind {
	total := 0
	for _, k := range kinds {
		total += k.weight
	}
	n := g.rng.IntN(total)
	for _, k := range kinds {
		if n -= k.weight; n < 0 {
			return k
		}
	}
	return kinds[0]
}

// kindOf guesses what kind a package of another repository is, from what it inherits.
func kindOf(p *Package) *kind {
	for _, k := range kinds {
		if slices.Contains(k.categories, p.Category) {
			return k
		}
	}
	return kinds[0]
}

func buildCMake(g *generator, p *Package, e *Ebuild) {
	e.Inherit = []string{"cmake"}
	if g.chance(15) {
		e.Inherit = append(e.Inherit, "flag-o-matic")
	}
	var b strings.Builder
	b.WriteString("src_configure() {\n")
	if slices.Contains(e.Inherit, "flag-o-matic") {
		b.WriteString("\t# The tests compare floating point numbers.\n\tfilter-lto\n\n")
	}
	b.WriteString("\tlocal mycmakeargs=(\n\t\t-DBUILD_TESTING=OFF\n")
	for _, flag := range plain(e.IUse) {
		fmt.Fprintf(&b, "\t\t-DWITH_%s=$(usex %s)\n", strings.ToUpper(strings.ReplaceAll(flag, "-", "_")), flag)
	}
	b.WriteString("\t)\n\n\tcmake_src_configure\n}\n")
	e.Body = b.String()
	e.BDepend = []string{"virtual/pkgconfig"}
}

func buildMeson(_ *generator, _ *Package, e *Ebuild) {
	e.Inherit = []string{"meson"}
	e.Body = mesonConfigure(e)
}

func mesonConfigure(e *Ebuild) string {
	var b strings.Builder
	b.WriteString("src_configure() {\n\tlocal emesonargs=(\n\t\t-Dwerror=false\n")
	for i, flag := range plain(e.IUse) {
		fn := "meson_use"
		if i%2 == 1 {
			fn = "meson_feature"
		}
		fmt.Fprintf(&b, "\t\t$(%s %s)\n", fn, flag)
	}
	b.WriteString("\t)\n\n\tmeson_src_configure\n}\n")
	return b.String()
}

func buildAutotools(g *generator, _ *Package, e *Ebuild) {
	var b strings.Builder
	if g.chance(25) {
		e.Inherit = []string{"toolchain-funcs"}
	}
	b.WriteString("src_configure() {\n")
	if len(e.Inherit) > 0 {
		b.WriteString("\ttc-export CC\n\n")
	}
	b.WriteString("\tlocal myeconfargs=(\n\t\t--disable-rpath\n")
	for _, flag := range plain(e.IUse) {
		fmt.Fprintf(&b, "\t\t$(use_enable %s)\n", flag)
	}
	b.WriteString("\t)\n\n\teconf \"${myeconfargs[@]}\"\n}\n\nsrc_install() {\n\tdefault\n\tfind \"${ED}\" -name '*.la' -delete || die\n}\n")
	e.Body = b.String()
	e.BDepend = []string{"virtual/pkgconfig"}
}

func buildDesktop(g *generator, _ *Package, e *Ebuild) {
	e.Inherit = []string{"meson", "xdg"}
	e.Body = mesonConfigure(e)
	if c := g.choose(levelsOf(e.Keywords), ""); c != nil && g.chance(60) {
		e.Inherit = []string{"meson", "optfeature", "xdg"}
		e.Body += fmt.Sprintf("\npkg_postinst() {\n\txdg_pkg_postinst\n\n\toptfeature_header\n\toptfeature \"importing %s\" %s\n}\n", pick(g, subjects), c.key)
	}
}

func buildDaemon(g *generator, p *Package, e *Ebuild) {
	e.Inherit = []string{"systemd", "tmpfiles"}
	var options strings.Builder
	for _, flag := range plain(e.IUse) {
		fmt.Fprintf(&options, "\t\t$(use_with %s)\n", flag)
	}
	e.Body = "src_configure() {\n\tlocal myeconfargs=(\n\t\t--localstatedir=/var\n" + options.String() + "\t)\n\n\teconf \"${myeconfargs[@]}\"\n}\n\n" +
		"src_install() {\n\tdefault\n\n\tsystemd_dounit \"${FILESDIR}\"/" + p.Name + ".service\n\tnewtmpfiles \"${FILESDIR}\"/" + p.Name + ".tmpfiles " + p.Name + ".conf\n}\n\n" +
		"pkg_postinst() {\n\ttmpfiles_process " + p.Name + ".conf\n}\n"
	p.Extra["files/"+p.Name+".service"] = File{Mode: ModeFile, Text: "[Unit]\nDescription=" + p.Name + "\n\n[Service]\nExecStart=/usr/bin/" + p.Name + "\n\n[Install]\nWantedBy=multi-user.target\n"}
	p.Extra["files/"+p.Name+".tmpfiles"] = File{Mode: ModeFile, Text: "d /run/" + p.Name + " 0750 daemon root -\n"}
	if c := g.choose(levelsOf(e.Keywords), "account"); c != nil {
		e.RDepend = append(e.RDepend, c.key)
	}
}

func buildPython(g *generator, _ *Package, e *Ebuild) {
	compat := pick(g, []string{"python3_{12..13}", "python3_{13..14}", "python3_{12..14}"})
	e.Before = []string{"PYTHON_COMPAT=( " + compat + " )"}
	e.Inherit = []string{"python-single-r1"}
	e.RequiredUse = "${PYTHON_REQUIRED_USE}"
	e.RDepend = append([]string{"${PYTHON_DEPS}"}, e.RDepend...)
	e.BDepend = []string{"${PYTHON_DEPS}"}
	e.Body = "src_compile() {\n\temake PYTHON=\"${EPYTHON}\"\n}\n\nsrc_install() {\n\tdefault\n\tpython_optimize\n}\n"
}

func buildData(_ *generator, _ *Package, e *Ebuild) {
	e.IUse, e.Depend, e.RequiredUse = nil, nil, ""
	e.RDepend = nil
	e.Body = "src_install() {\n\tinsinto /usr/share/${PN}\n\tdoins -r data/.\n\tdodoc README\n}\n"
}

func buildVirtual(g *generator, _ *Package, e *Ebuild) {
	e.Homepage, e.SrcURI, e.License, e.IUse, e.Depend, e.BDepend, e.RequiredUse, e.Patches = "", nil, "", nil, nil, nil, "", nil
	levels := levelsOf(e.Keywords)
	providers := []string{}
	for range 12 {
		if c := g.choose(levels, ""); c != nil && !slices.Contains(providers, c.key) && c.kind.name != "virtual" {
			providers = append(providers, c.key)
		}
		if len(providers) == 3 {
			break
		}
	}
	e.RDepend = providers
	if len(providers) > 1 {
		e.RDepend = []string{"|| (\n\t\t" + strings.Join(providers, "\n\t\t") + "\n\t)"}
	}
}

// plain are flags without their default marks.
func plain(flags []string) []string {
	out := make([]string, len(flags))
	for i, f := range flags {
		out[i] = strings.TrimPrefix(f, "+")
	}
	return out
}
