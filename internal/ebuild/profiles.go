// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ProfileParent is a line of a profile's parent file.
type ProfileParent struct {
	Text string // as written
	Repo string // of REPOSITORY:PATH; empty: the profile's own
	Path string // below that repository's profiles/; empty: profiles/ itself. It begins with ../ where it leads out of there
}

// Profile is a folder below profiles/ (or profiles/ itself), which may or may not be meant as a profile.
type Profile struct {
	Path    string // below profiles/; empty: profiles/ itself
	EAPI    string // of its eapi file; empty where there is none
	Parents []ProfileParent
	Lines   map[string][]ProfileLine // by the file's name (package.mask): of those that name packages
	Files   []string                 // names of all files in the folder, sorted
	Errs    []error                  // files that cannot be read; pkgcore refuses the whole profile
}

// notProfiles are folders in profiles/ that are something else.
var notProfiles = []string{"updates", "desc"}

// ReadProfiles reads every folder below profiles/, sorted by path, profiles/ itself first. Folders in place of files (package.mask/…) are read
// whatever the profile formats say.
func ReadProfiles(tree fs.FS) ([]Profile, error) {
	found := []Profile{}
	waiting := []string{""}
	for len(waiting) > 0 {
		at := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		p, folders, err := readProfile(tree, at)
		if err != nil {
			return nil, err
		}
		found = append(found, p)
		waiting = append(waiting, folders...)
	}
	slices.SortFunc(found, func(a, b Profile) int { return strings.Compare(a.Path, b.Path) })
	return found, nil
}

// ReadProfile reads one folder below profiles/.
func ReadProfile(tree fs.FS, at string) (Profile, error) {
	p, _, err := readProfile(tree, at)
	return p, err
}

func readProfile(tree fs.FS, at string) (Profile, []string, error) {
	p := Profile{Path: at, Lines: map[string][]ProfileLine{}}
	folders := []string{}
	folder := path.Join("profiles", at)
	entries, err := readDir(tree, folder)
	if err != nil {
		return p, nil, err
	}
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case isKind(tree, folder, entry, 0):
			p.Files = append(p.Files, name)
			p.readFile(tree, name, path.Join(at, name))
		case !entry.IsDir(): // a link to a folder could lead round in circles
		case IsPackageFile(name):
			p.readFolder(tree, name, path.Join(at, name))
		case at == "" && slices.Contains(notProfiles, name):
		default:
			folders = append(folders, path.Join(at, name))
		}
	}
	return p, folders, nil
}

// readFolder reads the files in a folder that stands for one.
func (p *Profile) readFolder(tree fs.FS, name, at string) {
	entries, err := readDir(tree, path.Join("profiles", at))
	if err != nil {
		p.Errs = append(p.Errs, err)
		return
	}
	for _, entry := range entries {
		inner := path.Join(at, entry.Name())
		switch {
		case strings.HasPrefix(entry.Name(), ".") || strings.HasSuffix(entry.Name(), "~"):
		case entry.IsDir():
			p.readFolder(tree, name, inner)
		case entry.Type().IsRegular():
			p.readFile(tree, name, inner)
		}
	}
}

// readFile reads a file at a place below profiles/, as one called name.
func (p *Profile) readFile(tree fs.FS, name, at string) {
	if !IsPackageFile(name) && name != "parent" && name != "eapi" {
		return
	}
	text, err := readUTF8(tree, path.Join("profiles", at))
	if err != nil {
		p.Errs = append(p.Errs, err)
		return
	}
	switch name {
	case "parent":
		for _, line := range meaningful(text) {
			p.Parents = append(p.Parents, p.parent(line))
		}
	case "eapi":
		for _, line := range meaningful(text) {
			p.EAPI = line
			break
		}
	default:
		p.Lines[name] = append(p.Lines[name], ParseProfileLines(name, at, text)...)
	}
}

func (p *Profile) parent(line string) ProfileParent {
	parent := ProfileParent{Text: line}
	repo, below, found := strings.Cut(line, ":")
	if found {
		parent.Repo = repo
		parent.Path = path.Join(".", below)
	} else {
		parent.Path = path.Join(p.Path, line)
	}
	if parent.Path == "." {
		parent.Path = ""
	}
	return parent
}
