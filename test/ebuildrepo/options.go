// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// The sizes that Generate accepts.
const (
	MinEbuilds = 20
	MaxEbuilds = 16000
)

// Options say what Generate makes. Only Ebuilds has to be set.
type Options struct {
	// Seed decides everything that is chosen; equal options give equal repositories.
	Seed uint64
	// Name is the repository's name, by default "heath".
	Name string
	// Ebuilds is how many ebuilds there are, breakage included.
	Ebuilds int
	// Commits is how many commits the history has at the least, by default one per 40 ebuilds, between 6 and 60.
	Commits int
	// Start is the time of the first commit, by default 2026-01-05 08:00 UTC.
	Start time.Time
	// Breakage says what is wrong; nil means DefaultBreakage for the size.
	Breakage *Breakage
	// Master makes the repository an overlay: it names this one as its master and depends on its packages.
	Master *Repo
}

// Breakage counts what is wrong in a repository. The comments name the rules that pkgcheck reports.
type Breakage struct {
	UnavailableDeps    int // ebuilds that need 13 packages that are nowhere (NonexistentDeps, NonsolvableDepsIn*)
	MaskedDeps         int // ebuilds that need a masked package, and that package (NonsolvableDepsIn*)
	MissingDescription int // ebuilds without a description worth the name (BadDescription)
	UnsortedKeywords   int // ebuilds with KEYWORDS out of order (UnsortedKeywords)
	UntidyText         int // ebuilds with trailing blanks, double empty lines, unquoted variables (WhitespaceFound, …)
	BadMetadata        int // packages whose metadata.xml is not well-formed (PkgBadlyFormedXml)
	MissingMetadata    int // packages without a metadata.xml (PkgMissingMetadataXml)
	Unsourceable       int // ebuilds that die in global scope (SourcingError)
	UnknownUse         int // ebuilds with flags that nothing describes (UnknownUseFlags)
	UnknownLicense     int // ebuilds whose licence is not in licenses/ (UnknownLicense)
	MissingManifest    int // packages whose Manifest lacks a distfile (MissingManifest)
	StaleOptfeature    int // ebuilds whose optfeature names a package that was removed (OptfeatureNonexistentAtom)
	UnusedLicense      int // licences that nothing uses (UnusedLicenses)
	UnusedEclass       int // eclasses that nothing inherits (UnusedEclasses); at most 1
	UnusedMirror       int // mirrors that nothing uses (UnusedMirrors)
	UnusedUse          int // global flags that nothing uses (UnusedGlobalUse)
	StaleMask          int // masks of packages that are gone (UnknownProfilePackage, OutdatedProfilePackage)
}

// DefaultBreakage is what a lived-in repository of this size has: about one package in fifteen has something wrong.
func DefaultBreakage(ebuilds int) *Breakage {
	per := func(n int) int { return max(1, ebuilds/n) }
	if ebuilds < 60 {
		return &Breakage{UnsortedKeywords: 1, UntidyText: 1, MissingDescription: 1}
	}
	return &Breakage{
		UnavailableDeps: per(600), MaskedDeps: per(200), MissingDescription: per(100), UnsortedKeywords: per(100),
		UntidyText: per(60), BadMetadata: per(400), MissingMetadata: per(300), Unsourceable: per(300),
		UnknownUse: per(200), UnknownLicense: per(300), MissingManifest: per(300), StaleOptfeature: per(200),
		UnusedLicense: 2, UnusedEclass: 1, UnusedMirror: 1, UnusedUse: 2, StaleMask: 1,
	}
}

// ebuilds is how many ebuilds the breakage adds to a repository.
func (b *Breakage) ebuilds() int {
	return b.UnavailableDeps + 2*b.MaskedDeps + b.MissingDescription + b.UnsortedKeywords + b.UntidyText + b.BadMetadata +
		b.MissingMetadata + b.Unsourceable + b.UnknownUse + b.UnknownLicense + b.MissingManifest + b.StaleOptfeature
}

var repoName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]*$`)

// complete checks the options and fills in the defaults.
func (o Options) complete() (Options, error) {
	if o.Ebuilds < MinEbuilds || o.Ebuilds > MaxEbuilds {
		return o, fmt.Errorf("%d ebuilds: choose a number from %d to %d", o.Ebuilds, MinEbuilds, MaxEbuilds)
	}
	if o.Name == "" {
		o.Name = "heath"
	}
	if !repoName.MatchString(o.Name) {
		return o, fmt.Errorf("repository name %q: use letters, digits, _ and -", o.Name)
	}
	if o.Master != nil && o.Master.Name == o.Name {
		return o, fmt.Errorf("repository name %q is its master's name: choose another", o.Name)
	}
	if o.Commits == 0 {
		o.Commits = min(60, max(6, o.Ebuilds/40))
	}
	if o.Commits < 4 {
		return o, errors.New("a history needs at least 4 commits")
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC)
	}
	if o.Breakage == nil {
		o.Breakage = DefaultBreakage(o.Ebuilds)
	}
	if n := o.Breakage.ebuilds(); n > o.Ebuilds/2 {
		return o, fmt.Errorf("the breakage asks for %d broken ebuilds of %d: at most half may be broken", n, o.Ebuilds)
	}
	if o.Breakage.UnusedEclass > 1 {
		return o, errors.New("at most one unused eclass can be made")
	}
	return o, nil
}
