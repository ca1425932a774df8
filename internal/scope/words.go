// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"
)

// A package's text index: the hashes of all words of its ebuilds. Two words may have the same hash, which can only widen a scope.

// isWord says whether a byte is part of a word: of a name in bash. Names of functions may hold other bytes, too; they are several
// words then.
func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// hashWord is FNV-1a.
func hashWord(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// addWords adds the words of a text to a set.
func addWords(set map[uint32]struct{}, text string) {
	for i := 0; i < len(text); {
		if !isWord(text[i]) {
			i++
			continue
		}
		h, letters := uint32(2166136261), false
		for ; i < len(text) && isWord(text[i]); i++ {
			h = (h ^ uint32(text[i])) * 16777619
			letters = letters || text[i] > '9'
		}
		if letters {
			set[h] = struct{}{}
		}
	}
}

// wordsOf is the word index of a set.
func wordsOf(set map[uint32]struct{}) []uint32 {
	out := make([]uint32, 0, len(set))
	for h := range set {
		out = append(out, h)
	}
	slices.Sort(out)
	return out
}

// mentions says whether a package's ebuilds can hold a name: they have each of its words.
func (p *pkg) mentions(name string) bool {
	found := false
	between := func(r rune) bool { return r >= 0x80 || !isWord(byte(r)) } //nolint:gosec // it is smaller than a byte
	for _, word := range strings.FieldsFunc(name, between) {
		if strings.Trim(word, "0123456789") == "" {
			continue // numbers are not in the index
		}
		if _, ok := slices.BinarySearch(p.words, hashWord(word)); !ok {
			return false
		}
		found = true
	}
	return found || name != "" && len(p.versions) > 0 // a name without any word could be anywhere
}
