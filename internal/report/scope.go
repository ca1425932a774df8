// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// ScopeSentence says how much was looked at, and why it was everything where it was.
func ScopeSentence(scope plan.Scope) Text {
	switch scope.Kind {
	case plan.ScopeFull:
		if scope.Reason == "" {
			return say("The whole repository was looked at.")
		}
		return say("The whole repository was looked at: ").prose(clause(scope.Reason, "")).words(".")
	case plan.ScopePackages:
		n := len(scope.Packages)
		text := say("The change can affect " + count(n, "package", "packages") + ", and " + plural(n, "it was", "these were") + " scanned")
		if n := len(scope.WholeTree); n > 0 {
			text = text.words("; " + count(n, "check", "checks") + " looked at the whole tree")
		}
		return text.words(".")
	case plan.ScopeAuto:
	}
	return Text{}
}

// SkippedSentence says how many packages were left out that refer to something that changed, "" where none was.
func SkippedSentence(scope plan.Scope) Text {
	n := max(scope.SkippedCount, len(scope.Skipped))
	if n == 0 {
		return Text{}
	}
	return say(count(n, "package refers", "packages refer") + " to what changed and cannot be affected; " + plural(n, "it was", "they were") + " left out.")
}

// UnknownChecksSentence tells operators of checks that the planner does not know.
func UnknownChecksSentence(scope plan.Scope) Text {
	if len(scope.Unknown) == 0 {
		return Text{}
	}
	text := say("For operators: the planner does not know ")
	for i, name := range scope.Unknown[:min(len(scope.Unknown), 5)] {
		if i > 0 {
			text = text.words(", ")
		}
		text = text.name(name)
	}
	if more := len(scope.Unknown) - 5; more > 0 {
		text = text.words(fmt.Sprintf(" and %d more", more))
	}
	return text.words(", so it looks at everything until prcheck has learnt what " + plural(len(scope.Unknown), "this check reads.", "these checks read."))
}

// SecondLookSentence says that packages were scanned twice, empty where none was.
func SecondLookSentence(look *verdict.SecondLook) Text {
	if look == nil || len(look.Packages) == 0 {
		return Text{}
	}
	n := len(look.Packages)
	text := say(count(n, "package", "packages") + " differed although the change cannot reach " + plural(n, "it", "them") + ", and " +
		plural(n, "was", "were") + " scanned once more on both sides.")
	if r := len(look.Repeated); r > 0 {
		text = text.words(" For operators: the difference was there again in ").name(look.Repeated[0])
		if r > 1 {
			text = text.words(fmt.Sprintf(" and %d more", r-1))
		}
		text = text.words(", so the planner has missed how the change gets there.")
	}
	return text
}

// slowSeconds is from when on a package is named for its time.
const slowSeconds = 10

// Slow returns the packages that took remarkably long on either side, the slowest first, each with its longer time.
func Slow(v *verdict.Verdict) []verdict.PackageTime {
	return slices.DeleteFunc(Slowest(v), func(t verdict.PackageTime) bool { return t.Seconds < slowSeconds })
}

// Slowest returns the packages that took longest on either side, each with its longer time.
func Slowest(v *verdict.Verdict) []verdict.PackageTime {
	longest := map[string]float64{}
	for _, side := range []verdict.SideEvidence{v.Head, v.Base} {
		for _, t := range side.Slowest {
			longest[t.Package] = max(longest[t.Package], t.Seconds)
		}
	}
	times := make([]verdict.PackageTime, 0, len(longest))
	for name, seconds := range longest {
		times = append(times, verdict.PackageTime{Package: name, Seconds: seconds})
	}
	slices.SortFunc(times, func(a, b verdict.PackageTime) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return strings.Compare(a.Package, b.Package)
	})
	return times
}

// CulpritSentence says what a package, or a check, did to the tool.
func CulpritSentence(c verdict.Culprit) Text {
	what := say("")
	switch {
	case c.Package != "" && c.Version != "":
		what = what.name(c.Package + "-" + c.Version)
	case c.Package != "":
		what = what.name(c.Package)
	case c.Check != "":
		what = what.name(c.Check)
	default:
		what = what.words("The scan")
	}
	what = what.words(" on the ").words(c.Side)
	switch c.Kind {
	case "worker":
		return what.words(" killed the process that looked at it.")
	case "time":
		return what.words(" took longer than a package may.")
	case "check":
		if c.Check != "" && c.Package != "" {
			return what.words(" made ").name(c.Check).words(" fail.")
		}
		return what.words(" failed.")
	case "source":
		return what.words(" could not be read by the tool.")
	}
	return what.words(" failed.")
}
