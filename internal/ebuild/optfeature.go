// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"bytes"
	"slices"
)

var optfeature = []byte("optfeature")

// Optfeatures returns the atoms that an ebuild's text names in calls of optfeature, sorted, each once. Where it is not certain what belongs
// to a call it takes more rather than less; words with variables in them are no atoms.
func Optfeatures(text []byte) []string {
	var found []string
	budget := 4 * len(text) // calls in calls are read again, but not for ever
	for {
		i := bytes.Index(text, optfeature)
		if i < 0 {
			break
		}
		alone := (i == 0 || !isWordByte(text[i-1])) && (i+len(optfeature) == len(text) || !isWordByte(text[i+len(optfeature)]))
		text = text[i+len(optfeature):]
		if !alone {
			continue
		}
		call := command(text)
		if budget -= len(call); budget < 0 {
			call = text
		}
		found = atomsIn(found, call)
		if len(call) == len(text) {
			break
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// atomsIn adds the words that are atoms.
func atomsIn(found []string, text []byte) []string {
	for _, word := range bytes.FieldsFunc(text, func(r rune) bool {
		return isBlank(r) || r == '"' || r == '\'' || r == '\\' || r == ';' || r == ')'
	}) {
		if bytes.IndexByte(word, '/') < 0 {
			continue
		}
		if s := string(word); isAtom(s) {
			found = append(found, s)
		}
	}
	return found
}

func isAtom(s string) bool {
	_, err := ParseAtom(s)
	return err == nil
}

// command cuts a text behind the command that it begins with: at the first line end that is not quoted, escaped or in brackets. Where
// something stays open, or a text in place follows, it is the whole text.
func command(text []byte) []byte {
	var quote byte
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quote != '\'':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '(' || c == '{':
			depth++
		case c == ')' || c == '}':
			depth--
		case c == '<' && bytes.HasPrefix(text[i:], []byte("<<")):
			return text
		case c == '\n' && depth <= 0:
			return text[:i]
		}
	}
	return text
}
