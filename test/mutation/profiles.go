// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// profileKinds change masks, per-package files and the profiles themselves.
var profileKinds = map[string]change{
	"mask-package":     func(e *edit) string { return e.entry("profiles", "package.mask", e.provider()) },
	"mask-version":     func(e *edit) string { return e.entry("profiles", "package.mask", e.version()) },
	"mask-profile":     func(e *edit) string { return e.entry(e.node(), "package.mask", e.provider()) },
	"mask-unknown":     func(e *edit) string { return e.entry("profiles", "package.mask", "dev-libs/never-existed") },
	"mask-drop":        func(e *edit) string { return e.dropEntry("package.mask") },
	"unmask-profile":   func(e *edit) string { return e.entry(e.node(), "package.unmask", e.provider()) },
	"mask-negated":     maskNegated,
	"mask-folder":      maskFolder,
	"mask-invalid":     func(e *edit) string { return e.entry("profiles", "package.mask", ">="+e.provider()) },
	"package-keywords": packageKeywords,
	"package-provided": func(e *edit) string {
		return e.entry(e.node(), "package.provided", strings.TrimPrefix(e.version(), "="))
	},
	"package-use-mask":      func(e *edit) string { return e.flagEntry("package.use.mask") },
	"package-use-force":     func(e *edit) string { return e.flagEntry("package.use.force") },
	"package-use":           func(e *edit) string { return e.flagEntry("package.use") },
	"package-use-stable":    func(e *edit) string { return e.flagEntry("package.use.stable.mask") },
	"package-use-unknown":   func(e *edit) string { return e.entry(e.node(), "package.use.mask", e.provider()+" nosuchflag") },
	"packages-system":       func(e *edit) string { return e.entry(e.node(), "packages", "*"+e.provider()) },
	"packages-system-drop":  func(e *edit) string { return e.dropEntry("packages") },
	"profiles-desc-status":  profilesDescStatus,
	"profiles-desc-drop":    profilesDescDrop,
	"profiles-desc-add":     profilesDescAdd,
	"profile-new":           profileNew,
	"profile-remove":        profileRemove,
	"profile-parent":        profileParent,
	"profile-parent-broken": profileParentBroken,
	"profile-parent-mended": profileParentMended,
	"profile-eapi":          profileEAPI,
	"profile-deprecated":    profileDeprecated,
	"profile-bashrc":        func(e *edit) string { return e.entry(e.node(), "profile.bashrc", "true") },
	"make-defaults-use":     func(e *edit) string { return e.makeDefaults("USE=\"" + e.anyFlag() + "\"") },
	"make-defaults-arch":    func(e *edit) string { return e.makeDefaults("ACCEPT_KEYWORDS=\"~amd64\"") },
	"make-defaults-expand":  func(e *edit) string { return e.makeDefaults("USE_EXPAND=\"ELIBC KERNEL NOVEL\"") },
	"make-defaults-broken":  func(e *edit) string { return e.makeDefaults("USE=\"not closed") },
	"arch-list-add":         func(e *edit) string { return e.entry("profiles", "arch.list", "vax9") },
	"arch-list-drop":        archListDrop,
	"arches-desc":           archesDesc,
}

// node chooses a profile's folder.
func (e *edit) node() string {
	if len(e.profiles) > 0 && e.chance(40) {
		return pick(e, e.profiles)
	}
	return pick(e, e.nodes)
}

// version chooses an atom of one version.
func (e *edit) version() string {
	file := e.ebuild()
	if file == "" {
		return ""
	}
	return "=" + keyOf(file) + "-" + versionOf(file)
}

// entry adds a line to a file of a profile.
func (e *edit) entry(dir, name, line string) string {
	file := path.Join(dir, name)
	if dir == "" || line == "" || line == "=" || line == "*" {
		return ""
	}
	if len(e.files(file)) > 0 {
		file += "/later"
	}
	e.add(file, line)
	return file + " gets " + line
}

// dropEntry takes a line out of one of the profiles' files of a name.
func (e *edit) dropEntry(name string) string {
	having := slices.DeleteFunc(e.plainFiles("profiles"), func(f string) bool { return path.Base(f) != name || len(uncommented(e.text(f))) == 0 })
	file := pick(e, having)
	if file == "" {
		return ""
	}
	gone := pick(e, uncommented(e.text(file)))
	e.write(file, withoutLines(e.text(file), func(line string) bool { return strings.TrimSpace(line) == gone }))
	return file + " without " + gone
}

func maskNegated(e *edit) string {
	entries := uncommented(e.text("profiles/package.mask"))
	if len(entries) == 0 {
		return ""
	}
	return e.entry(e.node(), "package.mask", "-"+pick(e, entries))
}

// maskFolder turns the list of masks into a folder with the list in it.
func maskFolder(e *edit) string {
	f, ok := e.tree["profiles/package.mask"]
	if !ok {
		return ""
	}
	delete(e.tree, "profiles/package.mask")
	e.tree["profiles/package.mask/first"] = f
	return "profiles/package.mask is a folder"
}

func packageKeywords(e *edit) string {
	key := e.provider()
	return e.entry(e.node(), pick(e, []string{"package.keywords", "package.accept_keywords"}), key+" ~"+pick(e, e.arches))
}

// anyFlag is a flag of some ebuild.
func (e *edit) anyFlag() string {
	file := e.where(func(f string) bool { return len(e.words(f, "IUSE")) > 0 })
	return strings.TrimLeft(pick(e, e.words(file, "IUSE")), "+-")
}

