// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"maps"
	"slices"
	"strings"
)

// differences are what is not the same in the indices of both sides.
type differences struct {
	packages map[string]bool // keys of packages that differ in any tree
	own      map[string]bool // those of them that differ in the repository itself
	eclasses []string        // names whose eclass, or what it provides, differs
}

// compare finds the differences.
func (p *planner) compare() differences {
	d := differences{packages: map[string]bool{}, own: map[string]bool{}}
	if !sameMasters(p.base, p.head) {
		p.everything("the masters are not the same repositories on both sides")
		return d
	}
	p.eachTree(func(a, b *tree) {
		if !a.prepared || !b.prepared {
			p.everything("the metadata of " + a.name + " was not prepared")
		}
		for _, key := range differing(a.packages, b.packages) {
			d.packages[key] = true
			if b == p.head.target() {
				d.own[key] = true
			}
		}
	})
	d.eclasses = p.changedEclasses()
	return d
}

// sameMasters says whether both sides have masters of the same names.
func sameMasters(a, b *Index) bool {
	return slices.EqualFunc(a.trees, b.trees, func(a, b *tree) bool { return a.name == b.name })
}

// differing lists the keys of packages that are not the same in two sorted lists.
func differing(a, b []*pkg) []string {
	var out []string
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].key < b[0].key:
			out, a = append(out, a[0].key), a[1:]
		case len(a) == 0 || b[0].key < a[0].key:
			out, b = append(out, b[0].key), b[1:]
		default:
			if !samePackage(a[0], b[0]) {
				out = append(out, a[0].key)
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}

// changedEclasses names the eclasses that are not the same on both sides, in content or in what they provide.
func (p *planner) changedEclasses() []string {
	names := eclassNames(p.base, p.head)
	changed := map[string]bool{}
	for _, name := range names {
		if p.eclassDiffers(name) {
			changed[name] = true
		}
	}
	if len(changed) == 0 {
		return nil
	}
	for _, name := range names {
		if !slices.Equal(p.base.provided(name), p.head.provided(name)) {
			changed[name] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}

// eclassDiffers says whether any tree's eclass of a name differs.
func (p *planner) eclassDiffers(name string) bool {
	for i := range p.base.trees {
		if p.off["R16"] && i < len(p.base.trees)-1 {
			continue
		}
		a, b := p.base.trees[i].eclasses[name], p.head.trees[i].eclasses[name]
		if a == b {
			continue
		}
		if a == nil || b == nil || a.sum != b.sum || !slices.Equal(a.facts, b.facts) || a.live != b.live || a.known != b.known {
			return true
		}
	}
	return false
}

// change says in words what happened to a package, for "depends on X, which …".
func (p *planner) change(key string) string {
	before, after := p.versionsOf(p.base, key), p.versionsOf(p.head, key)
	switch {
	case len(before) == 0 && len(after) == 0:
		return "which changed"
	case len(before) == 0:
		return "which was added"
	case len(after) == 0:
		return "which was removed"
	}
	gone := slices.DeleteFunc(slices.Clone(before), func(v string) bool { return slices.Contains(after, v) })
	added := slices.DeleteFunc(slices.Clone(after), func(v string) bool { return slices.Contains(before, v) })
	switch {
	case len(gone) > 0 && len(added) > 0:
		return "of which " + list(gone) + " gave way to " + list(added)
	case len(gone) > 0:
		return "of which " + list(gone) + " was removed"
	case len(added) > 0:
		return "of which " + list(added) + " was added"
	}
	return "which changed"
}

// versionsOf lists a package's versions in all trees of a side.
func (p *planner) versionsOf(x *Index, key string) []string {
	var out []string
	for _, t := range x.trees {
		if found := t.find(key); found != nil {
			for _, v := range found.versions {
				out = append(out, v.text)
			}
		}
	}
	return out
}

// list joins a few words.
func list(words []string) string {
	if len(words) > 3 {
		words = append(slices.Clone(words[:3]), "…")
	}
	return strings.Join(words, ", ")
}
