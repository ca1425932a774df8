// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// contributions is R21: a whole-tree check is needed only if what the changed packages contribute to it makes a difference.
func (p *planner) contributions() {
	p.otherFiles()
	if len(p.differ.packages) == 0 {
		return
	}
	p.accounts()
	p.emptyFolders()
	p.collisions()
	p.unused()
	p.globalUse()
	p.groupsAndMoves()
	p.profileAtoms()
	p.categoryTexts()
	if len(p.differ.own) > 0 {
		p.need(checkUnusedInMasters)
	}
}

// otherFiles is about the check that looks for binary files anywhere. Of ebuilds, Manifests and metadata.xml files the index knows which
// could be.
func (p *planner) otherFiles() {
	for _, c := range p.changes {
		if locate(c.Path) != placePackage {
			p.need(checkRepoDir)
			continue
		}
		name := path.Base(c.Path)
		if strings.Count(c.Path, "/") > 2 || !strings.HasSuffix(name, ".ebuild") && name != "Manifest" && name != "metadata.xml" {
			p.need(checkRepoDir)
		}
	}
	for key := range p.differ.own {
		for _, x := range p.sides() {
			if k := x.target().find(key); k != nil && k.flags&pkgBinary != 0 {
				p.need(checkRepoDir)
			}
		}
	}
}

// accounts is about account packages, whose ebuilds' texts are compared with each other.
func (p *planner) accounts() {
	for key := range p.packages {
		if strings.HasPrefix(key, "acct-user/") || strings.HasPrefix(key, "acct-group/") {
			p.need(checkAcct)
		}
	}
}

// emptyFolders is about packages without ebuilds, and categories without packages.
func (p *planner) emptyFolders() {
	for key := range p.differ.own {
		before, after := p.base.target().find(key), p.head.target().find(key)
		if isEmpty(before) != isEmpty(after) {
			p.need(checkEmptyDirs)
		}
		category, _, _ := strings.Cut(key, "/")
		if (before == nil) != (after == nil) && p.base.target().hasCategory(category) != p.head.target().hasCategory(category) {
			p.need(checkEmptyDirs, checkCategoryMetadata, checkRepoProfiles)
		}
	}
}

func isEmpty(p *pkg) bool { return p != nil && len(p.versions) == 0 }

// hasCategory says whether a category has any package.
func (t *tree) hasCategory(category string) bool {
	prefix := category + "/"
	i, _ := slices.BinarySearchFunc(t.packages, prefix, func(p *pkg, key string) int { return strings.Compare(p.key, key) })
	return i < len(t.packages) && strings.HasPrefix(t.packages[i].key, prefix)
}

// collisions is about files of Manifests: same name and other checksums, or same checksums and another name. Only a changed package with
// an entry that another entry meets in one of them can make a difference.
func (p *planner) collisions() {
	for _, x := range p.sides() {
		names, sums := map[string]bool{}, map[uint64]bool{}
		entries := 0
		for key := range p.differ.own {
			k := x.target().find(key)
			if k == nil {
				continue
			}
			if k.flags&pkgBadManifest != 0 {
				p.need(checkCollision)
				return
			}
			for _, file := range k.distfiles {
				names[file.name], sums[file.sum] = true, true
				entries++
			}
		}
		if len(names) < entries || len(sums) < entries || p.meets(x, names, sums) {
			p.need(checkCollision)
			return
		}
	}
}

// meets says whether an entry of another package has one of the names or checksums.
func (p *planner) meets(x *Index, names map[string]bool, sums map[uint64]bool) bool {
	for _, k := range x.target().packages {
		if p.differ.own[k.key] {
			continue
		}
		for _, file := range k.distfiles {
			if names[file.name] || sums[file.sum] {
				return true
			}
		}
	}
	return false
}

// unused is about licences, mirrors and eclasses that no package uses.
func (p *planner) unused() {
	uses := func(of func(v *version) []string) func(*pkg) []string {
		return func(k *pkg) []string {
			var out []string
			for _, v := range k.versions {
				out = append(out, of(v)...)
			}
			return sorted(out)
		}
	}
	for check, of := range map[string]func(*pkg) []string{
		checkUnusedLicences: uses(func(v *version) []string { return v.licences }),
		checkUnusedMirrors:  uses(func(v *version) []string { return v.mirrors }),
		checkUnusedEclasses: uses(func(v *version) []string { return v.eclasses }),
	} {
		if p.countsDiffer(of, 1) != "" {
			p.need(check)
		}
	}
}

// countsDiffer looks for an element that changed packages contribute on one side only, and whose number of contributors passes a
// threshold below enough; it returns the element, or nothing.
func (p *planner) countsDiffer(of func(*pkg) []string, enough int) string {
	changed := map[string]bool{}
	for key := range p.differ.own {
		before, after := contributed(p.base, key, of), contributed(p.head, key, of)
		for _, element := range symmetric(before, after) {
			changed[element] = true
		}
	}
	if len(changed) == 0 {
		return ""
	}
	before, after := contributors(p.base, of, changed), contributors(p.head, of, changed)
	for _, element := range sortedKeys(changed) {
		if before[element] != after[element] && min(before[element], after[element]) < enough {
			return element
		}
	}
	return ""
}

func contributed(x *Index, key string, of func(*pkg) []string) []string {
	if k := x.target().find(key); k != nil {
		return of(k)
	}
	return nil
}

