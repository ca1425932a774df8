// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// versionKinds add and remove versions and packages.
var versionKinds = map[string]change{
	"bump-keep":          func(e *edit) string { return e.bump(e.ebuild(), true) },
	"bump-drop":          func(e *edit) string { return e.bump(e.ebuild(), false) },
	"bump-edited":        bumpEdited,
	"revision-bump":      revisionBump,
	"new-package":        newPackage,
	"new-package-wanted": newPackageWanted,
	"drop-package":       func(e *edit) string { return e.dropPackage(e.provider()) },
	"drop-version":       dropVersion,
	"drop-newest":        dropNewest,
	"treeclean":          treeclean,
}

var lastNumber = regexp.MustCompile(`^(.*?)([0-9]+)([^0-9]*)$`)

// nextVersion is a later version than the given one.
func nextVersion(version string) string {
	version, _, _ = strings.Cut(version, "-r")
	m := lastNumber.FindStringSubmatch(version)
	if m == nil {
		return ""
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n > 9000 {
		return ""
	}
	return m[1] + strconv.Itoa(n+1)
}

// bump copies an ebuild to the next version, with testing keywords, and its Manifest entries with it.
func (e *edit) bump(file string, keep bool) string {
	key, version := keyOf(file), versionOf(file)
	next := nextVersion(version)
	to := ebuildFile(key, next)
	if _, taken := e.tree[to]; file == "" || next == "" || taken {
		return ""
	}
	e.write(to, e.text(file))
	e.setWords(to, "KEYWORDS", testing(e.words(to, "KEYWORDS")))
	e.copyDist(key, version, next)
	if !keep {
		delete(e.tree, file)
	}
	return fmt.Sprintf("%s: %s to %s, the old one stays: %t", key, version, next, keep)
}

func testing(keywords []string) []string {
	out := slices.Clone(keywords)
	for i, k := range out {
		if k[0] != '-' && k[0] != '~' {
			out[i] = "~" + k
		}
	}
	return out
}

// copyDist adds Manifest entries for the next version's distfiles.
func (e *edit) copyDist(key, from, to string) {
	manifest := key + "/Manifest"
	if _, ok := e.tree[manifest]; !ok {
		return
	}
	lines := strings.Split(strings.TrimRight(e.text(manifest), "\n"), "\n")
	for _, line := range slices.Clone(lines) {
		if words := strings.Fields(line); len(words) > 4 && words[0] == "DIST" && strings.Contains(words[1], from) {
			lines = append(lines, distLine(strings.ReplaceAll(words[1], from, to), key+to))
		}
	}
	slices.Sort(lines)
	e.write(manifest, strings.Join(slices.Compact(lines), "\n")+"\n")
}

func bumpEdited(e *edit) string {
	file := e.ebuild()
	what := e.bump(file, e.chance(50))
	if what == "" {
		return ""
	}
	to := ebuildFile(keyOf(file), nextVersion(versionOf(file)))
	more := pick(e, []string{"IUSE", "SLOT", "KEYWORDS"})
	switch more {
	case "IUSE":
		e.setWords(to, "IUSE", e.words(to, "IUSE")[min(1, len(e.words(to, "IUSE"))):])
	case "SLOT":
		e.write(to, setVariable(e.text(to), "SLOT", "0/"+strconv.Itoa(1+e.rng.IntN(90))))
	case "KEYWORDS":
		e.setWords(to, "KEYWORDS", e.words(to, "KEYWORDS")[:min(1, len(e.words(to, "KEYWORDS")))])
	}
	return what + ", with another " + more
}

func revisionBump(e *edit) string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	version, revision, _ := strings.Cut(versionOf(file), "-r")
	n, _ := strconv.Atoi(revision) // none is 0
	to := ebuildFile(keyOf(file), fmt.Sprintf("%s-r%d", version, n+1))
	if _, taken := e.tree[to]; taken {
		return ""
	}
	e.write(to, e.text(file))
	delete(e.tree, file)
	return file + " gets a new revision"
}

