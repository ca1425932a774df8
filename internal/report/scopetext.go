// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// How much of a list stands in a text; the page and -o json have all.
const (
	maxScopePackages = 10
	maxCommentScope  = 5
	maxCulprits      = 3
	maxTraceback     = 15 // lines
)

// scope writes what was looked at and why, what was left out, and what took long.
func (t *terminal) scope(v *verdict.Verdict) {
	t.wrapped("", ScopeSentence(v.Scope).String())
	if v.Scope.Kind == plan.ScopePackages {
		for i, p := range v.Scope.Packages {
			if i == maxScopePackages {
				t.line(fmt.Sprintf("  and %d more", len(v.Scope.Packages)-i))
				break
			}
			t.wrapped("  ", Visible(p.Category+"/"+p.Package)+": "+Visible(oneLine(p.Reason)))
		}
		if len(v.Scope.WholeTree) > 0 {
			t.wrapped("  ", "Checks of the whole tree: "+Visible(strings.Join(v.Scope.WholeTree, ", ")))
		}
	}
	for _, text := range []Text{SkippedSentence(v.Scope), CommitsSentence(v.Commits), UnknownChecksSentence(v.Scope), SecondLookSentence(v.SecondLook)} {
		t.wrapped("", text.String())
	}
	for i, slow := range Slow(v) {
		if i == maxCulprits {
			break
		}
		t.wrapped("", fmt.Sprintf("Slow: %s took %.0f s.", Visible(slow.Package), slow.Seconds))
	}
}

// culprits writes what made the tool fail, with the end of its traceback.
func (t *terminal) culprits(v *verdict.Verdict) {
	for i, c := range v.Culprits {
		t.line("")
		if i == maxCulprits {
			t.line("and " + count(len(v.Culprits)-i, "more failure", "more failures"))
			break
		}
		t.wrapped("", CulpritSentence(c).String()+" "+Visible(oneLine(cutMessage(c.Message))))
		if c.Traceback == "" {
			continue
		}
		lines := strings.Split(strings.TrimSpace(c.Traceback), "\n")
		for _, line := range lines[max(0, len(lines)-maxTraceback):] {
			t.coloured(sgrFaint, "    ", Visible(line))
		}
	}
}

// markdownScope is the same for a comment, shorter.
func markdownScope(v *verdict.Verdict) string {
	var b strings.Builder
	for _, text := range []Text{ScopeSentence(v.Scope), SkippedSentence(v.Scope), CommitsSentence(v.Commits), UnknownChecksSentence(v.Scope), SecondLookSentence(v.SecondLook)} {
		if line := text.Markdown(); line != "" {
			b.WriteString(line + "\n")
		}
	}
	if v.Scope.Kind != plan.ScopePackages {
		return b.String()
	}
	for i, p := range v.Scope.Packages {
		if i == 0 {
			b.WriteByte('\n')
		}
		if i == maxCommentScope {
			fmt.Fprintf(&b, "- and %d more\n", len(v.Scope.Packages)-i)
			break
		}
		fmt.Fprintf(&b, "- %s: %s\n", CodeSpan(Name(p.Category+"/"+p.Package)), say("").prose(p.Reason).Markdown())
	}
	return b.String()
}
