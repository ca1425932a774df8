// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/report"
)

// shownText is how many characters of a text an author wrote are shown; the rest is in the twin.
const shownText = 2000

// maxMarks is how many combining marks may stand on one character before they paint over others.
const maxMarks = 2

// segment is a piece of text that shows itself, or the number of a character that does not.
type segment struct {
	Text   string
	Hidden bool
}

// visible takes text apart into what shows itself and what does not. keep are blanks that the place can show (tabs in a log).
func visible(text, keep string) []segment {
	var out []segment
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			out = append(out, segment{Text: run.String()})
			run.Reset()
		}
	}
	marks, count := 0, 0
	for i, r := range text {
		if count++; count > shownText && keep == "" {
			flush()
			return append(out, segment{Text: fmt.Sprintf("… (%d bytes more in JSON)", len(text)-i)})
		}
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		if name := hiddenName(text[i:], r, marks, run.Len() == 0); name != "" && !strings.ContainsRune(keep, r) {
			flush()
			out = append(out, segment{Text: name, Hidden: true})
			continue
		}
		run.WriteRune(r)
	}
	flush()
	return out
}

// hiddenName is what a character is called that must not stand for itself, "" where it may.
func hiddenName(rest string, r rune, marks int, first bool) string {
	if r == utf8.RuneError {
		if _, size := utf8.DecodeRuneInString(rest); size == 1 {
			return fmt.Sprintf("0x%02X", rest[0])
		}
	}
	if r == ' ' || (r > ' ' && r < 0x7f) {
		return ""
	}
	alone := marks > 0 && (first || marks > maxMarks)
	if !alone && marks > 0 {
		// The mark stands on a character: judge it beside one.
		if report.Visible("a"+string(r)) == "a"+string(r) {
			return ""
		}
	} else if !alone && report.Visible(string(r)) == string(r) {
		return ""
	}
	return fmt.Sprintf("U+%04X", r)
}

// blanks makes blanks visible, where a rule is about them: tabs, and spaces at the line's end.
func blanks(text string) string {
	kept := strings.TrimRight(text, " \t")
	end := strings.NewReplacer(" ", "·", "\t", "→").Replace(text[len(kept):])
	return strings.ReplaceAll(kept, "\t", "→\t") + end
}

// aboutBlanks says that a rule is about white space.
func aboutBlanks(rule string) bool {
	lower := strings.ToLower(rule)
	return strings.Contains(lower, "whitespace") || strings.Contains(lower, "indent") || strings.Contains(lower, "tab")
}