// plainEbuild is an ebuild with nothing wrong.
func plainEbuild(e *edit, name string) string {
	license := "GPL-2"
	if all := e.files("licenses"); len(all) > 0 {
		license = path.Base(pick(e, all))
	}
	arch := "amd64"
	if len(e.arches) > 0 {
		arch = e.arches[0]
	}
	return fmt.Sprintf("# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\nEAPI=8\n\n"+
		"DESCRIPTION=\"Collection of small programs that somebody needed\"\nHOMEPAGE=\"https://%[1]s.example.org/\"\n"+
		"SRC_URI=\"https://%[1]s.example.org/releases/${P}.tar.gz\"\n\nLICENSE=\"%[2]s\"\nSLOT=\"0\"\nKEYWORDS=\"~%[3]s\"\n", name, license, arch)
}

const plainMetadata = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE pkgmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n" +
	"<pkgmetadata>\n\t<maintainer type=\"person\">\n\t\t<email>anna@example.org</email>\n\t\t<name>Anna Example</name>\n\t</maintainer>\n</pkgmetadata>\n"

// addPackage adds a whole package.
func (e *edit) addPackage(key, version string) {
	name := path.Base(key)
	e.write(ebuildFile(key, version), plainEbuild(e, name))
	e.write(key+"/metadata.xml", plainMetadata)
	e.write(key+"/Manifest", distLine(name+"-"+version+".tar.gz", key)+"\n")
}

func newPackage(e *edit) string {
	near := pick(e, e.keys)
	if near == "" {
		return ""
	}
	key := fmt.Sprintf("%s/addition%d", path.Dir(near), e.rng.IntN(1000))
	e.addPackage(key, "1.0")
	file := ebuildFile(key, "1.0")
	for range e.rng.IntN(3) {
		e.addDependency(file, "RDEPEND", e.provider())
	}
	return "new package " + key
}

// newPackageWanted adds a package that something names and the tree does not have.
func newPackageWanted(e *edit) string {
	wanted := []string{}
	for _, key := range e.keys {
		for _, file := range e.ebuilds[key] {
			for _, a := range e.dependencyWords(file) {
				found := named.FindString(a.word)
				if found != "" && e.known(found) == "" && !strings.Contains(a.word, "://") && !strings.Contains(a.word, "$") {
					wanted = append(wanted, atomVersion.ReplaceAllString(found, ""))
				}
			}
		}
	}
	key := pick(e, wanted)
	if key == "" {
		return ""
	}
	e.addPackage(key, fmt.Sprintf("%d.%d", e.rng.IntN(9), e.rng.IntN(9)))
	e.listCategory(path.Dir(key))
	return "new package " + key + ", which others wanted"
}

func (e *edit) listCategory(category string) {
	if text, ok := e.tree["profiles/categories"]; ok && !slices.Contains(uncommented(text.Text), category) {
		e.add("profiles/categories", category)
	}
}

func (e *edit) dropPackage(key string) string {
	if key == "" {
		return ""
	}
	for _, name := range e.files(key) {
		delete(e.tree, name)
	}
	return "package " + key + " is removed"
}

// treeclean removes a package together with the masks and dependencies that name it, as maintainers do.
func treeclean(e *edit) string {
	key := e.provider()
	if e.dropPackage(key) == "" {
		return ""
	}
	if mask := e.text("profiles/package.mask"); mask != "" {
		e.write("profiles/package.mask", withoutLines(mask, func(line string) bool { return strings.Contains(line, key) }))
	}
	for _, a := range e.atoms(func(a atom) bool { return a.key == key && keyOf(a.file) != key }) {
		if _, ok := e.tree[a.file]; ok && e.chance(50) {
			e.replace(a, "")
		}
	}
	return "package " + key + " is cleaned out, with half of what names it"
}

func withoutLines(text string, unwanted func(line string) bool) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !unwanted(line) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func dropVersion(e *edit) string {
	several := slices.DeleteFunc(slices.Clone(e.keys), func(k string) bool { return len(e.ebuilds[k]) < 2 })
	file := pick(e, e.ebuilds[pick(e, several)])
	if file == "" {
		return ""
	}
	delete(e.tree, file)
	return file + " is removed"
}

func dropNewest(e *edit) string {
	needed := slices.DeleteFunc(slices.Clone(e.keys), func(k string) bool { return len(e.ebuilds[k]) < 2 || len(e.users[k]) == 0 })
	files := e.ebuilds[pick(e, needed)]
	if len(files) == 0 {
		return ""
	}
	delete(e.tree, files[len(files)-1])
	return files[len(files)-1] + " is removed, which others may need"
}
