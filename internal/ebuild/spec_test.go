// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func leaf(s string) Node { return Node{Text: s} }

func TestParseSpec(t *testing.T) {
	for text, want := range map[string][]Node{
		"":                   nil,
		" a/b\t\n>=c/d-1 ":   {leaf("a/b"), leaf(">=c/d-1")},
		"( a ( b ) )":        {{Kind: All, Children: []Node{leaf("a"), {Kind: All, Children: []Node{leaf("b")}}}}},
		"|| ( a b ) c":       {{Kind: AnyOf, Children: []Node{leaf("a"), leaf("b")}}, leaf("c")},
		"^^ ( a ) ?? ( !b )": {{Kind: ExactlyOne, Children: []Node{leaf("a")}}, {Kind: AtMostOne, Children: []Node{leaf("!b")}}},
		"x? ( a !y? ( b ) )": {{Kind: Use, Flag: "x", Children: []Node{leaf("a"), {Kind: Use, Flag: "y", Negated: true, Children: []Node{leaf("b")}}}}},
		"u://a/b -> c u://d": {{Text: "u://a/b", Rename: "c"}, leaf("u://d")},
	} {
		got, err := ParseSpec(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %v\n%s", text, err, diff)
		}
	}
}

func TestBadSpecs(t *testing.T) {
	for _, s := range []string{"(", ")", "( )", "( a", "a )", "||", "|| a", "x? a", "x?", "a|b", "a ->", "-> a", "|| ( )", strings.Repeat("( ", 300) + "a" + strings.Repeat(" )", 300)} {
		if nodes, err := ParseSpec(s); err == nil {
			t.Errorf("%.40q is read as %v", s, nodes)
		}
	}
}

func TestLeaves(t *testing.T) {
	const text = "a || ( b x? ( c -> d ) ) ^^ ( e )"
	nodes, err := ParseSpec(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a", "b", "c", "d", "e"}
	if got := slices.Collect(Leaves(nodes)); !slices.Equal(got, want) {
		t.Errorf("Leaves: %q, want %q", got, want)
	}
	if got := slices.Collect(LeavesOf(text)); !slices.Equal(got, want) {
		t.Errorf("LeavesOf: %q, want %q", got, want)
	}
	for first := range Leaves(nodes) { // one who stops early is asked no more
		if first != "a" {
			t.Error(first)
		}
		break
	}
}
