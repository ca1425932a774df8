// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Class is a class of dependencies.
type Class uint8

// The classes of dependencies.
const (
	Depend Class = iota
	Rdepend
	Pdepend
	Bdepend
	Idepend
	Classes // their number
)

// String is the class as metadata has it.
func (c Class) String() string {
	return [...]string{"DEPEND", "RDEPEND", "PDEPEND", "BDEPEND", "IDEPEND", "?"}[min(c, Classes)]
}

// EclassSum is an eclass that an ebuild inherits, directly or not, with the MD5 of the file.
type EclassSum struct{ Name, MD5 string }

// Entry is a metadata entry (md5-cache).
type Entry struct {
	EAPI, Slot, Subslot                                string
	IUSE                                               []string // with their + and -
	Keywords                                           []string
	License, SrcURI, Restrict, Properties, RequiredUse string
	Description, Homepage                              string
	Deps                                               [Classes]string
	Inherit                                            []string    // directly, each once
	Eclasses                                           []EclassSum // all, in the entry's order
	MD5                                                string      // of the ebuild
	DefinedPhases                                      []string
}

// EntryName is where pkgcore keeps the metadata entry of an ebuild below md5-cache/. Revisions are written as numbers there and -r0 not at all, so that
// versions that are equal but for that share one.
func EntryName(category, name string, v Version) string {
	entry := category + "/" + name + "-" + v.number
	if revision := v.Revision(); revision != "" {
		entry += "-r" + revision
	}
	return entry
}

// ParseEntry reads a metadata entry. Its strings share one copy of data.
func ParseEntry(data []byte) (Entry, error) {
	var e Entry
	rest := string(data)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		key, value, ok := strings.Cut(trim(line), "=")
		if !ok {
			return Entry{}, fmt.Errorf("%.80q is no line of a metadata entry", line)
		}
		if err := e.set(key, value); err != nil {
			return Entry{}, err
		}
	}
	if e.MD5 == "" {
		return Entry{}, errors.New("the metadata entry lacks _md5_")
	}
	return e, nil
}

func (e *Entry) set(key, value string) error {
	switch key {
	case "SLOT":
		e.Slot, e.Subslot, _ = strings.Cut(value, "/")
		if e.Subslot == "" {
			e.Subslot = e.Slot
		}
	case "IUSE":
		e.IUSE = fields(value)
	case "KEYWORDS":
		e.Keywords = fields(value)
	case "INHERIT":
		e.Inherit = unique(fields(value))
	case "DEFINED_PHASES":
		e.DefinedPhases = slices.DeleteFunc(fields(value), func(s string) bool { return s == "-" })
	case "_eclasses_":
		return e.setEclasses(value)
	default:
		if text := e.text(key); text != nil {
			*text = value
		}
	}
	return nil
}

// text is where a key's value is kept as it is; nil for other keys.
func (e *Entry) text(key string) *string {
	switch key {
	case "EAPI":
		return &e.EAPI
	case "LICENSE":
		return &e.License
	case "SRC_URI":
		return &e.SrcURI
	case "RESTRICT":
		return &e.Restrict
	case "PROPERTIES":
		return &e.Properties
	case "REQUIRED_USE":
		return &e.RequiredUse
	case "DESCRIPTION":
		return &e.Description
	case "HOMEPAGE":
		return &e.Homepage
	case "_md5_":
		return &e.MD5
	}
	for class := range Classes {
		if key == class.String() {
			return &e.Deps[class]
		}
	}
	return nil
}

func (e *Entry) setEclasses(value string) error {
	if value == "" {
		return nil
	}
	e.Eclasses = make([]EclassSum, 0, (strings.Count(value, "\t")+1)/2)
	for more := true; more; {
		var name, sum string
		if name, value, more = strings.Cut(value, "\t"); !more {
			return errors.New("_eclasses_ lacks a sum")
		}
		sum, value, more = strings.Cut(value, "\t")
		e.Eclasses = append(e.Eclasses, EclassSum{Name: name, MD5: sum})
	}
	return nil
}
