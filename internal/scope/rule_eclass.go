// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"
)

// inheritors is R5a: packages that inherit a changed eclass, directly or not, by its name, on either side.
func (p *planner) inheritors() {
	if len(p.differ.eclasses) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			for _, v := range k.versions {
				if name, ok := common(v.eclasses, p.differ.eclasses); ok {
					p.add(k.key, "inherits "+name+".eclass, "+p.eclassChange(name))
					break
				}
			}
		}
	}
}

// common returns the first element that two sorted lists share.
func common(a, b []string) (string, bool) {
	for len(a) > 0 && len(b) > 0 {
		switch c := strings.Compare(a[0], b[0]); {
		case c == 0:
			return a[0], true
		case c < 0:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return "", false
}

func (p *planner) eclassChange(name string) string {
	switch before, after := p.base.eclassOf(name), p.head.eclassOf(name); {
	case before == nil:
		return "which was added"
	case after == nil:
		return "which was removed"
	case before.sum == after.sum:
		return "which now provides other eclasses"
	}
	return "which changed"
}

// exportedNames is R5b: pkgcheck compares the words of every ebuild with the names that every eclass exports or documents, inherited or not.
func (p *planner) exportedNames() {
	for _, name := range p.differ.eclasses {
		before, after := p.base.eclassOf(name), p.head.eclassOf(name)
		if before != nil && !before.known || after != nil && !after.known {
			p.everything(name + ".eclass changed, and what it exports is not known")
			continue
		}
		gained := p.namesOnlyIn(after, before)
		lost := p.namesOnlyIn(before, after)
		p.addMentioning(gained, name+".eclass gained")
		p.addMentioning(lost, name+".eclass lost")
	}
}

// namesOnlyIn lists the names about which one eclass says what the other one does not.
func (p *planner) namesOnlyIn(one, other *eclass) []string {
	if one == nil {
		return nil
	}
	if other == nil {
		other = &eclass{}
	}
	if one.live != other.live {
		return sorted(one.exported()) // a live eclass is never reported as missing
	}
	var out []string
	for _, fact := range one.facts {
		if _, ok := slices.BinarySearch(other.facts, fact); !ok {
			out = append(out, factName(fact))
		}
	}
	return sorted(out)
}

func (p *planner) addMentioning(names []string, what string) {
	if len(names) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			if i := slices.IndexFunc(names, k.mentions); i >= 0 {
				p.add(k.key, "names "+names[i]+", which "+what)
			}
		}
	}
}

// withoutEntry is R4: what did not source does not say what it inherits, so that any changed eclass counts.
func (p *planner) withoutEntry() {
	if len(p.differ.eclasses) == 0 {
		return
	}
	for _, x := range p.sides() {
		for _, k := range x.target().packages {
			if slices.ContainsFunc(k.versions, func(v *version) bool { return v.failed != "" }) {
				p.add(k.key, "has an ebuild that does not source, and "+list(p.differ.eclasses)+".eclass changed")
			}
		}
	}
}
