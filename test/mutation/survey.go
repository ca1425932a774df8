// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// survey is what a tree has, as far as changes look for places: found by text alone, so that it works on any repository.
type survey struct {
	keys       []string            // category/name of all packages with an ebuild, sorted
	ebuilds    map[string][]string // their ebuilds' paths, sorted
	users      map[string][]string // package → packages whose ebuilds name it
	eclasses   []string            // paths, sorted
	inheritors map[string][]string // eclass name → ebuilds' paths
	profiles   []string            // folders below profiles/ that profiles.desc names, sorted
	nodes      []string            // all folders of profiles: those with a parent, eapi or make.defaults
	arches     []string
}

// ebuildPath tells an ebuild from other files.
var ebuildPath = regexp.MustCompile(`^([^/]+)/([^/]+)/([^/]+)\.ebuild$`)

// reserved are folders at the top that are no categories.
var reserved = []string{"eclass", "profiles", "metadata", "licenses"}

func look(tree Tree) *survey {
	s := &survey{ebuilds: map[string][]string{}, users: map[string][]string{}, inheritors: map[string][]string{}}
	names := slices.Sorted(maps.Keys(tree))
	for _, name := range names {
		if m := ebuildPath.FindStringSubmatch(name); m != nil && !slices.Contains(reserved, m[1]) && strings.HasPrefix(m[3], m[2]+"-") {
			s.ebuilds[m[1]+"/"+m[2]] = append(s.ebuilds[m[1]+"/"+m[2]], name)
		}
		if strings.HasPrefix(name, "eclass/") && strings.HasSuffix(name, ".eclass") {
			s.eclasses = append(s.eclasses, name)
		}
	}
	s.keys = slices.Sorted(maps.Keys(s.ebuilds))
	s.lookProfiles(tree, names)
	for _, key := range s.keys {
		s.lookPackage(tree, key)
	}
	return s
}

func (s *survey) lookProfiles(tree Tree, names []string) {
	for line := range strings.Lines(tree["profiles/profiles.desc"].Text) {
		if words := strings.Fields(line); len(words) >= 3 && words[0][0] != '#' {
			s.profiles = append(s.profiles, "profiles/"+words[1])
		}
	}
	s.arches = strings.Fields(strings.Join(uncommented(tree["profiles/arch.list"].Text), "\n"))
	for _, name := range names {
		dir, base := path.Split(name)
		if strings.HasPrefix(dir, "profiles/") && dir != "profiles/" && slices.Contains([]string{"parent", "eapi", "make.defaults"}, base) {
			s.nodes = append(s.nodes, path.Clean(dir))
		}
	}
	s.nodes = slices.Compact(s.nodes)
}

// named finds words that look like category/name.
var (
	named       = regexp.MustCompile(`[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_.-]*`)
	inheritLine = regexp.MustCompile(`(?m)^\s*inherit\s+([^\n#;|&]+)`)
	atomVersion = regexp.MustCompile(`-[0-9][^/]*$`)
)

func (s *survey) lookPackage(tree Tree, key string) {
	seen := map[string]bool{key: true}
	for _, file := range s.ebuilds[key] {
		text := tree[file].Text
		for _, word := range named.FindAllString(text, -1) {
			other := s.known(word)
			if other != "" && !seen[other] {
				seen[other] = true
				s.users[other] = append(s.users[other], key)
			}
		}
		for _, m := range inheritLine.FindAllStringSubmatch(text, -1) {
			for name := range strings.FieldsSeq(m[1]) {
				s.inheritors[name] = append(s.inheritors[name], file)
			}
		}
	}
}

// known is the package that a word names, with or without a version; empty: none.
func (s *survey) known(word string) string {
	if s.ebuilds[word] != nil {
		return word
	}
	if short := atomVersion.ReplaceAllString(word, ""); s.ebuilds[short] != nil {
		return short
	}
	return ""
}

// provider chooses a package, mostly one that others need.
func (e *edit) provider() string {
	used := slices.DeleteFunc(slices.Clone(e.keys), func(k string) bool { return len(e.users[k]) == 0 })
	if len(used) > 0 && e.chance(75) {
		return pick(e, used)
	}
	return pick(e, e.keys)
}

// ebuild chooses an ebuild, mostly of a package that others need.
func (e *edit) ebuild() string { return pick(e, e.ebuilds[e.provider()]) }

// where chooses an ebuild among those that want accepts.
func (e *edit) where(want func(file string) bool) string {
	found := []string{}
	for _, key := range e.keys {
		for _, file := range e.ebuilds[key] {
			if want(file) {
				found = append(found, file)
			}
		}
	}
	return pick(e, found)
}

// keyOf is an ebuild's package.
func keyOf(file string) string { return path.Dir(file) }

// versionOf is an ebuild's version.
func versionOf(file string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path.Base(file), path.Base(path.Dir(file))+"-"), ".ebuild")
}

// ebuildFile is the path of a version's ebuild.
func ebuildFile(key, version string) string {
	return key + "/" + path.Base(key) + "-" + version + ".ebuild"
}

// files lists the files below a folder, sorted.
func (e *edit) files(dir string) []string {
	found := []string{}
	for _, name := range slices.Sorted(maps.Keys(e.tree)) {
		if strings.HasPrefix(name, dir+"/") {
			found = append(found, name)
		}
	}
	return found
}

// plainFiles are those that are no links.
func (e *edit) plainFiles(dir string) []string {
	return slices.DeleteFunc(e.files(dir), func(name string) bool { return e.tree[name].Mode == ebuildrepo.ModeSymlink })
}

// uncommented are a list's lines without comments and blank ones.
func uncommented(text string) []string {
	found := []string{}
	for line := range strings.Lines(text) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}
