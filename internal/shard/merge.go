// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/plan"
)

// Why shards cannot be put together. Errors of Merge and Inventories wrap one of them, and name shards, packages and checks.
var (
	// ErrIncomplete: something is missing, or there twice.
	ErrIncomplete = errors.New("the shards do not make a whole scan")
	// ErrUnlike: the shards were not scanned alike.
	ErrUnlike = errors.New("the shards were not scanned alike")
)

// Part is what one shard found on one side.
type Part struct {
	Number   int      // of the shard, from 1
	Expected []string // the packages that it must have seen: its own that are on the side
	Stream   *pkgcheck.Stream
}

// maxNames is how many names an error lists.
const maxNames = 5

func incomplete(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrIncomplete}, args...)...)
}

func unlike(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrUnlike}, args...)...)
}

// names lists some names, and how many more there are.
func names(all []string) string {
	if more := len(all) - maxNames; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:maxNames], ", "), more)
	}
	return strings.Join(all, ", ")
}

// Merge makes one stream of what all shards found on one side: what one scan of everything would have written, its times apart. wholeTree says
// of a check by name whether it is one of the whole tree, which one shard alone runs.
//
// It refuses whatever is not proof of that scan: a shard or package that is missing or there twice, a package check that did not run in every
// shard, a check of the tree that did not run in exactly its shard, findings about another shard's packages, and shards that differ in
// toolchain, arguments, clock or history.
func Merge(parts []Part, of int, wholeTree func(check string) bool) (*pkgcheck.Stream, error) {
	parts = slices.SortedStableFunc(slices.Values(parts), func(a, b Part) int { return a.Number - b.Number })
	if err := allThere(parts, of); err != nil {
		return nil, err
	}
	for _, p := range parts[1:] {
		if err := alike(parts[0], p); err != nil {
			return nil, err
		}
	}
	m := &merging{parts: parts, wholeTree: wholeTree}
	m.out.Start = parts[0].Stream.Start
	for _, step := range []func() error{m.checks, m.packages, m.findings} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	m.losses()
	m.end()
	return &m.out, nil
}

func allThere(parts []Part, of int) error {
	seen := map[int]bool{}
	for _, p := range parts {
		switch {
		case seen[p.Number]:
			return incomplete("shard %d is there twice", p.Number)
		case p.Number < 1 || p.Number > of:
			return incomplete("there is a shard %d of %d", p.Number, of)
		}
		seen[p.Number] = true
	}
	missing := []string{}
	for n := 1; n <= of; n++ {
		if !seen[n] {
			missing = append(missing, fmt.Sprintf("%d of %d", n, of))
		}
	}
	if len(missing) > 0 {
		return incomplete("there is no result of shard %s", names(missing))
	}
	return nil
}

// alike compares what two shards say of how they were scanned.
func alike(one, other Part) error {
	a, b := one.Stream.Start, other.Stream.Start
	for _, c := range []struct {
		what string
		a, b any
	}{
		{"toolchains", a.Versions, b.Versions},
		{"arguments", a.Arguments, b.Arguments},
		{"hash seeds", a.HashSeed, b.HashSeed},
		{"clocks", a.Clock.UTC(), b.Clock.UTC()},
		{"repository names", a.Repository, b.Repository},
		{"kinds of repository", a.Gentoo, b.Gentoo},
		{"histories", histories(a.Repositories), histories(b.Repositories)},
	} {
		if c.a != c.b {
			return unlike("shards %d and %d have different %s: %v and %v", one.Number, other.Number, c.what, c.a, c.b)
		}
	}
	return nil
}

func histories(of []pkgcheck.History) string {
	lines := []string{}
	for _, h := range of {
		commit := "none"
		if h.History != nil {
			commit = *h.History
		}
		lines = append(lines, h.Name+" "+commit)
	}
	return strings.Join(lines, ", ")
}

type merging struct {
	parts     []Part
	wholeTree func(string) bool
	out       pkgcheck.Stream
}

