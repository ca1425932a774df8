// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"
)

// Check is what the installed tool's tables say of a check.
type Check struct {
	Name      string
	WholeTree bool // it looks at the tree as one
	// Off says that no scan runs it: it is optional and not asked for, needs the network, or is about commits.
	Off     bool
	Sources []string // what it is fed with
	Addons  []string // what it needs beside that
}

// row is what is known of a check of the toolchain image's pkgcheck. Another pkgcheck may feed a check with something else; then its
// inputs are not known.
type row struct {
	name   string
	whole  bool
	feeds  string // sources and addons, sorted
	inputs string // what it reads besides the package's own folder, metadata entries and eclasses
	rules  string // those that cover its inputs
}

// unknownChecks lists the checks that the table does not have, or has otherwise.
func unknownChecks(checks []Check) []string {
	var out []string
	for _, c := range checks {
		i, ok := slices.BinarySearchFunc(table, c.Name, func(r row, name string) int { return strings.Compare(r.name, name) })
		feeds := slices.Sorted(slices.Values(slices.Concat(c.Sources, c.Addons)))
		if !ok || table[i].whole != c.WholeTree || table[i].feeds != strings.Join(feeds, " ") {
			out = append(out, c.Name)
		}
	}
	return out
}

// table has every check of the toolchain image's pkgcheck, by name. "R5" stands for both of its parts. History and clock (R18, R19),
// the masters (R16), and the generated files (R17, R20) are the engine's to keep the same on both sides.
var table = []row{
	{"AbsoluteSymlinkCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"AcctCheck", true, "RepositoryRepoSource RestrictionRepoSource", "qa-policy.conf, the ebuilds of all account packages", "R14 R21"},
	{"BadCommandsCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"BetterCompressionCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"CategoryMetadataXmlCheck", true, "CategoryRepoSource RawRepoSource", "metadata.xml of categories, packages and categories that they name, metadata.xsd", "R7 R14 R21"},
	{"CommandSubstitutionCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"ConfigCheckCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"CrossSlotRangeDepCheck", false, "RepoSource UseAddon", "slots of what is depended on, in the repository itself", "R1 R2 R5"},
	{"DeclarationShadowedCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"DependencyCheck", false, "RepoSource UseAddon", "existence and IUSE of what is depended on or blocked, package.deprecated, all profiles", "R1 R2 R5 R7 R11"},
	{"DescriptionCheck", false, "RepoSource", "", "R1 R5"},
	{"DoCompressedFilesCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"DroppedKeywordsCheck", false, "ArchesAddon PackageRepoSource", "arch.list, arches.desc, profiles.desc", "R1 R5 R7"},
	{"EapiCheck", false, "EclassAddon RepoSource", "layout.conf, the documents of inherited eclasses", "R1 R5 R7"},
	{"EbuildHeaderCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"EbuildReservedCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"EbuildUnquotedVariablesCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"EclassCheck", true, "EclassRepoSource", "eclass/", "R14"},
	{"EclassHeaderCheck", true, "EclassRepoSource", "eclass/", "R14"},
	{"EclassManualDepsCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"EclassParseCheck", true, "EclassAddon EclassParseRepoSource", "eclass/", "R14"},
	{"EclassReservedCheck", true, "EclassAddon EclassParseRepoSource", "eclass/", "R14"},
	{"EclassUnquotedVariablesCheck", true, "EclassAddon EclassParseRepoSource", "eclass/", "R14"},
	{"EclassUsageCheck", false, "EbuildParseRepoSource EclassAddon", "the documents of inherited eclasses and what they provide", "R1 R5"},
	{"EendMissingArgCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"EmptyDirsCheck", true, "EmptySource", "folders of categories and packages", "R14 R21"},
	{"EqualVersionsCheck", false, "PackageRepoSource", "", "R1 R5"},
	{"FetchablesUrlCheck", false, "LatestVersionRepoSource UseAddon", "the network; never run", ""},
	{"GitCommitMessageCheck", false, "GitCommitsSource", "the pull request's own commits; a run of its own, never compared", ""},
	{"GitEclassCommitsCheck", true, "EclassRepoSource", "the pull request's own commits; a run of its own, never compared", ""},
	{"GitPkgCommitsCheck", false, "EclassAddon GitAddon GitCommitsRepoSource PackageRepoSource", "the pull request's own commits; a run of its own, never compared", ""},
	{"GlobCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"GlobalUseCheck", true, "PackageRepoSource RepositoryRepoSource", "use.desc, desc/*, use.local.desc, the IUSE of all packages", "R7 R20 R21"},
	{"GlsaCheck", false, "RepoSource", "metadata/glsa", "R1 R12"},
	{"HomepageCheck", false, "RepoSource", "", "R1 R5"},
	{"HomepageUrlCheck", false, "LatestVersionRepoSource NetAddon", "the network; never run", ""},
	{"ImlateCheck", false, "ArchesAddon PackageRepoSource StableArchesAddon", "arch.list, arches.desc, profiles.desc", "R1 R5 R7"},
	{"InheritsCheck", false, "EbuildParseRepoSource EclassAddon", "the names that every eclass of every tree exports or documents", "R1 R5"},
	{"InsintoCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"IuseCheck", false, "RepoSource UseAddon", "use.desc, desc/*", "R1 R5 R7"},
	{"KeywordsCheck", false, "KeywordsAddon RepoSource UseAddon", "arch.list; of virtuals, the KEYWORDS of their providers", "R1 R2 R5 R7"},
	{"LicenseCheck", false, "RepoSource UseAddon", "licenses/, license_groups, all profiles", "R1 R5 R7 R8"},
	{"LicenseGroupsCheck", true, "EmptySource", "license_groups, licenses/ of all trees, license-mapping.conf", "R14"},
	{"LineLengthCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"LiveOnlyCheck", false, "GitAddon PackageRepoSource", "history, clock, masks of the repository", "R1 R5 R6 R18 R19"},
	{"LocalUseCheck", false, "PackageRepoSource UseAddon", "use.desc, desc/*", "R1 R5 R7"},
	{"ManifestCheck", false, "PackageRepoSource UseAddon", "layout.conf", "R1 R5 R7"},
	{"ManifestCollisionCheck", true, "PackageRepoSource RepositoryRepoSource", "the Manifests of all packages", "R21"},
	{"MasterPackageClobberedCheck", false, "PackageRepoSource", "packages and masks of the masters", "R1 R6 R16"},
	{"MetadataUrlCheck", false, "NetAddon PackageRepoSource", "the network; never run", ""},
	{"MetadataVarCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"MissingRemoteIdCheck", false, "PackageRepoSource", "thirdpartymirrors, all profiles", "R1 R5 R7 R9"},
	{"MissingSlotDepCheck", false, "RestrictionRepoSource UseAddon", "slots of what is depended on, in the repository itself", "R1 R2 R5"},
	{"MissingUnpackerDepCheck", false, "RepoSource UseAddon", "", "R1 R5"},
	{"MissingWhitespaceCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"NonPosixCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"ObsoleteUriCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"OutdatedBlockersCheck", false, "GitAddon RepoSource", "existence of what is blocked, history, clock", "R1 R2 R5 R18 R19"},
	{"PackageMetadataXmlCheck", false, "PackageRepoSource", "packages and categories that texts name, metadata.xsd, projects.xml", "R1 R3 R7 R13"},
	{"PackageUpdatesCheck", true, "EmptySource", "profiles/updates, existence of what they name", "R14 R21"},
	{"PathVariablesCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"PerlCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"PkgDirCheck", false, "GitAddon PackageRepoSource RawRepoSource", ".gitignore, modes", "R1 R15"},
	{"ProfilesCheck", true, "GitAddon KeywordsAddon ProfilesRepoSource UseAddon", "all files of profiles, what their atoms match, use.local.desc, history, clock", "R7 R14 R18 R19 R20 R21"},
	{"ProjectMetadataCheck", true, "EmptySource", "projects.xml", "R14"},
	{"PropertiesCheck", false, "RepoSource UseAddon", "layout.conf of all trees, all profiles", "R1 R5 R7"},
	{"PyPIAttestationAvailableCheck", false, "LatestVersionRepoSource UseAddon", "the network; never run", ""},
	{"PythonCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"PythonCompatCheck", false, "RepoSource", "desc/*_targets.desc, the newest version of what is depended on", "R1 R2 R5 R7"},
	{"PythonFetchableCheck", false, "RepoSource UseAddon", "thirdpartymirrors, all profiles", "R1 R5 R7 R9"},
	{"PythonPackageNameCheck", false, "PackageRepoSource", "", "R1 R5"},
	{"ReadonlyVariableCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"RedundantDodirCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
	{"RedundantVersionCheck", false, "ArchesAddon PackageRepoSource ProfileAddon", "masks and keywords by profile", "R1 R5 R6 R7"},
	{"RepoDirCheck", true, "EmptySource GitAddon", "every file of the repository, .gitignore", "R15 R21"},
	{"RepoManifestHashCheck", true, "EmptySource", "layout.conf", "R7"},
	{"RepoProfilesCheck", true, "ArchesAddon EmptySource ProfileAddon", "all files of profiles, folders, KEYWORDS of @system", "R7 R14 R21"},
	{"RepositoryCategories", true, "EmptySource", "profiles/categories, the folders of the top level", "R7 R14"},
	{"RequiredUseCheck", false, "ArchesAddon ProfileAddon RestrictionRepoSource UseAddon", "masks, use.*, package.use*, make.defaults of all profiles", "R1 R5 R6 R7"},
	{"RequiredUseUnsatisfiableCheck", false, "ArchesAddon ProfileAddon RestrictionRepoSource", "masks, use.*, package.use*, make.defaults of all profiles", "R1 R5 R6 R7"},
	{"RestrictCheck", false, "RepoSource UseAddon", "layout.conf of all trees, all profiles", "R1 R5 R7"},
	{"RestrictTestCheck", false, "RepoSource", "", "R1 R5"},
	{"RubyCompatCheck", false, "RepoSource", "desc/*_targets.desc, the newest version of what is depended on", "R1 R2 R5 R7"},
	{"RustCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"SandboxCallCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"SourcingCheck", false, "RepoSource", "the eclasses of all trees", "R1 R4 R5"},
	{"SrcUriCheck", false, "RepoSource UseAddon", "thirdpartymirrors, all profiles", "R1 R5 R7 R9"},
	{"StabilizationGroupsCheck", true, "EmptySource", "metadata/stabilization-groups, versions and KEYWORDS of what they name", "R14 R21"},
	{"StableRequestCheck", false, "GitAddon PackageRepoSource UnmaskedRepoSource", "history, clock, masks of the repository", "R1 R5 R6 R18 R19"},
	{"StaleLiveCheck", false, "PackageRepoSource", "", "R1 R5"},
	{"UnstableOnlyCheck", false, "ArchesAddon PackageRepoSource StableArchesAddon", "arch.list, arches.desc, profiles.desc", "R1 R5 R7"},
	{"UnusedEclassesCheck", true, "RepositoryRepoSource", "eclass/ of all trees, what all packages inherit", "R14 R21"},
	{"UnusedInMastersCheck", true, "RepositoryRepoSource UseAddon", "licences, mirrors, eclasses, flags and packages of the masters", "R1 R16 R21"},
	{"UnusedLicensesCheck", true, "RepositoryRepoSource", "licenses/ of all trees, the LICENSE of all packages", "R14 R21"},
	{"UnusedMirrorsCheck", true, "RepositoryRepoSource UseAddon", "thirdpartymirrors of all trees, the SRC_URI of all packages", "R14 R21"},
	{"UseFlagsWithoutEffectsCheck", false, "RepoSource", "", "R1 R5"},
	{"VariableOrderCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"VariableScopeCheck", false, "EbuildParseRepoSource", "", "R1 R5"},
	{"VirtualProvidersCheck", false, "PackageRepoSource RestrictionRepoSource", "package.deprecated", "R1 R5 R11"},
	{"VisibilityCheck", false, "ArchesAddon EbuildParseRepoSource ProfileAddon", "what is depended on × profiles, masks, package.provided, moves, optfeature's atoms", "R1 R2 R3 R5 R6 R7 R10"},
	{"WhitespaceCheck", false, "EbuildFileRepoSource", "", "R1 R5"},
}
