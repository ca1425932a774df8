// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"slices"
	"strings"
)

// ProfileLine is a line of one of a profile's files that speak of packages.
type ProfileLine struct {
	File    string // below profiles/
	Line    int
	Removes bool   // it begins with "-": it takes away what a parent profile says
	System  bool   // of packages: it begins with "*"
	Text    string // without comment and removal
	Atom    Atom
	Words   []string // behind the atom: flags, keywords
	Err     error    // what is wrong with it; pkgcore leaves such a line out
}

// packageFiles are the files of a profile whose lines name packages; the value tells what they look like.
var packageFiles = map[string]lineForm{
	"package.mask": atomAlone, "package.unmask": atomAlone, "package.deprecated": atomAlone,
	"package.keywords": atomAndWords, "package.accept_keywords": atomAndWords, "package.bashrc": atomAndWords,
	"package.use": atomAndFlags, "package.use.stable": atomAndFlags,
	"package.use.force": atomAndFlags, "package.use.stable.force": atomAndFlags,
	"package.use.mask": atomAndFlags, "package.use.stable.mask": atomAndFlags,
	"package.provided": versioned, "packages": system,
}

// lineForm is what the lines of a file look like.
type lineForm uint8

const (
	atomAlone    lineForm = iota // [-]ATOM
	atomAndWords                 // ATOM [WORD…]
	atomAndFlags                 // ATOM FLAG…
	versioned                    // [-]CATEGORY/PACKAGE-VERSION
	system                       // [-][*]ATOM, -*
)

// IsPackageFile tells whether a file of a profile (package.mask, packages, …) is one whose lines name packages.
func IsPackageFile(name string) bool {
	_, ok := packageFiles[name]
	return ok
}

// ParseProfileLines reads a file of a profile whose lines name packages. name is the file's kind (package.mask), file what the lines
// are called after.
func ParseProfileLines(name, file, text string) []ProfileLine {
	lines := []ProfileLine{}
	for number, line := range meaningful(text) {
		l := ProfileLine{File: file, Line: number}
		l.Err = l.parse(packageFiles[name], line)
		lines = append(lines, l)
	}
	return lines
}

func (l *ProfileLine) parse(form lineForm, line string) error {
	l.Text = line
	text := line
	switch form {
	case atomAndWords, atomAndFlags:
		text, _ = nextWord(text)
		l.Words = fields(l.Text)[1:]
	case versioned:
		l.Text, l.Removes = strings.CutPrefix(line, "-")
		text = "=" + l.Text
	case system:
		l.Text, l.Removes = strings.CutPrefix(line, "-")
		if text, l.System = strings.CutPrefix(l.Text, "*"); text == "" && l.System && l.Removes {
			return nil // all of the parents' lines
		}
	default:
		l.Text, l.Removes = strings.CutPrefix(line, "-")
		text = l.Text
	}
	var err error
	if l.Atom, err = ParseAtom(text); err != nil {
		return err
	}
	switch {
	case form == versioned && l.Atom.String() != "="+l.Atom.Key()+"-"+l.Atom.Version:
		err = errors.New("it is not a package with its version")
	case form == atomAndFlags && len(l.Words) == 0:
		err = errors.New("it has no flags")
	case form == atomAndFlags && slices.ContainsFunc(l.Words, func(w string) bool { return strings.HasSuffix(w, ":") }):
		err = errors.New("groups of flags (GROUP: FLAG) are not for profiles")
	}
	return err
}
