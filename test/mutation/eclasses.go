// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// eclassKinds change eclasses and who inherits them.
var eclassKinds = map[string]change{
	"eclass-function-called": eclassFunctionCalled,
	"eclass-function-move":   eclassFunctionMove,
	"eclass-function-drop":   eclassFunctionDrop,
	"eclass-function-undoc":  eclassFunctionUndocumented,
	"eclass-internal":        eclassInternal,
	"eclass-variable":        func(e *edit) string { return e.documentVariable("") },
	"eclass-user-variable":   func(e *edit) string { return e.documentVariable("# @USER_VARIABLE\n") },
	"eclass-provides":        eclassProvides,
	"eclass-provides-inner":  eclassProvidesInner,
	"eclass-provides-drop":   func(e *edit) string { return e.dropTag("PROVIDES") },
	"eclass-deprecated":      eclassDeprecated,
	"eclass-eapis":           eclassEAPIs,
	"eclass-doc-drop":        func(e *edit) string { return e.dropTag("BLURB") },
	"eclass-body":            eclassBody,
	"eclass-depends":         eclassDepends,
	"eclass-iuse":            eclassIUse,
	"eclass-exported":        eclassExported,
	"eclass-syntax":          eclassSyntax,
	"eclass-dies":            func(e *edit) string { return e.appendEclass("die \"nobody can use this\"\n", "dies") },
	"eclass-remove":          eclassRemove,
	"eclass-new":             eclassNew,
	"eclass-inherit-add":     eclassInheritAdd,
	"eclass-inherit-drop":    eclassInheritDrop,
	"ebuild-inherit-add":     ebuildInheritAdd,
	"ebuild-inherit-drop":    ebuildInheritDrop,
	"ebuild-call-function":   ebuildCallFunction,
}

func eclassName(file string) string { return strings.TrimSuffix(path.Base(file), ".eclass") }

// eclass chooses an eclass, mostly one that is inherited.
func (e *edit) eclass() string {
	used := slices.DeleteFunc(slices.Clone(e.eclasses), func(f string) bool { return len(e.inheritors[eclassName(f)]) == 0 })
	if len(used) > 0 && e.chance(70) {
		return pick(e, used)
	}
	return pick(e, e.eclasses)
}

// body adds text to an eclass before what guards it against being read twice ends.
func (e *edit) body(file, text string) {
	old := e.text(file)
	if at := strings.LastIndex(old, "\nfi\n"); at >= 0 {
		e.write(file, old[:at+1]+text+"\n"+old[at+1:])
		return
	}
	e.write(file, old+"\n"+text)
}

func (e *edit) appendEclass(text, what string) string {
	file := e.eclass()
	if file == "" {
		return ""
	}
	e.write(file, e.text(file)+"\n"+text)
	return file + " " + what
}

func documented(name string) string {
	return "# @FUNCTION: " + name + "\n# @DESCRIPTION:\n# Do what was always wanted.\n" + name + "() {\n\ttrue\n}\n"
}

var called = regexp.MustCompile(`(?m)^\t+([a-z][a-z0-9_-]{4,})\b`)

// eclassFunctionCalled gives an eclass a function of a name that ebuilds call which do not inherit it.
func eclassFunctionCalled(e *edit) string {
	file := e.eclass()
	user := e.where(func(f string) bool {
		return called.MatchString(e.text(f)) && !slices.Contains(e.inheritors[eclassName(file)], f)
	})
	if file == "" || user == "" {
		return ""
	}
	words := called.FindAllStringSubmatch(e.text(user), -1)
	name := pick(e, words)[1]
	e.body(file, documented(name))
	return fmt.Sprintf("%s gains %s, which %s calls", file, name, user)
}

var functionBlock = regexp.MustCompile(`(?ms)^# @FUNCTION: ([^\n]+)\n(?:#[^\n]*\n)*[^\n]*\(\) \{.*?(?:^\}|\})\n`)

// eclassFunctionMove moves a function to another eclass.
func eclassFunctionMove(e *edit) string {
	from, to := e.eclass(), e.eclass()
	blocks := functionBlock.FindAllStringIndex(e.text(from), -1)
	if len(blocks) == 0 || from == to {
		return ""
	}
	at := pick(e, blocks)
	text := e.text(from)
	e.write(from, text[:at[0]]+text[at[1]:])
	e.body(to, text[at[0]:at[1]])
	return fmt.Sprintf("a function moves from %s to %s", from, to)
}

func eclassFunctionDrop(e *edit) string {
	file := e.eclass()
	blocks := functionBlock.FindAllStringSubmatchIndex(e.text(file), -1)
	if len(blocks) == 0 {
		return ""
	}
	at, text := pick(e, blocks), e.text(file)
	e.write(file, text[:at[0]]+text[at[1]:])
	return file + " loses " + text[at[2]:at[3]]
}

