// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo

import (
	"crypto/sha512"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

const header = "# Copyright 2021-2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\n"

// Tree renders all files of the repository.
func (r *Repo) Tree() Tree {
	t := maps.Clone(r.Files)
	var categories []string
	for name := range r.Files {
		if c, ok := strings.CutSuffix(name, "/metadata.xml"); ok && !strings.Contains(c, "/") {
			categories = append(categories, c)
		}
	}
	slices.Sort(categories)
	t["profiles/categories"] = File{Text: lines(categories...), Mode: ModeFile}
	for _, p := range r.Packages {
		maps.Copy(t, p.Tree())
	}
	return t
}

// addCategory makes a category, unless it is there. A category without its metadata.xml is none.
func (r *Repo) addCategory(category string) {
	if name := category + "/metadata.xml"; r.Files[name].Text == "" {
		r.Files[name] = File{Text: categoryMetadata(category), Mode: ModeFile}
	}
}

// Tree renders the files of a package, by their paths from the repository's top.
func (p *Package) Tree() Tree {
	t := Tree{}
	put := func(name, text string) { t[path.Join(p.Category, p.Name, name)] = File{Text: text, Mode: ModeFile} }
	for _, e := range p.Ebuilds {
		put(p.Name+"-"+e.Version+".ebuild", e.Render())
	}
	if !p.Metadata.None {
		put("metadata.xml", p.Metadata.Render())
	}
	manifest := p.manifest()
	if p.Manifest != nil {
		manifest = *p.Manifest
	}
	if manifest != "" {
		put("Manifest", manifest)
	}
	for name, f := range p.Extra {
		t[path.Join(p.Category, p.Name, name)] = f
	}
	return t
}

// Render writes the ebuild's text.
func (e *Ebuild) Render() string {
	if e.Text != "" {
		return e.Text
	}
	var b strings.Builder
	b.WriteString(header)
	fmt.Fprintf(&b, "EAPI=%s\n\n", e.EAPI)
	for _, l := range e.Before {
		b.WriteString(l + "\n")
	}
	if len(e.Inherit) > 0 {
		fmt.Fprintf(&b, "inherit %s\n", strings.Join(e.Inherit, " "))
	}
	if len(e.Before)+len(e.Inherit) > 0 {
		b.WriteString("\n")
	}
	e.renderHead(&b)
	e.renderDependencies(&b)
	if len(e.Patches) > 0 {
		b.WriteString("\nPATCHES=(\n")
		for _, p := range e.Patches {
			fmt.Fprintf(&b, "\t\"${FILESDIR}/%s\"\n", p)
		}
		b.WriteString(")\n")
	}
	if e.Body != "" {
		b.WriteString("\n" + strings.Trim(e.Body, "\n") + "\n")
	}
	return b.String()
}

func (e *Ebuild) renderHead(b *strings.Builder) {
	variable := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "%s=\"%s\"\n", name, value)
		}
	}
	variable("DESCRIPTION", e.Description)
	variable("HOMEPAGE", e.Homepage)
	switch len(e.SrcURI) {
	case 0:
	case 1:
		variable("SRC_URI", e.SrcURI[0])
	default:
		fmt.Fprintf(b, "SRC_URI=\"\n\t%s\n\"\n", strings.Join(e.SrcURI, "\n\t"))
	}
	variable("S", e.Subdir)
	if e.Homepage != "" || e.Subdir != "" {
		b.WriteString("\n")
	}
	variable("LICENSE", e.License)
	variable("SLOT", e.Slot)
	variable("KEYWORDS", strings.Join(e.Keywords, " "))
	variable("IUSE", strings.Join(e.IUse, " "))
	variable("REQUIRED_USE", e.RequiredUse)
	variable("RESTRICT", e.Restrict)
}

