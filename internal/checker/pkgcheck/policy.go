// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

// Treatment is what an attribute means for the identity of a finding.
type Treatment string

// The treatments (planner-rules §4; the letters are its own).
const (
	Drop    Treatment = "drop"    // A, D, F, H: a position, a representative, context, an age; shown, never compared
	Keep    Treatment = "keep"    // B: compared, white space normalised
	Numbers Treatment = "numbers" // C: compared, without the line and column numbers in it
	Split   Treatment = "split"   // E: a list that is the defect: one fact an element
	Whole   Treatment = "whole"   // G: a list compared as it is
	Set     Treatment = "set"     // G: a list compared whatever its order
	Tokens  Treatment = "tokens"  // I: a text whose words follow a set's order
	Profile Treatment = "profile" // D: compared, but facts that differ only in it are one problem
)

// anywhere are attributes that mean the same in every keyword that has them.
var anywhere = map[string]Treatment{
	// A: positions
	"lineno": Drop, "lines": Drop, "export_line": Drop, "inherit_line": Drop, "position": Drop, "commit": Drop,
	// D: how many profiles a result stands for, and what profiles.desc says of them (H)
	"num_profiles": Drop, "profile_deprecated": Drop, "profile_status": Drop,
	// F: ages and sizes
	"age": Drop, "size": Drop,
	// E: lists that are the defect
	"nonexistent": Split, "deps": Split, "atoms": Split, "licenses": Split, "flags": Split, "eclasses": Split,
	"mirrors": Split, "files": Split, "filenames": Split, "uris": Split, "arches": Split, "keywords": Split,
	"updates": Split, "dirs": Split, "categories": Split, "groups": Split, "values": Split, "packages": Split,
	"emails": Split, "hashes": Split, "missing": Split, "deprecated": Split, "ebuilds": Split, "chars": Split,
	"missing_arches": Split, "functions": Split, "variables": Split, "missing_sign_offs": Split, "old_targets": Split,
	"refs": Split, "options": Split, "restricts": Split, "properties": Split,
	// G
	"moves": Whole, "unpackers": Set, "restrictions": Set,
}

// kept are the attributes with one value that are compared as they are, in every keyword that has them. They are named one by
// one, so that an attribute which a newer pkgcheck brings is noticed, not guessed at.
var kept = []string{
	"append", "arch", "atom", "attr", "cattext", "char", "cmd", "command", "dep", "dep_atom", "dep_category", "dep_type",
	"dep_value", "depset", "dist_version", "eapi", "eclass", "element", "err", "error", "expected", "filename", "first_var",
	"flag", "func", "func_name", "function", "glsa", "group", "id_type", "id_value", "identifier", "keyword", "kind",
	"leadtrail", "license", "license_group", "line", "location", "lower", "match", "message", "mirror", "msg", "name",
	"needed", "new", "new_name", "new_uri", "new_url", "normalize", "normalized", "old", "old_eapi", "old_uri", "op", "path",
	"pkg", "pkg_desc", "pkgtext", "profile", "project", "protocol", "provider", "pypi_pn", "recommended", "remote_type",
	"replacement", "repository", "required_use", "reserved_type", "reserved_word", "restrict", "second_var", "slot", "source",
	"spdx", "static_str", "summary", "tag", "target", "upper", "uri", "url", "usage", "used_name", "used_type", "value", "var",
	"var_name", "variable", "year",
}

// byRule are attributes that mean something else in one keyword.
var byRule = map[string]map[string]Treatment{
	// A: here the line is a number
	"PkgMetadataXmlEmptyElement": {"line": Drop},
	"CatMetadataXmlEmptyElement": {"line": Drop},
	"ObsoleteUri":                {"line": Drop},

	// C: positions in messages
	"SourcingError":                   {"msg": Numbers},
	"EclassDocError":                  {"error": Numbers},
	"EclassBashSyntaxError":           {"error": Numbers},
	"PkgBadlyFormedXml":               {"error": Numbers},
	"CatBadlyFormedXml":               {"error": Numbers},
	"PkgInvalidXml":                   {"message": Numbers},
	"CatInvalidXml":                   {"message": Numbers},
	"ProfileError":                    {"msg": Numbers},
	"ProfileWarning":                  {"msg": Numbers},
	"BadPackageUpdate":                {"msg": Numbers},
	"MovedPackageUpdate":              {"msg": Numbers},
	"StabilizationGroupSourcingError": {"msg": Numbers},
	"LicenseMappingSourcingError":     {"msg": Numbers},
	"InvalidUTF8":                     {"err": Numbers},

	// D: one result a profile, folded in the report; or only the first of many
	"NonsolvableDeps":                  perProfile,
	"NonsolvableDepsInStable":          perProfile,
	"NonsolvableDepsInDev":             perProfile,
	"NonsolvableDepsInExp":             perProfile,
	"RequiredUseUnsatisfiable":         perProfile,
	"RequiredUseUnsatisfiableInStable": perProfile,
	"RequiredUseUnsatisfiableInDev":    perProfile,
	"RequiredUseUnsatisfiableInExp":    perProfile,
	"RequiredUseDefaults":              {"keyword": Profile, "profile": Profile, "use": Drop},
	"VisibleVcsPkg":                    {"arch": Profile, "profile": Profile},
	"UnstatedIuse":                     {"profile": Profile},
	"LaggingProfileEapi":               {"parent": Drop, "parent_eapi": Drop},
	"MissingInherits":                  {"usage": Drop},
	"IndirectInherits":                 {"usage": Drop},
	"MatchingChksums":                  {"orig_file": Drop, "orig_pkg": Drop},

	// F: context
	"MissingUseDepDefault":          {"pkgs": Drop},
	"MissingSlotDep":                {"dep_slots": Drop},
	"CrossSlotRangeDep":             {"slots": Drop},
	"ConflictingAccountIdentifiers": {"pkgs": Drop},
	"ConflictingChksums":            {"pkgs": Drop, "chksums": Drop},
	"PotentialLocalUse":             {"pkgs": Drop},
	"PotentialGlobalUse":            {"pkgs": Drop},
	"RedundantVersion":              {"later_versions": Drop},
	"UnstableOnly":                  {"versions": Drop},
	"LaggingStable":                 {"stable": Drop},
	"PotentialStable":               {"stable": Drop},
	"MissingChksum":                 {"existing": Drop},
	"MissingPackageRevision":        {"suggestions": Drop},
	"MaintainerWithoutProxy":        {"maintainers": Drop},
	"StaleLiveEAPI":                 {"new_eapi": Drop},
	"TooManyCrates":                 {"count": Drop},

	// G: lists that are one thing
	"UnsortedKeywords":    {"keywords": Whole, "sorted_keywords": Drop},
	"DuplicateKeywords":   {"keywords": Whole},
	"OverlappingKeywords": {"keywords": Whole},
	"DuplicateFiles":      {"files": Set},
	"EqualVersions":       {"versions": Set},
	"OldPackageUpdate":    {"updates": Whole},

	// I: what follows a set's order
	"OptfeatureNonexistentAtom":             {"atom": Tokens},
	"PythonAnyMismatchedUseHasVersionCheck": {"use_flags": Set},
	"PythonAnyMismatchedDepHasVersionCheck": {"use_flags": Set},
	"PythonEclassError":                     {"msg": Tokens},
	"MissingPythonEclass":                   {"dep_type": Drop, "dep": Drop, "eclass": Drop},
}

// perProfile is what the keywords share that pkgcheck, told to be verbose, says once for each profile.
var perProfile = map[string]Treatment{"keyword": Profile, "profile": Profile}
