// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The parts of an atom that can be wrong.
var (
	errAtomUse     = errors.New("bad USE dependency")
	errAtomSlot    = errors.New("bad slot")
	errAtomRepo    = errors.New("bad repository name")
	errAtomPackage = errors.New("bad package name or version")
)

// ParseAtom reads an atom in the form of the newest EAPI, ::repository included: what older EAPIs lack is the ebuild's own affair.
func ParseAtom(s string) (Atom, error) {
	var a Atom
	if err := a.parse(s); err != nil {
		return Atom{}, fmt.Errorf("%.120q is no atom: %w", s, err)
	}
	return a, nil
}

// AtomKey is the category and package of an atom without reading the rest of it: for indexes over many. It is false for what cannot
// be an atom; ParseAtom knows better.
func AtomKey(s string) (key string, ok bool) {
	s, _, _ = strings.Cut(s, "[")
	s, _, _ = strings.Cut(s, ":")
	_, op, s := cutOperators(s)
	if op == OpEqual {
		s = strings.TrimSuffix(s, "*")
	}
	slash := strings.LastIndexByte(s, '/')
	if slash < 1 {
		return "", false
	}
	name := s[slash+1:]
	if op != OpNone {
		if name, _, ok = SplitPF(name); !ok {
			return "", false
		}
	}
	return s[:slash+1+len(name)], name != ""
}

// parse takes an atom apart from its end to its beginning.
func (a *Atom) parse(s string) error {
	rest, use, found := strings.Cut(s, "[")
	if found {
		if err := a.parseUse(use); err != nil {
			return err
		}
	}
	rest, slot, found := strings.Cut(rest, ":")
	if found {
		if err := a.parseSlot(slot); err != nil {
			return err
		}
	}
	a.Block, a.Op, rest = cutOperators(rest)
	if a.Op == OpEqual {
		rest, a.Glob = strings.CutSuffix(rest, "*")
	}
	slash := strings.LastIndexByte(rest, '/')
	if slash < 0 || !IsCategoryName(rest[:slash]) {
		return errAtomPackage
	}
	a.Category, a.Package = rest[:slash], rest[slash+1:]
	if a.Op == OpNone {
		if !IsPackageName(a.Package) {
			return errAtomPackage
		}
		return nil
	}
	var ok bool
	if a.Package, a.Version, ok = SplitPF(a.Package); !ok {
		return errAtomPackage
	}
	if a.Op == OpSimilar && strings.Contains(a.Version, "-") {
		return errors.New("~ with a revision")
	}
	return nil
}

// cutOperators cuts blocker and operator off the beginning.
func cutOperators(s string) (Block, Op, string) {
	block := NotBlocker
	for block < StrongBlocker && strings.HasPrefix(s, "!") {
		block++
		s = s[1:]
	}
	for _, op := range []Op{OpLessEqual, OpLess, OpGreaterEqual, OpGreater, OpEqual, OpSimilar} {
		if after, ok := strings.CutPrefix(s, string(op)); ok {
			return block, op, after
		}
	}
	return block, OpNone, s
}

// parseUse reads what stands behind the opening bracket.
func (a *Atom) parseUse(s string) error {
	s, after, found := strings.Cut(s, "]")
	if !found || after != "" {
		return errAtomUse
	}
	a.Use = make([]UseDep, 0, strings.Count(s, ",")+1)
	for word := range strings.SplitSeq(s, ",") {
		u, ok := parseUseDep(word)
		if !ok {
			return errAtomUse
		}
		a.Use = append(a.Use, u)
	}
	slices.SortFunc(a.Use, func(x, y UseDep) int { return cmp.Compare(x.String(), y.String()) })
	return nil
}

func parseUseDep(s string) (UseDep, bool) {
	u := UseDep{Flag: s}
	if flag, ok := strings.CutSuffix(s, "="); ok {
		u = UseDep{Flag: flag, Kind: UseEqual}
	} else if flag, ok := strings.CutSuffix(s, "?"); ok {
		u = UseDep{Flag: flag, Kind: UseIfEnabled}
	} else if flag, ok := strings.CutPrefix(s, "-"); ok {
		u = UseDep{Flag: flag, Kind: UseDisabled}
	}
	if flag, ok := strings.CutPrefix(u.Flag, "!"); ok && u.Kind >= UseEqual {
		u.Flag, u.Kind = flag, u.Kind+1
	}
	for _, d := range []string{"(+)", "(-)"} {
		if flag, ok := strings.CutSuffix(u.Flag, d); ok {
			u.Flag, u.Default = flag, d[1]
			break
		}
	}
	return u, IsFlagName(u.Flag)
}

// IsFlagName tells whether s can be the name of a USE flag.
func IsFlagName(s string) bool {
	return s != "" && (isDigit(s[0]) || isLetter(s[0])) && only(s, "+_@-")
}

// parseSlot reads what stands behind the first colon: slot, operator, repository.
func (a *Atom) parseSlot(s string) error {
	if strings.HasPrefix(s, ":") { // no slot, only a repository
		a.Repo = s[1:]
		if !isRepository(a.Repo) {
			return errAtomRepo
		}
		return nil
	}
	slot, repo, found := strings.Cut(s, "::")
	if found && !isRepository(repo) {
		return errAtomRepo
	}
	a.Repo = repo
	if slot == "*" || slot == "=" {
		a.SlotOp = slot
		return nil
	}
	if before, ok := strings.CutSuffix(slot, "="); ok {
		slot, a.SlotOp = before, "="
	}
	slot, sub, found := strings.Cut(slot, "/")
	if !isSlot(slot) || found && !isSlot(sub) {
		return errAtomSlot
	}
	a.Slot, a.Subslot = slot, sub
	return nil
}

func isRepository(s string) bool { return s != "" && s[0] != '-' && only(s, "_-") }

func isSlot(s string) bool { return s != "" && s[0] != '-' && s[0] != '.' && only(s, ".+_-") }
