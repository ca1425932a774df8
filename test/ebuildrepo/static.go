// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed content/eclass/*.eclass
var eclassFiles embed.FS

// unusedEclass is the eclass that is only there as breakage.
const unusedEclass = "legacy-paths"

// arches are the architectures, in the order of arch.list. Their profiles: amd64 and arm64 stable, ppc64 dev, riscv exp.
var arches = []string{"amd64", "arm64", "ppc64", "riscv"}

// licenses are those that packages choose from, with the group that they belong to.
var licenses = []struct{ name, group string }{
	{"GPL-2", "GPL-COMPATIBLE"},
	{"GPL-3+", "GPL-COMPATIBLE"},
	{"LGPL-2.1", "GPL-COMPATIBLE"},
	{"MIT", "GPL-COMPATIBLE"},
	{"BSD", "GPL-COMPATIBLE"},
	{"Apache-2.0", "GPL-COMPATIBLE"},
	{"ISC", "GPL-COMPATIBLE"},
	{"MPL-2.0", "OSI-APPROVED"},
	{"ZLIB", "GPL-COMPATIBLE"},
	{"CC-BY-SA-4.0", "FREE-DOCUMENTS"},
}

// globalUse are the flags of use.desc that packages choose from.
var globalUse = map[string]string{
	"X":           "Add support for X11",
	"dbus":        "Enable dbus support for anything that needs it",
	"debug":       "Enable extra debug codepaths, like asserts and extra output",
	"doc":         "Add extra documentation",
	"examples":    "Install examples, usually source code",
	"gtk":         "Add support for the GTK toolkit",
	"ipv6":        "Add support for IP version 6",
	"lz4":         "Enable support for lz4 compression",
	"ncurses":     "Add ncurses support (console display library)",
	"nls":         "Add Native Language Support (using gettext)",
	"qt6":         "Add support for the Qt 6 application and UI framework",
	"readline":    "Enable support for libreadline",
	"ssl":         "Add support for SSL/TLS connections",
	"static-libs": "Build static versions of dynamic libraries as well",
	"systemd":     "Enable use of systemd-specific libraries and features",
	"threads":     "Add threads support for various packages",
	"udev":        "Enable udev integration",
	"zstd":        "Enable support for zstd compression",
}

// mirrors are the thirdpartymirrors that packages choose from.
var mirrors = map[string]string{
	"gnu":         "https://ftp.gnu.example.org/gnu https://mirror.example.net/gnu",
	"sourceforge": "https://downloads.sourceforge.example.org",
	"debian":      "https://deb.example.org/debian https://mirror.example.net/debian",
	"kernel":      "https://cdn.kernel.example.org/pub",
}

// staticFiles are the files that do not depend on what the packages use.
func (g *generator) staticFiles() {
	g.file("profiles/repo_name", g.repo.Name+"\n")
	g.file("metadata/layout.conf", g.layout())
	g.file(".gitignore", lines("/metadata/md5-cache/", "/metadata/pkg_desc_index", "/profiles/use.local.desc", "*~", "*.swp"))
	g.file("README.md", "# "+g.repo.Name+"\n\nA repository of ebuilds, made for tests.\n")
	if g.o.Master != nil {
		g.overlayFiles()
		return
	}
	g.file("profiles/eapi", "8\n")
	g.file("profiles/arch.list", lines(arches...))
	g.file("profiles/arches.desc", "# architecture  state\namd64 stable\narm64 stable\nppc64 testing\nriscv testing\n")
	g.file("profiles/profiles.desc", "# arch  path  status\n"+
		"amd64\tdefault/linux/amd64\tstable\namd64\tdefault/linux/amd64/desktop\tstable\n"+
		"arm64\tdefault/linux/arm64\tstable\narm64\tdefault/linux/arm64/desktop\tstable\n"+
		"ppc64\tdefault/linux/ppc64\tdev\nriscv\tdefault/linux/riscv\texp\n")
	g.baseProfile()
	for _, arch := range arches {
		g.archProfile(arch)
	}
	g.featureProfile()
	g.file("profiles/desc/python_single_target.desc", "python3_12 - Build with Python 3.12\npython3_13 - Build with Python 3.13\npython3_14 - Build with Python 3.14\n")
	g.file("profiles/updates/1Q-2026", "")
}

