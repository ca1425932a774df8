// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// generator holds what is needed while a repository is made.
type generator struct {
	o     Options
	repo  *Repo
	rng   *rand.Rand
	pool  []*candidate // what later packages may depend on, in the order of its making
	names map[string]bool
	stale string // a package that was removed
	users int    // acct-user packages so far
}

// candidate is a package as others see it when they choose what to depend on.
type candidate struct {
	key     string
	kind    *kind
	oldest  string         // the oldest version: what ">=" asks for
	newest  string         // the newest version: what "!<" blocks below
	levels  map[string]int // per arch: 0 no keyword, 1 testing, 2 stable
	flags   []string       // global flags that every version has
	slots   []string       // more than one only where versions differ in SLOT
	subslot bool
}

// Generate makes a repository. Equal options give equal repositories.
func Generate(options Options) (*Repo, error) {
	o, err := options.complete()
	if err != nil {
		return nil, fmt.Errorf("generating a repository: %w", err)
	}
	g := &generator{
		o:     o,
		rng:   rand.New(rand.NewPCG(o.Seed, 0x65627569_6c64)), //nolint:gosec // repeatable on purpose, nothing secret
		names: map[string]bool{},
		repo:  &Repo{Name: o.Name, Packages: map[string]*Package{}, Files: Tree{}, Planted: map[string][]string{}, options: o},
	}
	g.staticFiles()
	if o.Master == nil {
		g.corePackages()
	} else {
		g.poolFrom(o.Master)
	}
	g.removedPackage()
	for broken := o.Breakage.ebuilds(); g.repo.Count() < o.Ebuilds-broken; {
		g.addPackage(o.Ebuilds - broken - g.repo.Count())
	}
	g.plantAll()
	g.writeEclasses()
	g.usedFiles()
	for _, p := range g.repo.Packages {
		g.repo.addCategory(p.Category)
	}
	return g.repo, nil
}

func (g *generator) file(name, text string) { g.repo.Files[name] = File{Text: text, Mode: ModeFile} }

// addPackage makes one package of at most n ebuilds.
func (g *generator) addPackage(n int) {
	k := g.pickKind()
	if k.name == "account" {
		g.addAccount(n)
		return
	}
	p, levels := g.newPackage(k, min(n, g.versionCount()))
	g.add(p, k, levels)
}

// add puts a finished package into the repository and among the candidates.
func (g *generator) add(p *Package, k *kind, levels map[string]int) {
	g.repo.Packages[p.Key()] = p
	if c := newCandidate(p, k, levels); c != nil {
		g.pool = append(g.pool, c)
	}
}

// newCandidate is nil where a package has only live versions.
func newCandidate(p *Package, k *kind, levels map[string]int) *candidate {
	released := slices.DeleteFunc(slices.Clone(p.Ebuilds), func(e *Ebuild) bool { return len(e.Keywords) == 0 })
	if len(released) == 0 {
		return nil
	}
	c := &candidate{key: p.Key(), kind: k, oldest: released[0].Version, newest: released[len(released)-1].Version, levels: levels}
	for _, flag := range released[0].IUse {
		every := !slices.ContainsFunc(p.Ebuilds, func(e *Ebuild) bool { return !slices.Contains(e.IUse, flag) })
		if _, global := globalUse[flag]; global && every {
			c.flags = append(c.flags, flag)
		}
	}
	for _, e := range released {
		slot, _, sub := strings.Cut(e.Slot, "/")
		c.subslot = c.subslot || sub
		if !slices.Contains(c.slots, slot) {
			c.slots = append(c.slots, slot)
		}
	}
	return c
}

// poolFrom makes a master's packages candidates for the overlay's dependencies.
func (g *generator) poolFrom(master *Repo) {
	for _, key := range master.Keys() {
		p := master.Packages[key]
		g.names[key] = true
		if master.isPlanted(key) || slices.Contains(master.masked, key) || key == "dev-lang/python" {
			continue
		}
		if c := newCandidate(p, kindOf(p), levelsOf(p.Ebuilds[0].Keywords)); c != nil {
			g.pool = append(g.pool, c)
		}
	}
}

func (r *Repo) isPlanted(key string) bool {
	for _, keys := range r.Planted {
		if slices.Contains(keys, key) {
			return true
		}
	}
	return false
}

func (g *generator) versionCount() int {
	switch n := g.rng.IntN(20); {
	case n < 9:
		return 1
	case n < 15:
		return 2
	case n < 19:
		return 3
	default:
		return 4
	}
}

// newLevels chooses how far a package is keyworded. Every package is on amd64.
func (g *generator) newLevels() map[string]int {
	levels := map[string]int{"amd64": 1 + g.rng.IntN(2), "arm64": 0, "ppc64": 0, "riscv": 0}
	if g.rng.IntN(3) > 0 {
		levels["arm64"] = min(levels["amd64"], 1+g.rng.IntN(2))
	}
	if g.rng.IntN(4) == 0 {
		levels["ppc64"] = 1
	}
	if g.rng.IntN(5) == 0 {
		levels["riscv"] = 1
	}
	return levels
}

// keywords writes the levels of one version: the oldest has them in full, later ones step by step less.
func keywords(levels map[string]int, version, versions int) []string {
	var out []string
	for i, arch := range arches {
		level := levels[arch]
		if version > 0 && (version == versions-1 || i > 0) {
			level = min(level, 1)
		}
		switch level {
		case 1:
			out = append(out, "~"+arch)
		case 2:
			out = append(out, arch)
		}
	}
	return out
}

func levelsOf(keys []string) map[string]int {
	levels := map[string]int{}
	for _, k := range keys {
		if arch, ok := strings.CutPrefix(k, "~"); ok {
			levels[arch] = max(levels[arch], 1)
		} else {
			levels[k] = 2
		}
	}
	return levels
}

// uses is what the packages use of the lists under profiles/ and licenses/.
type uses struct{ licenses, flags, mirrors map[string]bool }

func (g *generator) collectUses() uses {
	u := uses{licenses: map[string]bool{}, flags: map[string]bool{}, mirrors: map[string]bool{}}
	for _, p := range g.repo.Packages {
		for _, e := range p.Ebuilds {
			u.add(e)
		}
	}
	return u
}

func (u uses) add(e *Ebuild) {
	for l := range strings.FieldsSeq(e.License) {
		u.licenses[l] = true
	}
	for _, f := range e.IUse {
		u.flags[strings.TrimPrefix(f, "+")] = true
	}
	for _, uri := range e.SrcURI {
		if _, rest, ok := strings.Cut(uri, "mirror://"); ok {
			name, _, _ := strings.Cut(rest, "/")
			u.mirrors[name] = true
		}
	}
}

func pick[T any](g *generator, list []T) T { return list[g.rng.IntN(len(list))] }

// chance is true n times in 100.
func (g *generator) chance(n int) bool { return g.rng.IntN(100) < n }
