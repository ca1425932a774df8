// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"testing"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// mentioning is whether a package with an ebuild of that text mentions a name.
func mentioning(text, name string) bool {
	set := map[uint32]struct{}{}
	addWords(set, text)
	p := &pkg{words: wordsOf(set), versions: []*version{{}}}
	return p.mentions(name)
}

func TestNamesAreFoundByTheirWords(t *testing.T) {
	text := "src_compile() {\n\telisp-compile \"${FOO_BAR-x}\" $(tc-getCC) git-r3_fetch\n}\n"
	for name, want := range map[string]bool{
		"elisp-compile": true, "FOO_BAR": true, "tc-getCC": true, "git-r3_fetch": true, "src_compile": true, "tc-getCXX": false,
		"FOO": false, "compile_all": false, "git-r9_fetch": false, "é": true, "": false, "1": true,
	} {
		if got := mentioning(text, name); got != want {
			t.Errorf("the text mentions %q: %v, want %v", name, got, want)
		}
	}
}

// The index of hashed words finds all that a search for the name itself finds.
func FuzzWords(f *testing.F) {
	f.Add("elisp-compile x", "elisp-compile")
	f.Add("$(tc-getCC)", "tc-getCC")
	f.Add("a.b+c", "b+c")
	f.Add("x@9é", "@9")
	f.Fuzz(func(t *testing.T, text, name string) {
		if len(ebuild.NewWordSet([]string{name}).In([]byte(text))) > 0 && !mentioning(text, name) {
			t.Errorf("%q holds %q, and the index does not say so", text, name)
		}
	})
}
