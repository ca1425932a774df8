// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
)

// fact makes a fact from "cat/pn version Rule detail…"; "-" stands for no version, and for no package.
func fact(text string, mods ...func(*finding.Fact)) finding.Fact {
	words := strings.SplitN(text, " ", 4)
	for len(words) < 4 {
		words = append(words, "")
	}
	category, name, _ := strings.Cut(strings.Trim(words[0], "-"), "/")
	f := finding.Fact{
		Category: category, Package: name, Version: strings.Trim(words[1], "-"), Rule: words[2], Message: words[3],
		Level: finding.LevelError, Scope: "version",
	}
	for _, mod := range mods {
		mod(&f)
	}
	f.Carried = fmt.Sprintf("rule=%s category=%s package=%s detail=%s", f.Rule, category, name, f.Message)
	f.Identity = f.Carried + " version=" + f.Version
	f.Fingerprint = f.Identity
	if profile := profileOf(&f); profile != "" {
		f.Problem = f.Identity
		f.Identity += " profile=" + profile
		f.Fingerprint = f.Identity
	}
	return f
}

func located(check, path string, line int) func(*finding.Fact) {
	return func(f *finding.Fact) { f.Check, f.Path, f.Line = check, path, line }
}

func level(l finding.Level) func(*finding.Fact) { return func(f *finding.Fact) { f.Level = l } }

func onProfile(name string) func(*finding.Fact) {
	return func(f *finding.Fact) { f.Attributes = map[string]any{"profile": name} }
}

// sideOf makes a side that was looked at as a whole; packages are "cat/pn version…".
func sideOf(packages []string, facts ...finding.Fact) Side {
	s := Side{Facts: facts, Packages: map[Package][]string{}, Whole: true}
	for _, text := range packages {
		words := strings.Fields(text)
		category, name, _ := strings.Cut(words[0], "/")
		s.Packages[Package{category, name}] = words[1:]
	}
	return s
}

// show writes entries as "class: package version rule detail [from X] [behind Y]".
func show(c Comparison) []string {
	lines := []string{}
	for _, e := range c.Entries {
		line := fmt.Sprintf("%s: %s/%s %s %s %s", e.Class, e.Fact.Category, e.Fact.Package, e.Fact.Version, e.Fact.Rule, e.Fact.Message)
		line = strings.TrimSpace(strings.Join(strings.Fields(line), " "))
		if e.From != "" {
			line += " [from " + e.From + "]"
		}
		if e.Behind != "" {
			line += " [behind " + e.Behind + "]"
		}
		lines = append(lines, line)
	}
	return lines
}

