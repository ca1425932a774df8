// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"path"
	"slices"
	"strings"
)

// licenseKinds change licences, their groups, and who uses them.
var licenseKinds = map[string]change{
	"license-remove":        licenseRemove,
	"license-add":           func(e *edit) string { return e.newFile("licenses/Novel-1.0", "Do as you like.\n") },
	"license-add-wanted":    licenseAddWanted,
	"license-group-add":     licenseGroupAdd,
	"license-group-drop":    licenseGroupDrop,
	"license-group-eula":    func(e *edit) string { return e.licenseGroup("EULA") },
	"license-group-dead":    func(e *edit) string { return e.licenseGroup("DEPRECATED") },
	"license-group-nested":  licenseGroupNested,
	"license-group-unknown": func(e *edit) string { return e.entry("profiles", "license_groups", "ODD-ONES No-Such-License") },
	"license-mapping":       licenseMapping,
	"ebuild-license":        func(e *edit) string { return e.set("LICENSE", append(e.licenses(), "No-Such-License")) },
	"ebuild-license-last":   ebuildLicenseLast,
}

func (e *edit) newFile(name, text string) string {
	if _, ok := e.tree[name]; ok {
		return ""
	}
	e.write(name, text)
	return name + " is new"
}

func (e *edit) licenses() []string {
	found := []string{}
	for _, file := range e.files("licenses") {
		found = append(found, path.Base(file))
	}
	return found
}

func licenseRemove(e *edit) string {
	name := pick(e, e.licenses())
	if name == "" {
		return ""
	}
	delete(e.tree, "licenses/"+name)
	return "the licence " + name + " is removed"
}

func licenseAddWanted(e *edit) string {
	known := e.licenses()
	wanted := []string{}
	for _, key := range e.keys {
		for _, file := range e.ebuilds[key] {
			for _, w := range e.words(file, "LICENSE") {
				if !slices.Contains(known, w) && !strings.ContainsAny(w, "$()|?/") {
					wanted = append(wanted, w)
				}
			}
		}
	}
	name := pick(e, wanted)
	if name == "" {
		return ""
	}
	return e.newFile("licenses/"+name, "The text that was missing.\n")
}

func licenseGroupAdd(e *edit) string {
	lines := uncommented(e.text("profiles/license_groups"))
	name := pick(e, e.licenses())
	if len(lines) == 0 || name == "" {
		return ""
	}
	i := e.rng.IntN(len(lines))
	lines[i] += " " + name
	e.write("profiles/license_groups", strings.Join(lines, "\n")+"\n")
	return "license_groups: " + lines[i]
}

func licenseGroupDrop(e *edit) string {
	lines := uncommented(e.text("profiles/license_groups"))
	if len(lines) == 0 {
		return ""
	}
	i := e.rng.IntN(len(lines))
	words := strings.Fields(lines[i])
	what := "license_groups without " + words[0]
	if len(words) > 2 {
		what = words[0] + " without " + words[len(words)-1]
		lines[i] = strings.Join(words[:len(words)-1], " ")
	} else {
		lines = slices.Delete(lines, i, i+1)
	}
	e.write("profiles/license_groups", strings.Join(lines, "\n")+"\n")
	return what
}

// licenseGroup puts a licence that is used into a group that means something to checks.
func (e *edit) licenseGroup(group string) string {
	name := pick(e, e.words(e.ebuild(), "LICENSE"))
	if name == "" || strings.ContainsAny(name, "$()|?") {
		return ""
	}
	return e.entry("profiles", "license_groups", group+" "+name)
}

func licenseGroupNested(e *edit) string {
	lines := uncommented(e.text("profiles/license_groups"))
	if len(lines) == 0 {
		return ""
	}
	return e.entry("profiles", "license_groups", pick(e, []string{"EULA", "DEPRECATED"})+" @"+strings.Fields(pick(e, lines))[0])
}

func licenseMapping(e *edit) string {
	name := pick(e, append(e.licenses(), "No-Such-License"))
	file := "metadata/license-mapping.conf"
	if e.text(file) == "" {
		e.write(file, "[spdx-to-ebuild]\n")
	}
	e.add(file, "Some-SPDX-"+name+" = "+name)
	return file + " maps " + name
}

// ebuildLicenseLast takes one of the rarest licences from the ebuilds that use it.
func ebuildLicenseLast(e *edit) string {
	users := map[string][]string{}
	for _, key := range e.keys {
		for _, file := range e.ebuilds[key] {
			for _, w := range e.words(file, "LICENSE") {
				users[w] = append(users[w], file)
			}
		}
	}
	used := slices.DeleteFunc(e.licenses(), func(l string) bool { return len(users[l]) == 0 })
	slices.SortStableFunc(used, func(a, b string) int { return len(users[a]) - len(users[b]) })
	name, common := pick(e, used[:min(3, len(used))]), pick(e, e.licenses())
	if name == "" || name == common {
		return ""
	}
	for _, file := range users[name] {
		e.setWords(file, "LICENSE", []string{common})
	}
	return "nothing uses the licence " + name + " any more"
}
