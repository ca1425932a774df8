// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// Facts takes findings apart into facts, in their order. Levels are the tool's own.
func (t *Table) Facts(findings []finding.Finding) []finding.Fact {
	facts := make([]finding.Fact, 0, len(findings))
	for i := range findings {
		facts = t.facts(facts, &findings[i])
	}
	return facts
}

func (t *Table) facts(facts []finding.Fact, f *finding.Finding) []finding.Fact {
	row := t.Rules[f.Rule]
	name := splitBy(row)
	elements, _ := f.Attributes[name].([]any)
	if name == "" || len(elements) == 0 {
		return append(facts, t.fact(f, row, f.Attributes, f.Message))
	}
	for _, element := range elements {
		attributes := maps.Clone(f.Attributes)
		attributes[name] = []any{element}
		facts = append(facts, t.fact(f, row, attributes, only(f.Message, elements, element)))
	}
	return facts
}

func splitBy(row Row) string {
	for name, treatment := range row {
		if treatment == Split {
			return name
		}
	}
	return ""
}

// only is the message with the list of all elements cut down to one, where the message has that list.
func only(message string, elements []any, element any) string {
	one, ok := element.(string)
	if !ok || len(elements) < 2 {
		return message
	}
	list := make([]string, 0, len(elements))
	for _, e := range elements {
		word, ok := e.(string)
		if !ok {
			return message
		}
		list = append(list, word)
	}
	for _, quote := range []string{"'", "\"", ""} {
		for _, separator := range []string{", ", " "} {
			if all := quote + strings.Join(list, quote+separator+quote) + quote; strings.Contains(message, all) {
				return strings.Replace(message, all, quote+one+quote, 1)
			}
		}
	}
	return message
}

func (t *Table) fact(f *finding.Finding, row Row, attributes map[string]any, message string) finding.Fact {
	_, known := t.Rules[f.Rule]
	id := identity{f: f, row: row, known: known, attributes: attributes}
	text := id.text(f.Version, false, nil)
	sum := sha256.Sum256([]byte(text))
	problem := text
	if row.folds() {
		problem = id.text(f.Version, true, nil)
	}
	return finding.Fact{
		Rule: f.Rule, Level: f.Level, Category: f.Category, Package: f.Package, Version: f.Version,
		Path: f.Path, Line: f.Line, Message: message, Attributes: attributes,
		Fingerprint: hex.EncodeToString(sum[:16]),
		Scope:       f.Scope, Check: f.Check,
		Identity: text,
		Key:      [16]byte(sum[:16]),
		Carried:  id.text("", false, versionWords(f)),
		Problem:  problem,
	}
}

// folds says whether facts of the rule can differ and yet be one problem.
func (r Row) folds() bool {
	for _, treatment := range r {
		if treatment == Profile {
			return true
		}
	}
	return false
}

// identity writes the canonical texts of one fact.
type identity struct {
	f          *finding.Finding
	row        Row
	known      bool // the table has a row; else everything is compared
	attributes map[string]any
}

// text is the rule, the scope ids and the attributes that count, as JSON, whose members cannot be taken for one another.
func (id *identity) text(version string, folded bool, own words) string {
	kept := [][2]any{}
	for _, name := range slices.Sorted(maps.Keys(id.attributes)) {
		treatment, ok := id.row[name]
		if !ok {
			// Without a row everything counts; a row without this attribute is from another version, where it did not exist.
			treatment = Whole
			if !id.known {
				treatment = unknown(id.attributes[name])
			}
		}
		if treatment == Drop || (folded && treatment == Profile) {
			continue
		}
		kept = append(kept, [2]any{name, replaced(normal(treatment, id.attributes[name]), own)})
	}
	return encode([]any{id.f.Rule, id.f.Category, id.f.Package, version, kept})
}

// unknown is how the attribute of a keyword without a row is compared: whole, but not by the order of its list.
func unknown(value any) Treatment {
	if _, ok := value.([]any); ok {
		return Set
	}
	return Keep
}

// normal is a value as it is compared.
func normal(treatment Treatment, value any) any {
	switch v := value.(type) {
	case string:
		if treatment == Numbers {
			return positions.ReplaceAllString(spaced(v), "$1 N")
		}
		if treatment == Tokens {
			tokens := strings.Fields(v)
			slices.Sort(tokens)
			return strings.Join(tokens, " ")
		}
		return spaced(v)
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = normal(treatment, element)
		}
		if treatment == Set || treatment == Tokens {
			slices.SortFunc(out, func(a, b any) int { return strings.Compare(encode(a), encode(b)) })
		}
		return out
	}
	return value
}

// positions are the numbers that change when lines are added above: "line 254", "lines 3-7", "col 3", "position 12", "byte 7".
var positions = regexp.MustCompile(`(?i)\b(lines?|col|column|position|offset)[: ] ?\d+(?:\s*[-–]\s*\d+)?`)

func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

// words are what stands in a text for the finding's own name and version (planner-rules §4 J), the longest first.
type words [][2]string

// versionWords are PF and P, which are one word, since a version without a revision does not tell them apart; PVR and PV
// likewise. A version of one short number is no word of its own: it may stand for anything.
func versionWords(f *finding.Finding) words {
	if f.Version == "" {
		return nil
	}
	version, _, revised := strings.Cut(f.Version, "-r")
	out := words{}
	if revised {
		out = append(out, [2]string{f.Package + "-" + f.Version, "{P}"})
	}
	out = append(out, [2]string{f.Package + "-" + version, "{P}"})
	if strings.Contains(version, ".") || len(version) >= 4 {
		if revised {
			out = append(out, [2]string{f.Version, "{PV}"})
		}
		out = append(out, [2]string{version, "{PV}"})
	}
	return out
}

func (w words) replace(text string) string {
	for _, pair := range w {
		text = replaceWord(text, pair[0], pair[1])
	}
	return text
}

// replaceWord replaces word where it is not part of a longer name or version.
func replaceWord(text, word, by string) string {
	var out strings.Builder
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			out.WriteString(text[at:])
			return out.String()
		}
		begin, end := at+i, at+i+len(word)
		out.WriteString(text[at:begin])
		if within(text, word, begin, end) {
			out.WriteString(word)
		} else {
			out.WriteString(by)
		}
		at = end
	}
}

// within says whether the text around a word goes on with what names and versions are made of. A version may follow letters
// ("v1.0"), a name may not.
func within(text, word string, begin, end int) bool {
	if begin > 0 {
		before := text[begin-1]
		if digit(before) || (alphanumeric(before) && !digit(word[0])) || (before == '.' && begin > 1 && digit(text[begin-2])) {
			return true
		}
	}
	if end == len(text) {
		return false
	}
	next := text[end]
	return alphanumeric(next) || (next == '.' && end+1 < len(text) && digit(text[end+1]))
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func alphanumeric(c byte) bool {
	return digit(c) || c == '_' || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
}

func replaced(value any, own words) any {
	if own == nil {
		return value
	}
	switch v := value.(type) {
	case string:
		return own.replace(v)
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			out[i] = replaced(element, own)
		}
		return out
	}
	return value
}

func encode(value any) string {
	out, err := json.Marshal(value)
	if err != nil {
		panic("pkgcheck: attributes hold what is no JSON: " + err.Error()) // they came from JSON
	}
	return string(out)
}
