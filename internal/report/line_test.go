// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

var mainNames = Names{Branch: "main", Base: "9f8e7d6c5b4a", Head: "1a2b3c4d5e6f", Profile: "strict", Number: 1234}

// gatingIn makes items that gate, one a place ("cat/pn", "cat/" or a path).
func gatingIn(class finding.Class, where ...string) []verdict.Item {
	items := []verdict.Item{}
	for _, w := range where {
		f := finding.Fact{Rule: "X", Level: finding.LevelError}
		if category, name, ok := strings.Cut(w, "/"); ok && !strings.Contains(name, "/") {
			f.Category, f.Package = category, name
		} else {
			f.Path = w
		}
		items = append(items, verdict.Item{Class: class, Gates: true, Fact: f})
	}
	return items
}

func TestLine(t *testing.T) {
	long := "dev-libs/" + strings.Repeat("a", 100)
	tests := map[string]struct {
		verdict        verdict.Verdict
		want, markdown string // markdown is empty where it equals want
	}{
		"nothing new": {verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess, Problems: verdict.Problems{Existing: 3}}, want: "No new problems"},
		"some fixed, some unveiled": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess, Problems: verdict.Problems{Fixed: 4, Unveiled: 1}},
			want:    "No new problems, 4 fixed; 1 unveiled",
		},
		"one note": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess, Problems: verdict.Problems{Notes: 1}},
			want:    "No new problems; 1 note",
		},
		"nothing at all in some packages": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess, Head: verdict.SideEvidence{Packages: 12}},
			want:    "No problems in 12 packages",
		},
		"nothing at all in one package": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess, Head: verdict.SideEvidence{Packages: 1}},
			want:    "No problems in 1 package",
		},
		"nothing at all anywhere": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess, Scope: plan.Scope{Kind: plan.ScopeFull}, Head: verdict.SideEvidence{Packages: 12}},
			want:    "No problems in the whole repository",
		},
		"no package was looked at": {verdict: verdict.Verdict{Conclusion: finding.ConclusionSuccess}, want: "No new problems"},
		"two new in one package": {
			verdict: verdict.Verdict{
				Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, "dev-libs/a", "dev-libs/a"),
				Problems: verdict.Problems{Gating: 2, Notes: 3, Fixed: 1, Inherited: 2},
			},
			want:     "2 new problems in dev-libs/a, 1 fixed; 3 notes, 2 inherited",
			markdown: "2 new problems in `dev-libs/a`, 1 fixed; 3 notes, 2 inherited",
		},
		"one new": {
			verdict:  verdict.Verdict{Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, "dev-libs/a"), Problems: verdict.Problems{Gating: 1}},
			want:     "1 new problem in dev-libs/a",
			markdown: "1 new problem in `dev-libs/a`",
		},
		"new in several packages": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, "d/a", "d/b", "d/c"), Problems: verdict.Problems{Gating: 5}},
			want:    "5 new problems in 3 packages",
		},
		"new in a profile file": {
			verdict:  verdict.Verdict{Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, "profiles/base/package.mask"), Problems: verdict.Problems{Gating: 1}},
			want:     "1 new problem in profiles/base/package.mask",
			markdown: "1 new problem in `profiles/base/package.mask`",
		},
		"new in a package and in a profile file": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, "d/a", "profiles/base/package.mask"), Problems: verdict.Problems{Gating: 2}},
			want:    "2 new problems in 2 places",
		},
		"only inherited gates": {
			verdict: verdict.Verdict{
				Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassInherited, "dev-libs/a"),
				Problems: verdict.Problems{Inherited: 3, InheritedGating: 1, Fixed: 2},
			},
			want:     "1 inherited problem in dev-libs/a that must go, 2 fixed; 2 inherited",
			markdown: "1 inherited problem in `dev-libs/a` that must go, 2 fixed; 2 inherited",
		},
		"all extras": {
			verdict: verdict.Verdict{
				Conclusion: finding.ConclusionSuccess,
				Problems:   verdict.Problems{Notes: 1, Fixed: 2, Inherited: 3, Unveiled: 4, Hidden: 5, Unstable: 6, Existing: 7},
			},
			want: "No new problems, 2 fixed; 1 note, 3 inherited, 4 unveiled, 5 hidden, 6 unstable",
		},
		"too long: extras go from the right": {
			verdict: verdict.Verdict{
				Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, long),
				Problems: verdict.Problems{Gating: 10000, Notes: 20000, Fixed: 30000, Inherited: 40000, Unveiled: 50000, Hidden: 60000, Unstable: 70000},
			},
			want:     "10000 new problems in dev-libs/aaaaaaaaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaaaaaaaaaaaaaaa, 30000 fixed; 20000 notes, 40000 inherited",
			markdown: "10000 new problems in `dev-libs/aaaaaaaaaaaaaaaaaaaaa…aaaaaaaaaaaaaaaaaaaaaaaaaaaaa`, 30000 fixed; 20000 notes, 40000 inherited",
		},
		"a conflict in one file": {
			verdict:  verdict.Verdict{Conclusion: finding.ConclusionNeutral, Conflicts: []string{"dev-libs/a/a-1.1.ebuild"}},
			want:     "Not judged: merge conflict in dev-libs/a/a-1.1.ebuild",
			markdown: "Not judged: merge conflict in `dev-libs/a/a-1.1.ebuild`",
		},
		"a conflict in three files": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionNeutral, Conflicts: []string{"a", "b", "c"}},
			want:    "Not judged: merge conflict in 3 files",
		},
		"a conflict in a file that wants to mention, link and hide": {
			verdict:  verdict.Verdict{Conclusion: finding.ConclusionNeutral, Conflicts: []string{"@all/[x](y)`#1\u202eexe\x1b[31m\n"}},
			want:     "Not judged: merge conflict in @all/[x](y)`#1[U+202E]exe[U+001B][31m[U+000A]",
			markdown: "Not judged: merge conflict in ``@all/[x](y)`#1[U+202E]exe[U+001B][31m[U+000A]``",
		},
		"a broken base": {
			verdict:  verdict.Verdict{Conclusion: finding.ConclusionNeutral, Reason: plan.ReasonBrokenBase},
			want:     "Not judged: main itself does not scan",
			markdown: "Not judged: `main` itself does not scan",
		},
		"skipped by label":       {verdict: verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: SkippedByLabel("noci")}, want: "Not checked: label noci"},
		"skipped by a bad label": {verdict: verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: SkippedByLabel("@all fixes #1")}, want: "Not checked: label @all fixes #1", markdown: "Not checked: label `@all` fixes `#1`"},
		"skipped as a draft":     {verdict: verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: SkippedDraft}, want: "Not checked: draft"},
		"nothing to scan":        {verdict: verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: SkippedNothingToScan}, want: "Not checked: no checked path changed"},
		"too large":              {verdict: verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: SkippedTooLarge(12000, 5000)}, want: "Not checked: 12000 files, the limit is 5000"},
		"infrastructure": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure, Message: "The node was lost 3 times."},
			want:    "Not checked: the node was lost 3 times (our fault, not yours)",
		},
		"infrastructure, nothing known": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionError},
			want:    "Not checked: the infrastructure failed (our fault, not yours)",
		},
		"a limit": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonOutOfMemory, Message: "the scan needed more than 4 GiB of memory"},
			want:    "Not checked: the scan needed more than 4 GiB of memory",
		},
		"an error with a long message": {
			verdict: verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonToolFailed, Message: strings.Repeat("word ", 60)},
			want:    "Not checked: " + strings.Repeat("word ", 20) + "wor… (our fault, not yours)",
		},
		"superseded":    {verdict: verdict.Verdict{Conclusion: finding.ConclusionSuperseded}, want: "Replaced by a newer push"},
		"no conclusion": {verdict: verdict.Verdict{}, want: "Not checked: no verdict was reached"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Line(&tc.verdict, mainNames); got != tc.want {
				t.Errorf("line\n got %q\nwant %q", got, tc.want)
			}
			if tc.markdown == "" {
				tc.markdown = tc.want
			}
			if got := LineText(&tc.verdict, mainNames).Markdown(); got != tc.markdown {
				t.Errorf("markdown\n got %q\nwant %q", got, tc.markdown)
			}
			if n := utf8.RuneCountInString(tc.want); n > MaxLine {
				t.Errorf("%d characters", n)
			}
		})
	}
}

