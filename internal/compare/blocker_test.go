// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
)

// TestBlockersAreTheTools holds the list to what pkgcheck says of itself: each keyword for metadata that cannot be parsed stops
// checks, and every check that is named exists.
func TestBlockersAreTheTools(t *testing.T) {
	tables := pkgcheck.DefaultTables()
	keywords, checks := map[string]bool{}, map[string]bool{}
	for _, k := range tables.Keywords {
		keywords[k.Name] = true
		if _, ok := blockers[k.Name]; k.MetadataError != "" && !ok {
			t.Errorf("%s (%s) stops whatever reads it, and is no blocker", k.Name, k.MetadataError)
		}
	}
	for _, c := range tables.Checks {
		checks[c.Name] = true
	}
	for rule := range blockers {
		if !keywords[rule] {
			t.Errorf("%s is no keyword of pkgcheck %s", rule, tables.Versions.Pkgcheck)
		}
	}
	for _, name := range slices.Concat(listingChecks, dependencyChecks, licenseChecks, propertiesChecks, requiredUseChecks, restrictChecks, metadataReaders) {
		if !checks[name] {
			t.Errorf("%s is no check of pkgcheck %s", name, tables.Versions.Pkgcheck)
		}
	}
}

func TestWhatBlockersHide(t *testing.T) {
	ofCheck := func(check string) func(*finding.Fact) { return located(check, "", 0) }
	ofPackage := func(f *finding.Fact) { f.Scope = "package" }
	tests := map[string]struct {
		wall  finding.Fact // on base alone
		facts []finding.Fact
		want  []string
	}{
		"a broken RESTRICT hides a broken SRC_URI": {
			wall: fact("d/a 1 InvalidRestrict ?", ofCheck("RestrictCheck")),
			facts: []finding.Fact{
				fact("d/a 1 InvalidSrcUri ?", ofCheck("SrcUriCheck")), fact("d/a 1 InvalidLicense ?", ofCheck("LicenseCheck")),
				fact("d/a 2 BadProtocol p", ofCheck("SrcUriCheck")), fact("d/a 1 MissingTestRestrict", ofCheck("RestrictTestCheck")),
			},
			want: []string{
				"new: d/a 1 InvalidLicense ?", "new: d/a 2 BadProtocol p",
				"unveiled: d/a 1 InvalidSrcUri ? [behind InvalidRestrict in a-1]", "unveiled: d/a 1 MissingTestRestrict [behind InvalidRestrict in a-1]",
			},
		},
		"a broken Manifest hides a broken SRC_URI in all versions": {
			wall: fact("d/a - InvalidManifest ?", ofCheck("ManifestCheck")),
			facts: []finding.Fact{
				fact("d/a 1 InvalidSrcUri ?", ofCheck("SrcUriCheck")), fact("d/a 2 BadFilename f", ofCheck("SrcUriCheck")),
				fact("d/a - MissingManifest f", ofCheck("ManifestCheck")), fact("d/a 1 UnknownRestrict r", ofCheck("RestrictCheck")),
				fact("d/b 1 InvalidSrcUri ?", ofCheck("SrcUriCheck")),
			},
			want: []string{
				"new: d/a 1 UnknownRestrict r", "new: d/b 1 InvalidSrcUri ?",
				"unveiled: d/a MissingManifest f [behind InvalidManifest in d/a]",
				"unveiled: d/a 1 InvalidSrcUri ? [behind InvalidManifest in d/a]", "unveiled: d/a 2 BadFilename f [behind InvalidManifest in d/a]",
			},
		},
		"a broken SRC_URI hides what needs the list of files, but not RESTRICT": {
			wall: fact("d/a 1 InvalidSrcUri ?", ofCheck("SrcUriCheck")),
			facts: []finding.Fact{
				fact("d/a 1 InvalidRestrict ?", ofCheck("RestrictCheck")), fact("d/a 1 MissingUnpackerDep z", ofCheck("MissingUnpackerDepCheck")),
			},
			want: []string{"hidden: d/a 1 InvalidSrcUri ? [behind InvalidRestrict in a-1]", "new: d/a 1 InvalidRestrict ?", "unveiled: d/a 1 MissingUnpackerDep z [behind InvalidSrcUri in a-1]"},
		},
		"a broken LICENSE, PROPERTIES or REQUIRED_USE hides what its own readers say": {
			wall: fact("d/a 1 InvalidLicense ?", ofCheck("LicenseCheck")),
			facts: []finding.Fact{
				fact("d/a 1 UnknownLicense l", ofCheck("LicenseCheck")), fact("d/a 1 UnknownProperties p", ofCheck("PropertiesCheck")),
			},
			want: []string{"new: d/a 1 UnknownProperties p", "unveiled: d/a 1 UnknownLicense l [behind InvalidLicense in a-1]"},
		},
		"a check of whole packages gives all versions up": {
			wall: fact("d/a 1 InvalidRdepend ?", ofCheck("DependencyCheck")),
			facts: []finding.Fact{
				fact("d/a 2 OutdatedBlocker b", ofCheck("OutdatedBlockersCheck"), ofPackage), fact("d/a 2 NonexistentDeps b", ofCheck("VisibilityCheck")),
			},
			want: []string{"new: d/a 2 NonexistentDeps b", "unveiled: d/a 2 OutdatedBlocker b [behind InvalidRdepend in a-1]"},
		},
		"a metadata.xml that was not there hid nothing": {
			wall:  fact("d/a - PkgMissingMetadataXml", ofCheck("PackageMetadataXmlCheck")),
			facts: []finding.Fact{fact("d/a - PkgMetadataXmlIndentation i", located("PackageMetadataXmlCheck", "d/a/metadata.xml", 3))},
			want:  []string{"new: d/a PkgMetadataXmlIndentation i"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			packages := []string{"d/a 1 2", "d/b 1"}
			there, back := sideOf(packages, tc.wall), sideOf(packages, tc.facts...)
			got := slices.DeleteFunc(show(Compare(there, back, Options{})), func(line string) bool { return line[:5] == "fixed" })
			slices.Sort(got)
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			one, other := tally(Compare(there, back, Options{})), tally(Compare(back, there, Options{}))
			if one[finding.ClassUnveiled] != other[finding.ClassHidden] || one[finding.ClassHidden] != other[finding.ClassUnveiled] {
				t.Errorf("%v one way, %v the other", one, other)
			}
		})
	}
}
