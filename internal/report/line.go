// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Names are what a report calls things by. All of them may be hostile; every function here takes care of that.
type Names struct {
	// Branch is the target branch; "the target branch" where it is empty.
	Branch string
	// Base and Head are the commits, full or short.
	Base string
	Head string
	// Profile is the profile's name.
	Profile string
	// Number of the pull request; 0 where there is none (prcheck run).
	Number int64
}

func (n Names) branch() string {
	if n.Branch == "" {
		return "the target branch"
	}
	return n.Branch
}

// ShortCommit returns the first 7 digits of a commit.
func ShortCommit(sha string) string {
	if len(sha) > 7 {
		return sha[:7]
	}
	return sha
}

// Line is the first line of every report on a verdict: at most 140 characters, without time or position, the same on every surface.
func Line(v *verdict.Verdict, n Names) string { return LineText(v, n).String() }

// LineText is Line as a Text, for surfaces that read Markdown and for Overall.
func LineText(v *verdict.Verdict, n Names) Text {
	switch v.Conclusion {
	case finding.ConclusionSuccess:
		return successLine(v)
	case finding.ConclusionFailure:
		return failureLine(v)
	case finding.ConclusionNeutral:
		return neutralLine(v, n)
	case finding.ConclusionSkipped:
		return our("Not checked: ").prose(clause(v.Message, "the repository's policy left it out"))
	case finding.ConclusionSuperseded:
		if v.Reason == plan.ReasonDivide {
			return our("Everything is in scope: several pods scan it")
		}
		return Replaced()
	case finding.ConclusionError:
		return errorLine(v)
	default: // nothing that is not known may look decided
		return our("Not checked: no verdict was reached")
	}
}

func successLine(v *verdict.Verdict) Text {
	if v.Problems == (verdict.Problems{}) {
		if v.Scope.Kind == plan.ScopeFull {
			return our("No problems in the whole repository")
		}
		if v.Head.Packages > 0 {
			return our("No problems in " + count(v.Head.Packages, "package", "packages"))
		}
	}
	return extras(our("No new problems"), v.Problems)
}

func failureLine(v *verdict.Verdict) Text {
	p := v.Problems
	if p.Gating == 0 && p.InheritedGating > 0 {
		line := our(count(p.InheritedGating, "inherited problem", "inherited problems"))
		line = in(line, places(v.Items, finding.ClassInherited)).words(" that must go")
		p.Inherited -= p.InheritedGating
		return extras(line, p)
	}
	return extras(in(our(count(p.Gating, "new problem", "new problems")), places(v.Items, finding.ClassNew)), p)
}

func neutralLine(v *verdict.Verdict, n Names) Text {
	if v.Reason == plan.ReasonBrokenBase {
		return our("Not judged: ").name(n.branch()).words(" itself does not scan")
	}
	if v.Reason == plan.ReasonTooManyCommits {
		return our("Not judged: ").prose(clause(v.Message, "the pull request has more commits than are checked"))
	}
	line := our("Not judged: merge conflict")
	switch len(v.Conflicts) {
	case 0:
		return line
	case 1:
		return line.words(" in ").name(v.Conflicts[0])
	default:
		return line.words(" in " + count(len(v.Conflicts), "file", "files"))
	}
}

// oursNotYours ends the line of what our machines did.
const oursNotYours = " (our fault, not yours)"

func errorLine(v *verdict.Verdict) Text {
	line := our("Not checked: ")
	message := clause(v.Message, defaultMessage(v.Reason))
	if Limit(v.Reason) || v.Reason == plan.ReasonCulprit || strings.HasSuffix(message, strings.TrimSpace(oursNotYours)) {
		return line.prose(message)
	}
	message = cutEnd(Visible(message), MaxLine-line.length()-len(oursNotYours))
	return line.add(part{text: message, kind: prose}).words(oursNotYours)
}

// clause makes a message fit to follow a colon: one line, no full stop, no capital that only began a sentence.
func clause(message, otherwise string) string {
	message = strings.TrimRight(oneLine(message), ". ")
	if message == "" {
		return otherwise
	}
	first, rest, _ := strings.Cut(message, " ")
	if len(first) > 1 && first[0] >= 'A' && first[0] <= 'Z' && strings.ToLower(first[1:]) == first[1:] {
		first = strings.ToLower(first[:1]) + first[1:]
	}
	return strings.TrimSpace(first + " " + rest)
}

// The extras of a line in the order in which they go when it is too long: the last first, and after them the package's name.
const (
	dropPlace = iota + 1
	dropNotes
	dropInherited
	dropUnveiled
	dropHidden
	dropUnstable
)

// in adds where the problems are.
func in(line Text, where []string) Text {
	switch len(where) {
	case 0:
		return line
	case 1:
		return line.extra(" in ", dropPlace).add(part{text: Name(where[0]), kind: name, drop: dropPlace})
	default:
		word := "packages"
		if slices.ContainsFunc(where, func(place string) bool { return strings.Count(place, "/") != 1 || strings.HasPrefix(place, "./") }) {
			word = "places"
		}
		return line.extra(" in "+strconv.Itoa(len(where))+" "+word, dropPlace)
	}
}

// places returns the packages of the items of a class that gate; what belongs to no package is named by category or file.
func places(items []verdict.Item, class finding.Class) []string {
	seen := map[string]bool{}
	for i := range items {
		if items[i].Class == class && items[i].Gates {
			seen[place(&items[i].Fact)] = true
		}
	}
	where := make([]string, 0, len(seen))
	for p := range seen {
		where = append(where, p)
	}
	slices.Sort(where)
	return where
}

// extras adds what else there is: ", N fixed" and then "; " and the numbers that are not zero.
func extras(line Text, p verdict.Problems) Text {
	if p.Fixed > 0 {
		line = line.words(", " + strconv.Itoa(p.Fixed) + " fixed")
	}
	sep := "; "
	for _, e := range []struct {
		n    int
		word string
		drop int
	}{
		{p.Notes, plural(p.Notes, "note", "notes"), dropNotes},
		{p.Inherited, "inherited", dropInherited},
		{p.Unveiled, "unveiled", dropUnveiled},
		{p.Hidden, "hidden", dropHidden},
		{p.Unstable, "unstable", dropUnstable},
	} {
		if e.n > 0 {
			line = line.extra(sep+strconv.Itoa(e.n)+" "+e.word, e.drop)
			sep = ", "
		}
	}
	return line
}

// count is a number with its noun: "1 problem", "2 problems".
func count(n int, one, many string) string { return strconv.Itoa(n) + " " + plural(n, one, many) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
