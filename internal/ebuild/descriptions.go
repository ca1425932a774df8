// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Mirrors are the URIs of each mirror of profiles/thirdpartymirrors.
type Mirrors map[string][]string

// ReadMirrors reads profiles/thirdpartymirrors.
func ReadMirrors(tree fs.FS) (Mirrors, error) {
	text, err := readText(tree, "profiles/thirdpartymirrors")
	if err != nil {
		return nil, err
	}
	mirrors := Mirrors{}
	for _, line := range meaningful(strings.ToValidUTF8(text, "\ufffd")) {
		if list := fields(line); len(list) > 1 {
			mirrors[list[0]] = list[1:]
		}
	}
	return mirrors, nil
}

// ReadArches reads profiles/arch.list.
func ReadArches(tree fs.FS) ([]string, error) {
	text, err := readUTF8(tree, "profiles/arch.list")
	if err != nil {
		return nil, err
	}
	arches := []string{}
	for _, line := range meaningful(text) {
		arches = append(arches, line)
	}
	return unique(arches), nil
}

// archStatuses are what profiles/arches.desc can say of an arch.
var archStatuses = []string{"stable", "transitional", "testing"}

// ReadArchStatus reads profiles/arches.desc: arch to status (stable, transitional, testing). Lines that do not have that form are left out.
func ReadArchStatus(tree fs.FS) (map[string]string, error) {
	text, err := readUTF8(tree, "profiles/arches.desc")
	if err != nil {
		return nil, err
	}
	statuses := map[string]string{}
	for _, line := range meaningful(text) {
		if list := fields(line); len(list) == 2 && slices.Contains(archStatuses, list[1]) {
			statuses[list[0]] = list[1]
		}
	}
	return statuses, nil
}

// ProfileDesc is a line of profiles/profiles.desc.
type ProfileDesc struct{ Arch, Path, Status string }

// ReadProfileDescs reads profiles/profiles.desc. Lines that do not have three words are left out.
func ReadProfileDescs(tree fs.FS) ([]ProfileDesc, error) {
	text, err := readUTF8(tree, "profiles/profiles.desc")
	if err != nil {
		return nil, err
	}
	list := []ProfileDesc{}
	for _, line := range meaningful(text) {
		if words := fields(line); len(words) == 3 {
			parts := slices.DeleteFunc(strings.Split(words[1], "/"), func(part string) bool { return part == "" })
			list = append(list, ProfileDesc{words[0], strings.Join(parts, "/"), words[2]})
		}
	}
	return list, nil
}

// FlagDesc describes a USE flag: a global one, one of a USE_EXPAND group (without the group's name in front), or a local one.
type FlagDesc struct {
	Package string // of a local flag: the atom's text
	Name    string
	Text    string
}

// FlagDescs are descriptions of flags with what is wrong in the file.
type FlagDescs struct {
	List    []FlagDesc
	Ignored []error
}

// ReadUseDesc reads profiles/use.desc.
func ReadUseDesc(tree fs.FS) (FlagDescs, error) {
	return readFlagDescs(tree, "profiles/use.desc", false)
}

// ReadUseExpandDescs reads the files in profiles/desc by the groups' names, in lower case as a rule.
func ReadUseExpandDescs(tree fs.FS) (map[string]FlagDescs, error) {
	names, err := filesIn(tree, "profiles/desc")
	if err != nil {
		return nil, err
	}
	groups := map[string]FlagDescs{}
	for _, name := range names {
		group, _, _ := strings.Cut(name, ".")
		if groups[group], err = readFlagDescs(tree, "profiles/desc/"+name, false); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

func readFlagDescs(tree fs.FS, name string, local bool) (FlagDescs, error) {
	text, err := readUTF8(tree, name)
	if err != nil {
		return FlagDescs{}, err
	}
	return parseFlagDescs(name, text, local), nil
}

// ParseLocalDescs reads the text of a use.local.desc (CATEGORY/PACKAGE:FLAG - TEXT).
func ParseLocalDescs(text string) FlagDescs { return parseFlagDescs("use.local.desc", text, true) }

func parseFlagDescs(name, text string, local bool) FlagDescs {
	var d FlagDescs
	for number, line := range meaningful(text) {
		flag, err := parseFlagDesc(line, local)
		if err != nil {
			d.Ignored = append(d.Ignored, &LineError{name, number, err})
			continue
		}
		d.List = append(d.List, flag)
	}
	return d
}

func parseFlagDesc(line string, local bool) (FlagDesc, error) {
	key, rest := nextWord(line)
	_, text, found := strings.Cut(rest, "-")
	if !found {
		return FlagDesc{}, errors.New("it lacks a description")
	}
	d := FlagDesc{Name: key, Text: trim(text)}
	if !local {
		return d, nil
	}
	var ok bool
	if d.Package, d.Name, ok = strings.Cut(key, ":"); !ok {
		return FlagDesc{}, errors.New("it lacks a package")
	}
	if _, err := ParseAtom(d.Package); err != nil {
		return FlagDesc{}, fmt.Errorf("its package: %w", err)
	}
	return d, nil
}
