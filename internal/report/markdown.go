// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// MarkdownOptions say how the report for a forge looks.
type MarkdownOptions struct {
	// Limit is how many bytes the text may have; 0: none. Problems that do not fit are counted instead of shown.
	Limit int
	// ReportURL is prcheck's own address of the report, the only link in the text.
	ReportURL string
	// Repeat is a command that repeats the run.
	Repeat string
}

// Markdown is the report on a verdict for a forge's comment or check run: the line as a heading, the sentence, whose turn it is,
// then the problems by class and package. Nothing in it mentions, links or formats, but what is ours.
func Markdown(v *verdict.Verdict, n Names, opts MarkdownOptions) string {
	head := &strings.Builder{}
	explanation := Explain(v, n)
	fmt.Fprintf(head, "### %s\n\n%s\n\n%s.\n", LineText(v, n).Markdown(), explanation.Sentence.Markdown(), explanation.Turn)
	for i, path := range v.Conflicts {
		if i == 0 {
			head.WriteByte('\n')
		}
		if i == maxConflicts {
			fmt.Fprintf(head, "- and %d more\n", len(v.Conflicts)-i)
			break
		}
		fmt.Fprintf(head, "- %s\n", CodeSpan(path))
	}
	foot := markdownFoot(v, opts)
	m := &markdown{names: n, left: opts.Limit - head.Len() - len(foot), unlimited: opts.Limit == 0}
	return head.String() + m.problems(Problems(v)) + foot
}

// maxConflicts is how many paths of a conflict are listed.
const maxConflicts = 50

// markdown writes problems as long as there is room.
type markdown struct {
	names     Names
	left      int // bytes
	unlimited bool
}

// room for the sentence that says how much is left out.
const cutSentence = 80

func (m *markdown) problems(problems []Problem) string {
	var b strings.Builder
	class, where := finding.Class(""), ""
	for i := range problems {
		p := &problems[i]
		if p.Class == finding.ClassExisting {
			existing := fmt.Sprintf("\n%s on %s already, and not listed here.\n",
				count(len(problems)-i, "problem is", "problems are"), CodeSpan(Name(m.names.branch())))
			m.write(&b, existing)
			break
		}
		text := ""
		if p.Class != class {
			text += fmt.Sprintf("\n#### %s\n\n%s\n", ClassTitle(p.Class), m.about(ofClass(problems[i:])))
			where = ""
		}
		if at := place(&p.Fact); at != where {
			text += fmt.Sprintf("\n**%s**\n\n", CodeSpan(Name(at)))
			where = at
		}
		class = p.Class
		if !m.write(&b, text+m.problem(p)) {
			fmt.Fprintf(&b, "\n%d of %d problems are shown; the rest is in the report.\n", i, len(problems))
			break
		}
	}
	return b.String()
}

// write appends text where it leaves room for the sentence about what was cut.
func (m *markdown) write(b *strings.Builder, text string) bool {
	if !m.unlimited && m.left-len(text) < cutSentence {
		return false
	}
	m.left -= len(text)
	b.WriteString(text)
	return true
}

// about is the sentence of a class with its advice, where that holds for all of its problems.
func (m *markdown) about(problems []Problem) string {
	p := &problems[0]
	about := ClassSentence(p.Class, m.names, "", "")
	advice := ClassAdvice(p.Class, p.Gates, p.Behind, "")
	switch p.Class {
	case finding.ClassInherited:
		advice = InheritedAdvice(problems)
	case finding.ClassHidden:
		if !alike(problems, func(p *Problem) string { return p.Behind }) {
			advice = ClassAdvice(p.Class, p.Gates, "", "")
		}
	default:
	}
	return strings.TrimSpace(about.Markdown() + " " + advice.Markdown())
}

// ofClass returns the first of the problems, which are in order, that have the class of the very first.
func ofClass(problems []Problem) []Problem {
	for i := range problems {
		if problems[i].Class != problems[0].Class {
			return problems[:i]
		}
	}
	return problems
}

func (m *markdown) problem(p *Problem) string {
	var b strings.Builder
	f := &p.Fact
	fmt.Fprintf(&b, "- %s %s", codeWords(Visible(string(f.Level))), CodeSpan(Name(f.Rule)))
	if f.Version != "" {
		fmt.Fprintf(&b, " in %s", CodeSpan(Name(f.Version)))
	}
	if where := location(f); where != "" {
		fmt.Fprintf(&b, ", %s", CodeSpan(where))
	}
	if message := oneLine(cutMessage(f.Message)); message != "" {
		fmt.Fprintf(&b, "\n  %s", CodeSpan(message))
	}
	if f.Commit != "" {
		fmt.Fprintf(&b, "\n  %s", aboutCommit(p, false).Markdown())
	}
	if on := onProfiles(p.On, func(profile string) string { return CodeSpan(Name(profile)) }); on != "" {
		fmt.Fprintf(&b, "\n  %s", on)
	}
	switch {
	case p.From != "":
		fmt.Fprintf(&b, "\n  from %s", CodeSpan(Name(p.From)))
		if p.Gates {
			b.WriteString("; blocks here")
		}
	case p.Behind != "":
		fmt.Fprintf(&b, "\n  behind %s", CodeSpan(Name(p.Behind)))
	}
	b.WriteByte('\n')
	return b.String()
}

func markdownFoot(v *verdict.Verdict, opts MarkdownOptions) string {
	var b strings.Builder
	if v.Conclusion == finding.ConclusionSuccess || v.Conclusion == finding.ConclusionFailure {
		fmt.Fprintf(&b, "\n%s\n", lookedAt(v))
		b.WriteString(markdownScope(v))
	}
	for i, c := range v.Culprits {
		if i == maxCulprits {
			fmt.Fprintf(&b, "- and %d more\n", len(v.Culprits)-i)
			break
		}
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "- %s %s\n", CulpritSentence(c).Markdown(), CodeSpan(Name(oneLine(c.Message))))
	}
	if opts.ReportURL != "" {
		fmt.Fprintf(&b, "\n[Report](<%s>)\n", strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "%0A").Replace(Visible(opts.ReportURL)))
	}
	if opts.Repeat != "" {
		fmt.Fprintf(&b, "\nRepeat it at home: %s\n", CodeSpan(opts.Repeat))
	}
	return b.String()
}
