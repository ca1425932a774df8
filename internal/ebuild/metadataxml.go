// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"bytes"
	"strings"
)

// Maintainer is a maintainer of a package.
type Maintainer struct{ Name, Email, Type string }

// LocalFlag is a USE flag that a package describes itself.
type LocalFlag struct{ Name, Description string }

// Metadata is what a metadata.xml (of a package or of a category) refers to.
type Metadata struct {
	Maintainers []Maintainer
	Packages    []string    // texts of <pkg>, wherever they stand: atoms, if they are right
	Categories  []string    // texts of <cat>
	Flags       []LocalFlag // each name once; what stands last counts
}

// ParseMetadata reads a metadata.xml. For a file that is not well-formed it returns an error and no references: pkgcore looks at
// nothing in it, either. It also refuses some that libxml2 reads (entities of a document type of its own, rare encodings).
func ParseMetadata(data []byte) (Metadata, error) {
	root, err := parseXML(bytes.TrimPrefix(data, []byte("\ufeff")))
	if err != nil {
		return Metadata{}, err
	}
	var m Metadata
	root.walk(func(e *element) {
		switch e.name {
		case "pkg":
			m.Packages = append(m.Packages, trim(e.text))
		case "cat":
			m.Categories = append(m.Categories, trim(e.text))
		}
	})
	use := false
	for _, e := range root.children {
		switch {
		case e.name == "maintainer":
			m.addMaintainer(e)
		case e.name == "use" && !use && e.english():
			use = true
			m.addFlags(e)
		}
	}
	return m, nil
}

func (m *Metadata) addMaintainer(e *element) {
	who := Maintainer{Type: e.attributes["type"]}
	for _, part := range e.children {
		switch part.name {
		case "name":
			who.Name = part.text
		case "email":
			who.Email = part.text
		}
	}
	if who.Name != "" || who.Email != "" {
		m.Maintainers = append(m.Maintainers, who)
	}
}

func (m *Metadata) addFlags(use *element) {
	places := map[string]int{}
	for _, e := range use.children {
		name, named := e.attributes["name"]
		if e.name != "flag" || !named {
			continue
		}
		i, again := places[name]
		if !again {
			i = len(m.Flags)
			places[name] = i
			m.Flags = append(m.Flags, LocalFlag{Name: name})
		}
		var b strings.Builder
		e.write(&b)
		m.Flags[i].Description = strings.Join(fields(b.String()), " ")
	}
}