func eclassFunctionUndocumented(e *edit) string {
	file := e.eclass()
	if file == "" {
		return ""
	}
	name := fmt.Sprintf("undocumented_%d", e.rng.IntN(100))
	e.body(file, name+"() { true; }\n")
	return file + " gains " + name + " without a word on it"
}

// eclassInternal makes a function internal, or ends that.
func eclassInternal(e *edit) string {
	file := e.eclass()
	text := e.text(file)
	if strings.Contains(text, "# @INTERNAL\n") && e.chance(40) {
		e.write(file, strings.Replace(text, "# @INTERNAL\n", "", 1))
		return file + ": an internal function is public"
	}
	blocks := functionBlock.FindAllStringSubmatchIndex(text, -1)
	if len(blocks) == 0 {
		return ""
	}
	at := pick(e, blocks)
	e.write(file, text[:at[3]]+"\n# @INTERNAL"+text[at[3]:])
	return file + ": " + text[at[2]:at[3]] + " is internal"
}

var upper = regexp.MustCompile(`\$\{([A-Z][A-Z_]{3,})\b`)

// documentVariable documents a variable that an ebuild uses, in an eclass that it need not inherit.
func (e *edit) documentVariable(tag string) string {
	file := e.eclass()
	if file == "" {
		return ""
	}
	name := "EXTRA_WISHES"
	if user := e.where(func(f string) bool { return upper.MatchString(e.text(f)) }); user != "" {
		name = pick(e, upper.FindAllStringSubmatch(e.text(user), -1))[1]
	}
	e.body(file, "# @ECLASS_VARIABLE: "+name+"\n"+tag+"# @DEFAULT_UNSET\n# @DESCRIPTION:\n# What somebody would like to have.\n")
	return file + " documents " + name
}

func eclassProvides(e *edit) string {
	file, other := e.eclass(), eclassName(e.eclass())
	if file == "" || eclassName(file) == other {
		return ""
	}
	return e.provide(file, other)
}

func (e *edit) provide(file, other string) string {
	text := e.text(file)
	switch {
	case strings.Contains(text, "# @PROVIDES: "):
		e.write(file, strings.Replace(text, "# @PROVIDES: ", "# @PROVIDES: "+other+" ", 1))
	case strings.Contains(text, "# @BLURB:"):
		e.write(file, strings.Replace(text, "# @BLURB:", "# @PROVIDES: "+other+"\n# @BLURB:", 1))
	default:
		return ""
	}
	return file + " provides " + other
}

// eclassProvidesInner changes what an eclass provides that another one provides.
func eclassProvidesInner(e *edit) string {
	inner := []string{}
	for _, file := range e.eclasses {
		for line := range strings.Lines(e.text(file)) {
			if rest, ok := strings.CutPrefix(line, "# @PROVIDES: "); ok {
				inner = append(inner, strings.Fields(rest)...)
			}
		}
	}
	name := pick(e, inner)
	other := eclassName(pick(e, e.eclasses))
	if name == "" || e.text("eclass/"+name+".eclass") == "" || other == name {
		return ""
	}
	return e.provide("eclass/"+name+".eclass", other)
}

// dropTag takes a line of an eclass's document away.
func (e *edit) dropTag(tag string) string {
	line := regexp.MustCompile(`(?m)^# @` + tag + `:.*\n`)
	having := slices.DeleteFunc(slices.Clone(e.eclasses), func(f string) bool { return !line.MatchString(e.text(f)) })
	file := pick(e, having)
	if file == "" {
		return ""
	}
	e.write(file, line.ReplaceAllString(e.text(file), ""))
	return file + " without @" + tag
}

func eclassDeprecated(e *edit) string {
	file := e.eclass()
	if !strings.Contains(e.text(file), "# @BLURB:") {
		return ""
	}
	tag := pick(e, []string{"# @DEPRECATED: none\n", "# @DEPRECATED: " + eclassName(e.eclass()) + "\n", "# @DEAD\n"})
	e.write(file, strings.Replace(e.text(file), "# @BLURB:", tag+"# @BLURB:", 1))
	return file + " gets " + strings.TrimSpace(tag)
}

func eclassEAPIs(e *edit) string {
	file := e.eclass()
	tag := regexp.MustCompile(`(?m)^# @SUPPORTED_EAPIS:.*$`)
	if !tag.MatchString(e.text(file)) {
		return ""
	}
	e.write(file, tag.ReplaceAllString(e.text(file), "# @SUPPORTED_EAPIS: "+pick(e, []string{"9", "7", "8", "7 8"})))
	return file + " supports other EAPIs, it says"
}

func eclassBody(e *edit) string {
	file := e.eclass()
	text := e.text(file)
	if !strings.Contains(text, "\n\t") {
		return ""
	}
	e.write(file, strings.Replace(text, "\n\t", "\n\t: \"an edit\"\n\t", 1))
	return file + ": the body of a function"
}

