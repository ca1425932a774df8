// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package report turns verdicts into words: the line that every surface begins with, the sentences under it, whose turn it is,
// the report as text for a terminal and as Markdown for a forge, and the state of the commit status. It is pure; pages, CLI,
// manager and feeds all call the same functions, so they cannot say different things.
//
// The line, for a verdict and for what has none yet:
//
//	names := report.Names{Branch: "main", Base: v.Revision.Base, Head: v.Revision.Head, Profile: "strict"}
//	report.Line(v, names)                  // "2 new problems in dev-libs/a, 1 fixed; 3 notes, 2 inherited"
//	report.LineText(v, names).Markdown()   // "2 new problems in `dev-libs/a`, 1 fixed; 3 notes, 2 inherited"
//	report.Checking(v.Revision.Head)       // "Checking 1a2b3c4"; a Text: .String(), .Markdown()
//	report.TryingAgain("the image could not be pulled", 2, 3).String()
//
// Whatever an author controls (names, messages, branches, labels) passes Visible, and on Markdown stands in code spans, so it
// can neither mention nor link nor hide. Sentences are in sentences.go, and nowhere else.
package report

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxLine is how many characters a line may have: what a forge takes as the description of a commit status.
const MaxLine = 140

// ellipsis stands for what was cut off.
const ellipsis = "…"

// Text is one line of words and names. String gives it for plain surfaces, Markdown for a forge's comments.
type Text struct {
	parts []part
	// long says that it is a sentence and not a line: it has no limit.
	long bool
}

// part is a run of a Text.
type part struct {
	text string
	kind kind
	// drop says when the part goes if the text is too long: the highest first, 0 never.
	drop int
}

type kind int

const (
	words kind = iota // our own
	name              // a name of an author's: a code span on Markdown
	prose             // words that others chose: those that Markdown could read as more than words become code spans
)

// our returns a line that begins with our own words; say returns a sentence.
func our(text string) Text { return Text{}.words(text) }
func say(text string) Text { return Text{long: true}.words(text) }

func (t Text) words(text string) Text        { return t.add(part{text: text}) }
func (t Text) name(text string) Text         { return t.add(part{text: Name(text), kind: name}) }
func (t Text) prose(text string) Text        { return t.add(part{text: Visible(oneLine(text)), kind: prose}) }
func (t Text) extra(text string, n int) Text { return t.add(part{text: text, drop: n}) }
func (t Text) add(p part) Text               { return Text{append(slices.Clip(t.parts), p), t.long} }

// String is the text for plain surfaces, a line at most MaxLine characters.
func (t Text) String() string { return t.shown().plain() }

// Markdown is the same text with names in code spans. What is left out to fit MaxLine is the same as in String.
func (t Text) Markdown() string {
	var b strings.Builder
	for _, p := range t.shown().parts {
		switch p.kind {
		case name:
			b.WriteString(CodeSpan(p.text))
		case prose:
			b.WriteString(codeWords(p.text))
		case words:
			b.WriteString(p.text)
		}
	}
	return b.String()
}

func (t Text) shown() Text {
	if t.long {
		return t
	}
	return t.fit(MaxLine)
}

func (t Text) plain() string {
	var b strings.Builder
	for _, p := range t.parts {
		b.WriteString(p.text)
	}
	return b.String()
}

func (t Text) length() int {
	n := 0
	for _, p := range t.parts {
		n += utf8.RuneCountInString(p.text)
	}
	return n
}

// fit drops parts, the most dispensable first, until the text has at most limit characters, and cuts the end if that does not help.
func (t Text) fit(limit int) Text {
	for t.length() > limit {
		most := slices.MaxFunc(t.parts, func(a, b part) int { return a.drop - b.drop }).drop
		if most == 0 {
			return t.cut(limit)
		}
		t.parts = slices.DeleteFunc(slices.Clone(t.parts), func(p part) bool { return p.drop == most })
	}
	return t
}

// cut shortens the text at its end.
func (t Text) cut(limit int) Text {
	short := Text{}
	for _, p := range t.parts {
		n := utf8.RuneCountInString(p.text)
		if n < limit {
			short.parts, limit = append(short.parts, p), limit-n
			continue
		}
		p.text = cutEnd(p.text+ellipsis, limit) // something is cut, here or behind
		short.parts = append(short.parts, p)
		break
	}
	return short
}

// cutEnd shortens text to at most limit characters, the last an ellipsis. limit is at least 1.
func cutEnd(text string, limit int) string {
	n := 0
	for i := range text {
		if n++; n > limit {
			kept := []rune(text[:i])
			return strings.TrimRight(string(kept[:limit-1]), " ") + ellipsis
		}
	}
	return text
}

// oneLine makes every run of white space one space.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
