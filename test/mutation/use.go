// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"path"
	"slices"
	"strings"
)

// useKinds change what profiles/ says of flags.
var useKinds = map[string]change{
	"use-desc-add":     useDescAdd,
	"use-desc-drop":    useDescDrop,
	"use-desc-text":    useDescText,
	"use-mask":         func(e *edit) string { return e.useEntry("use.mask") },
	"use-force":        func(e *edit) string { return e.useEntry("use.force") },
	"use-stable-mask":  func(e *edit) string { return e.useEntry("use.stable.mask") },
	"use-mask-unknown": func(e *edit) string { return e.entry(e.node(), "use.mask", "nosuchflag") },
	"use-mask-local":   useMaskLocal,
	"use-mask-drop":    func(e *edit) string { return e.dropEntry("use.mask") },
	"desc-add":         descAdd,
	"desc-drop":        descDrop,
	"desc-order":       descOrder,
	"desc-text":        descText,
}

func (e *edit) useEntry(name string) string {
	flag := e.anyFlag()
	if flag == "" {
		return ""
	}
	return e.entry(e.node(), name, flag)
}

// useMaskLocal masks a flag that only a metadata.xml describes.
func useMaskLocal(e *edit) string {
	flags := []string{}
	for _, key := range e.keys {
		for _, m := range localFlag.FindAllStringSubmatch(e.text(key+"/metadata.xml"), -1) {
			flags = append(flags, m[1])
		}
	}
	flag := pick(e, flags)
	if flag == "" {
		return ""
	}
	return e.entry(e.node(), "use.mask", flag)
}

// useDescAdd describes a flag that ebuilds have, mostly a local one.
func useDescAdd(e *edit) string {
	known := e.globalFlags()
	fresh := []string{}
	for _, key := range e.keys {
		for _, file := range e.ebuilds[key] {
			for _, w := range e.words(file, "IUSE") {
				if w = strings.TrimLeft(w, "+-"); !slices.Contains(known, w) && !strings.Contains(w, "$") {
					fresh = append(fresh, w)
				}
			}
		}
	}
	flag := pick(e, fresh)
	if flag == "" {
		flag = "unusedflag"
	}
	return e.entry("profiles", "use.desc", flag+" - Do what the flag says")
}

func useDescDrop(e *edit) string {
	flag := pick(e, e.globalFlags())
	if flag == "" {
		return ""
	}
	e.write("profiles/use.desc", withoutLines(e.text("profiles/use.desc"), func(l string) bool { return strings.HasPrefix(l, flag+" - ") }))
	return "profiles/use.desc without " + flag
}

// useDescText gives a global flag the description of a local one, or another.
func useDescText(e *edit) string {
	flag := pick(e, e.globalFlags())
	if flag == "" {
		return ""
	}
	text := "Another description"
	for _, key := range e.keys {
		if m := localFlag.FindStringSubmatch(e.text(key + "/metadata.xml")); m != nil && e.chance(40) {
			flag, text = m[1], m[2]
		}
	}
	e.write("profiles/use.desc", withoutLines(e.text("profiles/use.desc"), func(l string) bool { return strings.HasPrefix(l, flag+" - ") }))
	return e.entry("profiles", "use.desc", flag+" - "+text)
}

// descFile chooses one of profiles/desc/*.desc.
func (e *edit) descFile() string {
	return pick(e, slices.DeleteFunc(e.plainFiles("profiles/desc"), func(f string) bool { return path.Ext(f) != ".desc" }))
}

func descAdd(e *edit) string {
	file := e.descFile()
	if file == "" {
		return e.entry("profiles/desc", "novel.desc", "one - The first")
	}
	return e.entry("profiles/desc", path.Base(file), "added - One more value")
}

func descDrop(e *edit) string {
	file := e.descFile()
	lines := uncommented(e.text(file))
	if len(lines) == 0 {
		return ""
	}
	gone := pick(e, lines)
	e.write(file, withoutLines(e.text(file), func(l string) bool { return strings.TrimSpace(l) == gone }))
	return file + " without " + gone
}

func descOrder(e *edit) string {
	file := e.descFile()
	lines := uncommented(e.text(file))
	if len(lines) < 2 {
		return ""
	}
	slices.Reverse(lines)
	e.write(file, strings.Join(lines, "\n")+"\n")
	return file + " in reverse order"
}

func descText(e *edit) string {
	file := e.descFile()
	lines := uncommented(e.text(file))
	if len(lines) == 0 {
		return ""
	}
	name, _, _ := strings.Cut(lines[0], " - ")
	lines[0] = name + " - In other words"
	e.write(file, strings.Join(lines, "\n")+"\n")
	return file + ": another text of " + name
}
