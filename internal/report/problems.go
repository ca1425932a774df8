// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Problem is a finding as it is shown: the facts of one class that differ only in keyword and profile.
type Problem struct {
	// Class as reports show it: Note for new problems that do not gate.
	Class finding.Class
	// ID is verdict.Item.Problem.
	ID    string
	Gates bool
	// Fact is the first of the facts; rule, level, place and message are the problem's.
	Fact finding.Fact
	From string
	// Behind is what unveiled or hid it.
	Behind string
	// On are the profiles (with keyword where it is known) of all its facts, sorted; empty where they have none.
	On []string
	// Facts is how many facts are shown as this problem.
	Facts int
}

// Problems folds the items of a verdict into problems, in the order in which they are shown: class, then package, version,
// level (gravest first), rule, line.
func Problems(v *verdict.Verdict) []Problem {
	type key struct {
		class finding.Class
		id    string
	}
	index := map[key]int{}
	var problems []Problem
	for i := range v.Items {
		item := &v.Items[i]
		k := key{item.Class, item.Problem}
		at, ok := index[k]
		if !ok {
			at = len(problems)
			index[k] = at
			problems = append(problems, Problem{
				Class: item.Class, ID: item.Problem, Fact: item.Fact, From: item.From, Behind: item.Behind,
			})
		}
		p := &problems[at]
		p.Facts++
		p.Gates = p.Gates || item.Gates
		if on := profile(&item.Fact); on != "" && !slices.Contains(p.On, on) {
			p.On = append(p.On, on)
		}
	}
	for i := range problems {
		p := &problems[i]
		slices.Sort(p.On)
		if p.Class == finding.ClassNew && !p.Gates {
			p.Class = Note
		}
	}
	slices.SortStableFunc(problems, compareProblems)
	return problems
}

// shownOrder is the order in which classes are shown.
var shownOrder = []finding.Class{
	finding.ClassNew, Note, finding.ClassInherited, finding.ClassUnveiled, finding.ClassHidden, finding.ClassUnstable,
	finding.ClassFixed, finding.ClassExisting,
}

var levels = []finding.Level{
	finding.LevelError, finding.LevelWarning, finding.LevelStyle, finding.LevelInfo, finding.LevelStaging, finding.LevelVerbose,
}

func compareProblems(a, b Problem) int {
	return cmp.Or(
		slices.Index(shownOrder, a.Class)-slices.Index(shownOrder, b.Class),
		strings.Compare(place(&a.Fact), place(&b.Fact)),
		strings.Compare(a.Fact.Version, b.Fact.Version),
		slices.Index(levels, a.Fact.Level)-slices.Index(levels, b.Fact.Level),
		strings.Compare(a.Fact.Rule, b.Fact.Rule),
		cmp.Compare(a.Fact.Line, b.Fact.Line),
		strings.Compare(a.ID, b.ID),
	)
}

// place is the package of a fact, or what stands for it: category, file, the repository.
func place(f *finding.Fact) string {
	switch {
	case f.Package != "":
		return f.Category + "/" + f.Package
	case f.Category != "":
		return f.Category
	case f.Path != "":
		return f.Path
	case f.Commit != "":
		return "commit " + ShortCommit(f.Commit)
	default:
		return "the repository"
	}
}

// profile returns the keyword and profile of a fact as one word, "" where it holds whatever the profile.
func profile(f *finding.Fact) string {
	name, _ := f.Attributes["profile"].(string)
	keyword, _ := f.Attributes["keyword"].(string)
	return strings.TrimSpace(keyword + " " + name)
}
