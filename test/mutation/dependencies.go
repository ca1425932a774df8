// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// dependencyKinds change dependencies, slots, blockers and virtuals.
var dependencyKinds = map[string]change{
	"dep-add":              func(e *edit) string { return e.depend(pick(e, dependencyVariables), e.provider()) },
	"dep-drop":             func(e *edit) string { return e.rewrite("is dropped", func(atom) string { return "" }) },
	"dep-missing":          func(e *edit) string { return e.depend("RDEPEND", "dev-libs/nowhere-to-be-found") },
	"dep-version":          depVersion,
	"dep-revision":         depRevision,
	"dep-old-version":      depOldVersion,
	"dep-slot":             depSlot,
	"dep-any-of":           func(e *edit) string { return e.depend("RDEPEND", "|| ( "+e.provider()+" "+e.provider()+" )") },
	"dep-conditional":      depConditional,
	"dep-invalid":          func(e *edit) string { return e.depend("DEPEND", ">="+e.provider()) },
	"usedep-add":           usedepAdd,
	"usedep-drop":          usedepDrop,
	"usedep-unknown":       func(e *edit) string { return e.depend("RDEPEND", e.provider()+"[nosuchflag]") },
	"usedep-default":       usedepDefault,
	"blocker-add":          blockerAdd,
	"blocker-nonexistent":  func(e *edit) string { return e.depend("RDEPEND", "!dev-libs/nobody-has-ever-seen-it") },
	"blocker-drop":         blockerDrop,
	"slot-change":          slotChange,
	"slot-second":          slotSecond,
	"subslot-change":       subslotChange,
	"virtual-drop":         virtualDrop,
	"virtual-add-provider": virtualAddProvider,
	"deps-unbalanced":      depsUnbalanced,
}

// depend adds a dependency to an ebuild.
func (e *edit) depend(name, item string) string {
	file := e.where(func(f string) bool {
		return !strings.HasPrefix(item, keyOf(f)) && (name != "IDEPEND" || e.eapiOf(f) >= "8")
	})
	if file == "" || item == "" {
		return ""
	}
	e.addDependency(file, name, item)
	return fmt.Sprintf("%s: %s gets %s", file, name, item)
}

// rewrite writes something else in place of a dependency.
func (e *edit) rewrite(what string, by func(a atom) string) string {
	a := pick(e, e.atoms(func(a atom) bool { return keyOf(a.file) != a.key }))
	if a.file == "" {
		return ""
	}
	e.replace(a, by(a))
	return fmt.Sprintf("%s: %s in %s %s", a.file, a.word, a.variable, what)
}

func depVersion(e *edit) string {
	return e.rewrite("asks for a version", func(a atom) string {
		op := pick(e, []string{">=", "~", "<", "=", ">"})
		return op + a.key + "-" + noRevision(versionOf(pick(e, e.ebuilds[a.key])))
	})
}

func noRevision(version string) string {
	version, _, _ = strings.Cut(version, "-r")
	return version
}

func depRevision(e *edit) string {
	return e.rewrite("asks for the very version", func(a atom) string { return "=" + a.key + "-" + versionOf(pick(e, e.ebuilds[a.key])) })
}

func depOldVersion(e *edit) string {
	return e.rewrite("asks for a version that is gone", func(a atom) string { return "<" + a.key + "-0.0.1" })
}

func depSlot(e *edit) string {
	return e.rewrite("asks for a slot", func(a atom) string {
		return a.key + pick(e, []string{":0", ":=", ":*", ":0=", ":7", ":0/99"})
	})
}

func depConditional(e *edit) string {
	file := e.where(func(f string) bool { return len(e.words(f, "IUSE")) > 0 })
	flag := strings.TrimLeft(pick(e, e.words(file, "IUSE")), "+-")
	if flag == "" {
		return ""
	}
	e.addDependency(file, "RDEPEND", flag+"? ( "+e.provider()+" )")
	return file + " needs something only with " + flag
}

func depsUnbalanced(e *edit) string { return e.depend("RDEPEND", "|| ( "+e.provider()) }

