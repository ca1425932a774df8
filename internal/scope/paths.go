// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// place is what a path of a repository is to the planner.
type place int

const (
	placeUnread       place = iota // no check reads it but the one that looks for binary files
	placeGenerated                 // thrown away and made anew: R17
	placePackage                   // below category/package: R1
	placeCategory                  // a file of a category
	placeEclass                    // eclass/NAME.eclass: R5
	placeLicence                   // licenses/NAME: R8
	placeLicenceGroup              // R8
	placeMirrors                   // R9
	placeUpdates                   // R10
	placePackageLines              // a file of a profile that names packages: R6, R11
	placeData                      // GLSA, projects: R12, R13
	placeWhole                     // whole-tree checks only: R14
	placeFull                      // everything: R7, R15
)

// isGenerated says whether a path is a generated file that is never believed.
func isGenerated(name string) bool {
	return name == "profiles/use.local.desc" || name == "metadata/pkg_desc_index" || strings.HasPrefix(name, "metadata/md5-cache/") ||
		strings.HasPrefix(name, "metadata/cache/") || strings.HasPrefix(name, "metadata/timestamp")
}

// isUnread says whether no check reads a path below metadata/.
func isUnread(name string) bool {
	switch name {
	case "metadata/pkgcheck.conf", "metadata/AUTHORS", "metadata/README", "metadata/README.md":
		return true
	}
	return strings.HasPrefix(name, "metadata/news/") || strings.HasPrefix(name, "metadata/install-qa-check.d/") ||
		strings.HasPrefix(name, "metadata/repoman/")
}

// locate says what a path is.
func locate(name string) place {
	first, rest, deep := strings.Cut(name, "/")
	base := path.Base(name)
	switch {
	case base == ".gitignore" || base == ".gitattributes" || base == ".gitmodules":
		return placeFull
	case isGenerated(name):
		return placeGenerated
	case !deep || strings.HasPrefix(first, "."):
		return placeUnread
	}
	switch first {
	case "profiles":
		return locateProfile(rest)
	case "metadata":
		return locateMetadata(name)
	case "eclass":
		if strings.HasSuffix(rest, ".eclass") && !strings.Contains(rest, "/") {
			return placeEclass
		}
		return placeUnread
	case "licenses":
		if strings.Contains(rest, "/") {
			return placeUnread
		}
		return placeLicence
	}
	if strings.Contains(rest, "/") {
		return placePackage
	}
	return placeCategory
}

func locateProfile(rest string) place {
	switch {
	case rest == "license_groups":
		return placeLicenceGroup
	case rest == "thirdpartymirrors":
		return placeMirrors
	case strings.HasPrefix(rest, "updates/"):
		return placeUpdates
	case slices.ContainsFunc(strings.Split(rest, "/"), isPlanned):
		return placePackageLines
	case strings.HasPrefix(path.Base(rest), "ChangeLog"):
		return placeUnread
	}
	return placeFull
}

// isPlanned says whether a name is that of a profile's file which the planner can follow line by line.
func isPlanned(name string) bool { return ebuild.IsPackageFile(name) && name != "package.bashrc" }

func locateMetadata(name string) place {
	switch {
	case isUnread(name):
		return placeUnread
	case strings.HasPrefix(name, "metadata/glsa/") || name == "metadata/projects.xml":
		return placeData
	case strings.HasPrefix(name, "metadata/stabilization-groups") || name == "metadata/qa-policy.conf" || name == "metadata/license-mapping.conf":
		return placeWhole
	}
	return placeFull
}

// CertainlyFull says whether a change of these paths needs a scan of everything whatever their contents are, and why.
func CertainlyFull(paths []string) (reason string, full bool) {
	for _, name := range paths {
		if locate(name) == placeFull {
			return fullReason(name), true
		}
	}
	return "", false
}

func fullReason(name string) string { return name + " counts for every package" }

// packageOf is the package that a path belongs to.
func packageOf(name string) string {
	category, rest, _ := strings.Cut(name, "/")
	pn, _, _ := strings.Cut(rest, "/")
	return category + "/" + pn
}
