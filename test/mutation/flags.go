// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"slices"
	"strings"
)

// flagKinds change IUSE and what refers to it in the same ebuild.
var flagKinds = map[string]change{
	"iuse-add-unknown": func(e *edit) string { return e.addFlag("undescribed") },
	"iuse-add-global":  iuseAddGlobal,
	"iuse-drop":        iuseDrop,
	"iuse-drop-asked":  iuseDropAsked,
	"iuse-default":     iuseDefault,
	"required-use":     requiredUse,
	"restrict": func(e *edit) string {
		return e.set("RESTRICT", []string{"mirror", "test", "nosuch", "fetch", "network-sandbox"})
	},
	"properties": func(e *edit) string { return e.set("PROPERTIES", []string{"live", "interactive", "nosuch"}) },
}

// set gives a variable of an ebuild one of some values.
func (e *edit) set(name string, values []string) string {
	file, value := e.ebuild(), pick(e, values)
	if file == "" {
		return ""
	}
	e.write(file, setVariable(e.text(file), name, value))
	return file + ": " + name + " is " + value
}

func (e *edit) addFlag(flag string) string {
	file := e.ebuild()
	if file == "" || e.has(file, "IUSE", flag) {
		return ""
	}
	e.setWords(file, "IUSE", append(e.words(file, "IUSE"), flag))
	return file + ": IUSE gets " + flag
}

// globalFlags are the names that use.desc describes.
func (e *edit) globalFlags() []string {
	found := []string{}
	for _, line := range uncommented(e.text("profiles/use.desc")) {
		if name, _, ok := strings.Cut(line, " - "); ok {
			found = append(found, name)
		}
	}
	return found
}

func iuseAddGlobal(e *edit) string {
	flag := pick(e, e.globalFlags())
	if flag == "" {
		return ""
	}
	return e.addFlag(flag)
}

func (e *edit) dropFlag(file, flag string) string {
	words := e.words(file, "IUSE")
	left := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return strings.TrimLeft(w, "+-") == flag })
	if len(left) == len(words) || flag == "" {
		return ""
	}
	e.setWords(file, "IUSE", left)
	return file + ": IUSE without " + flag
}

func iuseDrop(e *edit) string {
	file := e.where(func(f string) bool { return len(e.words(f, "IUSE")) > 0 })
	return e.dropFlag(file, strings.TrimLeft(pick(e, e.words(file, "IUSE")), "+-"))
}

// iuseDropAsked takes a flag away that others ask for.
func iuseDropAsked(e *edit) string {
	a := pick(e, e.atoms(func(a atom) bool { return strings.Contains(a.word, "[") }))
	if a.file == "" {
		return ""
	}
	_, flags, _ := strings.Cut(a.word, "[")
	flag, _, _ := strings.Cut(strings.Trim(flags, "]-!"), ",")
	return e.dropFlag(pick(e, e.ebuilds[a.key]), strings.TrimRight(strings.TrimSuffix(strings.TrimSuffix(flag, "(+)"), "(-)"), "?="))
}

func iuseDefault(e *edit) string {
	file := e.where(func(f string) bool { return len(e.words(f, "IUSE")) > 0 })
	words := e.words(file, "IUSE")
	if len(words) == 0 {
		return ""
	}
	i := e.rng.IntN(len(words))
	if strings.HasPrefix(words[i], "+") {
		words[i] = words[i][1:]
	} else {
		words[i] = "+" + words[i]
	}
	e.setWords(file, "IUSE", words)
	return file + ": another default of " + words[i]
}

func requiredUse(e *edit) string {
	file := e.where(func(f string) bool { return len(e.words(f, "IUSE")) > 0 })
	flag := strings.TrimLeft(pick(e, e.words(file, "IUSE")), "+-")
	if flag == "" {
		return ""
	}
	value := pick(e, []string{flag, "!" + flag, flag + "? ( nosuchflag )", "|| ( " + flag + " )", flag + " !" + flag})
	e.write(file, setVariable(e.text(file), "REQUIRED_USE", value))
	return file + ": REQUIRED_USE is " + value
}
