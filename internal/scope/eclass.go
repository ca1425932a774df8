// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// eclass is one eclass of a tree.
type eclass struct {
	sum      string // digest of the file
	provides []string
	live     bool
	known    bool     // whether facts are all that can be said: it was sourced, or could not be
	facts    []string // what ebuilds that do not inherit it are compared with: "kind name", sorted
}

// Kinds of facts.
const (
	factFunction = "function " // exported
	factVariable = "variable " // documented
	factInternal = "internal "
	factUser     = "user "    // a variable that users set
	factMissing  = "missing " // EAPI name: exported, but not in that EAPI
)

// readEclasses reads a tree's eclasses.
func (r *reader) readEclasses(t *tree) error {
	t.eclasses = map[string]*eclass{}
	entries, err := fs.ReadDir(r.tree, "eclass")
	if absent(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing eclass/: %w", err)
	}
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".eclass")
		if !ok {
			continue
		}
		e, err := r.readEclass(name)
		if err != nil {
			return err
		}
		if e != nil {
			t.eclasses[name] = e
		}
	}
	return nil
}

// readEclass reads one eclass; nil where there is none.
func (r *reader) readEclass(name string) (*eclass, error) {
	file := "eclass/" + name + ".eclass"
	data, err := fs.ReadFile(r.tree, file)
	if absent(err) || err != nil && isFolder(r.tree, file) {
		return nil, nil //nolint:nilnil // no eclass is no error
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	e := &eclass{sum: digest(data)}
	doc, err := ebuild.ParseEclassDoc(data)
	record, sourced := r.sourced[name]
	e.known = err == nil && sourced
	e.live = record.Live()
	e.provides = sorted(doc.Provides)
	e.facts = factsOf(&doc, &record)
	return e, nil
}

func factsOf(doc *ebuild.EclassDoc, record *ebuild.EclassRecord) []string {
	var out []string
	for _, name := range record.Functions {
		out = append(out, factFunction+name)
	}
	for _, name := range slices.Concat(record.Functions, record.Variables) {
		if strings.HasPrefix(name, "_") {
			out = append(out, factInternal+name)
		}
	}
	for _, n := range slices.Concat(doc.Functions, doc.Variables, doc.FunctionVariables) {
		if n.Internal {
			out = append(out, factInternal+n.Name)
		}
		if n.UserVariable {
			out = append(out, factUser+n.Name)
		}
	}
	for _, n := range slices.Concat(doc.Variables, doc.FunctionVariables) {
		out = append(out, factVariable+n.Name)
	}
	for eapi, names := range record.MissingFunctions {
		for _, name := range names {
			out = append(out, factMissing+eapi+" "+name)
		}
	}
	return sorted(out)
}

// exported lists the names that an eclass exports or documents.
func (e *eclass) exported() []string {
	var out []string
	for _, fact := range e.facts {
		if strings.HasPrefix(fact, factFunction) || strings.HasPrefix(fact, factVariable) {
			out = append(out, factName(fact))
		}
	}
	return out
}

// factName is the name that a fact is about.
func factName(fact string) string { return fact[strings.LastIndexByte(fact, ' ')+1:] }

// eclassNames lists the names of the eclasses of all trees, of both sides.
func eclassNames(sides ...*Index) []string {
	names := map[string]bool{}
	for _, x := range sides {
		for _, t := range x.trees {
			for name := range t.eclasses {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// provided lists what an eclass provides, directly or not. The eclass of a name that is in several trees counts in each of them,
// because pkgcore follows the names from the tree that it begins in.
func (x *Index) provided(name string) []string {
	seen, open := map[string]bool{}, []string{name}
	for len(open) > 0 {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		for _, t := range x.trees {
			e, ok := t.eclasses[next]
			if !ok {
				continue
			}
			for _, p := range e.provides {
				if !seen[p] {
					seen[p] = true
					open = append(open, p)
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
