// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// TerminalOptions say how the report for a terminal looks. The zero value is 80 columns without colour.
type TerminalOptions struct {
	Colour bool
	Width  int // columns; 0: 80, less than 40: 40
	// Existing lists what was there before as well, instead of its number only.
	Existing bool
	// Local words the report for a run on the reader's own machine: no server runs it again, and there are no operators.
	Local bool
	// ReportURL and Repeat (a command) end the report where they are set.
	ReportURL string
	Repeat    string
}

// SGR sequences of what is coloured. Icons and words say the same, so nothing is lost without.
const (
	sgrReset = "\x1b[0m"
	sgrBold  = "\x1b[1m"
	sgrFaint = "\x1b[2m"
)

var classSGR = map[finding.Class]string{
	finding.ClassNew: "\x1b[31m", finding.ClassInherited: "\x1b[35m", finding.ClassUnveiled: "\x1b[33m",
	finding.ClassUnstable: "\x1b[35m", finding.ClassFixed: "\x1b[32m",
}

var conclusionSGR = map[finding.Conclusion]string{
	finding.ConclusionSuccess: "\x1b[32m", finding.ConclusionFailure: "\x1b[31m", finding.ConclusionNeutral: "\x1b[33m",
	finding.ConclusionError: "\x1b[34m",
}

// Terminal is the report on a verdict to be read in a terminal: the line, the sentence, whose turn it is, then the problems
// by class and package. It ends with a newline; every line but those with a long path or command fits the width.
func Terminal(v *verdict.Verdict, n Names, opts TerminalOptions) string {
	if opts.Width == 0 {
		opts.Width = 80
	}
	opts.Width = max(opts.Width, 40)
	t := &terminal{opts: opts, names: n}
	explanation := t.explain(v)
	t.coloured(sgrBold+conclusionSGR[v.Conclusion], "", Line(v, n))
	t.wrapped("", explanation.Sentence.String())
	t.wrapped("", string(explanation.Turn)+".")
	if len(v.Conflicts) > 0 {
		t.line("")
		for _, path := range v.Conflicts {
			t.line("  " + Visible(path))
		}
	}
	problems := Problems(v)
	for len(problems) > 0 {
		end := 1
		for end < len(problems) && problems[end].Class == problems[0].Class {
			end++
		}
		t.class(problems[:end])
		problems = problems[end:]
	}
	t.foot(v)
	return t.out.String()
}

// terminal writes lines of a limited width.
type terminal struct {
	out   strings.Builder
	opts  TerminalOptions
	names Names
}

func (t *terminal) line(text string) {
	t.out.WriteString(strings.TrimRight(text, " "))
	t.out.WriteByte('\n')
}

func (t *terminal) coloured(sgr, indent, text string) {
	if t.opts.Colour && sgr != "" {
		text = sgr + text + sgrReset
	}
	t.line(indent + text)
}

// wrapped writes text in lines that fit the width, each with the indent. Words longer than a line stand alone.
func (t *terminal) wrapped(indent, text string) { t.faintly("", indent, text) }

func (t *terminal) faintly(sgr, indent, text string) {
	row, used := "", 0
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if used > 0 && utf8.RuneCountInString(indent)+used+1+n > t.opts.Width {
			t.coloured(sgr, indent, row)
			row, used = "", 0
		}
		if used > 0 {
			row, used = row+" ", used+1
		}
		row, used = row+word, used+n
	}
	if used > 0 {
		t.coloured(sgr, indent, row)
	}
}

// class writes the problems of one class.
func (t *terminal) class(problems []Problem) {
	class := problems[0].Class
	t.line("")
	if class == finding.ClassExisting && !t.opts.Existing {
		t.wrapped("", fmt.Sprintf("Existing: %s, on %s already.",
			count(len(problems), "problem", "problems"), Name(t.names.branch())))
		return
	}
	t.coloured(sgrBold+classSGR[class], "", fmt.Sprintf("%s (%d)", ClassTitle(class), len(problems)))
	if class == finding.ClassInherited || class == finding.ClassHidden {
		t.faintly(sgrFaint, "", ClassSentence(class, t.names, "", "").String())
	} else {
		advice := t.advice(class, problems[0].Gates, "")
		t.faintly(sgrFaint, "", strings.TrimSpace(ClassSentence(class, t.names, "", "").String()+" "+advice))
	}
	last := ""
	for i := range problems {
		p := &problems[i]
		if where := place(&p.Fact); i == 0 || where != last {
			t.line("")
			t.coloured(sgrBold, "  ", Visible(where))
			last = where
		}
		t.problem(p)
	}
}

func (t *terminal) problem(p *Problem) {
	f := &p.Fact
	head := string(f.Level) + " " + f.Rule
	if f.Version != "" {
		head += " in " + f.Version
	}
	t.wrapped("    ", Visible(head))
	if where := location(f); where != "" && where != place(f) {
		t.coloured(sgrFaint, "      ", Visible(where))
	}
	t.wrapped("      ", Visible(oneLine(cutMessage(f.Message))))
	if f.Commit != "" {
		t.faintly(sgrFaint, "      ", aboutCommit(p, t.opts.Local).String())
	}
	if on := onProfiles(p.On, func(profile string) string { return profile }); on != "" {
		t.faintly(sgrFaint, "      ", Visible(on))
	}
	switch {
	case p.From != "":
		t.faintly(sgrFaint, "      ", ClassSentence(p.Class, t.names, p.From, f.Version).String()+" "+
			t.advice(p.Class, p.Gates, f.Version))
	case p.Behind != "":
		t.faintly(sgrFaint, "      ", "Behind "+Visible(p.Behind)+".")
	}
}

// foot says what was looked at, and where there is more.
func (t *terminal) foot(v *verdict.Verdict) {
	if v.Conclusion == finding.ConclusionSuccess || v.Conclusion == finding.ConclusionFailure {
		t.line("")
		t.wrapped("", lookedAt(v))
		t.scope(v)
	}
	t.culprits(v)
	if t.opts.Repeat == "" && t.opts.ReportURL == "" {
		return
	}
	t.line("")
	if t.opts.ReportURL != "" {
		t.line("Report: " + Visible(t.opts.ReportURL))
	}
	if t.opts.Repeat != "" {
		t.line("Repeat: " + Visible(t.opts.Repeat))
	}
}

// lookedAt says what the verdict rests on.
func lookedAt(v *verdict.Verdict) string {
	return fmt.Sprintf("Looked at %s on the base and %s with this change, with %s.",
		count(v.Base.Packages, "package", "packages"), count(v.Head.Packages, "package", "packages"),
		count(len(v.Head.Checks), "check", "checks"))
}

// location is path:line, the path alone where no line is known, "" where there is no path.
func location(f *finding.Fact) string {
	if f.Path != "" && f.Line > 0 {
		return fmt.Sprintf("%s:%d", f.Path, f.Line)
	}
	return f.Path
}

// maxMessage is how many bytes of a message are shown; the rest is in the raw result.
const maxMessage = 2000

func cutMessage(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return cutEnd(message, maxMessage)
}

// onProfiles lists the first three profiles of a problem, each made fit to be shown: "on 5 profiles: a, b, c and 2 more".
func onProfiles(on []string, show func(string) string) string {
	const most = 3
	if len(on) == 0 {
		return ""
	}
	shown := make([]string, 0, most)
	for _, profile := range on[:min(len(on), most)] {
		shown = append(shown, show(profile))
	}
	text := "on " + count(len(on), "profile", "profiles") + ": " + strings.Join(shown, ", ")
	if more := len(on) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
