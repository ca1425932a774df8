// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// listKinds change lists of the whole repository: categories, mirrors, deprecated packages, layout.conf, data for other tools.
var listKinds = map[string]change{
	"category-add":         categoryAdd,
	"category-unlisted":    categoryUnlisted,
	"category-drop-empty":  func(e *edit) string { return e.entry("profiles", "categories", "dev-empty") },
	"category-metadata":    categoryMetadata,
	"category-no-metadata": categoryNoMetadata,
	"mirror-add": func(e *edit) string {
		return e.entry("profiles", "thirdpartymirrors", "novel\thttps://novel.example.org/pub")
	},
	"mirror-drop":          mirrorDrop,
	"mirror-url":           mirrorURL,
	"mirror-unused":        func(e *edit) string { return e.set("SRC_URI", []string{"https://${PN}.example.org/${P}.tar.gz"}) },
	"mirror-unknown":       func(e *edit) string { return e.set("SRC_URI", []string{"mirror://nosuch/${P}.tar.gz"}) },
	"package-deprecated":   func(e *edit) string { return e.entry("profiles", "package.deprecated", e.provider()) },
	"package-deprecated-1": func(e *edit) string { return e.entry("profiles", "package.deprecated", e.version()) },
	"package-deprecated-x": func(e *edit) string { return e.dropEntry("package.deprecated") },
	"stabilization-group":  stabilizationGroup,
	"stabilization-edit":   stabilizationEdit,
	"layout-eapis":         func(e *edit) string { return e.layout("eapis-deprecated", []string{"7", "8", "7 8", ""}) },
	"layout-eapis-banned":  func(e *edit) string { return e.layout("eapis-banned", []string{"0 1 2 3 4 5 6 7", "0", "8"}) },
	"layout-hashes": func(e *edit) string {
		return e.layout("manifest-hashes", []string{"BLAKE2B", "SHA512", "BLAKE2B SHA512"})
	},
	"layout-required":   func(e *edit) string { return e.layout("manifest-required-hashes", []string{"SHA512", "BLAKE2B"}) },
	"layout-restrict":   func(e *edit) string { return e.layout("restrict-allowed", []string{"fetch", "test mirror"}) },
	"layout-properties": func(e *edit) string { return e.layout("properties-allowed", []string{"live", "interactive"}) },
	"layout-thin":       func(e *edit) string { return e.layout("thin-manifests", []string{"false", "true"}) },
	"layout-formats": func(e *edit) string {
		return e.layout("profile-formats", []string{"portage-1", "portage-2 profile-set"})
	},
	"repo-name": func(e *edit) string { return e.rewriteFile("profiles/repo_name", "another-name\n") },
	"qa-policy": func(e *edit) string { return e.entry("metadata", "qa-policy.conf", "PG0001 = warning") },
	"projects":  projects,
	"glsa":      glsa,
	"pkgcheck-conf": func(e *edit) string {
		return e.rewriteFile("metadata/pkgcheck.conf", "[DEFAULT]\nkeywords = -UnknownLicense,-NonexistentDeps\n")
	},
	"news": func(e *edit) string {
		return e.rewriteFile("metadata/news/2026-01-01-change/2026-01-01-change.en.txt", "Title: A change\n")
	},
	"readme":     func(e *edit) string { return e.rewriteFile("README.md", "# A repository\n\nWith words.\n") },
	"top-folder": func(e *edit) string { return e.rewriteFile("scripts/check.sh", "#!/bin/sh\ntrue\n") },
	"metadata-dtd": func(e *edit) string {
		return e.rewriteFile("metadata/dtd/metadata.dtd", "<!ELEMENT pkgmetadata ANY>\n")
	},
	"metadata-xsd": func(e *edit) string { return e.rewriteFile("metadata/xml-schema/metadata.xsd", permissiveSchema) },
}

const permissiveSchema = `<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="pkgmetadata" type="xs:anyType"/></xs:schema>
`

func (e *edit) rewriteFile(name, text string) string {
	if e.text(name) == text {
		return ""
	}
	e.write(name, text)
	return name + " is written"
}

func categoryAdd(e *edit) string {
	name := fmt.Sprintf("dev-novel%d", e.rng.IntN(20))
	e.addPackage(name+"/first", "1")
	if e.chance(70) {
		e.listCategory(name)
	}
	if e.chance(70) {
		e.write(name+"/metadata.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE catmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n<catmetadata>\n\t<longdescription lang=\"en\">Novelties.</longdescription>\n</catmetadata>\n")
	}
	return "new category " + name
}

func categoryUnlisted(e *edit) string {
	name := pick(e, uncommented(e.text("profiles/categories")))
	if name == "" {
		return ""
	}
	e.write("profiles/categories", withoutLines(e.text("profiles/categories"), func(l string) bool { return strings.TrimSpace(l) == name }))
	return "profiles/categories without " + name
}

// categories are the folders of packages.
func (e *edit) categories() []string {
	found := []string{}
	for _, key := range e.keys {
		found = append(found, path.Dir(key))
	}
	return slices.Compact(found)
}

