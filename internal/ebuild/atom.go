// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

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

// The kinds of USE dependencies.
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

// Atom is a package dependency specification: which versions of a package something needs, or cannot stand.
type Atom struct {
	Block         Block
	Op            Op
	Category      string
	Package       string
	Version       string // without the glob's *
	Glob          bool   // =cat/pn-1*
	Slot, Subslot string
	SlotOp        string // "=", "*" or none
	Repo          string
	Use           []UseDep
}

// ParseAtom reads an atom.
func ParseAtom(s string) (Atom, error) { return parseAtom(s) }

// Key is category and package.
func (a Atom) Key() string { return a.Category + "/" + a.Package }
