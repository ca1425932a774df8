// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// hostile are texts that authors may write anywhere.
var hostile = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `javascript:alert(1)`, `</title><script>alert(1)</script>`,
	`</pre></details><h1>Approved</h1>`, `{{ .Links }}`, `{{template "top" .}}`, `<svg onload=alert(1)>`, `<a href="javascript:alert(1)">x</a>`,
	`<div hx-get="/x" hx-trigger="load">`, `<iframe src=//evil.example>`, `<style>body{display:none}</style>`, `<!--`, `]]>`, `&lt;script&gt;`, `\u003cscript\u003e`,
	"\u202egnp.exe", "a\u2066b\u2069c", "zero\u200bwidth", "\x1b[31mred\x1b[0m", "nul\x00byte", "bell\x07", "line\nbreak\r\n", "\xff\xfe", "a\u0301\u0301\u0301\u0301\u0301", "\ufeffbom", "\u2028separator",
	strings.Repeat("A", 50_000), "@all [x](y) #1 <b>", "=cmd|' /C calc'!A0",
}

var (
	tag       = regexp.MustCompile(`<([a-z0-9]+)((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*>`)
	attribute = regexp.MustCompile(`\s([a-zA-Z:-]+)=`)
)

func TestHostileTextStaysText(t *testing.T) {
	clean := shape(hostilePage(t, "plain"))
	for i, text := range hostile {
		page := hostilePage(t, text)
		if got := shape(page); got != clean {
			t.Errorf("%d %.40q changes the page's elements:\n%s", i, text, firstDifference(clean, got))
		}
		for _, r := range page {
			if r != '\n' && r != '\t' && (r < ' ' || r == 0x7f || r == 0x202e || r == 0x2066 || r == 0x200b || r == 0xfeff || r == 0x2028) {
				t.Errorf("%d %.40q: U+%04X reaches the page", i, text, r)
				break
			}
		}
		if !utf8.ValidString(page) {
			t.Errorf("%d %.40q: the page is no UTF-8", i, text)
		}
	}
}

// shape is the page's elements with the names of their attributes, without what stands for hidden characters.
func shape(page string) string {
	var out strings.Builder
	for _, m := range tag.FindAllStringSubmatch(page, -1) {
		if strings.Contains(m[2], `class="hid"`) {
			continue
		}
		out.WriteString(m[1])
		for _, a := range attribute.FindAllStringSubmatch(m[2], -1) {
			out.WriteString(" " + a[1])
		}
		out.WriteString("\n")
	}
	return out.String()
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d: %q became %q", i, as[i], bs[i])
		}
	}
	return fmt.Sprintf("%d elements became %d", len(as), len(bs))
}

// hostilePage is a report in which everything that others write says the same.
func hostilePage(t *testing.T, text string) string {
	t.Helper()
	f := newFixture(t, fakeTree{"x": "one\n" + strings.NewReplacer("\n", " ", "\x00", " ").Replace(text) + "\nthree\n"})
	r := record(1)
	r.Title, r.Author, r.Plan.Revision.Branch, r.PullURL = text, text, text, "https://forge.example/x"
	r.Plan.Scope.Packages[0].Reason, r.Plan.Scope.Packages[0].Package = text, text
	v := failing()
	v.Message, v.Reason, v.Conflicts = text, text, []string{text}
	v.Head.Skipped = map[string]string{"c": text}
	v.Base.Skipped, v.Head.Tool = nil, map[string]string{"pkgcheck": text}
	one := item(finding.ClassNew, true, text, "error", text, "x", 2, text)
	one.Problem, one.Fact.Package, one.Behind = "abcdefabcdef", text, text
	one.Fact.Attributes = map[string]any{"profile": "p" + text}
	two := one
	two.Fact.Path, two.Problem, two.Fact.Line = text, "abcdefabcdee", 3
	v.Items = []verdict.Item{one, two}
	f.settle(r, v, map[plan.Stage]string{plan.StageScan: text})
	log := f.page("/run/" + r.Hash[:12] + "/log/scan")
	if lines := strings.Count(log, `id="L`); lines != 1+strings.Count(strings.TrimRight(text, "\n"), "\n") {
		t.Errorf("the log of %.40q has %d lines", text, lines)
	}
	return f.page("/run/" + r.Hash[:12])
}

func FuzzVisible(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range visible(text, "") {
			for _, part := range visible(s.Text, "") {
				if part.Hidden {
					t.Fatalf("%q shows %q, which does not show itself", text, s.Text)
				}
			}
		}
	})
}

// Contrast of every pair of colours that text is shown in (WCAG 2).
func TestColoursCanBeRead(t *testing.T) {
	tokens := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`).FindAllStringSubmatch(string(style), -1) {
		tokens[m[1]] = [2]string{m[2], m[3]}
	}
	check := func(fg, bg string, least float64) {
		t.Helper()
		for mode := range 2 {
			if got := contrast(tokens[fg][mode], tokens[bg][mode]); got < least {
				t.Errorf("--%s on --%s (mode %d): %.2f, want %.1f", fg, bg, mode, got, least)
			}
		}
	}
	for _, colour := range []string{"red", "green", "violet", "amber", "magenta", "blue", "cyan", "grey"} {
		check(colour, "page", 4.5)
		check(colour, colour+"-tint", 4.5)
		check("text", colour+"-tint", 4.5)
	}
	check("text", "page", 7)
	check("text", "panel", 7)
	check("muted", "page", 4.5)
	check("muted", "panel", 4.5)
	check("magenta", "panel", 4.5)
	check("border", "page", 3)
	check("focus", "page", 3)
}

func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(hex string) float64 {
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			return math.NaN()
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