// contributors counts the packages that contribute each of some elements.
func contributors(x *Index, of func(*pkg) []string, elements map[string]bool) map[string]int {
	out := map[string]int{}
	for _, k := range x.target().packages {
		for _, element := range of(k) {
			if elements[element] {
				out[element]++
			}
		}
	}
	return out
}

// A global flag with fewer users could be a local one; a local flag with as many could be a global one.
const manyUsers = 5

// globalUse is about USE flags of use.desc and desc/* without (many) users, and local flags with many; and about profiles that name
// flags which no package has.
func (p *planner) globalUse() {
	if p.badMetadata() || p.countsDiffer(globalFlags, manyUsers) != "" || p.localFlagsDiffer() {
		p.need(checkGlobalUse)
	}
	if p.badMetadata() || p.countsDiffer(localFlagNames, 1) != "" {
		p.need(checkProfiles)
	}
}

// badMetadata says whether a changed package has a metadata.xml whose flags are not known.
func (p *planner) badMetadata() bool {
	for key := range p.differ.own {
		for _, x := range p.sides() {
			if k := x.target().find(key); k != nil && k.flags&pkgBadMetadata != 0 {
				return true
			}
		}
	}
	return false
}

// globalFlags are the flags of a package that it does not describe itself.
func globalFlags(k *pkg) []string {
	local := localFlagNames(k)
	var out []string
	for _, v := range k.versions {
		for _, flag := range v.iuse {
			flag = strings.TrimLeft(flag, "+-")
			if _, ok := slices.BinarySearch(local, flag); !ok {
				out = append(out, flag)
			}
		}
	}
	return sorted(out)
}

func localFlagNames(k *pkg) []string {
	var out []string
	for _, flag := range k.local {
		out = append(out, flag.name)
	}
	return sorted(out)
}

// localFlagsDiffer says whether a local flag with many users, or one of them less, is described otherwise.
func (p *planner) localFlagsDiffer() bool {
	described := func(k *pkg) []string {
		var out []string
		for _, flag := range k.local {
			out = append(out, flag.name+"\x00"+flag.text)
		}
		return sorted(out)
	}
	changed := map[string]bool{}
	for key := range p.differ.own {
		for _, flag := range symmetric(contributed(p.base, key, described), contributed(p.head, key, described)) {
			name, _, _ := strings.Cut(flag, "\x00")
			changed[name] = true
		}
	}
	if len(changed) == 0 {
		return false
	}
	for _, x := range p.sides() {
		for _, n := range contributors(x, localFlagNames, changed) {
			if n >= manyUsers {
				return true
			}
		}
	}
	return false
}

// groupsAndMoves is about packages that stabilization groups or package moves name.
func (p *planner) groupsAndMoves() {
	for key := range p.differ.packages {
		for _, x := range p.sides() {
			if _, ok := slices.BinarySearch(x.target().named.groups, key); ok && keywords(p.base, key) != keywords(p.head, key) {
				p.need(checkStabilization)
			}
			if _, ok := slices.BinarySearch(x.target().profile.moved, key); ok && p.views[0].has(key) != p.views[1].has(key) {
				p.need(checkUpdates)
			}
		}
	}
}

// keywords are a package's versions with their KEYWORDS.
func keywords(x *Index, key string) string {
	var b strings.Builder
	if k := x.target().find(key); k != nil {
		for _, v := range k.versions {
			fmt.Fprintln(&b, v.text, v.slot, v.subslot, v.failed, v.keywords)
		}
	}
	return b.String()
}

// profileAtoms is about the atoms in the repository's profiles: what they match, with which flags and keywords.
func (p *planner) profileAtoms() {
	for key := range p.differ.packages {
		lines := slices.Concat(p.views[0].linesOf(key), p.views[1].linesOf(key))
		for i := range lines {
			a := &lines[i].parsed
			if p.views[0].summary(a) == p.views[1].summary(a) && p.views[0].has(key) == p.views[1].has(key) {
				continue
			}
			p.need(checkProfiles)
			if path.Base(lines[i].file) == "packages" {
				p.need(checkRepoProfiles)
			}
		}
	}
}

// summary is what checks of profiles see of an atom's matches: the flags and keywords of all of them together.
func (v *view) summary(a *ebuild.Atom) string {
	var flags, arches []string
	for _, p := range v.of(a.Key()) {
		if !p.matches(a) {
			continue
		}
		flags = append(flags, p.of.failed)
		for _, flag := range p.of.iuse {
			flags = append(flags, strings.TrimLeft(flag, "+-"))
		}
		if p.own {
			arches = append(append(arches, "there"), p.of.keywords...)
		}
	}
	return strconv.Itoa(int(v.exists(a))) + " " + strings.Join(sorted(flags), " ") + "\n" + strings.Join(sorted(arches), " ")
}

// categoryTexts is about packages and categories that the metadata.xml files of categories name.
func (p *planner) categoryTexts() {
	categories := p.changedCategories()
	for _, x := range p.sides() {
		for _, named := range x.target().categoryTexts {
			for _, text := range named {
				if name, ok := strings.CutSuffix(text, "/"); ok && slices.Contains(categories, name) {
					p.need(checkCategoryMetadata)
				}
				if _, differs := p.refDiffers(text); differs {
					p.need(checkCategoryMetadata)
				}
			}
		}
	}
}
