// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import "strings"

// Block is whether an atom is a blocker.
type Block uint8

// The kinds of blockers.
const (
	NotBlocker Block = iota
	WeakBlocker
	StrongBlocker
)

// Op is the operator in front of a version; empty where there is no version.
type Op string

// The operators.
const (
	OpNone         Op = ""
	OpLess         Op = "<"
	OpLessEqual    Op = "<="
	OpEqual        Op = "="
	OpSimilar      Op = "~" // whatever the revision
	OpGreaterEqual Op = ">="
	OpGreater      Op = ">"
)

// UseKind is what a USE dependency asks for.
type UseKind uint8

// The kinds of USE dependencies. The opposite of a conditional one stands behind it.
const (
	UseEnabled    UseKind = iota // flag
	UseDisabled                  // -flag
	UseEqual                     // flag=
	UseOpposite                  // !flag=
	UseIfEnabled                 // flag?
	UseIfDisabled                // !flag?
)

// UseDep is one USE dependency.
type UseDep struct {
	Flag    string
	Kind    UseKind
	Default byte // '+' or '-' of (+) and (-); 0 where there is none
}

// String writes it as in an atom.
func (u UseDep) String() string {
	flag := u.Flag
	if u.Default != 0 {
		flag += "(" + string(rune(u.Default)) + ")"
	}
	switch u.Kind {
	case UseDisabled:
		return "-" + flag
	case UseEqual:
		return flag + "="
	case UseOpposite:
		return "!" + flag + "="
	case UseIfEnabled:
		return flag + "?"
	case UseIfDisabled:
		return "!" + flag + "?"
	default:
		return flag
	}
}

// Atom is a package dependency specification: which versions of a package something needs, or cannot stand.
type Atom struct {
	Block         Block
	Op            Op
	Category      string
	Package       string
	Version       string // as written, without a glob's *
	Glob          bool   // =cat/pn-1*
	Slot, Subslot string
	SlotOp        string // "=", "*" or none
	Repo          string
	Use           []UseDep // sorted by their texts
}

// Key is category and package.
func (a Atom) Key() string { return a.Category + "/" + a.Package }

// String writes the atom as pkgcore does.
func (a Atom) String() string {
	var b strings.Builder
	b.WriteString("!!"[:a.Block])
	b.WriteString(string(a.Op))
	b.WriteString(a.Category + "/" + a.Package)
	if a.Version != "" {
		b.WriteString("-" + a.Version)
	}
	if a.Glob {
		b.WriteByte('*')
	}
	if a.Slot != "" || a.SlotOp != "" {
		b.WriteString(":" + a.Slot)
		if a.Subslot != "" {
			b.WriteString("/" + a.Subslot)
		}
		b.WriteString(a.SlotOp)
	}
	if a.Repo != "" {
		b.WriteString("::" + a.Repo)
	}
	if len(a.Use) > 0 {
		list := make([]string, len(a.Use))
		for i, u := range a.Use {
			list[i] = u.String()
		}
		b.WriteString("[" + strings.Join(list, ",") + "]")
	}
	return b.String()
}

// MatchesVersion tells whether a version of the atom's package is one that the atom speaks of, whatever its slot and flags.
func (a Atom) MatchesVersion(v Version) bool {
	if a.Op == OpNone {
		return true
	}
	if a.Glob {
		return matchesGlob(a.Version, v.text)
	}
	own, err := ParseVersion(a.Version)
	if err != nil || v.text == "" {
		return false
	}
	if a.Op == OpSimilar {
		own.revision, v.revision = "", ""
	}
	c := v.Compare(own)
	switch a.Op {
	case OpLess:
		return c < 0
	case OpLessEqual:
		return c <= 0
	case OpGreaterEqual:
		return c >= 0
	case OpGreater:
		return c > 0
	default:
		return c == 0
	}
}

// matchesGlob tells whether a version begins with another one and goes on with a new component.
func matchesGlob(glob, version string) bool {
	rest, ok := strings.CutPrefix(version, glob)
	if !ok || glob == "" {
		return false
	}
	return rest == "" || strings.IndexByte("._-", rest[0]) >= 0 || isDigit(glob[len(glob)-1]) != isDigit(rest[0])
}

// MatchesSlot tells whether slot and subslot are ones that the atom speaks of.
func (a Atom) MatchesSlot(slot, subslot string) bool {
	return (a.Slot == "" || a.Slot == slot) && (a.Subslot == "" || a.Subslot == subslot)
}
