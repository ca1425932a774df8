// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// A blocker is a rule whose finding stops the tool from looking at what lies behind it (planner-rules §4 K).
type blocker struct {
	// depth orders blockers that hide one another: a version that cannot be sourced has no SLOT to be invalid.
	depth int
	// hides says whether a fact could lie behind a finding of this rule.
	hides func(wall, fact *finding.Fact) bool
}

// blockers by rule. Sourcing errors hide everything of the version; an attribute that cannot be parsed hides what the checks
// that read it say, since pkgcheck gives such a check up for the version. A test holds the list to the tool's own: each
// keyword with a metadataError is in it. PkgMissingMetadataXml is not: what a new file says is new, and what was said of one that is
// gone is fixed.
var blockers = map[string]blocker{
	"SourcingError":      {0, ofVersion},
	"InvalidEapi":        {0, ofVersion},
	"InvalidSlot":        {1, ofVersion},
	"InvalidDepend":      {2, ofReaders(dependencyChecks)},
	"InvalidRdepend":     {2, ofReaders(dependencyChecks)},
	"InvalidPdepend":     {2, ofReaders(dependencyChecks)},
	"InvalidBdepend":     {2, ofReaders(dependencyChecks)},
	"InvalidIdepend":     {2, ofReaders(dependencyChecks)},
	"InvalidLicense":     {2, ofReaders(licenseChecks)},
	"InvalidProperties":  {2, ofReaders(propertiesChecks)},
	"InvalidRequiredUse": {2, ofReaders(requiredUseChecks)},
	"InvalidRestrict":    {2, ofReaders(restrictChecks)},   // which the list of files to fetch needs
	"InvalidManifest":    {2, ofReaders(fetchablesChecks)}, // likewise, in all versions
	"InvalidSrcUri":      {3, ofReaders(fetchablesChecks)},
	"PkgBadlyFormedXml":  {0, ofPackageXML(true)},
	"PkgInvalidXml":      {1, ofPackageXML(false)},
	"CatBadlyFormedXml":  {0, ofCategoryXML},
	"CatInvalidXml":      {1, ofCategoryXML},
	"ProfileError":       {0, ofProfileFile},
}

// visible is the depth of a fact that hides nothing.
const visible = 1 << 10

func depth(f *finding.Fact) int {
	if b, ok := blockers[f.Rule]; ok {
		return b.depth
	}
	return visible
}

// listingChecks look at file names, sizes and modes, whatever is in the ebuilds.
var listingChecks = []string{"PkgDirCheck", "PackageMetadataXmlCheck"}

// dependencyChecks read at least one of the five dependency classes of each version.
var dependencyChecks = []string{
	"CrossSlotRangeDepCheck", "DependencyCheck", "EclassManualDepsCheck", "KeywordsCheck", "MissingSlotDepCheck",
	"MissingUnpackerDepCheck", "OutdatedBlockersCheck", "PerlCheck", "PythonCheck", "PythonCompatCheck", "RubyCompatCheck",
	"RustCheck", "UseFlagsWithoutEffectsCheck", "VirtualProvidersCheck", "VisibilityCheck",
}

// The readers of the other attributes.
var (
	licenseChecks     = []string{"LicenseCheck"}
	propertiesChecks  = []string{"PropertiesCheck"}
	requiredUseChecks = []string{"PythonCheck", "RequiredUseCheck", "RequiredUseUnsatisfiableCheck"}
	// fetchablesChecks read SRC_URI with what belongs to it: RESTRICT and the Manifest.
	fetchablesChecks = []string{
		"LicenseCheck", "ManifestCheck", "MissingRemoteIdCheck", "MissingUnpackerDepCheck", "PythonFetchableCheck", "SrcUriCheck",
	}
	restrictChecks = append([]string{"RestrictCheck", "RestrictTestCheck"}, fetchablesChecks...)
)

// metadataReaders read what metadata.xml says beside the check that judges the file.
var metadataReaders = []string{"LocalUseCheck", "MissingRemoteIdCheck"}

func ofVersion(wall, f *finding.Fact) bool {
	if wall.Category != f.Category || wall.Package != f.Package || slices.Contains(listingChecks, f.Check) {
		return false
	}
	return wall.Version == f.Version || (f.Version == "" && f.Package != "")
}

// ofReaders: what checks say that read the attribute. A check that looks at all versions of a package at once gives up the
// package where it cannot read one of them; an error of the whole package (no version) hides all versions.
func ofReaders(checks []string) func(wall, f *finding.Fact) bool {
	return func(wall, f *finding.Fact) bool {
		if wall.Category != f.Category || wall.Package != f.Package || f.Package == "" {
			return false
		}
		if f.Check != "" && !slices.Contains(checks, f.Check) {
			return false
		}
		return wall.Version == f.Version || wall.Version == "" || f.Version == "" || f.Scope == "package"
	}
}