func TestOpenLines(t *testing.T) {
	tests := map[string]struct {
		text           Text
		want, markdown string
	}{
		"slot":         {text: WaitingSlot(), want: "Waiting for a free slot"},
		"baseline":     {text: WaitingBaseline("main"), want: "Waiting for the baseline of main", markdown: "Waiting for the baseline of `main`"},
		"approval":     {text: WaitingApproval("1a2b3c4d5e6f"), want: "Waiting for a maintainer to approve 1a2b3c4", markdown: "Waiting for a maintainer to approve `1a2b3c4`"},
		"checking":     {text: Checking("1a2b3c4d5e6f"), want: "Checking 1a2b3c4", markdown: "Checking `1a2b3c4`"},
		"trying again": {text: TryingAgain("The image could not be pulled.", 2, 3), want: "Trying again: the image could not be pulled (attempt 2 of 3)"},
		"trying again, at length": {
			text: TryingAgain(strings.Repeat("ab ", 100), 2, 3),
			want: "Trying again: " + strings.Repeat("ab ", 35) + "ab… (attempt 2 of 3)",
		},
		"replaced": {text: Replaced(), want: "Replaced by a newer push"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.text.String(); got != tc.want || utf8.RuneCountInString(got) > MaxLine {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if tc.markdown == "" {
				tc.markdown = tc.want
			}
			if got := tc.text.Markdown(); got != tc.markdown {
				t.Errorf("markdown: got %q, want %q", got, tc.markdown)
			}
		})
	}
}

