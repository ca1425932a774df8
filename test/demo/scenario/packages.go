// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// The packages that the pull requests are about. They have names of their own, so that the expected facts do not change
// when the generator does.
const (
	quillmark  = "app-text/quillmark"       // an old error: a flag that nothing describes
	anvilkit   = "dev-util/anvilkit"        // needs 13 packages that are nowhere
	tanglewire = "net-misc/tanglewire"      // an unknown licence, untidy text
	glimmer    = "x11-misc/glimmerdock"     // an unknown licence, to be fixed
	boltcutter = "sys-apps/boltcutter"      // gets a version that does not source
	inkstone   = "app-editors/inkstone"     // main and a pull request change the same line
	sparrow    = "dev-libs/libsparrow"      // is removed, though nestbox needs it
	nestbox    = "app-misc/nestbox"         //
	lantern    = "gui-apps/lanternfish"     // two pushes; its metadata.xml lacks a remote-id
	pebble     = "games-puzzle/pebblegrove" // a change without any consequence
)

// bare is a package of one version with nothing wrong.
func bare(key, version string, keywords ...string) *ebuildrepo.Package {
	category, name, _ := strings.Cut(key, "/")
	return &ebuildrepo.Package{
		Category: category, Name: name, Extra: ebuildrepo.Tree{},
		Metadata: ebuildrepo.Metadata{Maintainers: []ebuildrepo.Maintainer{{Email: "dana@example.org", Name: "Dana Model"}}},
		Ebuilds: []*ebuildrepo.Ebuild{{
			Version: version, EAPI: "8", Slot: "0", Keywords: keywords, License: "MIT",
			Description: "Well kept program of the demonstration", Homepage: "https://" + name + ".example.org/",
			SrcURI: []string{"https://" + name + ".example.org/releases/${P}.tar.xz"},
		}},
	}
}

// packages makes the packages as they are on main.
func packages() []*ebuildrepo.Package {
	with := func(p *ebuildrepo.Package, edit func(e *ebuildrepo.Ebuild)) *ebuildrepo.Package {
		edit(p.Ebuilds[0])
		return p
	}
	return []*ebuildrepo.Package{
		with(bare(quillmark, "1.0", "amd64", "arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description, e.IUse = "Word processor for people who write by hand", []string{"goosefeather"}
			e.Body = "src_configure() {\n\teconf $(use_enable goosefeather)\n}\n"
		}),
		with(bare(anvilkit, "2.3", "~amd64", "~arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description = "Toolbox to forge and temper source trees"
			for name := range strings.FieldsSeq("Alloy Bellows Chisel Drift Ember Flux Grindstone Hammer Ingot Jig Kiln Ladle Mandrel") {
				e.RDepend = append(e.RDepend, "dev-perl/Forge-"+name)
			}
		}),
		with(bare(tanglewire, "0.9", "~amd64", "~arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description, e.License = "Client for networks that nobody drew a map of", "Tanglewire-Shareware"
			e.Body = "src_install() {\n\tdefault\n\n\n\tdodoc ${S}/MAP.md \n}\n"
		}),
		with(bare(glimmer, "3.1", "amd64", "arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description, e.License = "Dock that glows where there is something to do", "LGPL-2.1-or-newer"
		}),
		with(bare(boltcutter, "1.1", "amd64", "arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description = "Tool that removes forgotten locks"
			staleFeature(e)
		}),
		with(bare(inkstone, "1.0", "~amd64", "~arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description = "Text editor with ink that never dries"
		}),
		with(bare(sparrow, "1.4", "amd64", "arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description = "Small library for small birds"
		}),
		with(bare(nestbox, "2.0", "amd64", "~arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description, e.RDepend = "Organiser for things that fly away", []string{sparrow}
		}),
		with(bare(lantern, "4.2", "~amd64", "~arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description, e.Homepage = "Viewer for pictures from the deep sea", "https://github.com/deepsea/lanternfish"
		}),
		with(bare(pebble, "0.7", "~amd64", "~arm64"), func(e *ebuildrepo.Ebuild) {
			e.Description = "Puzzle about stones that want to lie still"
			staleFeature(e)
		}),
	}
}

// staleFeature gives an ebuild a warning that no pull request touches, so that the package is never without findings.
func staleFeature(e *ebuildrepo.Ebuild) {
	e.Inherit = []string{"optfeature"}
	e.Body = "pkg_postinst() {\n\toptfeature \"older files\" app-misc/long-gone\n}\n"
}
