// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// Tree holds all files of a revision by their path from the repository's top.
type Tree = ebuildrepo.Tree

// Step is one change: its kind and what decides everything that is chosen.
type Step struct {
	Kind string `json:"kind"`
	Seed uint64 `json:"seed"`
}

// String is the step as it is named to repeat it.
func (s Step) String() string { return fmt.Sprintf("%s:%d", s.Kind, s.Seed) }

// ErrNowhere says that a tree has no place for a change of this kind.
var ErrNowhere = errors.New("the tree has no place for this change")

// change makes one change and says in words what it did; empty: there is no place for it.
type change func(e *edit) string

// subjects are the groups of changes, each in a file of its own.
var subjects = map[string]map[string]change{
	"versions and packages": versionKinds, "keywords": keywordKinds, "dependencies and slots": dependencyKinds, "flags": flagKinds,
	"eclasses": eclassKinds, "masks and profiles": profileKinds, "flags in profiles": useKinds, "lists and layout": listKinds,
	"text references": referenceKinds, "licences": licenseKinds, "manifests": manifestKinds, "metadata.xml": metadataKinds,
	"ebuild texts": textKinds, "sourcing and accounts": brokenKinds, "modes, links, files": treeKinds, "moves": moveKinds,
}

// kinds are all changes by name.
var kinds = func() map[string]change {
	all := map[string]change{}
	for _, group := range subjects {
		maps.Copy(all, group)
	}
	return all
}()

// Subject is what a kind changes, in words.
func Subject(kind string) string {
	for name, group := range subjects {
		if group[kind] != nil {
			return name
		}
	}
	return ""
}

// Kinds are the names of all kinds, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Apply makes the change to a copy of the tree, and says in words what it did.
func Apply(tree Tree, s Step) (Tree, string, error) {
	do, ok := kinds[s.Kind]
	if !ok {
		return nil, "", fmt.Errorf("%q is no kind of change", s.Kind)
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(s.Kind)) // a hash never fails
	e := &edit{
		tree:   maps.Clone(tree),
		rng:    rand.New(rand.NewPCG(s.Seed, sum.Sum64())), //nolint:gosec // repeatable on purpose, nothing secret
		survey: look(tree),
	}
	what := do(e)
	if what == "" || maps.Equal(e.tree, tree) {
		return nil, "", fmt.Errorf("%s: %w", s, ErrNowhere)
	}
	return e.tree, what, nil
}

// edit is a change at work.
type edit struct {
	tree Tree
	rng  *rand.Rand
	*survey
}

func (e *edit) text(name string) string { return e.tree[name].Text }

// write sets a file's text and keeps its mode.
func (e *edit) write(name, text string) {
	f, ok := e.tree[name]
	if !ok {
		f.Mode = ebuildrepo.ModeFile
	}
	f.Text = text
	e.tree[name] = f
}

// add adds a line to a file, which is made where there is none.
func (e *edit) add(name, line string) {
	text := e.text(name)
	if text != "" && text[len(text)-1] != '\n' {
		text += "\n"
	}
	e.write(name, text+line+"\n")
}

// pick chooses one of a list; the zero value of an empty one.
func pick[T any](e *edit, list []T) (chosen T) {
	if len(list) == 0 {
		return chosen
	}
	return list[e.rng.IntN(len(list))]
}

// chance is true n times in 100.
func (e *edit) chance(n int) bool { return e.rng.IntN(100) < n }
