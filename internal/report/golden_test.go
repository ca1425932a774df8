// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

var update = flag.Bool("update", false, "write the golden files")

// item makes one item of a verdict; its problem is rule, package, version and message.
func item(class finding.Class, gates bool, f finding.Fact, mods ...func(*verdict.Item)) verdict.Item {
	i := verdict.Item{Class: class, Gates: gates, Fact: f, Problem: f.Rule + f.Package + f.Version + f.Message}
	for _, mod := range mods {
		mod(&i)
	}
	return i
}

func on(keyword, profile string) func(*verdict.Item) {
	return func(i *verdict.Item) { i.Fact.Attributes = map[string]any{"keyword": keyword, "profile": profile} }
}

func from(version string) func(*verdict.Item) { return func(i *verdict.Item) { i.From = version } }
func behind(name string) func(*verdict.Item)  { return func(i *verdict.Item) { i.Behind = name } }

func mixed() *verdict.Verdict {
	nonexistent := finding.Fact{
		Rule: "NonexistentDeps", Level: finding.LevelError, Category: "dev-libs", Package: "a", Version: "1.1",
		Path: "dev-libs/a/a-1.1.ebuild", Line: 14, Message: "DEPEND: nonexistent package: dev-libs/none",
	}
	insoluble := finding.Fact{
		Rule: "NonsolvableDepsInStable", Level: finding.LevelError, Category: "app-misc", Package: "b", Version: "2",
		Path: "app-misc/b/b-2.ebuild", Message: "nonsolvable depset(rdepend) keyword(amd64) stable profile (default/linux/amd64/23.0): solutions: [ dev-libs/a ]",
	}
	unused := finding.Fact{
		Rule: "UnusedInherits", Level: finding.LevelWarning, Category: "dev-libs", Package: "a", Version: "1.1",
		Path: "dev-libs/a/a-1.1.ebuild", Line: 5, Message: "unused eclass: flag-o-matic",
	}
	return &verdict.Verdict{
		Conclusion: finding.ConclusionFailure,
		Problems:   verdict.Problems{Gating: 2, Notes: 1, Inherited: 1, Unveiled: 1, Hidden: 1, Unstable: 1, Fixed: 1, Existing: 2},
		Items: []verdict.Item{
			item(finding.ClassNew, true, nonexistent),
			item(finding.ClassNew, true, insoluble, on("amd64", "default/linux/amd64/23.0")),
			item(finding.ClassNew, true, insoluble, on("amd64", "default/linux/amd64/23.0/desktop")),
			item(finding.ClassNew, true, insoluble, on("arm64", "default/linux/arm64/23.0")),
			item(finding.ClassNew, true, insoluble, on("arm64", "default/linux/arm64/23.0/desktop")),
			item(finding.ClassNew, true, insoluble, on("x86", "default/linux/x86/23.0")),
			item(finding.ClassNew, false, finding.Fact{Rule: "LineTooLong", Level: finding.LevelStyle, Category: "dev-libs", Package: "a", Version: "1.1", Path: "dev-libs/a/a-1.1.ebuild", Line: 40, Message: "excessively long line"}),
			item(finding.ClassInherited, false, unused, from("1.0")),
			item(finding.ClassUnveiled, false, finding.Fact{Rule: "MissingLicense", Level: finding.LevelError, Category: "dev-libs", Package: "c", Version: "3", Message: "license metadata missing"}, behind("SourcingError in c-3")),
			item(finding.ClassHidden, false, finding.Fact{Rule: "BadHomepage", Level: finding.LevelWarning, Category: "dev-libs", Package: "d", Version: "4", Message: "HOMEPAGE is unset"}, behind("SourcingError in d-4")),
			item(finding.ClassUnstable, false, finding.Fact{Rule: "OptfeatureNonexistentAtom", Level: finding.LevelWarning, Category: "dev-libs", Package: "e", Version: "5", Message: "optfeature references nonexistent atom: x/y"}),
			item(finding.ClassFixed, false, finding.Fact{Rule: "UnknownProfilePackage", Level: finding.LevelWarning, Path: "profiles/package.mask", Line: 3, Message: "unknown package: x/y"}),
			item(finding.ClassExisting, false, finding.Fact{Rule: "MissingRemoteId", Level: finding.LevelInfo, Category: "dev-libs", Package: "a", Path: "dev-libs/a/metadata.xml", Message: "missing <remote-id type=\"github\">"}),
			item(finding.ClassExisting, false, finding.Fact{Rule: "EmptyFile", Level: finding.LevelWarning, Category: "dev-libs", Package: "a", Message: "filesdir/x is empty"}),
		},
		Base: verdict.SideEvidence{Packages: 12, Checks: make([]string, 78)},
		Head: verdict.SideEvidence{Packages: 12, Checks: make([]string, 78)},
	}
}