func eclassDepends(e *edit) string {
	file := e.eclass()
	if file == "" {
		return ""
	}
	name := pick(e, []string{"BDEPEND", "RDEPEND", "DEPEND"})
	e.body(file, name+"+=\" "+pick(e, []string{e.provider(), "dev-libs/only-in-an-eclass"})+"\"")
	return file + " adds a " + name
}

func eclassIUse(e *edit) string {
	file := e.eclass()
	if file == "" {
		return ""
	}
	e.body(file, "IUSE+=\" from-eclass\"")
	return file + " adds a flag"
}

func eclassExported(e *edit) string {
	having := slices.DeleteFunc(slices.Clone(e.eclasses), func(f string) bool { return !strings.Contains(e.text(f), "EXPORT_FUNCTIONS ") })
	file := pick(e, having)
	if file == "" {
		return ""
	}
	line := regexp.MustCompile(`(?m)^EXPORT_FUNCTIONS (\S+)`)
	e.write(file, line.ReplaceAllString(e.text(file), "EXPORT_FUNCTIONS"))
	return file + " exports one phase less"
}

func eclassSyntax(e *edit) string { return e.appendEclass("if true; then\n", "has a syntax error") }

func eclassRemove(e *edit) string {
	file := e.eclass()
	if file == "" {
		return ""
	}
	delete(e.tree, file)
	return file + " is removed"
}

func eclassNew(e *edit) string {
	name := fmt.Sprintf("fresh-%d", e.rng.IntN(100))
	function := "fresh_do"
	if user := e.where(func(f string) bool { return called.MatchString(e.text(f)) }); user != "" && e.chance(60) {
		function = pick(e, called.FindAllStringSubmatch(e.text(user), -1))[1]
	}
	e.write("eclass/"+name+".eclass", "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\n"+
		"# @ECLASS: "+name+".eclass\n# @MAINTAINER:\n# Anna Example <anna@example.org>\n# @SUPPORTED_EAPIS: 8\n# @BLURB: something new\n# @DESCRIPTION:\n# Something new.\n\n"+
		"case ${EAPI} in\n\t8) ;;\n\t*) die \"${ECLASS}: EAPI ${EAPI:-0} not supported\" ;;\nesac\n\n"+documented(function))
	if file := e.where(func(f string) bool { return e.eapiOf(f) == "8" }); file != "" && e.chance(50) {
		e.inherit(file, name)
	}
	return "new eclass " + name + " with " + function
}

// inherit makes a file inherit one more eclass.
func (e *edit) inherit(file, name string) {
	text := e.text(file)
	if at := inheritLine.FindStringSubmatchIndex(text); at != nil {
		e.write(file, text[:at[2]]+name+" "+text[at[2]:])
		return
	}
	line := assignment("EAPI").FindStringIndex(text)
	if line == nil {
		line = []int{0, 0}
	}
	e.write(file, text[:line[1]]+"\n\ninherit "+name+"\n"+text[line[1]:])
}

// uninherit takes one eclass out of a file's first line of inherit.
func (e *edit) uninherit(file string) string {
	text := e.text(file)
	at := inheritLine.FindStringSubmatchIndex(text)
	if at == nil {
		return ""
	}
	words := strings.Fields(text[at[2]:at[3]])
	gone := pick(e, words)
	words = slices.DeleteFunc(words, func(w string) bool { return w == gone })
	if len(words) == 0 {
		e.write(file, text[:at[0]]+text[at[1]:])
	} else {
		e.write(file, text[:at[2]]+strings.Join(words, " ")+text[at[3]:])
	}
	return file + " does not inherit " + gone
}

func eclassInheritAdd(e *edit) string {
	file, other := e.eclass(), e.eclass()
	if file == "" || file == other {
		return ""
	}
	e.inherit(file, eclassName(other))
	return file + " inherits " + eclassName(other)
}

func eclassInheritDrop(e *edit) string {
	having := slices.DeleteFunc(slices.Clone(e.eclasses), func(f string) bool { return !inheritLine.MatchString(e.text(f)) })
	return e.uninherit(pick(e, having))
}

func ebuildInheritAdd(e *edit) string {
	file, eclass := e.ebuild(), pick(e, e.eclasses)
	if file == "" || eclass == "" {
		return ""
	}
	e.inherit(file, eclassName(eclass))
	return file + " inherits " + eclassName(eclass)
}

func ebuildInheritDrop(e *edit) string {
	return e.uninherit(e.where(func(f string) bool { return inheritLine.MatchString(e.text(f)) }))
}

var functionName = regexp.MustCompile(`(?m)^# @FUNCTION: (\S+)`)

// ebuildCallFunction makes an ebuild call a function of an eclass that it need not inherit.
func ebuildCallFunction(e *edit) string {
	file := e.ebuild()
	names := functionName.FindAllStringSubmatch(e.text(pick(e, e.eclasses)), -1)
	if file == "" || len(names) == 0 {
		return ""
	}
	name := pick(e, names)[1]
	e.write(file, e.text(file)+"\npkg_preinst() {\n\t"+name+"\n}\n")
	return file + " calls " + name
}
