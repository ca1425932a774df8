// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/finding"
)

func one(rule, version string, attributes map[string]any) finding.Finding {
	return finding.Finding{Rule: rule, Level: finding.LevelError, Category: "app-misc", Package: "foo", Version: version, Attributes: attributes}
}

func TestFactsAreTheElementsOfTheDefect(t *testing.T) {
	f := one("NonexistentDeps", "1.0", map[string]any{"attr": "RDEPEND", "nonexistent": []any{"a/b", "c/d"}})
	f.Message = "RDEPEND: nonexistent packages: a/b, c/d"
	facts := Default().Facts([]finding.Finding{f})
	var got [][2]any
	for _, fact := range facts {
		got = append(got, [2]any{fact.Message, fact.Attributes["nonexistent"]})
	}
	want := [][2]any{
		{"RDEPEND: nonexistent packages: a/b", []any{"a/b"}},
		{"RDEPEND: nonexistent packages: c/d", []any{"c/d"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if facts[0].Fingerprint == facts[1].Fingerprint {
		t.Error("two elements have one fingerprint")
	}
}

func TestIdentity(t *testing.T) {
	nonsolvable := func(rule, profile string, total any) finding.Finding {
		return one(rule, "1", map[string]any{"attr": "depend", "keyword": "amd64", "profile": profile, "deps": []any{"a/b"}, "num_profiles": total, "profile_status": "stable"})
	}
	for name, c := range map[string]struct {
		a, b finding.Finding
		same bool
	}{
		"a position moved": {
			one("WhitespaceFound", "1", map[string]any{"lines": []any{1.0}, "leadtrail": "trailing"}),
			one("WhitespaceFound", "1", map[string]any{"lines": []any{7.0}, "leadtrail": "trailing"}), true,
		},
		"a position in a message moved": {
			one("SourcingError", "1", map[string]any{"attr": "data", "msg": "failed (rust.eclass, line 254: called die)"}),
			one("SourcingError", "1", map[string]any{"attr": "data", "msg": "failed (rust.eclass, line 260: called die)"}), true,
		},
		"another message": {
			one("SourcingError", "1", map[string]any{"attr": "data", "msg": "failed (rust.eclass, line 254: called die)"}),
			one("SourcingError", "1", map[string]any{"attr": "data", "msg": "failed (go.eclass, line 254: called die)"}), false,
		},
		"another text on the line": {
			one("AbsoluteSymlink", "1", map[string]any{"cmd": "dosym", "line": "dosym /a /b", "lineno": 3.0}),
			one("AbsoluteSymlink", "1", map[string]any{"cmd": "dosym", "line": "dosym /a /c", "lineno": 3.0}), false,
		},
		"white space": {
			one("AbsoluteSymlink", "1", map[string]any{"cmd": "dosym", "line": "dosym /a  /b", "lineno": 3.0}),
			one("AbsoluteSymlink", "1", map[string]any{"cmd": "dosym", "line": "\tdosym /a /b", "lineno": 4.0}), true,
		},
		"a number of profiles":    {nonsolvable("NonsolvableDepsInStable", "p", 2.0), nonsolvable("NonsolvableDepsInStable", "p", nil), true},
		"another profile":         {nonsolvable("NonsolvableDepsInStable", "p", nil), nonsolvable("NonsolvableDepsInStable", "q", nil), false},
		"a line that is a number": {one("ObsoleteUri", "1", map[string]any{"line": "3", "uri": "u", "replacement": "r"}), one("ObsoleteUri", "1", map[string]any{"line": "4", "uri": "u", "replacement": "r"}), true},
		"the order of a set's words": {
			one("OptfeatureNonexistentAtom", "1", map[string]any{"atom": "( a || b )", "line": "x"}),
			one("OptfeatureNonexistentAtom", "1", map[string]any{"atom": "( b || a )", "line": "x"}), true,
		},
		"context":                  {one("MissingUseDepDefault", "1", map[string]any{"attr": "rdepend", "atom": "a/b[x]", "flag": "x", "pkgs": []any{"a/b-1"}}), one("MissingUseDepDefault", "1", map[string]any{"attr": "rdepend", "atom": "a/b[x]", "flag": "x", "pkgs": []any{"a/b-2"}}), true},
		"a list that is one thing": {one("UnsortedKeywords", "1", map[string]any{"keywords": []any{"b", "a"}}), one("UnsortedKeywords", "1", map[string]any{"keywords": []any{"c", "a"}}), false},
		"another version":          {one("InvalidSlot", "1", map[string]any{"msg": "m"}), one("InvalidSlot", "2", map[string]any{"msg": "m"}), false},
		"another keyword":          {one("InvalidSlot", "1", map[string]any{"msg": "m"}), one("InvalidEapi", "1", map[string]any{"msg": "m"}), false},
		"a keyword without a row, in another order": {
			one("FromTheFuture", "1", map[string]any{"things": []any{"a", "b"}}), one("FromTheFuture", "1", map[string]any{"things": []any{"b", "a"}}), true,
		},
		"a keyword without a row, another value": {
			one("FromTheFuture", "1", map[string]any{"lineno": 1.0}), one("FromTheFuture", "1", map[string]any{"lineno": 2.0}), false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := Default().Facts([]finding.Finding{c.a})[0], Default().Facts([]finding.Finding{c.b})[0]
			if got := a.Identity == b.Identity; got != c.same {
				t.Errorf("same is %v, want %v:\n%s\n%s", got, c.same, a.Identity, b.Identity)
			}
			if (a.Identity == b.Identity) != (a.Fingerprint == b.Fingerprint) {
				t.Error("identity and fingerprint disagree")
			}
		})
	}
}

func TestProblemFoldsProfiles(t *testing.T) {
	facts := Default().Facts([]finding.Finding{
		one("NonsolvableDepsInStable", "1", map[string]any{"attr": "depend", "keyword": "amd64", "profile": "p", "deps": []any{"a/b"}}),
		one("NonsolvableDepsInStable", "1", map[string]any{"attr": "depend", "keyword": "arm64", "profile": "q", "deps": []any{"a/b"}}),
		one("NonsolvableDepsInStable", "1", map[string]any{"attr": "depend", "keyword": "amd64", "profile": "p", "deps": []any{"a/c"}}),
	})
	if facts[0].Problem != facts[1].Problem || facts[0].Problem == facts[2].Problem {
		t.Errorf("problems:\n%s\n%s\n%s", facts[0].Problem, facts[1].Problem, facts[2].Problem)
	}
}

func TestCarriedToAnotherVersion(t *testing.T) {
	for name, c := range map[string]struct {
		rule, attribute     string
		oldVersion, oldText string
		newVersion, newText string
		same                bool
	}{
		"no version in the text":            {"StaticSrcUri", "static_str", "1.0", "x", "1.1", "x", true},
		"P":                                 {"StaticSrcUri", "static_str", "1.0", "foo-1.0.tar.gz", "1.1", "foo-1.1.tar.gz", true},
		"PV":                                {"StaticSrcUri", "static_str", "1.0", "v1.0/x", "1.1", "v1.1/x", true},
		"PV as a word":                      {"StaticSrcUri", "static_str", "1.0", "/1.0/x", "1.1", "/1.1/x", true},
		"a revision":                        {"StaticSrcUri", "static_str", "1.0", "foo-1.0.tgz", "1.0-r1", "foo-1.0.tgz", true},
		"PF of a revision":                  {"StaticSrcUri", "static_str", "1.0-r1", "foo-1.0-r1.x", "1.0-r2", "foo-1.0-r2.x", true},
		"part of a longer version":          {"StaticSrcUri", "static_str", "1.0", "/1.0.5/", "1.1", "/1.1.5/", false},
		"part of a version with a letter":   {"StaticSrcUri", "static_str", "1.0", "/1.0a/", "1.1", "/1.1a/", false},
		"a short number means other things": {"StaticSrcUri", "static_str", "1", ">=a/b-1", "2", ">=a/b-1", true},
		"another text":                      {"StaticSrcUri", "static_str", "1.0", "x", "1.1", "y", false},
	} {
		t.Run(name, func(t *testing.T) {
			facts := Default().Facts([]finding.Finding{
				one(c.rule, c.oldVersion, map[string]any{c.attribute: c.oldText}), one(c.rule, c.newVersion, map[string]any{c.attribute: c.newText}),
			})
			if got := facts[0].Carried == facts[1].Carried; got != c.same {
				t.Errorf("same is %v, want %v:\n%s\n%s", got, c.same, facts[0].Carried, facts[1].Carried)
			}
		})
	}
}

// The identity must not depend on the order in which pkgcheck's sets come: shuffling every list that is split changes nothing.
func TestFactsDoNotDependOnTheOrderOfElements(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		elements := make([]any, 1+random.IntN(6))
		for i := range elements {
			elements[i] = string(rune('a' + i))
		}
		count := map[string]int{}
		for range 2 {
			random.Shuffle(len(elements), func(i, j int) { elements[i], elements[j] = elements[j], elements[i] })
			for _, fact := range Default().Facts([]finding.Finding{one("DeprecatedDep", "1", map[string]any{"attr": "depend", "atoms": elements})}) {
				count[fact.Identity]++
			}
		}
		if len(count) != len(elements) {
			t.Fatalf("%d elements make %d identities", len(elements), len(count))
		}
	}
}

func TestJSONStreamRoundTrip(t *testing.T) {
	const lines = `{"__class__":"InvalidSlot","category":"SourcingCheck","package":"InvalidSlot","version":"0","attr":"slot","msg":"invalid SLOT: '?'"}
{"__class__":"NonsolvableDepsInStable","category":"c","package":"masked","version":"0","attr":"depend","keyword":"amd64","profile":"visibility/amd64/stable","deps":["stub/masked"],"profile_status":"stable","profile_deprecated":false,"num_profiles":2}
{"__class__":"ProfileError","msg":"nonexistent replacement"}
{"__class__":"UnknownProfilePackage","path":"unknown_pkgs/package.mask","atom":"unknown/pkg_mask"}
{"__class__":"UnusedLicenses","licenses":["unused"]}
`
	findings, err := DefaultTables().ParseJSONStream(strings.NewReader(lines), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(lines), "\n") {
		var want map[string]any
		if err := json.Unmarshal([]byte(line), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, JSONStreamObject(&findings[i])); diff != "" {
			t.Errorf("line %d (-want +got):\n%s", i+1, diff)
		}
	}
	if findings[0].Level != finding.LevelError || findings[0].Scope != "version" || findings[0].Check != "SourcingCheck" {
		t.Errorf("first finding %+v", findings[0])
	}
}

func FuzzJSONStream(f *testing.F) {
	f.Add(`{"__class__":"InvalidSlot","category":"a","package":"","version":null,"x":[1,{"y":"z"}]}`)
	f.Fuzz(func(t *testing.T, line string) {
		findings, err := DefaultTables().ParseJSONStream(strings.NewReader(line), DefaultLimits)
		if err != nil || len(findings) != 1 {
			return
		}
		var want map[string]any
		if err := json.Unmarshal([]byte(strings.TrimSpace(line)), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, JSONStreamObject(&findings[0])); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