// usedepAdd asks a package for a flag that at least one of its versions has.
func usedepAdd(e *edit) string {
	a := pick(e, e.atoms(func(a atom) bool {
		return keyOf(a.file) != a.key && !strings.Contains(a.word, "[") && len(e.words(e.ebuilds[a.key][0], "IUSE")) > 0
	}))
	if a.file == "" {
		return ""
	}
	flag := strings.TrimLeft(pick(e, e.words(e.ebuilds[a.key][0], "IUSE")), "+-")
	e.replace(a, a.word+"["+pick(e, []string{"", "-", ""})+flag+"]")
	return fmt.Sprintf("%s: %s with %s", a.file, a.word, flag)
}

func usedepDrop(e *edit) string {
	a := pick(e, e.atoms(func(a atom) bool { return strings.Contains(a.word, "[") }))
	if a.file == "" {
		return ""
	}
	word, _, _ := strings.Cut(a.word, "[")
	e.replace(a, word)
	return fmt.Sprintf("%s: %s without flags", a.file, a.word)
}

func usedepDefault(e *edit) string {
	a := pick(e, e.atoms(func(a atom) bool {
		return strings.Contains(a.word, "]") && !strings.Contains(a.word, ")") && !strings.Contains(a.word, "?")
	}))
	if a.file == "" {
		return ""
	}
	e.replace(a, strings.Replace(a.word, "]", "(+)]", 1))
	return fmt.Sprintf("%s: %s with a default", a.file, a.word)
}

func blockerAdd(e *edit) string {
	key := e.provider()
	item := "!" + key
	if version := versionOf(pick(e, e.ebuilds[key])); e.chance(60) {
		item = "!<" + key + "-" + noRevision(version)
	}
	return e.depend("RDEPEND", item)
}

func blockerDrop(e *edit) string {
	a := pick(e, e.atoms(func(a atom) bool { return a.word[0] == '!' }))
	if a.file == "" {
		return ""
	}
	e.replace(a, "")
	return a.file + ": without " + a.word
}

func slotChange(e *edit) string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	slot := strconv.Itoa(3 + e.rng.IntN(5))
	e.write(file, setVariable(e.text(file), "SLOT", slot))
	return file + ": SLOT is " + slot
}

// slotSecond gives a package a version in a second slot.
func slotSecond(e *edit) string {
	file := e.ebuild()
	next := nextVersion(versionOf(file))
	to := ebuildFile(keyOf(file), next)
	if _, taken := e.tree[to]; file == "" || next == "" || taken {
		return ""
	}
	e.write(to, setVariable(e.text(file), "SLOT", "2"))
	return to + " is in a second slot"
}

func subslotChange(e *edit) string {
	file := e.ebuild()
	slot, _ := variable(e.text(file), "SLOT")
	if slot == "" {
		return ""
	}
	slot, _, _ = strings.Cut(slot, "/")
	e.write(file, setVariable(e.text(file), "SLOT", fmt.Sprintf("%s/%d", slot, 40+e.rng.IntN(50))))
	return file + ": another subslot"
}

var anyOf = regexp.MustCompile(`\|\|\s*\(([^()]*)\)`)

func virtualDrop(e *edit) string {
	file := e.where(func(f string) bool { return path.Dir(path.Dir(f)) == "virtual" && anyOf.MatchString(e.text(f)) })
	if file == "" {
		return ""
	}
	text := e.text(file)
	at := anyOf.FindStringSubmatchIndex(text)
	words := strings.Fields(text[at[2]:at[3]])
	e.write(file, text[:at[0]]+words[0]+text[at[1]:])
	return file + " has a single provider"
}

func virtualAddProvider(e *edit) string {
	file := e.where(func(f string) bool { return path.Dir(path.Dir(f)) == "virtual" })
	if file == "" {
		return ""
	}
	value, _ := variable(e.text(file), "RDEPEND")
	e.write(file, setVariable(e.text(file), "RDEPEND", "|| ( "+strings.Join(strings.Fields(anyOf.ReplaceAllString(value, "$1")), " ")+" "+e.provider()+" )"))
	return file + " has one more provider"
}
