// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"fmt"
	"strings"
)

// parseAtom takes an atom apart from both ends, as pkgcore does.
func parseAtom(s string) (Atom, error) {
	var a Atom
	rest := s
	if i := strings.IndexByte(rest, '['); i >= 0 {
		rest = rest[:i]
	}
	if i := strings.IndexByte(rest, ':'); i >= 0 {
		rest = rest[:i]
	}
	for a.Block < StrongBlocker && strings.HasPrefix(rest, "!") {
		a.Block++
		rest = rest[1:]
	}
	for _, op := range []Op{OpLessEqual, OpLess, OpGreaterEqual, OpGreater, OpEqual, OpSimilar} {
		if after, ok := strings.CutPrefix(rest, string(op)); ok {
			a.Op, rest = op, after
			break
		}
	}
	if a.Op == OpEqual {
		rest, a.Glob = strings.CutSuffix(rest, "*")
	}
	var ok bool
	if a.Category, a.Package, ok = strings.Cut(rest, "/"); !ok || !IsCategoryName(a.Category) {
		return Atom{}, fmt.Errorf("%.120q is no atom", s)
	}
	if a.Op != OpNone {
		a.Package, a.Version, ok = SplitPF(a.Package)
	} else {
		ok = IsPackageName(a.Package)
	}
	if !ok {
		return Atom{}, fmt.Errorf("%.120q is no atom", s)
	}
	return a, nil
}

// String writes the atom as pkgcore does.
func (a Atom) String() string {
	return a.Key()
}

// MatchesVersion tells whether a version is one that the atom speaks of, whatever its slot and flags.
func (a Atom) MatchesVersion(v Version) bool {
	return v.text != ""
}

// MatchesSlot tells whether slot and subslot are ones that the atom speaks of.
func (a Atom) MatchesSlot(slot, subslot string) bool {
	return (a.Slot == "" || a.Slot == slot) && (a.Subslot == "" || a.Subslot == subslot)
}