func ofPackageXML(readers bool) func(wall, f *finding.Fact) bool {
	return func(wall, f *finding.Fact) bool {
		if wall.Category != f.Category || wall.Package != f.Package {
			return false
		}
		return f.Check == "PackageMetadataXmlCheck" || path.Base(f.Path) == "metadata.xml" ||
			(readers && slices.Contains(metadataReaders, f.Check))
	}
}

func ofCategoryXML(wall, f *finding.Fact) bool {
	return wall.Category == f.Category && f.Package == "" &&
		(f.Check == "CategoryMetadataXmlCheck" || path.Base(f.Path) == "metadata.xml")
}

// ofProfileFile: what a profile's file says after the error is not read. Profiles that inherit the file are in side.before.
func ofProfileFile(wall, f *finding.Fact) bool { return f.Path != "" && f.Path == wall.Path }

// profileOf returns the profile that a fact is about, "" for facts that hold whatever the profile.
func profileOf(f *finding.Fact) string {
	name, _ := f.Attributes["profile"].(string)
	return name
}

// place is where blockers can be looked up: by category and package, both empty for profiles.
type place struct{ category, name string }

// side is what one side says about blocking.
type side struct {
	walls map[place][]*finding.Fact
	// evaluated are the profiles of which the side has facts; filled where the side has a ProfileError.
	evaluated map[string]bool
}

func (p pool) newSide(facts []finding.Fact) side {
	s := side{walls: map[place][]*finding.Fact{}}
	profiles := false
	for _, f := range p.find(facts, isBlocker) {
		at := place{f.Category, f.Package}
		s.walls[at] = append(s.walls[at], f)
		profiles = profiles || f.Rule == "ProfileError"
	}
	for _, found := range s.walls {
		sortFacts(found)
	}
	if profiles {
		s.evaluated = map[string]bool{}
		for i := range facts {
			if name := profileOf(&facts[i]); name != "" {
				s.evaluated[name] = true
			}
		}
	}
	return s
}

// find returns the facts of some rules.
func (p pool) find(facts []finding.Fact, want func(rule string) bool) []*finding.Fact {
	parts := make([][]*finding.Fact, p.workersFor(len(facts)))
	p.each(len(facts), func(w, low, high int) {
		last, wanted := "", want("") // most facts have the rule of the one before
		for i := low; i < high; i++ {
			f := &facts[i]
			if f.Rule != last {
				last, wanted = f.Rule, want(f.Rule)
			}
			if wanted {
				parts[w] = append(parts[w], f)
			}
		}
	})
	return slices.Concat(parts...)
}

func isBlocker(rule string) bool {
	_, ok := blockers[rule]
	return ok
}

// split takes those facts out that are on one side (here) only because the other (there) has a blocker that this one has not.
func split(facts []*finding.Fact, class finding.Class, there, here side) (rest []*finding.Fact, behind []Entry) {
	if len(there.walls) == 0 {
		return facts, nil
	}
	for _, f := range facts {
		if wall := there.before(f, here); wall != nil {
			behind = append(behind, Entry{Class: class, Fact: f, Behind: wallName(wall)})
		} else {
			rest = append(rest, f)
		}
	}
	return rest, behind
}

// before returns the first blocker of the side that a fact of the other side could lie behind, nil where there is none.
func (s side) before(f *finding.Fact, other side) *finding.Fact {
	at := place{f.Category, f.Package}
	for _, wall := range s.walls[at] {
		b := blockers[wall.Rule]
		if b.depth < depth(f) && b.hides(wall, f) && !other.has(wall) {
			return wall
		}
	}
	// A profile that cannot be read is not evaluated at all. Facts about it on this side prove that it was.
	if name := profileOf(f); name != "" && s.evaluated != nil && !s.evaluated[name] {
		for _, wall := range s.walls[place{}] {
			if wall.Rule == "ProfileError" && !other.has(wall) {
				return wall
			}
		}
	}
	return nil
}

// has says whether the side has the blocker too: the same rule for the same thing, whatever its message says. Profile errors
// are told apart by their file.
func (s side) has(wall *finding.Fact) bool {
	for _, f := range s.walls[place{wall.Category, wall.Package}] {
		if f.Rule == wall.Rule && f.Version == wall.Version && (f.Rule != "ProfileError" || f.Path == wall.Path) {
			return true
		}
	}
	return false
}

// wallName names a blocker for people: "SourcingError in a-1.1".
func wallName(f *finding.Fact) string {
	switch {
	case f.Package != "" && f.Version != "":
		return f.Rule + " in " + f.Package + "-" + f.Version
	case f.Package != "":
		return f.Rule + " in " + f.Category + "/" + f.Package
	case f.Category != "":
		return f.Rule + " in " + f.Category
	default:
		return strings.TrimSuffix(f.Rule+" in "+f.Path, " in ")
	}
}
