// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Gates say which facts make a run fail.
type Gates struct {
	// Levels that gate.
	Levels []finding.Level
	// Inherited facts of these levels gate too: every new version has to be clean.
	Inherited bool
	// InheritedRules say it rule by rule: inherited facts of a level or of a keyword gate, those of a keyword with a leading - do
	// not, whatever else says so. Only facts of Levels ever gate.
	InheritedRules []string
}

// Judgement is a comparison seen through a profile's gates, in the words of a verdict.
type Judgement struct {
	Conclusion finding.Conclusion // success or failure
	Counts     verdict.Counts
	Problems   verdict.Problems
	Items      []verdict.Item
}

// Judge applies a profile's gates. Only new facts gate, and inherited ones where the gates say so.
func Judge(c Comparison, gates Gates) Judgement {
	j := Judgement{Conclusion: finding.ConclusionSuccess, Items: make([]verdict.Item, len(c.Entries))}
	newPool().each(len(c.Entries), func(_, low, high int) {
		ids := idMaker{}
		for i := low; i < high; i++ {
			e := &c.Entries[i]
			j.Items[i] = verdict.Item{
				Class: e.Class, Gates: gates.stop(e), Fact: *e.Fact, From: e.From, Behind: e.Behind, Problem: ids.id(e.Fact),
			}
		}
	})
	for i := range j.Items {
		if j.Items[i].Gates {
			j.Conclusion = finding.ConclusionFailure
		}
		*count(&j.Counts, j.Items[i].Class)++
	}
	j.Problems = fold(j.Items)
	return j
}

func (g Gates) stop(e *Entry) bool {
	switch e.Class {
	case finding.ClassNew:
		return slices.Contains(g.Levels, e.Fact.Level)
	case finding.ClassInherited:
		return slices.Contains(g.Levels, e.Fact.Level) && g.stopInherited(e.Fact)
	default:
		return false
	}
}

func (g Gates) stopInherited(f *finding.Fact) bool {
	if slices.Contains(g.InheritedRules, "-"+f.Rule) {
		return false
	}
	return g.Inherited || slices.Contains(g.InheritedRules, f.Rule) || slices.Contains(g.InheritedRules, string(f.Level))
}

// idMaker makes problem ids; facts of one problem are mostly neighbours, so the last one is remembered.
type idMaker struct{ text, last string }

func (m *idMaker) id(f *finding.Fact) string {
	text := f.Problem
	if text == "" {
		text = identity(f)
	}
	if m.last == "" || text != m.text {
		sum := sha256.Sum256([]byte(text))
		m.text, m.last = text, hex.EncodeToString(sum[:6])
	}
	return m.last
}

func count(c *verdict.Counts, class finding.Class) *int {
	switch class {
	case finding.ClassNew:
		return &c.New
	case finding.ClassInherited:
		return &c.Inherited
	case finding.ClassUnveiled:
		return &c.Unveiled
	case finding.ClassHidden:
		return &c.Hidden
	case finding.ClassUnstable:
		return &c.Unstable
	case finding.ClassFixed:
		return &c.Fixed
	case finding.ClassExisting:
		return &c.Existing
	}
	panic("compare: class " + string(class) + " has no counter") // the classes are a closed list
}

// fold counts problems: facts of one class with the same id are one. A new problem gates where one of its facts does.
// The facts of a problem are of one version and are neighbours in the items, but for others of that version between them.
func fold(items []verdict.Item) verdict.Problems {
	var n verdict.Problems
	gating := make(map[string]bool)
	for low := 0; low < len(items); {
		high := low + 1
		for high < len(items) && neighbours(&items[low], &items[high]) {
			high++
		}
		if high == low+1 {
			add(&n, items[low].Class, items[low].Gates)
		} else {
			for i := low; i < high; i++ {
				gating[items[i].Problem] = gating[items[i].Problem] || items[i].Gates
			}
			for _, gates := range gating {
				add(&n, items[low].Class, gates)
			}
			clear(gating)
		}
		low = high
	}
	return n
}

func neighbours(a, b *verdict.Item) bool {
	return a.Class == b.Class && a.Fact.Version == b.Fact.Version && a.Fact.Package == b.Fact.Package && a.Fact.Category == b.Fact.Category
}

// add counts one problem.
func add(n *verdict.Problems, class finding.Class, gates bool) {
	switch class {
	case finding.ClassNew:
		if gates {
			n.Gating++
		} else {
			n.Notes++
		}
	case finding.ClassInherited:
		n.Inherited++
		if gates {
			n.InheritedGating++
		}
	case finding.ClassUnveiled:
		n.Unveiled++
	case finding.ClassHidden:
		n.Hidden++
	case finding.ClassUnstable:
		n.Unstable++
	case finding.ClassFixed:
		n.Fixed++
	case finding.ClassExisting:
		n.Existing++
	}
}
