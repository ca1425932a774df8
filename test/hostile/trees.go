// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"crypto/md5" //nolint:gosec // the cache's format asks for it
	"encoding/hex"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// treeAttacks are files in the pull request's tree. Nothing of them runs: they are aimed at what reads the tree.
func treeAttacks() []Attack {
	return []Attack{
		{
			Name: "cache", What: "Brings a metadata cache entry with the right checksum and harmless content.",
			Control: "Generated files of the pull request are deleted before anything reads them.",
			Package: "app-misc/gremlin-cache", Evidence: Evidence{Hides: []string{"UnknownLicense"}}, tree: forgedCache,
		},
		{
			Name: "gitignore", What: "Ignores a file with a banned name, so that it is not looked at.",
			Control: "The ignore file is the base's.",
			Package: "app-misc/gremlin-gitignore", Evidence: Evidence{Hides: []string{"BannedCharacter"}}, tree: ignored,
		},
		{
			Name: "config", What: "Brings a metadata/pkgcheck.conf that turns rules off.",
			Control: "The tool's configuration is never the pull request's.",
			Package: "app-misc/gremlin-config", Evidence: Evidence{Hides: []string{"UnknownLicense"}}, tree: configured,
		},
		{
			Name: "link", What: "Makes metadata.xml and a patch links to a file outside of the tree.",
			Control: "Links that leave the tree lead nowhere.",
			Package: "app-misc/gremlin-link", Evidence: Evidence{Shows: "PkgBadlyFormedXml"}, tree: linked,
		},
	}
}

// forgedCache hides an unknown licence behind an entry that pmaint takes for current.
func forgedCache(a Attack, _ Params) ebuildrepo.Tree {
	text := honest(a.Name, license(a.Name), "")
	t := carrier(a.Package, text)
	sum := md5.Sum([]byte(text)) //nolint:gosec // as above
	entry := []string{
		"DEFINED_PHASES=-", "DESCRIPTION=Program that is up to no good", "EAPI=8", "HOMEPAGE=https://gremlin.example.org/",
		"KEYWORDS=~amd64 ~arm64", "LICENSE=GPL-2", "SLOT=0", "_md5_=" + hex.EncodeToString(sum[:]),
	}
	t["metadata/md5-cache/"+a.Package+"-1.0"] = ebuildrepo.File{Text: strings.Join(entry, "\n") + "\n", Mode: ebuildrepo.ModeFile}
	return t
}

// IgnoredFile is the file that the gitignore attack hides; it is below the attack's package.
const IgnoredFile = "files/do it.patch"

func ignored(a Attack, _ Params) ebuildrepo.Tree {
	t := carrier(a.Package, honest(a.Name, license(a.Name), ""))
	t[a.Package+"/"+IgnoredFile] = ebuildrepo.File{Text: "Make gremlin worse.\n", Mode: ebuildrepo.ModeFile}
	t[".gitignore"] = ebuildrepo.File{Text: "/app-misc/gremlin-gitignore/\n", Mode: ebuildrepo.ModeFile}
	return t
}

func configured(a Attack, _ Params) ebuildrepo.Tree {
	t := carrier(a.Package, honest(a.Name, license(a.Name), ""))
	t["metadata/pkgcheck.conf"] = ebuildrepo.File{Text: "[DEFAULT]\nkeywords = -UnknownLicense,-BannedCharacter,-PkgBadlyFormedXml,-PkgMissingMetadataXml\n", Mode: ebuildrepo.ModeFile}
	return t
}

func linked(a Attack, p Params) ebuildrepo.Tree {
	t := carrier(a.Package, honest(a.Name, license(a.Name), ""))
	t[a.Package+"/metadata.xml"] = ebuildrepo.File{Text: p.LinkTarget, Mode: ebuildrepo.ModeSymlink}
	t[a.Package+"/files/fix.patch"] = ebuildrepo.File{Text: p.LinkTarget, Mode: ebuildrepo.ModeSymlink}
	return t
}