// checks takes over what is said of each check, after it was compared.
func (m *merging) checks() error {
	byName := map[string][]pkgcheck.Check{}
	for i, p := range m.parts {
		for _, c := range p.Stream.Checks {
			for len(byName[c.Name]) < i {
				byName[c.Name] = append(byName[c.Name], pkgcheck.Check{})
			}
			byName[c.Name] = append(byName[c.Name], c)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		said := byName[name]
		for i, p := range m.parts {
			if i >= len(said) || said[i].Name == "" {
				return unlike("shard %d says nothing of the check %s", p.Number, name)
			}
		}
		c, err := m.check(name, said)
		if err != nil {
			return err
		}
		m.out.Checks = append(m.out.Checks, c)
	}
	return nil
}

// ofOtherShards is the reason of a check of the tree in the shards that are not to run it.
const ofOtherShards = "scope"

func (m *merging) check(name string, said []pkgcheck.Check) (pkgcheck.Check, error) {
	whole := m.wholeTree(name)
	for i, c := range said {
		number := m.parts[i].Number
		own := number == plan.WholeTreeShard
		switch {
		case whole && !own && c.Ran:
			return c, incomplete("%s, a check of the whole tree, ran in shard %d, too", name, number)
		case whole && own && !c.Ran && c.Reason == ofOtherShards:
			return c, incomplete("%s, a check of the whole tree, ran in no shard", name)
		case whole && !own && c.Reason == ofOtherShards:
		case whole && !own && c.Reason != said[0].Reason:
			return c, unlike("the check %s was left out not alike in shards %d and %d: %s and %s", name, m.parts[0].Number, number, ran(said[0]), ran(c))
		case c.Ran != said[0].Ran && !whole, c.Reason != said[0].Reason && !whole:
			return c, unlike("the check %s ran not alike in shards %d and %d: %s and %s", name, m.parts[0].Number, number, ran(said[0]), ran(c))
		case !whole && !c.Ran && c.Reason == ofOtherShards:
			return c, incomplete("the check %s ran in no shard", name)
		}
	}
	return said[0], nil // the whole tree's shard is the first
}

func ran(c pkgcheck.Check) string {
	if c.Ran {
		return "it ran"
	}
	return c.Reason
}

// packages takes over the packages. Each is seen by the shard that must see it, and by no other; what a shard owns up to have lost was seen.
func (m *merging) packages() error {
	for _, p := range m.parts {
		own, seen := set(p.Expected), map[string]bool{}
		foreign, missing := []string{}, []string{}
		for _, k := range p.Stream.Packages {
			name := k.Category + "/" + k.Package
			if seen[name] = true; !own[name] {
				foreign = append(foreign, name)
			}
		}
		for _, l := range p.Stream.End.Lost {
			seen[l.Category+"/"+l.Package] = true
		}
		for _, name := range p.Expected {
			if !seen[name] {
				missing = append(missing, name)
			}
		}
		switch {
		case len(missing) > 0:
			return incomplete("shard %d did not see %d of its %d packages: %s", p.Number, len(missing), len(p.Expected), names(missing))
		case len(foreign) > 0:
			return incomplete("shard %d saw packages that are not its own: %s", p.Number, names(foreign))
		}
		m.out.Packages = append(m.out.Packages, p.Stream.Packages...)
	}
	slices.SortStableFunc(m.out.Packages, comparePackages)
	return nil
}

func set(all []string) map[string]bool {
	in := make(map[string]bool, len(all))
	for _, name := range all {
		in[name] = true
	}
	return in
}

// findings takes over the findings. Those of package checks are about the shard's own packages: else another shard has them, too.
func (m *merging) findings() error {
	for _, p := range m.parts {
		own := set(p.Expected)
		for i := range p.Stream.Findings {
			f := &p.Stream.Findings[i]
			if !m.wholeTree(f.Check) && !own[f.Category+"/"+f.Package] {
				return incomplete("in shard %d the check %s speaks of %q, which is not the shard's own", p.Number, f.Check, strings.Trim(f.Category+"/"+f.Package, "/"))
			}
		}
		m.out.Findings = append(m.out.Findings, p.Stream.Findings...)
	}
	slices.SortStableFunc(m.out.Findings, compareFindings)
	return nil
}

// losses takes over what failed. What every shard meets (a profile or an eclass that cannot be read) counts once.
func (m *merging) losses() {
	type failure struct{ kind, category, name, version, profile, message string }
	type place struct{ category, name, profile string }
	seen, lost := map[failure]bool{}, map[place]*pkgcheck.Lost{}
	for _, p := range m.parts {
		for _, f := range p.Stream.Failures {
			id := failure{f.Kind, f.Category, f.Package, f.Version, f.Profile, f.Message}
			if !seen[id] {
				seen[id] = true
				m.out.Failures = append(m.out.Failures, f)
			}
		}
		for _, l := range p.Stream.End.Lost {
			at := place{l.Category, l.Package, l.Profile}
			switch known := lost[at]; {
			case known == nil:
				lost[at] = &pkgcheck.Lost{Category: l.Category, Package: l.Package, Profile: l.Profile, Checks: slices.Clone(l.Checks)}
			case len(known.Checks) == 0 || len(l.Checks) == 0:
				known.Checks = nil // all of them
			default:
				known.Checks = slices.Compact(slices.Sorted(slices.Values(append(known.Checks, l.Checks...))))
			}
		}
	}
	slices.SortStableFunc(m.out.Failures, compareFailures)
	for _, l := range lost {
		m.out.End.Lost = append(m.out.End.Lost, *l)
	}
	slices.SortFunc(m.out.End.Lost, compareLost)
}

func (m *merging) end() {
	end := &m.out.End
	end.Complete = true
	for _, p := range m.parts {
		end.Complete = end.Complete && p.Stream.End.Complete
		end.Seconds += p.Stream.End.Seconds
	}
	end.Packages, end.Findings, end.Errors, end.Checks = len(m.out.Packages), len(m.out.Findings), len(m.out.Failures), len(m.out.Checks)
}
