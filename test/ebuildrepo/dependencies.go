// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"fmt"
	"slices"
	"strings"
)

// choose picks a package that is keyworded at least as far as levels ask; of the kind, where one is named. Accounts and
// data are no general dependencies. It is nil where none was found.
func (g *generator) choose(levels map[string]int, kindName string) *candidate {
	for range 24 {
		if len(g.pool) == 0 {
			return nil
		}
		c := pick(g, g.pool)
		switch {
		case kindName != "" && c.kind.name != kindName:
		case kindName == "" && (c.kind.name == "account" || c.kind.name == "data"):
		case c.covers(levels):
			return c
		}
	}
	return nil
}

func (g *generator) chooseLibrary(levels map[string]int) *candidate {
	for range 8 {
		if c := g.choose(levels, ""); c != nil && c.kind.library {
			return c
		}
	}
	return nil
}

func (c *candidate) covers(levels map[string]int) bool {
	for arch, level := range levels {
		if c.levels[arch] < level {
			return false
		}
	}
	return true
}

// atom writes a dependency on a package in one of the ways that ebuilds use.
func (g *generator) atom(c *candidate) string {
	switch {
	case len(c.slots) > 1:
		return c.key + ":" + c.slots[0]
	case c.subslot && g.chance(50):
		return c.key + ":="
	case g.chance(25):
		return ">=" + c.key + "-" + c.oldest
	default:
		return c.key
	}
}

// atomWithUse is an atom that also asks for a flag of the package, one way or another.
func (g *generator) atomWithUse(c *candidate, own []string) string {
	if len(c.flags) == 0 || len(c.slots) > 1 {
		return g.atom(c)
	}
	flag := strings.TrimPrefix(pick(g, c.flags), "+")
	switch {
	case slices.Contains(own, flag):
		return c.key + "[" + flag + "?]"
	case flag == "systemd":
		return c.key // masked on an architecture
	default:
		return c.key + "[" + flag + "]"
	}
}

// dependencies fills the five classes.
func (g *generator) dependencies(k *kind, e *Ebuild, levels map[string]int) {
	if k.name == "virtual" || k.name == "data" {
		return
	}
	own := plain(e.IUse)
	seen := map[string]bool{}
	add := func(list *[]string, item func(c *candidate) string) {
		if c := g.chooseLibrary(levels); c != nil && !seen[c.key] {
			seen[c.key] = true
			*list = append(*list, item(c))
		}
	}
	for range 1 + g.rng.IntN(3) {
		add(&e.RDepend, func(c *candidate) string { return g.atomWithUse(c, own) })
	}
	for _, flag := range own {
		if g.chance(55) {
			add(&e.RDepend, func(c *candidate) string { return fmt.Sprintf("%s? ( %s )", flag, g.atom(c)) })
		}
	}
	if g.chance(12) {
		g.anyOf(e, levels)
	}
	if c := g.chooseLibrary(levels); c != nil && c.newest != c.oldest && !seen[c.key] && g.chance(12) {
		seen[c.key] = true
		e.RDepend = append(e.RDepend, "!<"+c.key+"-"+c.newest)
	}
	if len(e.RDepend) > 0 {
		e.Depend = []string{"${RDEPEND}"}
		if g.chance(20) {
			add(&e.Depend, g.atom)
		}
	}
	g.laterDependencies(e, levels)
}

// laterDependencies fills PDEPEND and IDEPEND, now and then.
func (g *generator) laterDependencies(e *Ebuild, levels map[string]int) {
	if c := g.choose(levels, "tool"); c != nil && g.chance(8) {
		e.PDepend = []string{c.key}
	}
	if c := g.choose(levels, "tool"); c != nil && g.chance(4) && e.EAPI != "7" {
		e.IDepend = []string{c.key}
	}
}

func (g *generator) anyOf(e *Ebuild, levels map[string]int) {
	a, b := g.choose(levels, ""), g.choose(levels, "")
	if a == nil || b == nil || a.key == b.key {
		return
	}
	e.RDepend = append(e.RDepend, fmt.Sprintf("|| (\n\t\t%s\n\t\t%s\n\t)", a.key, b.key))
}
