// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/hostile"
)

// A change turns main into the tip of a pull request's branch.
type change struct {
	branch, message string
	edit            func(r *ebuildrepo.Repo) error
	// tree changes files after the packages were rendered; it may be nil.
	tree func(t ebuildrepo.Tree)
}

// The order is the order in which the commits are made. A branch that is named twice gets a second commit.
func changes(p hostile.Params) []change {
	return []change{
		{branch: "quillmark-1.1", message: quillmark + ": add 1.1", edit: func(r *ebuildrepo.Repo) error {
			return r.Bump(quillmark, "1.0", "1.1")
		}},
		{branch: "anvilkit-deps", message: anvilkit + ": add two dependencies", edit: func(r *ebuildrepo.Repo) error {
			return r.EditEbuild(anvilkit, "2.3", func(e *ebuildrepo.Ebuild) {
				e.RDepend = append(e.RDepend, "dev-perl/Forge-Nail", "dev-perl/Forge-Oilstone")
			})
		}},
		{branch: "tanglewire-m68k", message: tanglewire + ": keyword ~m68k", edit: func(r *ebuildrepo.Repo) error {
			return r.EditEbuild(tanglewire, "0.9", func(e *ebuildrepo.Ebuild) { e.Keywords = append(e.Keywords, "~m68k") })
		}},
		{branch: "glimmerdock-license", message: glimmer + ": correct LICENSE", edit: func(r *ebuildrepo.Repo) error {
			return r.EditEbuild(glimmer, "3.1", func(e *ebuildrepo.Ebuild) { e.License = "LGPL-2.1" })
		}},
		{branch: "boltcutter-1.2", message: boltcutter + ": add 1.2", edit: func(r *ebuildrepo.Repo) error {
			if err := r.Bump(boltcutter, "1.1", "1.2"); err != nil {
				return err
			}
			return r.EditEbuild(boltcutter, "1.2", func(e *ebuildrepo.Ebuild) {
				e.Body = "[[ ${MY_PV} == 1* ]] || die \"MY_PV has to be set before it is used\"\n\n" + e.Body
			})
		}},
		{branch: "remove-libsparrow", message: sparrow + ": treeclean", edit: func(r *ebuildrepo.Repo) error {
			return r.RemovePackage(sparrow)
		}},
		{branch: lanternFirst, message: lantern + ": add 4.3", edit: lanternBump("CC-BY-ND-9.9")},
		{branch: "lanternfish-4.3", message: lantern + ": correct LICENSE of 4.3", edit: lanternBump("MIT")},
		{branch: "pebblegrove-description", message: pebble + ": describe it better", edit: func(r *ebuildrepo.Repo) error {
			return r.EditEbuild(pebble, "0.7", func(e *ebuildrepo.Ebuild) {
				e.Description = "Puzzle about pebbles that want to lie still"
			})
		}},
		{
			branch: "gremlin-1.0", message: "app-misc/gremlin-*: new packages",
			edit: func(*ebuildrepo.Repo) error { return nil },
			tree: func(t ebuildrepo.Tree) { hostile.Apply(t, p, hostile.All()...) },
		},
	}
}

// lanternFirst is the branch that is pushed first, and replaced by lanternfish-4.3 while it is checked.
const lanternFirst = "lanternfish-4.3-first"

func lanternBump(license string) func(r *ebuildrepo.Repo) error {
	return func(r *ebuildrepo.Repo) error {
		p, err := r.Package(lantern)
		if err != nil {
			return err
		}
		e := p.Ebuilds[0].Clone()
		e.Version, e.License = "4.3", license
		p.Ebuilds = []*ebuildrepo.Ebuild{e}
		return nil
	}
}

// describeInkstone changes the line that main and a pull request disagree about.
func describeInkstone(what string) func(r *ebuildrepo.Repo) error {
	return func(r *ebuildrepo.Repo) error {
		return r.EditEbuild(inkstone, "1.0", func(e *ebuildrepo.Ebuild) {
			e.Description = strings.Replace(e.Description, "ink that never dries", what, 1)
		})
	}
}
