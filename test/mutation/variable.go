// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

var assignments sync.Map // name → *regexp.Regexp

func assignment(name string) *regexp.Regexp {
	if found, ok := assignments.Load(name); ok {
		return found.(*regexp.Regexp) //nolint:forcetypeassert // nothing else is stored
	}
	made := regexp.MustCompile(`(?m)^` + name + `=(?:"([^"]*)"|'([^']*)'|([^\s"']*))`)
	assignments.Store(name, made)
	return made
}

// variable is what an ebuild sets a variable to, at the top level of its text.
func variable(text, name string) (string, bool) {
	m := assignment(name).FindStringSubmatch(text)
	if m == nil {
		return "", false
	}
	return m[1] + m[2] + m[3], true
}

// setVariable sets a variable in the text of an ebuild. One that is not there is set where its head ends.
func setVariable(text, name, value string) string {
	line := name + "=\"" + value + "\""
	if at := assignment(name).FindStringIndex(text); at != nil {
		return text[:at[0]] + line + text[at[1]:]
	}
	for _, after := range []string{"KEYWORDS", "SLOT", "LICENSE", "DESCRIPTION"} {
		if at := assignment(after).FindStringIndex(text); at != nil {
			return text[:at[1]] + "\n" + line + text[at[1]:]
		}
	}
	return text + line + "\n"
}

// dropVariable takes a variable out of an ebuild's text.
func dropVariable(text, name string) string {
	at := assignment(name).FindStringIndex(text)
	if at == nil {
		return text
	}
	return text[:at[0]] + strings.TrimPrefix(text[at[1]:], "\n")
}

// words are a variable's words.
func (e *edit) words(file, name string) []string {
	value, _ := variable(e.text(file), name)
	return strings.Fields(value)
}

// setWords sets a variable of an ebuild to a list of words.
func (e *edit) setWords(file, name string, words []string) {
	e.write(file, setVariable(e.text(file), name, strings.Join(words, " ")))
}

// has says whether a variable of an ebuild has a word.
func (e *edit) has(file, name, word string) bool { return slices.Contains(e.words(file, name), word) }

// eapiOf is an ebuild's EAPI.
func (e *edit) eapiOf(file string) string {
	value, _ := variable(e.text(file), "EAPI")
	return value
}

// dependencyVariables are the five classes.
var dependencyVariables = []string{"RDEPEND", "DEPEND", "BDEPEND", "PDEPEND", "IDEPEND"}

// addDependency adds a line to a dependency variable.
func (e *edit) addDependency(file, name, item string) {
	value, _ := variable(e.text(file), name)
	e.write(file, setVariable(e.text(file), name, strings.TrimRight(value, "\n\t ")+"\n\t"+item+"\n"))
}

// atom is a word of a dependency variable that names a package of the tree.
type atom struct{ file, variable, word, key string }

// atoms lists the plain dependencies on packages of the tree, of ebuilds that want accepts.
func (e *edit) atoms(want func(a atom) bool) []atom {
	found := []atom{}
	for _, key := range e.keys {
		for _, file := range e.ebuilds[key] {
			for _, a := range e.dependencyWords(file) {
				if a.key = e.known(named.FindString(a.word)); a.key != "" && want(a) {
					found = append(found, a)
				}
			}
		}
	}
	return found
}

// dependencyWords are the words of an ebuild's dependency variables.
func (e *edit) dependencyWords(file string) []atom {
	found := []atom{}
	for _, name := range dependencyVariables {
		for _, word := range e.words(file, name) {
			found = append(found, atom{file: file, variable: name, word: word})
		}
	}
	return found
}

// replace writes another word in place of an atom, everywhere in its variable.
func (e *edit) replace(a atom, by string) {
	text := e.text(a.file)
	value, _ := variable(text, a.variable)
	words := regexp.MustCompile(`(^|\s)` + regexp.QuoteMeta(a.word) + `(\s|$)`)
	e.write(a.file, setVariable(text, a.variable, words.ReplaceAllString(value, "${1}"+strings.ReplaceAll(by, "$", "$$")+"${2}")))
}