func TestCompare(t *testing.T) {
	tests := map[string]struct {
		base, head Side
		opts       Options
		want       []string
		moved      int
	}{
		"two more unavailable dependencies beside thirteen: exactly those two are new": {
			base: sideOf([]string{"d/a 1"}, manyDeps(13)...),
			head: sideOf([]string{"d/a 1"}, manyDeps(15)...),
			want: append([]string{"new: d/a 1 NonexistentDeps dep13", "new: d/a 1 NonexistentDeps dep14"}, existingDeps(13)...),
		},
		"a fix is fixed": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x"), fact("d/a 1 Y y")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 Y y")),
			want: []string{"fixed: d/a 1 X x", "existing: d/a 1 Y y"},
		},
		"the same text twice on head and once on base: one is new, and it is the one at another line": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x", located("C", "p", 7))),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 X x", located("C", "p", 3)), fact("d/a 1 X x", located("C", "p", 7))),
			want: []string{"new: d/a 1 X x", "existing: d/a 1 X x"},
		},
		"bump and keep: inherited, and the old version's stays": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x")),
			head: sideOf([]string{"d/a 1 2"}, fact("d/a 1 X x"), fact("d/a 2 X x")),
			want: []string{"inherited: d/a 2 X x [from 1]", "existing: d/a 1 X x"},
		},
		"a move: inherited, neither new nor fixed": {
			base:  sideOf([]string{"d/a 1"}, fact("d/a 1 X x")),
			head:  sideOf([]string{"d/a 2"}, fact("d/a 2 X x")),
			want:  []string{"inherited: d/a 2 X x [from 1]"},
			moved: 1,
		},
		"two versions become one: one moved, the other is fixed": {
			base:  sideOf([]string{"d/a 1 2"}, fact("d/a 1 X x"), fact("d/a 2 X x")),
			head:  sideOf([]string{"d/a 3"}, fact("d/a 3 X x")),
			want:  []string{"inherited: d/a 3 X x [from 2]", "fixed: d/a 1 X x"},
			moved: 1,
		},
		"one version becomes two: both inherit": {
			base:  sideOf([]string{"d/a 1"}, fact("d/a 1 X x")),
			head:  sideOf([]string{"d/a 2 10"}, fact("d/a 2 X x"), fact("d/a 10 X x")),
			want:  []string{"inherited: d/a 2 X x [from 1]", "inherited: d/a 10 X x [from 1]"},
			moved: 1,
		},
		"a bump that makes it worse: one inherited, one new": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x", located("C", "p", 1))),
			head: sideOf([]string{"d/a 1 2"}, fact("d/a 1 X x", located("C", "p", 1)), fact("d/a 2 X x", located("C", "q", 1)), fact("d/a 2 X x", located("C", "q", 2))),
			want: []string{"new: d/a 2 X x", "inherited: d/a 2 X x [from 1]", "existing: d/a 1 X x"},
		},
		"a bump from a version that is fixed in the same change: inherited, and fixed": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x")),
			head: sideOf([]string{"d/a 1 2"}, fact("d/a 2 X x")),
			want: []string{"inherited: d/a 2 X x [from 1]", "fixed: d/a 1 X x"},
		},
		"a version that base has too cannot inherit: this change broke it": {
			base: sideOf([]string{"d/a 1 2"}, fact("d/a 1 X x")),
			head: sideOf([]string{"d/a 1 2"}, fact("d/a 1 X x"), fact("d/a 2 X x")),
			want: []string{"new: d/a 2 X x", "existing: d/a 1 X x"},
		},
		"dropping an old version fixes what it had": {
			base: sideOf([]string{"d/a 1 2"}, fact("d/a 1 X x"), fact("d/a 2 X x")),
			head: sideOf([]string{"d/a 2"}, fact("d/a 2 X x")),
			want: []string{"fixed: d/a 1 X x", "existing: d/a 2 X x"},
		},
		"a package is renamed": {
			base:  sideOf([]string{"d/old 1"}, fact("d/old 1 X see d/old or old-libs"), fact("d/old - Y y")),
			head:  sideOf([]string{"e/new 1"}, fact("e/new 1 X see e/new or old-libs"), fact("e/new - Y y"), fact("e/new 1 Z z")),
			opts:  Options{Renames: map[Package]Package{{"d", "old"}: {"e", "new"}}},
			want:  []string{"new: e/new 1 Z z", "inherited: e/new Y y [from d/old]", "inherited: e/new 1 X see e/new or old-libs [from d/old 1]"},
			moved: 2,
		},
		"renamed twice, and bumped": {
			base:  sideOf([]string{"d/a 1"}, fact("d/a 1 X x")),
			head:  sideOf([]string{"d/c 2"}, fact("d/c 2 X x")),
			opts:  Options{Renames: map[Package]Package{{"d", "a"}: {"d", "b"}, {"d", "b"}: {"d", "c"}, {"d", "c"}: {"d", "a"}}},
			want:  []string{"inherited: d/c 2 X x [from d/a 1]"},
			moved: 1,
		},
		"without the rename all is new and fixed": {
			base: sideOf([]string{"d/old 1"}, fact("d/old 1 X x")),
			head: sideOf([]string{"e/new 1"}, fact("e/new 1 X x")),
			want: []string{"new: e/new 1 X x", "fixed: d/old 1 X x"},
		},
		"an ebuild that starts to source": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError die")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 X x"), fact("d/a - DuplicateFiles f", located("PkgDirCheck", "", 0))),
			want: []string{"new: d/a DuplicateFiles f", "unveiled: d/a 1 X x [behind SourcingError in a-1]", "fixed: d/a 1 SourcingError die"},
		},
		"an ebuild that stops to source": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError die")),
			want: []string{"new: d/a 1 SourcingError die", "hidden: d/a 1 X x [behind SourcingError in a-1]"},
		},
		"another error in an ebuild that does not source is new": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError die")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError other")),
			want: []string{"new: d/a 1 SourcingError other", "fixed: d/a 1 SourcingError die"},
		},
		"a deeper blocker lay behind the first": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError die")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 InvalidSlot ?")),
			want: []string{"unveiled: d/a 1 InvalidSlot ? [behind SourcingError in a-1]", "fixed: d/a 1 SourcingError die"},
		},
		"another version of the package is not behind the blocker": {
			base: sideOf([]string{"d/a 1 2"}, fact("d/a 1 SourcingError die")),
			head: sideOf([]string{"d/a 1 2"}, fact("d/a 2 X x")),
			want: []string{"new: d/a 2 X x", "fixed: d/a 1 SourcingError die"},
		},
		"an attribute that cannot be parsed hides what its readers say, nothing else": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 InvalidDepend ?")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 NonexistentDeps b", located("VisibilityCheck", "", 0)), fact("d/a 1 TrailingWhitespace b", located("WhitespaceCheck", "", 3))),
			want: []string{"new: d/a 1 TrailingWhitespace b", "unveiled: d/a 1 NonexistentDeps b [behind InvalidDepend in a-1]", "fixed: d/a 1 InvalidDepend ?"},
		},
		"a blocker that stays unveils nothing": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 InvalidDepend ?")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 InvalidDepend ?"), fact("d/a 1 X x")),
			want: []string{"new: d/a 1 X x", "existing: d/a 1 InvalidDepend ?"},
		},
		"metadata.xml becomes readable": {
			base: sideOf([]string{"d/a 1"}, fact("d/a - PkgBadlyFormedXml ?")),
			head: sideOf([]string{"d/a 1"}, fact("d/a - PkgInvalidXml ?"), fact("d/a - MissingRemoteId r", located("MissingRemoteIdCheck", "", 0)), fact("d/a 1 X x")),
			want: []string{
				"new: d/a 1 X x", "unveiled: d/a MissingRemoteId r [behind PkgBadlyFormedXml in d/a]",
				"new: d/a PkgInvalidXml ?", "fixed: d/a PkgBadlyFormedXml ?",
			},
		},
		"a category's metadata.xml becomes readable": {
			base: sideOf(nil, fact("d/ - CatInvalidXml ?")),
			head: sideOf(nil, fact("d/ - CatMetadataXmlIndentation i", located("CategoryMetadataXmlCheck", "d/metadata.xml", 3))),
			want: []string{"unveiled: d/ CatMetadataXmlIndentation i [behind CatInvalidXml in d]", "fixed: d/ CatInvalidXml ?"},
		},
		"a profile that starts to parse; one that was evaluated before": {
			base: sideOf([]string{"d/a 1"}, fact("- - ProfileError bad", located("", "profiles/x/parent", 0)), fact("d/a 1 N n", onProfile("amd64"))),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 N n", onProfile("amd64")), fact("d/a 1 M m", onProfile("amd64")), fact("d/a 1 M m", onProfile("arm64"))),
			want: []string{
				"new: d/a 1 M m", "unveiled: d/a 1 M m [behind ProfileError in profiles/x/parent]",
				"fixed: / ProfileError bad", "existing: d/a 1 N n",
			},
		},
		"the name flips, the defect stays": {
			base: sideOf([]string{"d/a 1"}, fact("- - OutdatedProfilePackage d/x"), fact("d/a 1 NonsolvableDepsInExp b", onProfile("p"))),
			head: sideOf([]string{"d/a 1"}, fact("- - UnknownProfilePackage d/x"), fact("d/a 1 NonsolvableDepsInStable b", onProfile("p"))),
			want: []string{"existing: / UnknownProfilePackage d/x", "existing: d/a 1 NonsolvableDepsInStable b"},
		},
		"names of one family, but another defect": {
			base: sideOf(nil, fact("- - OutdatedProfilePackage d/x")),
			head: sideOf(nil, fact("- - UnknownProfilePackage d/y")),
			want: []string{"new: / UnknownProfilePackage d/y", "fixed: / OutdatedProfilePackage d/x"},
		},
		"a dependency that breaks on a second profile is seen": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 NonsolvableDepsInStable b", onProfile("amd64"))),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 NonsolvableDepsInStable b", onProfile("amd64")), fact("d/a 1 NonsolvableDepsInStable b", onProfile("arm64"))),
			want: []string{"new: d/a 1 NonsolvableDepsInStable b", "existing: d/a 1 NonsolvableDepsInStable b"},
		},
		"ignored facts are not compared, and still block": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 SourcingError die", level(finding.LevelIgnored))),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 X x"), fact("d/a 1 Y y", level(finding.LevelIgnored))),
			want: []string{"unveiled: d/a 1 X x [behind SourcingError in a-1]"},
		},
		"facts that come and go by themselves never count": {
			base: sideOf([]string{"d/a 1"}, fact("d/a 1 X x"), fact("d/a 1 Z z")),
			head: sideOf([]string{"d/a 1"}, fact("d/a 1 Y y"), fact("d/a 1 Z z")),
			opts: Options{Unstable: map[string]bool{fact("d/a 1 X x").Fingerprint: true, fact("d/a 1 Y y").Fingerprint: true, fact("d/a 1 Z z").Fingerprint: true}},
			want: []string{"unstable: d/a 1 X x", "unstable: d/a 1 Y y", "existing: d/a 1 Z z"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := Compare(tc.base, tc.head, tc.opts)
			slices.Sort(tc.want)
			lines := show(got)
			slices.Sort(lines)
			if diff := cmp.Diff(tc.want, lines); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			if got.Moved != tc.moved {
				t.Errorf("moved %d, want %d", got.Moved, tc.moved)
			}
		})
	}
}

