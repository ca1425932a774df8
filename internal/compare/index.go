// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/prcheck/prcheck/internal/finding"
)

// key stands for a text by which facts are matched: half of its SHA-256, which nobody can make equal for two texts.
type key struct{ high, low uint64 }

func keyOf(text string) key {
	sum := sha256.Sum256([]byte(text))
	return keyFrom(sum[:16])
}

func keyFrom(half []byte) key {
	return key{binary.LittleEndian.Uint64(half[8:]), binary.LittleEndian.Uint64(half)}
}

// identityKey is the key of a fact's identity, which whoever made the fact may have computed already.
func identityKey(f *finding.Fact) key {
	if f.Key != [16]byte{} {
		return keyFrom(f.Key[:])
	}
	return keyOf(identity(f))
}

// list is facts with what is computed of them once: reading a million facts is what a comparison costs.
type list struct {
	facts   []*finding.Fact
	keys    []key
	ignored []*finding.Fact // those that are not compared
}

// newList makes a list of those facts that are compared at all.
func (p pool) newList(facts []finding.Fact) *list {
	l := &list{facts: make([]*finding.Fact, len(facts)), keys: make([]key, len(facts))}
	ignored := make([][]*finding.Fact, p.workersFor(len(facts)))
	type stretch struct{ low, high int }
	kept := make([]stretch, len(ignored))
	p.each(len(facts), func(w, low, high int) {
		at := low
		for i := low; i < high; i++ {
			f := &facts[i]
			if f.Level == finding.LevelIgnored {
				ignored[w] = append(ignored[w], f)
				continue
			}
			l.facts[at], l.keys[at] = f, identityKey(f)
			at++
		}
		kept[w] = stretch{low, at}
	})
	n := 0 // close the gaps between the stretches
	for _, k := range kept {
		copy(l.keys[n:], l.keys[k.low:k.high])
		n += copy(l.facts[n:], l.facts[k.low:k.high])
	}
	l.facts, l.keys, l.ignored = l.facts[:n], l.keys[:n], slices.Concat(ignored...)
	return l
}

// listOf makes a list of facts that are matched by another text than their identity.
func listOf(facts []*finding.Fact, text func(*finding.Fact) string) *list {
	l := &list{facts: facts, keys: make([]key, len(facts))}
	for i, f := range facts {
		l.keys[i] = keyOf(text(f))
	}
	return l
}

// of calls visit for the facts of some packages, but for ignored ones, in their order. Looking for them is shared between workers.
func of[V any](p pool, l *list, packages map[Package]V, visit func(Package, *finding.Fact)) {
	if len(packages) == 0 {
		return
	}
	var names filter
	for name := range packages {
		names.add(name.Name)
	}
	found := make([][]*finding.Fact, p.workersFor(len(l.facts)))
	p.each(len(l.facts), func(w, low, high int) { found[w] = within(l.facts[low:high], &names, packages) })
	for _, facts := range found {
		for _, f := range facts {
			visit(packageOf(f), f)
		}
	}
}

// within are the facts of some packages, whose names are in the filter.
func within[V any](facts []*finding.Fact, names *filter, packages map[Package]V) (found []*finding.Fact) {
	last := Package{}
	_, wanted := packages[last]
	for _, f := range facts {
		if !names.has(f.Package) {
			continue
		}
		if pkg := packageOf(f); pkg != last { // most facts are of the package of the one before
			last = pkg
			_, wanted = packages[pkg]
		}
		if wanted {
			found = append(found, f)
		}
	}
	return found
}

// filter says quickly of most names that they are not in a small set: by length and last letter.
type filter [64][256]bool

func (m *filter) add(name string) {
	*m.at(name) = true
}

func (m *filter) has(name string) bool { return *m.at(name) }

func (m *filter) at(name string) *bool {
	last := byte(0)
	if name != "" {
		last = name[len(name)-1]
	}
	return &m[len(name)%len(m)][last]
}