func (e *Ebuild) renderDependencies(b *strings.Builder) {
	first := true
	for _, d := range []struct {
		name  string
		items []string
	}{{"RDEPEND", e.RDepend}, {"DEPEND", e.Depend}, {"BDEPEND", e.BDepend}, {"IDEPEND", e.IDepend}, {"PDEPEND", e.PDepend}} {
		if len(d.items) == 0 {
			continue
		}
		if first {
			b.WriteString("\n")
			first = false
		}
		if len(d.items) == 1 && !strings.Contains(d.items[0], "\n") {
			fmt.Fprintf(b, "%s=\"%s\"\n", d.name, d.items[0])
			continue
		}
		fmt.Fprintf(b, "%s=\"\n\t%s\n\"\n", d.name, strings.Join(d.items, "\n\t"))
	}
}

// Render writes metadata.xml.
func (m *Metadata) Render() string {
	if m.Text != "" {
		return m.Text
	}
	var b strings.Builder
	b.WriteString(xmlHead + "<pkgmetadata>\n")
	for _, p := range m.Maintainers {
		fmt.Fprintf(&b, "\t<maintainer type=\"person\">\n\t\t<email>%s</email>\n\t\t<name>%s</name>\n\t</maintainer>\n", escape(p.Email), escape(p.Name))
	}
	if m.Long != "" {
		fmt.Fprintf(&b, "\t<longdescription lang=\"en\">\n\t\t%s\n\t</longdescription>\n", escape(m.Long))
	}
	if len(m.LocalUse) > 0 {
		b.WriteString("\t<use>\n")
		for _, flag := range slices.Sorted(maps.Keys(m.LocalUse)) {
			// Descriptions may hold <pkg> references, so they are written as they are.
			fmt.Fprintf(&b, "\t\t<flag name=\"%s\">%s</flag>\n", escape(flag), m.LocalUse[flag])
		}
		b.WriteString("\t</use>\n")
	}
	if len(m.RemoteIDs) > 0 {
		b.WriteString("\t<upstream>\n")
		for _, id := range m.RemoteIDs {
			fmt.Fprintf(&b, "\t\t<remote-id type=\"%s\">%s</remote-id>\n", escape(id.Type), escape(id.ID))
		}
		b.WriteString("\t</upstream>\n")
	}
	b.WriteString("</pkgmetadata>\n")
	return b.String()
}

const xmlHead = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE pkgmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n"

func categoryMetadata(category string) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE catmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n" +
		"<catmetadata>\n\t<longdescription lang=\"en\">\n\t\tThe " + escape(category) + " category holds packages of its kind.\n\t</longdescription>\n</catmetadata>\n"
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}

// manifest renders a thin Manifest: one DIST line a file that an ebuild fetches.
func (p *Package) manifest() string {
	names := map[string]bool{}
	for _, e := range p.Ebuilds {
		for _, uri := range e.SrcURI {
			if name := p.distfile(e.Version, uri); name != "" {
				names[name] = true
			}
		}
	}
	entries := make([]string, 0, len(names))
	for _, name := range slices.Sorted(maps.Keys(names)) {
		entries = append(entries, Dist(name))
	}
	return lines(entries...)
}

// Dist is the Manifest line of a distfile. Sizes and hashes follow from the name.
func Dist(name string) string {
	one := sha512.Sum512([]byte("blake2b of " + name))
	two := sha512.Sum512([]byte("sha512 of " + name))
	size := 20000 + int(one[0])*4096 + int(one[1])
	return fmt.Sprintf("DIST %s %d BLAKE2B %s SHA512 %s", name, size, hex.EncodeToString(one[:]), hex.EncodeToString(two[:]))
}

var revision = regexp.MustCompile(`-r[0-9]+$`)

// distfile is the name of the file that an item of SRC_URI fetches: "uri" or "uri -> name", under a condition or not.
func (p *Package) distfile(version, item string) string {
	item = strings.TrimSuffix(strings.TrimSpace(item), " )")
	if _, after, ok := strings.Cut(item, "? ( "); ok {
		item = after
	}
	if _, after, ok := strings.Cut(item, " -> "); ok {
		item = after
	}
	pv := revision.ReplaceAllString(version, "")
	name := path.Base(strings.NewReplacer("${P}", p.Name+"-"+pv, "${PN}", p.Name, "${PV}", pv).Replace(item))
	if strings.Contains(name, "$") {
		return ""
	}
	return name
}

func lines(l ...string) string {
	if len(l) == 0 {
		return ""
	}
	return strings.Join(l, "\n") + "\n"
}