func manyDeps(n int) []finding.Fact {
	facts := make([]finding.Fact, n)
	for i := range facts {
		facts[i] = fact(fmt.Sprintf("d/a 1 NonexistentDeps dep%d", i))
	}
	return facts
}

func existingDeps(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("existing: d/a 1 NonexistentDeps dep%d", i)
	}
	return lines
}

func TestGaps(t *testing.T) {
	a, b := fact("d/a 1 X x"), fact("d/b 1 X x")
	whole := b
	whole.Scope = "repo"
	tests := map[string]struct {
		base, head Side
		want       []Package
	}{
		"both looked at it": {
			base: Side{Facts: []finding.Fact{a}, Packages: map[Package][]string{{"d", "a"}: {"1"}}, Looked: map[Package]bool{{"d", "a"}: true}},
			head: Side{Packages: map[Package][]string{{"d", "a"}: {"1"}}, Looked: map[Package]bool{{"d", "a"}: true}},
			want: []Package{},
		},
		"head has it and did not look": {
			base: Side{Facts: []finding.Fact{b, a}, Packages: map[Package][]string{{"d", "a"}: {"1"}}, Looked: map[Package]bool{{"d", "a"}: true}},
			head: Side{Packages: map[Package][]string{{"d", "a"}: {"1"}, {"d", "b"}: {"1"}}},
			want: []Package{{"d", "a"}, {"d", "b"}},
		},
		"head no longer has it": {base: Side{Facts: []finding.Fact{a}}, head: Side{}, want: []Package{}},
		"base was not looked at": {
			base: Side{Packages: map[Package][]string{{"d", "a"}: {"1"}}}, head: Side{Facts: []finding.Fact{a}}, want: []Package{{"d", "a"}},
		},
		"a check of the whole tree names packages that were not in scope": {
			base: Side{Packages: map[Package][]string{{"d", "b"}: {"1"}}}, head: Side{Facts: []finding.Fact{whole}}, want: []Package{},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Compare(tc.base, tc.head, Options{}).Gaps); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}
