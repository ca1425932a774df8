// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"io/fs"
	"slices"
	"strings"
)

// Layout is what metadata/layout.conf and profiles/repo_name say of a repository.
type Layout struct {
	Name           string            // repo-name of layout.conf, else profiles/repo_name; the configured name counts more than either
	Masters        []string          // names of repositories
	MastersUnset   bool              // layout.conf does not mention masters
	ProfileFormats []string          // sorted; the known ones only
	Values         map[string]string // all of layout.conf
}

// profileFormats are the ones that pkgcore knows.
var profileFormats = []string{"pms", "portage-1", "portage-2", "profile-bashrcs", "profile-default-eapi", "profile-set"}

// ReadLayout reads a repository's metadata/layout.conf and profiles/repo_name. A repository need not have either.
func ReadLayout(tree fs.FS) (Layout, error) {
	text, err := readText(tree, "metadata/layout.conf")
	if err != nil {
		return Layout{}, err
	}
	l := ParseLayout(text)
	if l.Name != "" {
		return l, nil
	}
	names, err := readText(tree, "profiles/repo_name")
	if err != nil {
		return Layout{}, err
	}
	for _, line := range numbered(names) {
		l.Name = trim(line)
		break
	}
	return l, nil
}

// ParseLayout reads the text of a layout.conf. Lines that are no setting are left out.
func ParseLayout(text string) Layout {
	l := Layout{Values: map[string]string{}}
	for _, line := range meaningful(text) {
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		l.Values[trim(key)] = unquote(trim(value))
	}
	masters, set := l.Values["masters"]
	l.Masters, l.MastersUnset = unique(fields(masters)), !set
	l.Name = l.Values["repo-name"]
	for _, format := range fields(strings.ToLower(l.Values["profile-formats"])) {
		if slices.Contains(profileFormats, format) {
			l.ProfileFormats = append(l.ProfileFormats, format)
		}
	}
	slices.Sort(l.ProfileFormats)
	if l.ProfileFormats = slices.Compact(l.ProfileFormats); len(l.ProfileFormats) == 0 {
		l.ProfileFormats = []string{"pms"}
	}
	return l
}

// unquote drops quotation marks that are around the whole value.
func unquote(s string) string {
	if n := len(s); n >= 2 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		return s[1 : n-1]
	}
	return s
}

// NestedProfiles tells whether the files of profiles may be folders of files.
func (l Layout) NestedProfiles() bool { return !slices.Contains(l.ProfileFormats, "pms") }