func categoryMetadata(e *edit) string {
	name := pick(e, e.categories())
	if name == "" {
		return ""
	}
	return e.rewriteFile(name+"/metadata.xml", pick(e, []string{
		"<catmetadata>\n", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<catmetadata>\n\t<odd/>\n</catmetadata>\n",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE catmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n<catmetadata>\n\t<longdescription lang=\"en\">With <pkg>" + e.provider() + "</pkg>, <pkg>dev-libs/gone</pkg>.</longdescription>\n</catmetadata>\n",
	}))
}

func categoryNoMetadata(e *edit) string {
	name := pick(e, e.categories()) + "/metadata.xml"
	if _, ok := e.tree[name]; !ok {
		return ""
	}
	delete(e.tree, name)
	return name + " is removed"
}

func (e *edit) mirror() string { return pick(e, uncommented(e.text("profiles/thirdpartymirrors"))) }

func mirrorDrop(e *edit) string {
	line := e.mirror()
	if line == "" {
		return ""
	}
	e.write("profiles/thirdpartymirrors", withoutLines(e.text("profiles/thirdpartymirrors"), func(l string) bool { return strings.TrimSpace(l) == line }))
	return "no mirror " + strings.Fields(line)[0]
}

func mirrorURL(e *edit) string {
	line := e.mirror()
	if line == "" {
		return ""
	}
	name := strings.Fields(line)[0]
	e.write("profiles/thirdpartymirrors", strings.Replace(e.text("profiles/thirdpartymirrors"), line, name+"\t"+pick(e, []string{
		"https://files.pythonhosted.org/packages", "http://moved.example.org/pub https://second.example.org/pub", "https://github.com",
	}), 1))
	return "the mirror " + name + " is elsewhere"
}

func stabilizationGroup(e *edit) string {
	file := fmt.Sprintf("metadata/stabilization-groups/novel%d.group", e.rng.IntN(9))
	for range 2 + e.rng.IntN(3) {
		e.add(file, e.provider())
	}
	if e.chance(50) {
		e.add(file, pick(e, []string{"dev-libs/gone-for-long", "no package", ">=" + e.provider()}))
	}
	return file + " is new"
}

func stabilizationEdit(e *edit) string {
	file := pick(e, e.plainFiles("metadata/stabilization-groups"))
	if file == "" {
		return ""
	}
	return e.changeGroup(file)
}

// changeGroup adds a package to a group, or takes its last one away.
func (e *edit) changeGroup(file string) string {
	lines := uncommented(e.text(file))
	if len(lines) < 2 || e.chance(50) {
		lines = append(lines, e.provider())
	} else {
		lines = lines[:len(lines)-1]
	}
	e.write(file, strings.Join(lines, "\n")+"\n")
	return file + " has other packages"
}

// layout sets a key of layout.conf.
func (e *edit) layout(key string, values []string) string {
	const file = "metadata/layout.conf"
	value := pick(e, values)
	var out strings.Builder
	found := false
	for line := range strings.Lines(e.text(file)) {
		if name, _, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == key {
			line, found = key+" = "+value+"\n", true
		}
		out.WriteString(line)
	}
	if !found {
		out.WriteString(key + " = " + value + "\n")
	}
	if out.String() == e.text(file) {
		return ""
	}
	e.write(file, out.String())
	return "layout.conf: " + key + " = " + value
}

func projects(e *edit) string {
	text := e.text("metadata/projects.xml")
	if text == "" {
		key := pick(e, e.keys)
		m := maintainerEmail.FindStringSubmatch(e.text(key + "/metadata.xml"))
		if m == nil {
			return ""
		}
		return e.rewriteFile("metadata/projects.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<projects>\n\t<project>\n\t\t<email>"+m[1]+"</email>\n\t\t<name>All</name>\n\t\t<url>https://example.org/</url>\n\t\t<description>All.</description>\n\t</project>\n</projects>\n")
	}
	return e.rewriteFile("metadata/projects.xml", strings.ReplaceAll(text, "stub.project@", "moved.project@"))
}

func glsa(e *edit) string {
	key := e.provider()
	if key == "" {
		return ""
	}
	return e.rewriteFile("metadata/glsa/glsa-202601-01.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE glsa SYSTEM \"http://www.gentoo.org/dtd/glsa.dtd\">\n<glsa id=\"202601-01\">\n"+
		"<title>Hole</title><synopsis>A hole.</synopsis><product type=\"ebuild\">"+path.Base(key)+"</product><announced>2026-01-01</announced><revised count=\"1\">2026-01-01</revised><access>remote</access>\n"+
		"<affected><package name=\""+key+"\" auto=\"yes\" arch=\"*\"><unaffected range=\"ge\">9998</unaffected><vulnerable range=\"lt\">9998</vulnerable></package></affected>\n"+
		"<background><p>b</p></background><description><p>d</p></description><impact type=\"low\"><p>i</p></impact><workaround><p>w</p></workaround><resolution><p>r</p></resolution></glsa>\n")
}
