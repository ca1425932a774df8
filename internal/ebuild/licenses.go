// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// LicenseGroups are the groups of profiles/license_groups: licences, and names of other groups with an @ in front.
type LicenseGroups map[string][]string

// ReadLicenseGroups reads profiles/license_groups. One bad line spoils the file, as in pkgcore: then the groups are none, and the error says
// why.
func ReadLicenseGroups(tree fs.FS) (LicenseGroups, error) {
	text, err := readUTF8(tree, "profiles/license_groups")
	if err != nil {
		return nil, err
	}
	return ParseLicenseGroups(text)
}

// ParseLicenseGroups reads the text of a license_groups.
func ParseLicenseGroups(text string) (LicenseGroups, error) {
	groups := LicenseGroups{}
	for number, line := range meaningful(text) {
		name, list, ok := strings.Cut(line, " ")
		if !ok {
			return nil, &LineError{"license_groups", number, errors.New("the group has no licences")}
		}
		groups[name] = unique(fields(unquote(list)))
	}
	return groups, nil
}

// expandedLimit is how many names expanded groups may have together; real ones have hundreds.
const expandedLimit = 1 << 17

// Expand replaces the names of groups by their licences, also those of groups in masters, which add to groups of the same name. Masters
// are expanded by themselves first. Names of groups that are nowhere are left out; the lists are sorted.
func (g LicenseGroups) Expand(masters ...LicenseGroups) (LicenseGroups, error) {
	all := LicenseGroups{}
	for name, list := range g {
		all[name] = slices.Clone(list)
	}
	for _, m := range masters {
		expanded, err := m.Expand()
		if err != nil {
			return nil, err
		}
		for name, list := range expanded {
			all[name] = append(all[name], list...)
		}
	}
	expanded, total := LicenseGroups{}, 0
	for name := range all {
		found, seen := map[string]bool{}, map[string]bool{}
		all.collect(name, found, seen)
		expanded[name] = slices.Sorted(maps.Keys(found))
		if total += len(found) + len(seen); total > expandedLimit {
			return nil, fmt.Errorf("the groups of licences have more than %d names when they are expanded", expandedLimit)
		}
	}
	return expanded, nil
}

// collect adds a group's licences to found; seen are the groups that were looked into.
func (g LicenseGroups) collect(name string, found, seen map[string]bool) {
	waiting := []string{name}
	for len(waiting) > 0 {
		name, waiting = waiting[len(waiting)-1], waiting[:len(waiting)-1]
		if seen[name] {
			continue
		}
		seen[name] = true
		for _, item := range g[name] {
			if group, ok := strings.CutPrefix(item, "@"); ok {
				waiting = append(waiting, group)
			} else {
				found[item] = true
			}
		}
	}
}

// Licenses lists the files in licenses/, sorted.
func Licenses(tree fs.FS) ([]string, error) { return filesIn(tree, "licenses") }

// filesIn lists the regular files in a folder, links to files among them.
func filesIn(tree fs.FS, folder string) ([]string, error) {
	entries, err := readDir(tree, folder)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, entry := range entries {
		if isKind(tree, folder, entry, 0) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}
