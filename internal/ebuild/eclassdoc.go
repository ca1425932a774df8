// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// EclassName is a function or variable that an eclass documents. What is said of one name in several blocks is put together.
type EclassName struct {
	Name         string
	Internal     bool
	UserVariable bool
	Deprecated   string // what @DEPRECATED names; "none" where it names nothing
	Required     bool
	PreInherit   bool
	DefaultUnset bool
	Output       bool
}

// EclassDoc is what the comments of an eclass say of it.
type EclassDoc struct {
	Documented        bool // there is a block at all
	Name              string
	SupportedEAPIs    []string
	Provides          []string // @PROVIDES as written, not what those provide
	Deprecated        string
	Dead              bool
	Functions         []EclassName
	Variables         []EclassName // of @ECLASS_VARIABLE
	FunctionVariables []EclassName // of @VARIABLE
}

// The tags that begin a block.
const (
	tagEclass   = "@ECLASS:"
	tagVariable = "@ECLASS_VARIABLE:"
	tagFunction = "@FUNCTION:"
	tagFuncVar  = "@VARIABLE:"
)

// blockTags are the tags that each kind of block knows; other lines go on with the text of the tag before them.
var blockTags = map[string][]string{
	tagEclass: {
		tagEclass, "@VCSURL:", "@BLURB:", "@DEPRECATED:", "@DEAD", "@PROVIDES:", "@MAINTAINER:", "@AUTHOR:", "@BUGREPORTS:",
		"@DESCRIPTION:", "@EXAMPLE:", "@SUPPORTED_EAPIS:",
	},
	tagVariable: {
		tagVariable, "@DEPRECATED:", "@DEFAULT_UNSET", "@INTERNAL", "@REQUIRED", "@PRE_INHERIT", "@USER_VARIABLE",
		"@OUTPUT_VARIABLE", "@DESCRIPTION:",
	},
	tagFunction: {tagFunction, "@RETURN:", "@DEPRECATED:", "@INTERNAL", "@MAINTAINER:", "@DESCRIPTION:", "@USAGE:"},
	tagFuncVar:  {tagFuncVar, "@DEPRECATED:", "@DEFAULT_UNSET", "@INTERNAL", "@REQUIRED", "@USER_VARIABLE", "@DESCRIPTION:"},
}

// ParseEclassDoc reads the documentation in an eclass.
func ParseEclassDoc(data []byte) (EclassDoc, error) {
	var d EclassDoc
	if !utf8.Valid(data) {
		return d, fmt.Errorf("the eclass: %w", errNotUTF8)
	}
	lines := splitLines(string(data))
	places := map[string]int{}
	for i := 0; i < len(lines); i++ {
		prefix, tag := blockStart(lines[i])
		if tag == "" {
			continue
		}
		tags := map[string]string{}
		for ; i < len(lines) && strings.HasPrefix(lines[i], prefix); i++ {
			line := dropRune(lines[i][len(prefix):])
			for _, t := range blockTags[tag] {
				if value, ok := strings.CutPrefix(line, t); ok {
					tags[t] = trim(value)
					break
				}
			}
		}
		d.add(tag, tags, places) // the line behind a block cannot begin another one
	}
	return d, nil
}

// splitLines splits a text where Python does.
func splitLines(text string) []string {
	if !strings.ContainsAny(text, "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029") {
		return strings.Split(text, "\n")
	}
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\x1c", "\n", "\x1d", "\n", "\x1e", "\n",
		"\u0085", "\n", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Split(text, "\n")
}

// blockStart is the prefix of a block's lines and its tag, if line begins one.
func blockStart(line string) (prefix, tag string) {
	if !strings.Contains(line, "# @") {
		return "", ""
	}
	rest := strings.TrimLeftFunc(line, isBlank)
	after, ok := strings.CutPrefix(rest, "# ")
	if !ok {
		return "", ""
	}
	for t := range blockTags {
		if strings.HasPrefix(after, t) {
			return line[:len(line)-len(rest)+1], t
		}
	}
	return "", ""
}

// dropRune drops the first character.
func dropRune(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return s[size:]
}

// add takes over a block. places has the places of names that were there before, by tag and name.
func (d *EclassDoc) add(tag string, tags map[string]string, places map[string]int) {
	d.Documented = true
	if tag == tagEclass { // the last one counts
		_, d.Dead = tags["@DEAD"]
		d.Name, d.Deprecated = tags[tagEclass], deprecation(tags)
		d.Provides, d.SupportedEAPIs = fields(tags["@PROVIDES:"]), unique(fields(tags["@SUPPORTED_EAPIS:"]))
		return
	}
	list := map[string]*[]EclassName{tagFunction: &d.Functions, tagVariable: &d.Variables, tagFuncVar: &d.FunctionVariables}[tag]
	i, again := places[tag+tags[tag]]
	if !again {
		i = len(*list)
		places[tag+tags[tag]] = i
		*list = append(*list, EclassName{Name: tags[tag]})
	}
	(*list)[i].add(tags)
}

func deprecation(tags map[string]string) string {
	value := tags["@DEPRECATED:"]
	if strings.EqualFold(value, "none") {
		return "none"
	}
	return value
}

// add takes over the tags of one block.
func (n *EclassName) add(tags map[string]string) {
	for t, flag := range map[string]*bool{
		"@INTERNAL": &n.Internal, "@USER_VARIABLE": &n.UserVariable, "@REQUIRED": &n.Required, "@PRE_INHERIT": &n.PreInherit,
		"@DEFAULT_UNSET": &n.DefaultUnset, "@OUTPUT_VARIABLE": &n.Output,
	} {
		if _, set := tags[t]; set {
			*flag = true
		}
	}
	if value := deprecation(tags); value != "" {
		n.Deprecated = value
	}
}
