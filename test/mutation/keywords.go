// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"slices"
	"strings"
)

// keywordKinds change KEYWORDS.
var keywordKinds = map[string]change{
	"keywords-none":      keywordsNone,
	"keywords-drop-arch": keywordsDropArch,
	"keywords-drop-last": keywordsDropLast,
	"keywords-testing":   keywordsTesting,
	"keywords-stable":    keywordsStable,
	"keywords-add-arch":  keywordsAddArch,
	"keywords-unsorted":  keywordsUnsorted,
	"keywords-unknown": func(e *edit) string {
		return e.withKeywords("~vax9", func(w []string) []string { return append(w, "~vax9") })
	},
	"keywords-minus-all": func(e *edit) string {
		return e.withKeywords("-*", func(w []string) []string { return append([]string{"-*"}, w...) })
	},
	"keywords-all-of-pkg":  keywordsAllOfPackage,
	"keywords-user-stable": keywordsUserStable,
}

// withKeywords changes the keywords of an ebuild that has some.
func (e *edit) withKeywords(what string, do func([]string) []string) string {
	file := e.ebuild()
	words := e.words(file, "KEYWORDS")
	if len(words) == 0 {
		return ""
	}
	e.setWords(file, "KEYWORDS", do(slices.Clone(words)))
	return "KEYWORDS of " + file + ": " + what
}

func keywordsNone(e *edit) string {
	return e.withKeywords("none", func([]string) []string { return nil })
}

func keywordsDropArch(e *edit) string {
	i := e.rng.IntN(100)
	return e.withKeywords("one arch less", func(w []string) []string { return slices.Delete(w, i%len(w), i%len(w)+1) })
}

// keywordsDropLast takes a second arch away, the case in which a dependency breaks where it was broken elsewhere.
func keywordsDropLast(e *edit) string {
	return e.withKeywords("without the last", func(w []string) []string { return w[:len(w)-1] })
}

func keywordsTesting(e *edit) string {
	return e.withKeywords("all testing", testing)
}

func keywordsStable(e *edit) string {
	return e.withKeywords("first is stable", func(w []string) []string {
		w[0] = strings.TrimPrefix(w[0], "~")
		return w
	})
}

func keywordsAddArch(e *edit) string {
	arch := pick(e, e.arches)
	if arch == "" {
		return ""
	}
	return e.withKeywords("with ~"+arch, func(w []string) []string {
		if slices.Contains(w, arch) || slices.Contains(w, "~"+arch) {
			return w
		}
		return append(w, "~"+arch)
	})
}

func keywordsUnsorted(e *edit) string {
	return e.withKeywords("in reverse order", func(w []string) []string {
		slices.Reverse(w)
		return w
	})
}

// keywordsAllOfPackage takes an arch away from all versions of a package.
func keywordsAllOfPackage(e *edit) string {
	key := e.provider()
	arch := strings.TrimPrefix(pick(e, e.words(pick(e, e.ebuilds[key]), "KEYWORDS")), "~")
	if arch == "" {
		return ""
	}
	for _, file := range e.ebuilds[key] {
		e.setWords(file, "KEYWORDS", slices.DeleteFunc(e.words(file, "KEYWORDS"), func(k string) bool { return strings.TrimPrefix(k, "~") == arch }))
	}
	return "no version of " + key + " has " + arch + " any more"
}

// keywordsUserStable makes a package stable whose dependencies may not be.
func keywordsUserStable(e *edit) string {
	a := pick(e, e.atoms(func(a atom) bool { return strings.Contains(strings.Join(e.words(a.file, "KEYWORDS"), " "), "~") }))
	if a.file == "" {
		return ""
	}
	words := e.words(a.file, "KEYWORDS")
	for i := range words {
		words[i] = strings.TrimPrefix(words[i], "~")
	}
	e.setWords(a.file, "KEYWORDS", words)
	return a.file + " is stable everywhere"
}
