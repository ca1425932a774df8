// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// wholeInputs is R7: what decides about every package.
func (p *planner) wholeInputs() {
	for _, c := range p.changes {
		if locate(c.Path) == placeFull {
			p.everything(fullReason(c.Path))
		}
	}
	p.eachTree(func(a, b *tree) {
		for _, name := range changedKeys(a.data, b.data) {
			if locate(name) == placeFull {
				p.everything(fullReason(name))
			}
		}
		if added := symmetric(a.profile.folders, b.profile.folders); len(added) > 0 {
			p.everything("the folder profiles/" + added[0] + " came or went")
		}
		if spoiled := symmetric(a.profile.spoiled, b.profile.spoiled); len(spoiled) > 0 {
			p.everything("profiles/ cannot be followed: " + spoiled[0])
		}
	})
}

// eachTree calls a function for every tree that is not the same on both sides.
func (p *planner) eachTree(do func(a, b *tree)) {
	if len(p.base.trees) != len(p.head.trees) {
		return // other masters: everything is in scope
	}
	for i := range p.base.trees {
		if a, b := p.base.trees[i], p.head.trees[i]; a != b && (i == len(p.base.trees)-1 || !p.off["R16"]) {
			do(a, b)
		}
	}
}

// changedKeys lists the keys with different values, sorted.
func changedKeys[V comparable](a, b map[string]V) []string {
	var out []string
	for key, value := range a {
		if other, ok := b[key]; !ok || other != value {
			out = append(out, key)
		}
	}
	for key := range b {
		if _, ok := a[key]; !ok {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// packageLines is R6: packages that changed lines of a profile name, and all that depend on them.
func (p *planner) packageLines() {
	p.followLines(func(file string) bool { return !isDeprecatedList(file) })
}

// deprecated is R11: the same for package.deprecated.
func (p *planner) deprecated() { p.followLines(isDeprecatedList) }

func isDeprecatedList(file string) bool { return path.Base(file) == "package.deprecated" }

func (p *planner) followLines(which func(file string) bool) {
	named, depended := map[string]string{}, map[string]string{}
	p.eachTree(func(a, b *tree) {
		for _, file := range sorted(slices.Concat(sortedKeys(a.profile.lines), sortedKeys(b.profile.lines))) {
			if !which(file) {
				continue
			}
			for _, key := range changedLines(a.profile.lines[file], b.profile.lines[file]) {
				if key == "" {
					p.everything("profiles/" + file + " has a line that cannot be followed")
					continue
				}
				named[key] = "is named in profiles/" + file + ", which changed"
				depended[key] = "which a change of profiles/" + file + " names"
			}
		}
	})
	p.addNamed(named)
	p.addDependents(depended)
}

// changedLines lists the keys whose lines are not the same, in the same order; an empty one for lines that cannot be read.
func changedLines(a, b []profileLine) []string {
	if slices.Equal(a, b) {
		return nil
	}
	before, after := byKey(a), byKey(b)
	var out []string
	for _, key := range sorted(slices.Concat(sortedKeys(before), sortedKeys(after))) {
		if !slices.Equal(before[key], after[key]) {
			out = append(out, key)
		}
	}
	return out
}

func byKey(lines []profileLine) map[string][]profileLine {
	out := map[string][]profileLine{}
	for _, l := range lines {
		out[l.key] = append(out[l.key], l)
	}
	return out
}

// moves is R10: packages whose name is, or was, moved, and all that depend on either name.
func (p *planner) moves() {
	before, after := p.base.moves(), p.head.moves()
	named, depended := map[string]string{}, map[string]string{}
	for _, source := range changedKeys(before, after) {
		named[source] = "its name is the source of a package move that changed"
		for _, key := range []string{source, before[source], after[source]} {
			if key != "" {
				depended[key] = "which is part of a package move that changed"
			}
		}
	}
	p.addNamed(named)
	p.addDependents(depended)
}

// moves are the package moves of all trees; later trees win.
func (x *Index) moves() map[string]string {
	out := map[string]string{}
	for _, t := range x.trees {
		maps.Copy(out, t.profile.moves)
	}
	return out
}

// licences is R8: packages whose LICENSE names a licence that came, went or changed its groups.
func (p *planner) licences() {
	changed := symmetric(p.base.licences(), p.head.licences())
	before, err := p.base.groups()
	after, err2 := p.head.groups()
	if err != nil || err2 != nil {
		p.everything("profiles/license_groups cannot be followed: " + errors.Join(err, err2).Error())
		return
	}
	for _, group := range sorted(slices.Concat(sortedKeys(before), sortedKeys(after))) {
		changed = append(changed, symmetric(before[group], after[group])...)
	}
	if changed = sorted(changed); len(changed) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			for _, v := range k.versions {
				if name, ok := common(v.licences, changed); ok {
					p.add(k.key, "is licensed under "+name+", whose file or group changed")
				}
			}
		}
	}
}

// licences lists the licences of all trees.
func (x *Index) licences() []string {
	var out []string
	for _, t := range x.trees {
		out = append(out, t.licences...)
	}
	return sorted(out)
}

// groups are the licence groups of all trees, expanded.
func (x *Index) groups() (ebuild.LicenseGroups, error) {
	var masters []ebuild.LicenseGroups
	for _, t := range x.trees[:len(x.trees)-1] {
		masters = append(masters, t.profile.groups)
	}
	return ebuild.LicenseGroups(x.target().profile.groups).Expand(masters...)
}

// mirrors is R9: packages that fetch from a mirror whose addresses changed.
func (p *planner) mirrors() {
	changed := changedKeys(p.base.mirrors(), p.head.mirrors())
	if len(changed) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			for _, v := range k.versions {
				if name, ok := common(v.mirrors, changed); ok {
					p.add(k.key, "fetches from mirror://"+name+", whose addresses changed")
				}
			}
		}
	}
}

// mirrors are the addresses of each mirror, in all trees.
func (x *Index) mirrors() map[string]string {
	out := map[string]string{}
	for _, t := range x.trees {
		for name, uris := range t.profile.mirrors {
			out[name] += t.name + " " + uris + "\n"
		}
	}
	return out
}

// advisories is R12: packages that changed GLSAs name.
func (p *planner) advisories() {
	named := map[string]string{}
	p.eachTree(func(a, b *tree) {
		for _, file := range changedKeys(a.data, b.data) {
			if !strings.HasPrefix(file, "metadata/glsa/") {
				continue
			}
			keys := slices.Concat(a.named.glsa[file], b.named.glsa[file])
			if len(keys) == 0 {
				p.everything(file + " names no package that can be read")
			}
			for _, key := range keys {
				named[key] = "is named in " + file + ", which changed"
			}
		}
	})
	p.addNamed(named)
}

// projects is R13: packages whose maintainer became, or is no longer, a project.
func (p *planner) projects() {
	p.eachTree(func(a, b *tree) {
		changed := symmetric(a.named.projects, b.named.projects)
		switch {
		case len(changed) == 0:
			return
		case len(a.named.projects) == 0 || len(b.named.projects) == 0:
			p.everything("metadata/projects.xml came or went")
			return
		}
		for _, x := range p.sides() {
			for _, k := range x.target().packages {
				if who, ok := common(k.projects, changed); ok {
					p.add(k.key, "is maintained by "+who+", whose project changed")
				}
			}
		}
	})
}
