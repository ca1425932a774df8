// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// referenceKinds change what texts say of other packages, and packages that only texts name.
var referenceKinds = map[string]change{
	"optfeature-add":        func(e *edit) string { return e.optfeature(e.provider()) },
	"optfeature-stale":      func(e *edit) string { return e.optfeature("dev-libs/gone-for-long") },
	"optfeature-drop-named": func(e *edit) string { return e.dropPackage(pick(e, e.namedBy(optfeatureLine, ".ebuild"))) },
	"pkg-ref-add":           func(e *edit) string { return e.describe("<pkg>" + e.provider() + "</pkg>") },
	"pkg-ref-stale":         func(e *edit) string { return e.describe("<pkg>dev-libs/gone-for-long</pkg>") },
	"pkg-ref-drop-named":    func(e *edit) string { return e.dropPackage(pick(e, e.namedBy(pkgReference, "metadata.xml"))) },
	"cat-ref-add":           func(e *edit) string { return e.describe("<cat>" + path.Dir(e.provider()) + "</cat>") },
	"cat-ref-stale":         func(e *edit) string { return e.describe("<cat>dev-gone</cat>") },
	"cat-ref-drop-category": catRefDropCategory,
}

var (
	optfeatureLine = regexp.MustCompile(`(?m)^\s*optfeature\s+"[^"]*"\s+(\S+)`)
	pkgReference   = regexp.MustCompile(`<pkg>([^<]+)</pkg>`)
)

// optfeature makes an ebuild advertise a package.
func (e *edit) optfeature(key string) string {
	if _, ok := e.tree["eclass/optfeature.eclass"]; !ok || key == "" {
		return ""
	}
	file := e.where(func(f string) bool { return !strings.Contains(e.text(f), "pkg_postinst") && keyOf(f) != key })
	if file == "" {
		return ""
	}
	e.inherit(file, "optfeature")
	e.write(file, e.text(file)+"\npkg_postinst() {\n\toptfeature \"doing more\" "+key+"\n}\n")
	return file + " advertises " + key
}

// namedBy lists the packages that files of a name's end refer to, those first that nothing else does.
func (e *edit) namedBy(reference *regexp.Regexp, end string) []string {
	found := []string{}
	for _, key := range e.keys {
		for _, file := range e.plainFiles(key) {
			if !strings.HasSuffix(file, end) {
				continue
			}
			for _, m := range reference.FindAllStringSubmatch(e.text(file), -1) {
				if other := e.known(m[1]); other != "" && other != key {
					found = append(found, other)
				}
			}
		}
	}
	return found
}

// describe puts a text into the long description of a package's metadata.xml.
func (e *edit) describe(text string) string {
	having := slices.DeleteFunc(slices.Clone(e.keys), func(k string) bool { return !strings.Contains(e.text(k+"/metadata.xml"), "</pkgmetadata>") })
	key := pick(e, having)
	if key == "" || strings.Contains(e.text(key+"/metadata.xml"), "<longdescription") {
		return ""
	}
	file := key + "/metadata.xml"
	old := e.text(file)
	at := strings.Index(old, "\t<use>")
	if i := strings.Index(old, "\t<upstream>"); at < 0 || i >= 0 && i < at {
		at = i
	}
	if at < 0 {
		at = strings.LastIndex(old, "</pkgmetadata>")
	}
	e.write(file, old[:at]+"\t<longdescription>\n\t\tThis is to be used together with what everybody has, which is "+text+", or else alone.\n\t</longdescription>\n"+old[at:])
	return file + " refers to " + text
}

// catRefDropCategory refers to a category and removes it.
func catRefDropCategory(e *edit) string {
	key := pick(e, e.keys)
	what := e.describe("<cat>" + path.Dir(key) + "</cat>")
	if what == "" {
		return ""
	}
	for _, name := range e.files(path.Dir(key)) {
		delete(e.tree, name)
	}
	e.write("profiles/categories", withoutLines(e.text("profiles/categories"), func(l string) bool { return strings.TrimSpace(l) == path.Dir(key) }))
	return what + ", which is removed"
}