func hostile() *verdict.Verdict {
	bad := "\x1b]0;owned\a\u202e@everyone [x](javascript:alert(1)) `code` ```\n# head\n- item | cell <script>alert(1)</script> <!-- closes #1 https://evil.example/ 1a2b3c4d5e6f \u200b\u2066\xff"
	f := finding.Fact{
		Rule: "Rule`](x)", Level: finding.LevelError, Category: "@all", Package: "a\u202eexe", Version: "1\n2",
		Path: "@all/a/`$(id)`.ebuild", Line: 1, Message: bad, Attributes: map[string]any{"profile": "p|@x\u200b"},
	}
	return &verdict.Verdict{
		Conclusion: finding.ConclusionFailure, Problems: verdict.Problems{Gating: 1, Inherited: 1},
		Items: []verdict.Item{
			item(finding.ClassNew, true, f), item(finding.ClassInherited, false, f, from("@1\u202e")), item(finding.ClassHidden, false, f, behind("x in @y")),
		},
		Head: verdict.SideEvidence{Packages: 1}, Base: verdict.SideEvidence{Packages: 1},
	}
}

func clean() *verdict.Verdict {
	return &verdict.Verdict{
		Conclusion: finding.ConclusionSuccess, Base: verdict.SideEvidence{Packages: 12, Checks: make([]string, 78)},
		Head: verdict.SideEvidence{Packages: 12, Checks: make([]string, 78)},
	}
}

// commits is a verdict on commits, one of whose messages is hostile.
func commits() *verdict.Verdict {
	const id, other = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", "2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e"
	v := clean()
	v.Conclusion, v.Problems = finding.ConclusionFailure, verdict.Problems{Gating: 2, Notes: 1}
	v.Items = []verdict.Item{
		item(finding.ClassNew, true, finding.Fact{Rule: "MissingSignOff", Level: finding.LevelError, Message: "missing sign-off: A <a@b.example>", Commit: id}),
		item(finding.ClassNew, false, finding.Fact{Rule: "BadCommitSummary", Level: finding.LevelStyle, Message: "summary missing: \"\u202e@everyone \x1b[31m [x](y)\"", Commit: other}),
		item(finding.ClassNew, true, finding.Fact{Rule: "DroppedStableKeywords", Level: finding.LevelError, Category: "dev-libs", Package: "a", Message: "dropped stable keyword: [ amd64 ]", Commit: other}),
	}
	v.Commits = &verdict.Commits{State: plan.CommitsChecked, Reason: "its rules are those of ::gentoo", Base: "9f8e7d6c5b4a", Count: 2, Checks: []string{"GitCommitMessageCheck"}, Findings: 3}
	return v
}

