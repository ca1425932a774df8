// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// dependents is R2: packages that depend on, or block, a package that differs. An edge is left out when every atom gets the same answer
// on both sides.
func (p *planner) dependents() {
	if len(p.differ.packages) == 0 {
		return
	}
	changed := sortedKeys(p.differ.packages)
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			for rest := changed; ; {
				key, ok := common(k.keys, rest)
				if !ok {
					break
				}
				p.dependent(k, key)
				i, _ := slices.BinarySearch(rest, key)
				rest = rest[i+1:]
			}
		}
	}
}

// dependent decides on one edge.
func (p *planner) dependent(k *pkg, key string) {
	if _, in := p.packages[k.key]; in {
		return
	}
	if k.flags&pkgOpaque == 0 && !p.differ.own[k.key] && p.sameAnswers(k, key) {
		p.skipped = append(p.skipped, Edge{k.key, key, "its dependencies on " + key + " match the same on both sides"})
		return
	}
	p.add(k.key, dependsOn(k, key)+", "+p.change(key))
}

// sameAnswers says whether each ebuild of a package, which is the same on both sides, sees the same of another one.
func (p *planner) sameAnswers(k *pkg, key string) bool {
	for _, v := range k.versions {
		atoms := atomsOn(v, key)
		if len(atoms) > 0 && p.views[0].answer(atoms, key) != p.views[1].answer(atoms, key) {
			return false
		}
	}
	return true
}

// atomsOn lists an ebuild's atoms on a package, each once, whatever their USE dependencies.
func atomsOn(v *version, key string) []ebuild.Atom {
	var out []ebuild.Atom
	seen := map[string]bool{}
	for _, text := range v.deps {
		if !strings.Contains(text, key) {
			continue
		}
		atoms, _ := atomsOf(text)
		for _, a := range atoms {
			a.Use, a.Block = nil, ebuild.NotBlocker
			if a.Key() == key && !seen[a.String()] {
				seen[a.String()] = true
				out = append(out, a)
			}
		}
	}
	return out
}

// dependsOn says how a package is bound to another one.
func dependsOn(k *pkg, key string) string {
	for _, v := range k.versions {
		for _, text := range v.deps {
			if !strings.Contains(text, key) {
				continue
			}
			atoms, _ := atomsOf(text)
			if slices.ContainsFunc(atoms, func(a ebuild.Atom) bool { return a.Key() == key && a.Block == ebuild.NotBlocker }) {
				return "depends on " + key
			}
		}
	}
	return "blocks " + key
}

// addDependents puts all packages that name one of the keys in their dependencies in scope.
func (p *planner) addDependents(why map[string]string) {
	keys := sortedKeys(why)
	if len(keys) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			if key, ok := common(k.keys, keys); ok {
				p.add(k.key, dependsOn(k, key)+", "+why[key])
			}
		}
	}
}

// addNamed puts the packages of those names in scope.
func (p *planner) addNamed(why map[string]string) {
	for _, key := range sortedKeys(why) {
		for _, x := range p.sides() {
			if x.target().find(key) != nil {
				p.add(key, why[key])
			}
		}
	}
}

// textReferences is R3: packages whose optfeature calls or metadata.xml name a package, or a category, that exists on one side only.
func (p *planner) textReferences() {
	categories := p.changedCategories()
	if len(p.differ.packages) == 0 && len(categories) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			if name, ok := common(k.catRefs, categories); ok {
				p.add(k.key, "names the category "+name+" in its metadata.xml, which came or went")
			}
			for _, ref := range k.refs {
				if key, ok := p.refDiffers(ref); ok {
					p.add(k.key, "names "+ref+" in a text, and "+key+" is a package "+p.change(key))
				}
			}
		}
	}
}

// refDiffers says whether what a text names exists on one side only.
func (p *planner) refDiffers(ref string) (key string, differs bool) {
	a, err := ebuild.ParseAtom(ref)
	if err != nil {
		for _, key := range keysIn(ref) {
			if p.differ.packages[key] {
				return key, true
			}
		}
		return "", false
	}
	key = a.Key()
	return key, p.differ.packages[key] && p.views[0].exists(&a) != p.views[1].exists(&a)
}

// changedCategories lists the categories that exist on one side only, as names or as folders.
func (p *planner) changedCategories() []string {
	var out []string
	before := sorted(slices.Concat(p.base.categories(), p.base.target().folders))
	after := sorted(slices.Concat(p.head.categories(), p.head.target().folders))
	return append(out, symmetric(before, after)...)
}

// symmetric lists what only one of two sorted lists has.
func symmetric(a, b []string) []string {
	var out []string
	for _, s := range a {
		if _, ok := slices.BinarySearch(b, s); !ok {
			out = append(out, s)
		}
	}
	for _, s := range b {
		if _, ok := slices.BinarySearch(a, s); !ok {
			out = append(out, s)
		}
	}
	return sorted(out)
}