func (g *generator) layout() string {
	masters := ""
	if g.o.Master != nil {
		masters = g.o.Master.Name
	}
	return lines(strings.TrimRight("masters = "+masters, " "), "repo-name = "+g.repo.Name, "thin-manifests = true", "sign-manifests = false",
		"profile-formats = portage-2", "cache-formats = md5-dict", "manifest-hashes = BLAKE2B SHA512",
		"manifest-required-hashes = BLAKE2B", "eapis-banned = 0 1 2 3 4 5 6", "eapis-deprecated =",
		"restrict-allowed = bindist fetch mirror strip test userpriv", "properties-allowed = interactive live test_network")
}

// overlayFiles are what an overlay has of its own; arches, profiles, licences and eclasses are its master's.
func (g *generator) overlayFiles() {
	g.file("profiles/eapi", "8\n")
	g.file("profiles/package.mask", "# Packages of this overlay that are not ready are listed here.\n")
}

func (g *generator) baseProfile() {
	g.file("profiles/base/eapi", "8\n")
	g.file("profiles/base/make.defaults", strings.Join([]string{
		`USE_EXPAND="ELIBC KERNEL PYTHON_SINGLE_TARGET"`,
		`USE_EXPAND_HIDDEN="ELIBC KERNEL"`,
		`USE_EXPAND_UNPREFIXED="ARCH"`,
		`USE_EXPAND_IMPLICIT="ARCH ELIBC KERNEL"`,
		`USE_EXPAND_VALUES_ARCH="` + strings.Join(arches, " ") + `"`,
		`USE_EXPAND_VALUES_ELIBC="glibc musl"`,
		`USE_EXPAND_VALUES_KERNEL="linux"`,
		`IUSE_IMPLICIT="prefix"`,
		`KERNEL="linux"`,
		`ELIBC="glibc"`,
		`PYTHON_SINGLE_TARGET="python3_13"`,
	}, "\n")+"\n")
	g.file("profiles/base/packages", "# The system set.\n*sys-apps/baselayout\n")
}

func (g *generator) archProfile(arch string) {
	g.file("profiles/arch/"+arch+"/eapi", "8\n")
	g.file("profiles/arch/"+arch+"/parent", "../../base\n")
	g.file("profiles/arch/"+arch+"/make.defaults", fmt.Sprintf("ARCH=%q\nACCEPT_KEYWORDS=%q\nCHOST=%q\n", arch, arch, chost[arch]))
	top := "profiles/default/linux/" + arch
	g.file(top+"/eapi", "8\n")
	g.file(top+"/parent", "../../../arch/"+arch+"\n")
	if arch == "amd64" || arch == "arm64" {
		g.file(top+"/desktop/eapi", "8\n")
		g.file(top+"/desktop/parent", "..\n../../../../features/desktop\n")
	}
}

var chost = map[string]string{
	"amd64": "x86_64-pc-linux-gnu", "arm64": "aarch64-unknown-linux-gnu",
	"ppc64": "powerpc64le-unknown-linux-gnu", "riscv": "riscv64-unknown-linux-gnu",
}

func (g *generator) featureProfile() {
	g.file("profiles/features/desktop/eapi", "8\n")
	g.file("profiles/features/desktop/make.defaults", "")
}

// usedFiles writes the files that list only what packages use, so that what is listed and unused is breakage.
func (g *generator) usedFiles() {
	used := g.collectUses()
	if m := g.o.Master; m != nil {
		maps.DeleteFunc(used.licenses, func(l string, _ bool) bool { return g.inMaster("licenses/" + l) })
		maps.DeleteFunc(used.flags, func(f string, _ bool) bool {
			return strings.Contains("\n"+m.Files["profiles/use.desc"].Text, "\n"+f+" - ")
		})
		maps.DeleteFunc(used.mirrors, func(n string, _ bool) bool {
			return strings.Contains("\n"+m.Files["profiles/thirdpartymirrors"].Text, "\n"+n+"\t")
		})
	}
	g.licenseFiles(used)
	g.useFiles(used)
	g.mirrorFiles(used)
	g.maskFiles()
}

// inMaster says whether the master has a file of that name.
func (g *generator) inMaster(name string) bool {
	if g.o.Master == nil {
		return false
	}
	_, ok := g.o.Master.Files[name]
	return ok
}

