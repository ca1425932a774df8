// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"bytes"
	"slices"
)

// WordSet finds words in texts: names of functions and variables in ebuilds. A word counts where no letter, digit or underscore
// stands before or behind it.
type WordSet struct {
	byFirst map[string][]word // by the first row of letters, digits and underscores
	odd     []word            // words without one
	size    int
}

// word is a word with the place of its first row; its number is its own in the set.
type word struct {
	text   string
	at     int
	number int
}

// NewWordSet makes a set of words.
func NewWordSet(list []string) *WordSet {
	s := &WordSet{byFirst: make(map[string][]word, len(list))}
	for _, text := range unique(slices.Clone(list)) {
		if text == "" {
			continue
		}
		at := 0
		for at < len(text) && !isWordByte(text[at]) {
			at++
		}
		if at == len(text) {
			s.odd = append(s.odd, word{text: text})
			continue
		}
		end := at
		for end < len(text) && isWordByte(text[end]) {
			end++
		}
		s.byFirst[text[at:end]] = append(s.byFirst[text[at:end]], word{text, at, s.size})
		s.size++
	}
	return s
}

func isWordByte(c byte) bool { return c == '_' || isDigit(c) || isLetter(c) }

// In returns the words of the set that a text has, sorted.
func (s *WordSet) In(text []byte) []string {
	var f finds
	for i := 0; i < len(text); i++ {
		if !isWordByte(text[i]) {
			continue
		}
		start := i
		for i < len(text) && isWordByte(text[i]) {
			i++
		}
		for _, w := range s.byFirst[string(text[start:i])] {
			if w.isAt(text, start) {
				f.add(w, s.size)
			}
		}
	}
	for _, w := range s.odd {
		if bytes.Contains(text, []byte(w.text)) {
			f.list = append(f.list, w.text)
		}
	}
	slices.Sort(f.list)
	return f.list
}

// finds are the words that were found, each once.
type finds struct {
	list []string
	seen []bool // by the words' numbers; made when the first is found
}

func (f *finds) add(w word, size int) {
	if f.seen == nil {
		f.seen = make([]bool, size)
	}
	if !f.seen[w.number] {
		f.seen[w.number] = true
		f.list = append(f.list, w.text)
	}
}

// isAt tells whether a word stands where its first row is.
func (w word) isAt(text []byte, row int) bool {
	start, end := row-w.at, row-w.at+len(w.text)
	if start < 0 || end > len(text) || string(text[start:end]) != w.text {
		return false
	}
	return end == len(text) || !isWordByte(text[end]) || !isWordByte(text[end-1])
}