func TestOverall(t *testing.T) {
	ok := ProfileLine{Profile: "lenient", Conclusion: finding.ConclusionSuccess, Line: our("No new problems")}
	bad := ProfileLine{
		Profile: "strict", Conclusion: finding.ConclusionFailure,
		Line: LineText(&verdict.Verdict{
			Conclusion: finding.ConclusionFailure, Items: gatingIn(finding.ClassNew, "dev-libs/"+strings.Repeat("b", 51)),
			Problems: verdict.Problems{Gating: 2, Notes: 11111, Fixed: 22222, Inherited: 33333},
		}, mainNames),
	}
	tests := map[string]struct {
		lines []ProfileLine
		want  string
	}{
		"one":      {lines: []ProfileLine{ok}, want: "No new problems"},
		"none":     {want: "Not checked: no profile votes"},
		"all pass": {lines: []ProfileLine{ok, ok, ok}, want: "No new problems (lenient; 3 of 3 passed)"},
		"one of them is open": {
			lines: []ProfileLine{ok, {Profile: "full", Line: WaitingSlot()}}, want: "Waiting for a free slot (full; 1 of 2 passed)",
		},
		"the worst speaks, and is cut to make room": {
			lines: []ProfileLine{ok, bad, {Profile: "x", Conclusion: finding.ConclusionError, Line: our("Not checked: x")}},
			want:  "2 new problems in dev-libs/" + strings.Repeat("b", 51) + ", 22222 fixed; 11111 notes (strict; 1 of 3 passed)",
		},
		"a superseded one says nothing": {
			lines: []ProfileLine{ok, {Profile: "x", Conclusion: finding.ConclusionSuperseded, Line: Replaced()}}, want: "No new problems",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := Overall(tc.lines).String()
			if got != tc.want || utf8.RuneCountInString(got) > MaxLine {
				t.Errorf("got %q (%d), want %q", got, utf8.RuneCountInString(got), tc.want)
			}
		})
	}
}
