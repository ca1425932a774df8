// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	_ "embed" // the tables of the toolchain image
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// Tables are what the driver's command `tables` says of an installed pkgcheck.
type Tables struct {
	Type     string         `json:"type"`
	Protocol int            `json:"protocol"`
	Versions Versions       `json:"versions"`
	Keywords []KeywordTable `json:"keywords"`
	Checks   []CheckTable   `json:"checks"`
}

// KeywordTable is one keyword.
type KeywordTable struct {
	Name          string           `json:"name"`
	Level         string           `json:"level"`
	Scope         string           `json:"scope"` // of the result class, not of the check that produces it
	Checks        []string         `json:"checks"`
	Summary       string           `json:"summary"`
	Attributes    []AttributeTable `json:"attributes"`
	MetadataError string           `json:"metadataError"`
}

// AttributeTable is one attribute of a keyword.
type AttributeTable struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // list, text, number, flag, value
}

// CheckTable is one check.
type CheckTable struct {
	Name        string   `json:"name"`
	Scope       string   `json:"scope"`
	Sources     []string `json:"sources"`
	Optional    bool     `json:"optional"`
	Network     bool     `json:"network"`
	GentooOnly  bool     `json:"gentooOnly"`
	OverlayOnly bool     `json:"overlayOnly"`
	Commits     bool     `json:"commits"`
	Addons      []string `json:"addons"`
	Caches      []string `json:"caches"`
	Keywords    []string `json:"keywords"`
	WholeTree   bool     `json:"wholeTree"` // looks at the tree as one: a list of packages leaves it out
	Summary     string   `json:"summary"`
}

// Table says, keyword by keyword, what each attribute means for the identity.
type Table struct {
	Pkgcheck string         `json:"pkgcheck"` // the version it was made for
	Rules    map[string]Row `json:"rules"`
	// Unknown are keywords with an attribute that the policy does not know: they are compared whole and shown to the operator.
	Unknown []string `json:"unknown"`
}

// Row is one keyword's treatments by attribute.
type Row map[string]Treatment

// identifiers are attributes that every result of their scope has and that findings carry outside of the attributes.
var identifiers = []string{"category", "package", "version"}

// Generate makes the table for an installed pkgcheck by the policy.
func Generate(tables *Tables) *Table {
	out := &Table{Pkgcheck: tables.Versions.Pkgcheck, Rules: map[string]Row{}, Unknown: []string{}}
	for _, keyword := range tables.Keywords {
		if row, ok := row(&keyword); ok {
			out.Rules[keyword.Name] = row
		} else {
			out.Unknown = append(out.Unknown, keyword.Name)
		}
	}
	slices.Sort(out.Unknown)
	return out
}

func row(keyword *KeywordTable) (Row, bool) {
	out, splits := Row{}, 0
	for _, attribute := range keyword.Attributes {
		if slices.Contains(identifiers, attribute.Name) {
			continue
		}
		treatment, ok := treat(keyword.Name, attribute)
		if !ok {
			return nil, false
		}
		if treatment == Split {
			splits++
		}
		out[attribute.Name] = treatment
	}
	// Two lists that both are the defect cannot be taken apart without inventing pairs.
	return out, splits <= 1
}

func treat(rule string, attribute AttributeTable) (Treatment, bool) {
	if t, ok := byRule[rule][attribute.Name]; ok {
		return t, true
	}
	if t, ok := anywhere[attribute.Name]; ok {
		return t, true
	}
	if attribute.Kind != "list" && slices.Contains(kept, attribute.Name) {
		return Keep, true
	}
	return "", false
}

//go:embed tables_0.10.49.json
var embeddedTables []byte

//go:embed identity_0.10.49.json
var embeddedIdentity []byte

// Default is the table of the toolchain image's pkgcheck, as it is checked in.
var Default = sync.OnceValue(func() *Table {
	var t Table
	if err := json.Unmarshal(embeddedIdentity, &t); err != nil {
		panic(fmt.Sprintf("reading the embedded identity table: %v", err)) // a test regenerates it
	}
	return &t
})

// DefaultTables are the tables of the toolchain image's pkgcheck.
var DefaultTables = sync.OnceValue(func() *Tables {
	t, err := ParseTables(embeddedTables)
	if err != nil {
		panic(fmt.Sprintf("reading the embedded tables: %v", err)) // a test reads them
	}
	return t
})

// WholeTreeChecks are the names of the checks that look at the tree as one and are on by default.
func (t *Tables) WholeTreeChecks() []string {
	var out []string
	for _, c := range t.Checks {
		if c.WholeTree && !c.Optional && !c.Network && !c.Commits {
			out = append(out, c.Name)
		}
	}
	return out
}
