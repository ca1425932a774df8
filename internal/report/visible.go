// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName is how many characters of a name are shown; the middle of longer ones is left out.
const maxName = 60

// maxMarks is how many combining marks may stand on one character before they count as an attempt to paint over others.
const maxMarks = 2

// Visible replaces every character that does not show itself (control, bidi, zero-width, unassigned, blanks other than the
// space) by its number in brackets, e.g. "[U+202E]", so that what is read is what is there. Bytes that are no UTF-8 are shown
// as [U+FFFD]. The result is printable, and Visible changes nothing in it any more.
func Visible(text string) string {
	if plainASCII(text) {
		return text
	}
	return strings.Join(cells(text), "")
}

func plainASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// Name makes a name fit to be shown: visible, and cut in the middle at 60 characters.
func Name(text string) string {
	if len(text) <= maxName && plainASCII(text) {
		return text
	}
	shown := cells(text)
	total := 0
	for _, c := range shown {
		total += utf8.RuneCountInString(c)
	}
	if total <= maxName {
		return strings.Join(shown, "")
	}
	const half = (maxName - 1) / 2
	first, n := 0, 0
	for ; n+utf8.RuneCountInString(shown[first]) <= maxName-1-half; first++ {
		n += utf8.RuneCountInString(shown[first])
	}
	last, m := len(shown), 0
	for ; m+utf8.RuneCountInString(shown[last-1]) <= half; last-- {
		m += utf8.RuneCountInString(shown[last-1])
	}
	return strings.Join(shown[:first], "") + ellipsis + strings.Join(shown[last:], "")
}

// cells splits text into what must not be cut apart: characters, and the bracketed numbers of those that do not show.
func cells(text string) []string {
	shown := make([]string, 0, len(text))
	marks := 0
	for i, r := range text {
		if unicode.Is(unicode.M, r) {
			marks++
		} else {
			marks = 0
		}
		if hidden(r) || marks > maxMarks || (marks > 0 && i == 0) || (r == utf8.RuneError && broken(text[i:])) {
			shown = append(shown, fmt.Sprintf("[U+%04X]", r))
			marks = 0
			continue
		}
		shown = append(shown, string(r))
	}
	return shown
}

// broken says whether text begins with a byte that is no UTF-8 (and not with the replacement character itself).
func broken(text string) bool {
	_, size := utf8.DecodeRuneInString(text)
	return size <= 1
}

// hidden says whether a character has no shape of its own: not graphic, a blank other than the space, ignorable by default.
func hidden(r rune) bool {
	if r == ' ' {
		return false
	}
	return !unicode.IsGraphic(r) ||
		unicode.Is(unicode.Zs, r) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r) ||
		r == '\u2800' // braille blank
}

// CodeSpan puts text between as many backticks as it takes for Markdown to show it as it is, made visible first. A code span
// can hold neither mention nor link nor markup.
func CodeSpan(text string) string {
	text = Visible(text)
	if strings.TrimSpace(text) == "" {
		return "`" + ellipsis + "`" // Markdown has no empty code span
	}
	longest, run := 0, 0
	for _, r := range text {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") || (text[0] == ' ' && text[len(text)-1] == ' ') {
		text = " " + text + " "
	}
	return fence + text + fence
}

// codeWords puts those words of a line into code spans that Markdown or a forge could take for more than words.
func codeWords(text string) string {
	parts := strings.Split(text, " ")
	for i, word := range parts {
		if word != "" && !plainWord(word) {
			parts[i] = CodeSpan(word)
		}
	}
	return strings.Join(parts, " ")
}

// plainWord: letters and digits of ASCII, with punctuation that means nothing to Markdown; not a commit, an issue or an address.
func plainWord(word string) bool {
	bare := strings.TrimRight(strings.TrimLeft(word, "("), ".,;:)"+ellipsis)
	if strings.HasPrefix(strings.ToLower(bare), "www") || strings.HasPrefix(strings.ToLower(bare), "gh-") || looksLikeCommit(bare) {
		return false
	}
	for i := range len(bare) {
		c := bare[i]
		letter := (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
		inner := i > 0 && i < len(bare)-1 && (c == '-' || c == '\'' || c == '.' || c == ',')
		if !letter && !inner {
			return false
		}
	}
	return true
}

func looksLikeCommit(word string) bool {
	if len(word) < 7 || len(word) > 40 {
		return false
	}
	digit := false
	for i := range len(word) {
		c := word[i]
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case c < 'a' || c > 'f':
			return false
		}
	}
	return digit || len(word) == 40
}