// situations are what golden files show, as text for a terminal, with colour, and as Markdown.
func situations() map[string]*verdict.Verdict {
	inherited := mixed()
	inherited.Items = inherited.Items[7:8:8]
	inherited.Items[0].Gates = true
	inherited.Problems = verdict.Problems{Inherited: 1, InheritedGating: 1}
	fixed := mixed()
	fixed.Conclusion, fixed.Items, fixed.Problems = finding.ConclusionSuccess, fixed.Items[11:], verdict.Problems{Fixed: 1, Existing: 2}
	policy := mixed()
	renamed := policy.Items[7]
	renamed.From, renamed.Fact.Package, renamed.Problem = "app-misc/old 1.0", "b", "renamed"
	noVersion := renamed
	noVersion.From, noVersion.Fact.Version, noVersion.Fact.Rule, noVersion.Gates, noVersion.Problem = "app-misc/old", "", "PkgMetadataXmlIndentation", true, "whole"
	policy.Items = []verdict.Item{policy.Items[7], renamed, noVersion}
	policy.Problems = verdict.Problems{Inherited: 3, InheritedGating: 1}
	evil := "a\u202eb [x](y) @everyone"
	scoped := mixed()
	scoped.Items, scoped.Problems = scoped.Items[:1], verdict.Problems{Gating: 1}
	scoped.Scope = plan.Scope{
		Kind: plan.ScopePackages, WholeTree: []string{"ProfilesCheck", "UnusedLicensesCheck"}, SkippedCount: 41,
		Packages: []plan.ScopePackage{{Category: "dev-libs", Package: "a", Reason: "changed here (3 files)"}, {Category: "@x", Package: evil, Reason: evil}},
		Skipped:  []plan.ScopeSkip{{Package: "app-misc/c", Through: "dev-libs/a", Reason: "needs nothing that changed"}},
	}
	for i := range 12 {
		scoped.Scope.Packages = append(scoped.Scope.Packages, plan.ScopePackage{
			Category: "app-misc", Package: "b" + strings.Repeat("x", i), Reason: "needs dev-libs/a[ssl], and what dev-libs/a offers changes",
		})
	}
	scoped.SecondLook = &verdict.SecondLook{Packages: []string{"app-misc/z", "app-misc/y"}, Repeated: []string{"app-misc/y"}}
	scoped.Head.Slowest = []verdict.PackageTime{{Package: "dev-libs/a", Seconds: 73.4}, {Package: "app-misc/b", Seconds: 2}}
	whole := clean()
	whole.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "Checks that the planner does not know are on", Unknown: []string{"FancyNewCheck"}}
	culprit := &verdict.Verdict{
		Conclusion: finding.ConclusionError, Reason: plan.ReasonIncomplete, Message: "The scan of the head is incomplete: 1 error.",
		Culprits: []verdict.Culprit{
			{Side: "head", Kind: "check", Package: "dev-libs/a", Version: "1.1", Check: "PythonCheck", Message: "ValueError: bad", Traceback: "Traceback (most recent call last):\n  File \"python.py\", line 3, in feed\n" + evil},
			{Side: "head", Kind: "worker", Package: "dev-libs/b", Message: "killed"},
			{Side: "base", Kind: "time", Package: "dev-libs/c", Message: evil},
			{Side: "base", Kind: "setup", Check: "FancyCheck", Message: "m"},
		},
	}
	return map[string]*verdict.Verdict{
		"commits": commits(),
		"commits-too-many": {
			Conclusion: finding.ConclusionNeutral, Reason: plan.ReasonTooManyCommits, Message: "The pull request's commits are not checked: it has more than 1000 commits.",
			Commits: &verdict.Commits{State: plan.CommitsTooMany, Reason: "it has more than 1000 commits", Count: 1001},
		},
		"scope":      scoped,
		"scope-full": whole,
		"culprit-of-head": {
			Conclusion: finding.ConclusionError, Reason: plan.ReasonCulprit, Message: "The tool failed on dev-libs/a of the head, so that nobody can tell what is wrong there: ValueError: bad. There are no new problems elsewhere.",
			Culprits: []verdict.Culprit{{Side: "head", Kind: "check", Package: "dev-libs/a", Version: "1.1", Check: "PythonCheck", Message: "ValueError: bad", Traceback: "Traceback (most recent call last):\n  File \"python.py\", line 3, in feed\nValueError: bad"}},
		},
		"culprits":         culprit,
		"mixed":            mixed(),
		"inherited-rules":  policy,
		"hostile":          hostile(),
		"inherited-gates":  inherited,
		"clean":            clean(),
		"fixed":            fixed,
		"conflict":         {Conclusion: finding.ConclusionNeutral, Conflicts: []string{"dev-libs/a/Manifest", "dev-libs/a/a-1.1.ebuild", "x\u202e`y"}},
		"broken-base":      {Conclusion: finding.ConclusionNeutral, Reason: plan.ReasonBrokenBase},
		"skipped":          {Conclusion: finding.ConclusionSkipped, Message: SkippedByLabel("noci")},
		"infrastructure":   {Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure, Message: "the node was lost 3 times"},
		"limit":            {Conclusion: finding.ConclusionError, Reason: plan.ReasonOutOfMemory, Message: "the scan needed more than 4 GiB of memory"},
		"superseded":       {Conclusion: finding.ConclusionSuperseded},
		"without-a-reason": {},
	}
}

func TestGolden(t *testing.T) {
	const url, repeat = "https://prcheck.example/run/0123456789ab", "prcheck run --repo https://forge.example/o/r.git --base 9f8e7d6 --head 1a2b3c4"
	for name, v := range situations() {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", Terminal(v, mainNames, TerminalOptions{ReportURL: url, Repeat: repeat}))
			golden(t, name+".local.txt", Terminal(v, mainNames, TerminalOptions{Local: true}))
			golden(t, name+".colour.txt", Terminal(v, mainNames, TerminalOptions{Colour: true, Existing: true, Width: 60}))
			golden(t, name+".md", Markdown(v, mainNames, MarkdownOptions{ReportURL: url, Repeat: repeat}))
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./internal/report -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestTerminalFitsTheWidth(t *testing.T) {
	for name, v := range situations() {
		for _, width := range []int{40, 80, 120} {
			for line := range strings.SplitSeq(Terminal(v, mainNames, TerminalOptions{Width: width, Existing: true}), "\n") {
				tooLong := utf8.RuneCountInString(line) > width
				if tooLong && len(strings.Fields(line)) > 1 && line != Line(v, mainNames) && name != "hostile" {
					t.Errorf("%s at %d columns: %q", name, width, line)
				}
			}
		}
	}
}

func TestMarkdownLimit(t *testing.T) {
	v := mixed()
	for i := range 5000 {
		v.Items = append(v.Items, item(finding.ClassNew, true, finding.Fact{
			Rule: "X", Level: finding.LevelError, Category: "d", Package: "p", Version: strings.Repeat("𝔛", 10), Message: strings.Repeat("𝔛", i%50) + string(rune('a'+i%26)) + strings.Repeat("y", i/26),
		}))
	}
	for _, limit := range []int{1000, 5000, 65535} {
		got := Markdown(v, mainNames, MarkdownOptions{Limit: limit, ReportURL: "https://x.example"})
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("limit %d: %d bytes, valid: %v", limit, len(got), utf8.ValidString(got))
		}
		if !strings.Contains(got, " problems are shown; the rest is in the report.") || !strings.Contains(got, "[Report](<https://x.example>)") {
			t.Errorf("limit %d: the cut or the link is not told:\n%s", limit, got[max(0, len(got)-300):])
		}
	}
}
