// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"
)

// Whole-tree checks, by their names in the installed tool's tables.
const (
	checkAcct             = "AcctCheck"
	checkCategoryMetadata = "CategoryMetadataXmlCheck"
	checkCollision        = "ManifestCollisionCheck"
	checkEclass           = "EclassCheck"
	checkEclassHeader     = "EclassHeaderCheck"
	checkEclassParse      = "EclassParseCheck"
	checkEclassReserved   = "EclassReservedCheck"
	checkEclassUnquoted   = "EclassUnquotedVariablesCheck"
	checkEmptyDirs        = "EmptyDirsCheck"
	checkGlobalUse        = "GlobalUseCheck"
	checkLicenceGroups    = "LicenseGroupsCheck"
	checkManifestHash     = "RepoManifestHashCheck"
	checkProfiles         = "ProfilesCheck"
	checkProjects         = "ProjectMetadataCheck"
	checkRepoCategories   = "RepositoryCategories"
	checkRepoDir          = "RepoDirCheck"
	checkRepoProfiles     = "RepoProfilesCheck"
	checkStabilization    = "StabilizationGroupsCheck"
	checkUnusedEclasses   = "UnusedEclassesCheck"
	checkUnusedInMasters  = "UnusedInMastersCheck"
	checkUnusedLicences   = "UnusedLicensesCheck"
	checkUnusedMirrors    = "UnusedMirrorsCheck"
	checkUpdates          = "PackageUpdatesCheck"
	checkGitEclassCommits = "GitEclassCommitsCheck"
	stabilizationGroups   = "metadata/stabilization-groups"
	licenceMapping        = "metadata/license-mapping.conf"
	accountPolicy         = "metadata/qa-policy.conf"
	projectsFile          = "metadata/projects.xml"
)

var eclassChecks = []string{checkEclass, checkEclassHeader, checkEclassParse, checkEclassReserved, checkEclassUnquoted, checkGitEclassCommits}

// wholeFiles is R14: whole-tree checks whose own files changed.
func (p *planner) wholeFiles() {
	for _, c := range p.changes {
		if locate(c.Path) == placeCategory && strings.HasSuffix(c.Path, "/metadata.xml") {
			p.need(checkCategoryMetadata)
		}
		if !strings.Contains(c.Path, "/") && (slices.Contains(p.base.categories(), c.Path) || slices.Contains(p.head.categories(), c.Path)) {
			p.everything("the category " + c.Path + " is no folder on one side")
		}
	}
	p.eachTree(func(a, b *tree) {
		for _, name := range changedKeys(a.data, b.data) {
			p.wholeFile(name)
		}
		if !slices.Equal(a.licences, b.licences) {
			p.need(checkUnusedLicences, checkLicenceGroups)
		}
	})
	if len(p.differ.eclasses) > 0 {
		p.need(eclassChecks...)
		p.need(checkUnusedEclasses)
	}
	if len(p.changedCategories()) > 0 {
		p.need(checkRepoProfiles, checkRepoCategories, checkCategoryMetadata, checkEmptyDirs)
	}
}

func (p *planner) wholeFile(name string) {
	switch {
	case strings.HasPrefix(name, "profiles/"):
		p.need(checkProfiles, checkRepoProfiles)
		p.profileList(strings.TrimPrefix(name, "profiles/"))
	case strings.HasPrefix(name, stabilizationGroups):
		p.need(checkStabilization)
	case name == licenceMapping:
		p.need(checkLicenceGroups)
	case name == accountPolicy:
		p.need(checkAcct)
	case name == projectsFile:
		p.need(checkProjects)
	}
}

func (p *planner) profileList(rest string) {
	switch {
	case rest == "license_groups":
		p.need(checkLicenceGroups, checkUnusedLicences)
	case rest == "thirdpartymirrors":
		p.need(checkUnusedMirrors)
	case strings.HasPrefix(rest, "updates/"):
		p.need(checkUpdates)
	}
}
