// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// What a package sees of another one is the set of versions that its atoms match, each by its signature. Two sides answer alike when
// the sets are equal: then no check that looks through these atoms can say anything else. The sets are made for all atoms of an ebuild
// together, because checks combine them (CrossSlotRangeDepCheck), and hold the newest match of each atom (PythonCompatCheck).

// provider is a version of a package, as others see it.
type provider struct {
	version       ebuild.Version
	slot, subslot string
	failed        bool
	own           bool // of the repository itself, not of a master
	of            *version
	signature     string
}

// view is what is looked up in one side while planning.
type view struct {
	index     *Index
	providers map[string][]provider
	lines     map[string][]placedLine // of all profile files of all trees, by key
}

// placedLine is a profile's line with the place where it stands.
type placedLine struct {
	profileLine
	tree   int
	file   string
	parsed ebuild.Atom
}

func newView(x *Index) *view { return &view{index: x, providers: map[string][]provider{}} }

// linesOf lists the profile lines that name a package.
func (v *view) linesOf(key string) []placedLine {
	if v.lines == nil {
		v.lines = map[string][]placedLine{}
		for i, t := range v.index.trees {
			for _, file := range sortedKeys(t.profile.lines) {
				for _, l := range t.profile.lines[file] {
					v.lines[l.key] = append(v.lines[l.key], placedLine{profileLine: l, tree: i, file: file})
				}
			}
		}
	}
	lines := v.lines[key]
	for i := range lines {
		if lines[i].parsed.Package == "" {
			// What has a key has an atom that could be read.
			lines[i].parsed, _ = ebuild.ParseAtom(lines[i].atom)
		}
	}
	return lines
}

// of lists the versions of a package in all trees.
func (v *view) of(key string) []provider {
	if found, ok := v.providers[key]; ok {
		return found
	}
	found := []provider{}
	for i, t := range v.index.trees {
		p := t.find(key)
		if p == nil {
			continue
		}
		for _, version := range p.versions {
			parsedVersion, err := ebuild.ParseVersion(version.text)
			if err != nil {
				continue // no version to the tool either
			}
			found = append(found, provider{
				version: parsedVersion, slot: version.slot, subslot: version.subslot, failed: version.failed != "",
				own: i == len(v.index.trees)-1, of: version,
				signature: fmt.Sprintf("%d %s", i, v.signature(key, version, parsedVersion)),
			})
		}
	}
	v.providers[key] = found
	return found
}

// signature is what others can see of a version: not its number, but which profile lines match it.
func (v *view) signature(key string, of *version, number ebuild.Version) string {
	var b strings.Builder
	if of.failed != "" {
		fmt.Fprintf(&b, "failed %s", of.failed)
	} else {
		fmt.Fprintf(&b, "%s %s/%s [%s] [%s]", of.eapi, of.slot, of.subslot, strings.Join(of.iuse, " "), strings.Join(of.keywords, " "))
	}
	for _, l := range v.linesOf(key) {
		if l.parsed.MatchesVersion(number) && (of.failed != "" || l.parsed.MatchesSlot(of.slot, of.subslot)) {
			fmt.Fprintf(&b, "\n%d:%s %s%s %s", l.tree, l.file, l.mark, l.atom, l.rest)
		}
	}
	return b.String()
}

// matches says whether an atom, whatever its USE dependencies, can match.
func (p *provider) matches(a *ebuild.Atom) bool {
	return a.MatchesVersion(p.version) && (p.failed || a.MatchesSlot(p.slot, p.subslot))
}

// presence is how a package, or what an atom asks for, is there. Some checks see versions without an entry, others do not.
type presence int

const (
	absentPackage  presence = iota
	withoutEntries          // only versions without a metadata entry
	withEntry
)

// exists says how what an atom asks for is there.
func (v *view) exists(a *ebuild.Atom) presence {
	found := absentPackage
	for _, p := range v.of(a.Key()) {
		switch {
		case !p.matches(a):
		case !p.failed:
			return withEntry
		default:
			found = withoutEntries
		}
	}
	return found
}

// has says how a package is there, in any tree.
func (v *view) has(key string) presence {
	found := absentPackage
	for _, p := range v.of(key) {
		if !p.failed {
			return withEntry
		}
		found = withoutEntries
	}
	return found
}

// mask tells which of some atoms can match, as a row of 0 and 1.
func (p *provider) mask(atoms []ebuild.Atom) string {
	mask := make([]byte, len(atoms))
	for i := range atoms {
		mask[i] = '0'
		if p.matches(&atoms[i]) {
			mask[i] = '1'
		}
	}
	return string(mask)
}

// answer is what an ebuild's atoms on a package get on a side.
func (v *view) answer(atoms []ebuild.Atom, key string) string {
	set := map[string]bool{}
	newest := make([]*provider, len(atoms))
	providers := v.of(key)
	for i := range providers {
		p := &providers[i]
		mask := p.mask(atoms)
		if strings.Contains(mask, "1") {
			set[mask+" "+p.signature] = true
		}
		for j := range atoms {
			if mask[j] == '1' && (newest[j] == nil || newest[j].version.Compare(p.version) < 0) {
				newest[j] = p
			}
		}
	}
	out := sortedKeys(set)
	for _, p := range newest {
		if p == nil {
			out = append(out, "nothing")
		} else {
			out = append(out, "newest "+p.signature)
		}
	}
	return strings.Join(out, "\n")
}