func (g *generator) licenseFiles(used uses) {
	groups := map[string][]string{}
	add := func(name, group string) {
		g.file("licenses/"+name, name+"\n\nThe text of this licence is at https://spdx.org/licenses/.\n")
		groups[group] = append(groups[group], name)
	}
	for _, l := range licenses {
		if used.licenses[l.name] {
			add(l.name, l.group)
		}
	}
	for i := range g.o.Breakage.UnusedLicense {
		add(fmt.Sprintf("%s-Historical-%d", g.repo.Name, i+1), "OSI-APPROVED")
	}
	if len(groups) == 0 || g.o.Master != nil {
		return // the groups are the master's
	}
	var b strings.Builder
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		fmt.Fprintf(&b, "%s %s\n", group, strings.Join(groups[group], " "))
	}
	b.WriteString("FREE")
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		b.WriteString(" @" + group)
	}
	g.file("profiles/license_groups", b.String()+"\n")
}

func (g *generator) useFiles(used uses) {
	var flags []string
	for flag, what := range globalUse {
		if used.flags[flag] {
			flags = append(flags, flag+" - "+what)
		}
	}
	for i := range g.o.Breakage.UnusedUse {
		flags = append(flags, fmt.Sprintf("old%s%d - Add support for a toolkit that nothing uses any more", g.repo.Name, i+1))
	}
	slices.Sort(flags)
	if len(flags) > 0 {
		g.file("profiles/use.desc", lines(flags...))
	}
	if g.o.Master != nil {
		return
	}
	if used.flags["X"] {
		g.file("profiles/features/desktop/make.defaults", "USE=\"X\"\n")
	}
	if used.flags["systemd"] {
		g.file("profiles/arch/riscv/use.mask", "# Not built for this architecture yet.\nsystemd\n")
	}
}

func (g *generator) mirrorFiles(used uses) {
	var entries []string
	for name, urls := range mirrors {
		if used.mirrors[name] {
			entries = append(entries, name+"\t"+urls)
		}
	}
	for i := range g.o.Breakage.UnusedMirror {
		entries = append(entries, fmt.Sprintf("old%s%d\thttps://old%[1]s%[2]d.example.org/pub", g.repo.Name, i+1))
	}
	slices.Sort(entries)
	if len(entries) > 0 {
		g.file("profiles/thirdpartymirrors", lines(entries...))
	}
}

func (g *generator) maskFiles() {
	mask := []string{"# Anna Example <anna@example.org> (2026-01-08)", "# Masked until it has been tested with more than one compiler."}
	entries := slices.Clone(g.repo.masked)
	for range g.o.Breakage.StaleMask {
		if len(g.repo.removed) > 0 {
			entries = append(entries, g.repo.removed[0].Key())
		}
	}
	if len(entries) > 0 {
		slices.Sort(entries)
		g.file("profiles/package.mask", lines(append(mask, slices.Compact(entries)...)...))
	}
}

// eclassTexts are the eclasses that ship with the package, by name.
func eclassTexts() map[string]string {
	texts := map[string]string{}
	entries, err := eclassFiles.ReadDir("content/eclass")
	if err != nil {
		panic(err) // embedded: cannot happen in a binary that was built
	}
	for _, e := range entries {
		text, err := eclassFiles.ReadFile("content/eclass/" + e.Name())
		if err != nil {
			panic(err)
		}
		texts[strings.TrimSuffix(e.Name(), ".eclass")] = string(text)
	}
	return texts
}

// writeEclasses writes the eclasses that packages inherit, those that these inherit, and the unused one.
func (g *generator) writeEclasses() {
	texts := eclassTexts()
	for _, p := range g.repo.Packages {
		for _, e := range p.Ebuilds {
			for _, name := range e.Inherit {
				g.writeEclass(texts, name)
			}
		}
	}
	if g.o.Breakage.UnusedEclass > 0 && g.o.Master == nil {
		g.writeEclass(texts, unusedEclass)
	}
}

// writeEclass writes an eclass and those that it inherits, unless they are there or in the master.
func (g *generator) writeEclass(texts map[string]string, name string) {
	file := "eclass/" + name + ".eclass"
	if _, done := g.repo.Files[file]; done || g.inMaster(file) {
		return
	}
	g.file(file, texts[name])
	for line := range strings.Lines(texts[name]) {
		if rest, ok := strings.CutPrefix(line, "inherit "); ok {
			for inner := range strings.FieldsSeq(rest) {
				g.writeEclass(texts, inner)
			}
		}
	}
}
