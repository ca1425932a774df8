// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"strings"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/verdict"
)

// culprits names what made the tool fail on a side, with the end of the tool's own words.
func (s *scanned) culprits() []verdict.Culprit {
	found := []verdict.Culprit{}
	for _, f := range s.stream.Failures[:min(len(s.stream.Failures), verdict.MaxCulprits)] {
		c := verdict.Culprit{
			Side: s.name, Kind: cut(f.Kind, 100), Version: cut(f.Version, 200), Check: cut(f.Check, 200), Message: cut(f.Message, 2000),
			Traceback: last(f.Traceback, verdict.MaxTraceback),
		}
		if f.Package != "" {
			c.Package = cut(f.Category+"/"+f.Package, 200)
		}
		found = append(found, c)
	}
	return found
}

// last is the end of a text, where a traceback says what happened: whole lines of it, at most limit bytes.
func last(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	text = text[len(text)-limit:]
	if _, rest, ok := strings.Cut(text, "\n"); ok && rest != "" {
		return rest
	}
	for text != "" && !utf8.RuneStart(text[0]) {
		text = text[1:]
	}
	return text
}