// flagEntry adds a line with a package and one of its flags.
func (e *edit) flagEntry(name string) string {
	file := e.where(func(f string) bool { return len(e.words(f, "IUSE")) > 0 })
	flag := strings.TrimLeft(pick(e, e.words(file, "IUSE")), "+-")
	if flag == "" {
		return ""
	}
	return e.entry(e.node(), name, keyOf(file)+" "+pick(e, []string{"", "-", ""})+flag)
}

func (e *edit) makeDefaults(line string) string {
	dir := e.node()
	if line == "USE=\"\"" {
		return ""
	}
	return e.entry(dir, "make.defaults", line)
}

// desc chooses a line of profiles.desc: its number, and its words.
func (e *edit) desc() (lines []string, at int, words []string) {
	lines = strings.Split(e.text("profiles/profiles.desc"), "\n")
	good := []int{}
	for i, line := range lines {
		if w := strings.Fields(line); len(w) >= 3 && w[0][0] != '#' {
			good = append(good, i)
		}
	}
	if len(good) == 0 {
		return nil, 0, nil
	}
	at = pick(e, good)
	return lines, at, strings.Fields(lines[at])
}

func profilesDescStatus(e *edit) string {
	lines, at, words := e.desc()
	if words == nil {
		return ""
	}
	words[2] = pick(e, []string{"stable", "dev", "exp", "nosuch"})
	lines[at] = strings.Join(words, "\t")
	e.write("profiles/profiles.desc", strings.Join(lines, "\n"))
	return words[1] + " is " + words[2]
}

func profilesDescDrop(e *edit) string {
	lines, at, words := e.desc()
	if words == nil {
		return ""
	}
	e.write("profiles/profiles.desc", strings.Join(slices.Delete(lines, at, at+1), "\n"))
	return words[1] + " is no profile any more"
}

func profilesDescAdd(e *edit) string {
	dir, arch := pick(e, e.nodes), pick(e, e.arches)
	if dir == "" || arch == "" {
		return ""
	}
	return e.entry("profiles", "profiles.desc", arch+"\t"+strings.TrimPrefix(dir, "profiles/")+"\t"+pick(e, []string{"stable", "dev", "exp"}))
}

func profileNew(e *edit) string {
	parent, arch := pick(e, e.profiles), pick(e, e.arches)
	if parent == "" || arch == "" {
		return ""
	}
	dir := fmt.Sprintf("%s/added%d", parent, e.rng.IntN(50))
	e.write(dir+"/eapi", "8\n")
	e.write(dir+"/parent", "..\n")
	if e.chance(60) {
		e.add(dir+"/package.mask", e.provider())
	}
	if e.chance(70) {
		e.add("profiles/profiles.desc", arch+"\t"+strings.TrimPrefix(dir, "profiles/")+"\tstable")
	}
	return "new profile " + dir
}

func profileRemove(e *edit) string {
	dir := pick(e, e.profiles)
	if dir == "" {
		return ""
	}
	for _, name := range e.files(dir) {
		delete(e.tree, name)
	}
	return "the profile " + dir + " is removed"
}

func profileParent(e *edit) string {
	having := slices.DeleteFunc(e.plainFiles("profiles"), func(f string) bool { return path.Base(f) != "parent" })
	file := pick(e, having)
	if file == "" {
		return ""
	}
	lines := strings.Fields(e.text(file))
	if len(lines) > 1 {
		lines = lines[:len(lines)-1]
	} else {
		lines = append(lines, strings.Repeat("../", strings.Count(path.Dir(file), "/"))+strings.TrimPrefix(pick(e, e.nodes), "profiles/"))
	}
	e.write(file, strings.Join(lines, "\n")+"\n")
	return file + " names other parents"
}

func profileParentBroken(e *edit) string {
	return e.entry(pick(e, e.profiles), "parent", "../nowhere-at-all")
}

func profileParentMended(e *edit) string {
	for _, file := range e.plainFiles("profiles") {
		if path.Base(file) != "parent" {
			continue
		}
		kept := withoutLines(e.text(file), func(line string) bool {
			dir := path.Join(path.Dir(file), strings.TrimSpace(line))
			return strings.TrimSpace(line) != "" && len(e.files(dir)) == 0
		})
		if kept != e.text(file) {
			e.write(file, kept)
			return file + " names only parents that are there"
		}
	}
	return ""
}

func profileEAPI(e *edit) string {
	dir := pick(e, e.nodes)
	if dir == "" {
		return ""
	}
	e.write(dir+"/eapi", pick(e, []string{"5", "7", "8", "99"})+"\n")
	return dir + " is of another EAPI"
}

func profileDeprecated(e *edit) string {
	dir, other := pick(e, e.profiles), pick(e, e.profiles)
	if dir == "" {
		return ""
	}
	e.write(dir+"/deprecated", pick(e, []string{strings.TrimPrefix(other, "profiles/"), "no/such/profile"})+"\n")
	return dir + " is deprecated"
}

func archListDrop(e *edit) string {
	arch := pick(e, e.arches)
	if arch == "" {
		return ""
	}
	e.write("profiles/arch.list", withoutLines(e.text("profiles/arch.list"), func(l string) bool { return strings.TrimSpace(l) == arch }))
	return arch + " is no arch any more"
}

func archesDesc(e *edit) string {
	lines := uncommented(e.text("profiles/arches.desc"))
	if len(lines) == 0 {
		return ""
	}
	i := e.rng.IntN(len(lines))
	lines[i] = strings.Fields(lines[i])[0] + " " + pick(e, []string{"stable", "testing", "transitional", "broken"})
	e.write("profiles/arches.desc", strings.Join(lines, "\n")+"\n")
	return "profiles/arches.desc: " + lines[i]
}
