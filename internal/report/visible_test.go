// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

func TestVisible(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"plain":                    {"dev-libs/a-1.0.ebuild: ~!@#$%^&*()", "dev-libs/a-1.0.ebuild: ~!@#$%^&*()"},
		"letters of other scripts": {"Größe 漢字 ελ", "Größe 漢字 ελ"},
		"right to left override":   {"a\u202eb", "a[U+202E]b"},
		"zero width":               {"a\u200bb\ufeffc\u2060d\u00ade", "a[U+200B]b[U+FEFF]c[U+2060]d[U+00AD]e"},
		"controls":                 {"\x00\x1b[31m\r\n\t\x7f\u0085", "[U+0000][U+001B][31m[U+000D][U+000A][U+0009][U+007F][U+0085]"},
		"blanks that are no space": {"a\u00a0b\u3000c\u2800d", "a[U+00A0]b[U+3000]c[U+2800]d"},
		"no UTF-8":                 {"a\xffb\xc3", "a[U+FFFD]b[U+FFFD]"},
		"the replacement itself":   {"a\ufffdb", "a\ufffdb"},
		"a mark":                   {"e\u0301", "e\u0301"},
		"a tower of marks":         {"e\u0301\u0301\u0301\u0301", "e\u0301\u0301[U+0301]\u0301"},
		"a mark at the beginning":  {"\u0301e", "[U+0301]e"},
		"variation selector, tag":  {"a\ufe0f\U000e0041", "a[U+FE0F][U+E0041]"},
		"Hangul filler":            {"a\u3164b\u115f", "a[U+3164]b[U+115F]"},
		"private use":              {"\ue000", "[U+E000]"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Visible(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestName(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"short":        {"dev-libs/a", "dev-libs/a"},
		"sixty":        {strings.Repeat("a", 60), strings.Repeat("a", 60)},
		"sixty-one":    {strings.Repeat("a", 30) + "x" + strings.Repeat("b", 30), strings.Repeat("a", 30) + "…" + strings.Repeat("b", 29)},
		"not cut in a": {strings.Repeat("\u202e", 20), "[U+202E][U+202E][U+202E]…[U+202E][U+202E][U+202E]"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Name(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCodeSpan(t *testing.T) {
	for in, want := range map[string]string{
		"a": "`a`", "a`b": "``a`b``", "``": "``` `` ```", "`a": "`` `a ``", "": "`…`", "  ": "`…`", " a ": "`  a  `", "a\nb": "`a[U+000A]b`",
	} {
		if got := CodeSpan(in); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestCodeWords(t *testing.T) {
	for in, want := range map[string]string{
		"the node was lost 3 times (our fault, not yours).": "the node was lost 3 times (our fault, not yours).",
		"see @all, #1 and GH-2":                             "see `@all,` `#1` and `GH-2`",
		"fixed in 1a2b3c4d or deadbeef":                     "fixed in `1a2b3c4d` or deadbeef",
		"at www.evil.example https://evil.example":          "at `www.evil.example` `https://evil.example`",
		"*bold* _it_ [x](y) <b> a|b ~~x~~ :tada:":           "`*bold*` `_it_` `[x](y)` `<b>` `a|b` `~~x~~` `:tada:`",
		"4.5 GiB, don't":                                    "4.5 GiB, don't",
	} {
		if got := codeWords(in); got != want {
			t.Errorf("%q\n got %s\nwant %s", in, got, want)
		}
	}
}

// TestSentencesAreShort: at most 30 words, whatever the verdict and the class.
func TestSentencesAreShort(t *testing.T) {
	sentences := []string{}
	for _, v := range situations() {
		sentences = append(sentences, Explain(v, mainNames).Sentence.String())
	}
	for _, class := range append([]finding.Class{Note}, finding.Classes...) {
		for _, version := range []string{"", "1.1"} {
			sentences = append(sentences, ClassSentence(class, mainNames, version, version).String())
			for _, gates := range []bool{true, false} {
				sentences = append(sentences, ClassAdvice(class, gates, "SourcingError in a-1", version).String(), ClassAdvice(class, gates, "", version).String())
			}
		}
		if ClassTitle(class) == "" || ClassSentence(class, mainNames, "", "").String() == "" {
			t.Errorf("%s has no title or sentence", class)
		}
	}
	for _, s := range sentences {
		if n := len(strings.Fields(s)); n > 30 || (s != "" && !strings.HasSuffix(s, ".")) {
			t.Errorf("%d words: %q", n, s)
		}
	}
}

func TestExplain(t *testing.T) {
	tests := map[string]struct {
		verdict verdict.Verdict
		want    string
		turn    Turn
	}{
		"success":  {verdict.Verdict{Conclusion: finding.ConclusionSuccess}, "Merged into main as of 9f8e7d6, this change adds no problem that blocks.", TurnNobodys},
		"failure":  {verdict.Verdict{Conclusion: finding.ConclusionFailure, Problems: verdict.Problems{Gating: 1}}, "Merged into main as of 9f8e7d6, this change adds the problems below.", TurnYours},
		"conflict": {verdict.Verdict{Conclusion: finding.ConclusionNeutral}, "Your branch and main changed the same lines, so there is nothing to check yet. Rebase or merge main; we look again by ourselves. This is not a failure.", TurnYours},
		"broken base": {
			verdict.Verdict{Conclusion: finding.ConclusionNeutral, Reason: plan.ReasonBrokenBase},
			"main cannot be scanned now, so your problems and its own cannot be told apart. We check again when it scans.", TurnMaintainers,
		},
		"skipped":    {verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: SkippedByLabel("noci")}, "This repository's policy left the pull request out (label noci). That is no approval.", TurnMaintainers},
		"ours":       {verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure}, "Our machines failed, not your change. Operators were alerted.", TurnOurs},
		"a limit":    {verdict.Verdict{Conclusion: finding.ConclusionError, Reason: plan.ReasonTimeout}, "The scan hit a limit of this profile. We cannot tell whether your change or the repository is the reason.", TurnMaintainers},
		"superseded": {verdict.Verdict{Conclusion: finding.ConclusionSuperseded}, "A newer push took over; nothing is reported for this one.", TurnNobodys},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := Explain(&tc.verdict, mainNames)
			if got.Sentence.String() != tc.want || got.Turn != tc.turn {
				t.Errorf("%s (%s)\nwant %s (%s)", got.Sentence, got.Turn, tc.want, tc.turn)
			}
		})
	}
}

func TestState(t *testing.T) {
	for conclusion, want := range map[finding.Conclusion]forge.State{
		finding.ConclusionSuccess: forge.StateSuccess, finding.ConclusionFailure: forge.StateFailure, finding.ConclusionError: forge.StateError,
		finding.ConclusionNeutral: forge.StatePending, finding.ConclusionSkipped: forge.StatePending, "": forge.StatePending, "tomorrow's": forge.StatePending,
	} {
		if got, ok := State(conclusion); got != want || !ok {
			t.Errorf("%q: %s, %v", conclusion, got, ok)
		}
	}
	if state, ok := State(finding.ConclusionSuperseded); ok || state != "" {
		t.Errorf("superseded is written as %q", state)
	}
}

// TestNothingUnknownLooksGreen: of all verdicts, only a success has the line, the state or the sentence of one.
func TestNothingUnknownLooksGreen(t *testing.T) {
	for name, v := range situations() {
		green := strings.HasPrefix(Line(v, mainNames), "No new problems") || strings.HasPrefix(Line(v, mainNames), "No problems")
		if green != (v.Conclusion == finding.ConclusionSuccess) {
			t.Errorf("%s: %s", name, Line(v, mainNames))
		}
	}
}

// outside matches what Markdown could take for markup, mention, link or reference when it stands outside code spans.
var outside = regexp.MustCompile(`[@#<>\[\]*_~|\\]|://|www\.|\b[0-9a-f]{7,40}\b`)

// withoutCode removes code spans as CommonMark finds them.
func withoutCode(text string) string {
	var b strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '`')
		if i < 0 {
			break
		}
		b.WriteString(text[:i])
		fence := text[i : i+len(text[i:])-len(strings.TrimLeft(text[i:], "`"))]
		text = text[i+len(fence):]
		end := regexp.MustCompile("(^|[^`])" + fence + "($|[^`])").FindStringIndex(text)
		if end == nil {
			b.WriteString("UNCLOSED*")
			return b.String()
		}
		close := strings.Index(text[end[0]:], fence) + end[0]
		text = text[close+len(fence):]
	}
	return b.String() + text
}

func FuzzLine(f *testing.F) {
	f.Add("success", "", "", "dev-libs/a", "main", 1, 2, 3)
	f.Add("failure", "", "", "@all/[x](y)`\u202e", "ma`in", 1, 2, 3)
	f.Add("neutral", "", "", strings.Repeat("`", 70), "\x1b[31m", 100000, 2000000, 0)
	f.Add("neutral", "BrokenBase", "", "", "www.evil.example", 0, 0, 0)
	f.Add("error", "Timeout", "It took #1 ```` longer <b> than 1a2b3c4d\n\n# x", "", "", 0, 0, 0)
	f.Add("skipped", "", strings.Repeat("\u0301", 300), "", "", 0, 0, 0)
	f.Fuzz(func(t *testing.T, conclusion, reason, message, path, branch string, gating, notes, inherited int) {
		gating, notes, inherited = gating%1000000, notes%1000000, inherited%1000000 // seven digits look like a commit
		where := finding.Fact{Path: path, Level: finding.LevelError}
		if category, name, ok := strings.Cut(path, "/"); ok {
			where.Category, where.Package = category, name
		}
		v := &verdict.Verdict{
			Conclusion: finding.Conclusion(conclusion), Reason: reason, Message: message, Conflicts: []string{path},
			Problems: verdict.Problems{Gating: max(gating, 0), Notes: max(notes, 0), Inherited: max(inherited, 0), InheritedGating: max(inherited, 0), Unveiled: max(notes, 0)},
			Items:    []verdict.Item{{Class: finding.ClassNew, Gates: true, Fact: where}, {Class: finding.ClassInherited, Gates: true, Fact: where}},
		}
		names := Names{Branch: branch, Head: path, Base: message}
		texts := []Text{
			LineText(v, names), WaitingBaseline(branch), WaitingApproval(path), Checking(path), TryingAgain(message, gating, notes),
			Overall([]ProfileLine{{Profile: path, Conclusion: v.Conclusion, Line: LineText(v, names)}, {Profile: branch, Conclusion: finding.ConclusionSuccess, Line: our("No new problems")}}),
		}
		for _, text := range texts {
			checkLine(t, text.String())
			if bare := withoutCode(text.Markdown()); outside.MatchString(bare) {
				t.Errorf("markup outside code: %q of %q", bare, text.Markdown())
			}
		}
		full := Markdown(v, names, MarkdownOptions{Limit: 65000})
		if !utf8.ValidString(full) || len(full) > 65000+len(message)*8+len(path)*16 {
			t.Errorf("%d bytes", len(full))
		}
	})
}

func checkLine(t *testing.T, line string) {
	t.Helper()
	if n := utf8.RuneCountInString(line); n > MaxLine || n == 0 || !utf8.ValidString(line) {
		t.Errorf("%d characters: %q", n, line)
	}
	for _, r := range line {
		if r != ' ' && (!unicode.IsPrint(r) || hidden(r)) {
			t.Errorf("%U in %q", r, line)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\u202eb\xff\u0301")
	f.Fuzz(func(t *testing.T, text string) {
		once := Visible(text)
		if Visible(once) != once {
			t.Errorf("%q changes again: %q, %q", text, once, Visible(once))
		}
		name := Name(text)
		if n := utf8.RuneCountInString(name); n > maxName {
			t.Errorf("a name of %d characters", n)
		}
		if bare := withoutCode(CodeSpan(text)); bare != "" {
			t.Errorf("%q leaves its code span: %q", text, bare)
		}
	})
}
