// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/ebuild"
)

const classes = ebuild.Classes

// readPackage reads all of a package that the index holds; nil where its folder does not exist.
func (r *reader) readPackage(key string) (*pkg, error) {
	category, name, _ := strings.Cut(key, "/")
	entries, err := fs.ReadDir(r.tree, key)
	if absent(err) {
		return nil, nil //nolint:nilnil // no package is no error
	}
	if err != nil {
		return nil, fmt.Errorf("listing the package %s: %w", key, err)
	}
	found, err := ebuild.ReadPackage(r.tree, category, name)
	if err != nil {
		return nil, fmt.Errorf("listing the ebuilds of %s: %w", key, err)
	}
	p := &pkg{key: key}
	for _, v := range found.Versions {
		read, err := r.readVersion(key, name, v.String())
		if err != nil {
			return nil, err
		}
		p.versions = append(p.versions, read)
	}
	if err := r.readTexts(p, entries); err != nil {
		return nil, err
	}
	p.finish()
	return p, nil
}

// absent says whether an error means that a file or folder is not there.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// readTexts reads the package's files: words of ebuilds, references, Manifest.
func (r *reader) readTexts(p *pkg, entries []fs.DirEntry) error {
	words := map[uint32]struct{}{}
	for _, entry := range entries {
		name := entry.Name()
		if entry.Type()&fs.ModeSymlink != 0 && leavesFolder(r.tree, p.key+"/"+name) {
			p.flags |= pkgLinked
		}
		if !strings.HasSuffix(name, ".ebuild") && name != "Manifest" && name != "metadata.xml" {
			continue
		}
		data, err := fs.ReadFile(r.tree, p.key+"/"+name)
		if absent(err) || err != nil && isFolder(r.tree, p.key+"/"+name) {
			continue // a link to nothing, or a folder of that name: pkgcore reads neither
		}
		if err != nil {
			return fmt.Errorf("reading %s/%s: %w", p.key, name, err)
		}
		p.readText(name, data, words)
	}
	p.words = wordsOf(words)
	return nil
}

// leavesFolder says whether a link can lead out of its own folder.
func leavesFolder(tree fs.FS, name string) bool {
	to, err := fs.ReadLink(tree, name)
	return err != nil || strings.Contains(to, "/")
}

// readText reads one of the package's files.
func (p *pkg) readText(name string, data []byte, words map[uint32]struct{}) {
	if !utf8.Valid(data) {
		p.flags |= pkgBinary
	}
	switch name {
	case "Manifest":
		p.readManifest(data)
	case "metadata.xml":
		p.readMetadata(data)
	default:
		p.readEbuild(data, words)
	}
}

func isFolder(tree fs.FS, name string) bool {
	info, err := fs.Stat(tree, name)
	return err == nil && info.IsDir()
}

func (p *pkg) readEbuild(data []byte, words map[uint32]struct{}) {
	addWords(words, string(data))
	p.refs = append(p.refs, ebuild.Optfeatures(data)...)
}

func (p *pkg) readManifest(data []byte) {
	m, err := ebuild.ParseManifest(data)
	if err != nil {
		p.flags |= pkgBadManifest
	}
	for _, name := range slices.Sorted(maps.Keys(m.Dist)) {
		p.distfiles = append(p.distfiles, distfile{name, sumOf(m.Dist[name])})
	}
}

func sumOf(d ebuild.Distfile) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d", d.Size)
	for _, kind := range slices.Sorted(maps.Keys(d.Checksums)) {
		fmt.Fprintf(h, " %s %s", kind, d.Checksums[kind])
	}
	return h.Sum64()
}

// References in a metadata.xml that cannot be parsed: the tool may be able to.
var (
	pkgElement   = regexp.MustCompile(`<pkg[^>]*>\s*([^<]+?)\s*</pkg`)
	catElement   = regexp.MustCompile(`<cat[^>]*>\s*([^<]+?)\s*</cat`)
	emailElement = regexp.MustCompile(`<email[^>]*>\s*([^<]+?)\s*</email`)
)

func (p *pkg) readMetadata(data []byte) {
	m, err := ebuild.ParseMetadata(data)
	if err != nil {
		p.flags |= pkgBadMetadata
		p.refs = append(p.refs, texts(pkgElement, data)...)
		p.catRefs = append(p.catRefs, texts(catElement, data)...)
		p.projects = append(p.projects, texts(emailElement, data)...)
		return
	}
	p.refs = append(p.refs, m.Packages...)
	p.catRefs = append(p.catRefs, m.Categories...)
	for _, who := range m.Maintainers {
		p.projects = append(p.projects, who.Email)
	}
	for _, flag := range m.Flags {
		p.local = append(p.local, localFlag{flag.Name, flag.Description})
	}
}

func texts(element *regexp.Regexp, data []byte) []string {
	var out []string
	for _, m := range element.FindAllSubmatch(data, -1) {
		out = append(out, string(m[len(m)-1]))
	}
	return out
}

// readVersion reads one ebuild's metadata entry, or why it has none.
func (r *reader) readVersion(key, name, text string) (*version, error) {
	category, _, _ := strings.Cut(key, "/")
	cpv := category + "/" + name + "-" + text
	v := &version{text: text}
	data, err := r.entry(cpv)
	if err != nil {
		return nil, fmt.Errorf("reading the metadata of %s: %w", cpv, err)
	}
	if data == nil {
		v.failed = r.failed[cpv]
		if v.failed == "" {
			v.failed = "unsupported" // an EAPI that needs no sourcing
		}
		return v, nil
	}
	e, err := ebuild.ParseEntry(data)
	if err != nil {
		v.failed = "unreadable entry: " + err.Error()
		return v, nil //nolint:nilerr // an entry that is none is a fact about the ebuild
	}
	v.take(&e)
	h := fnv.New64a()
	h.Write(withoutSums(data)) //nolint:gosec // hashes do not fail
	v.sum = h.Sum64()
	return v, nil
}

// withoutSums cuts the lines off that say what an entry was made from.
func withoutSums(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if !bytes.HasPrefix(line, []byte("_md5_=")) && !bytes.HasPrefix(line, []byte("_eclasses_=")) {
			out = append(out, line...)
		}
	}
	return out
}

// take keeps what rules look at.
func (v *version) take(e *ebuild.Entry) {
	v.eapi, v.slot, v.subslot = e.EAPI, e.Slot, e.Subslot
	v.iuse, v.keywords, v.inherit = sorted(e.IUSE), sorted(e.Keywords), sorted(e.Inherit)
	for _, eclass := range e.Eclasses {
		v.eclasses = append(v.eclasses, eclass.Name)
	}
	v.eclasses = sorted(v.eclasses)
	for class := range classes {
		v.deps[class] = e.Deps[class]
	}
	v.licences = leavesOf(e.License)
	for _, uri := range leavesOf(e.SrcURI) {
		if rest, ok := cutMirror(uri); ok {
			name, _, _ := strings.Cut(rest, "/")
			v.mirrors = append(v.mirrors, name)
		}
	}
	v.mirrors = sorted(v.mirrors)
}

// cutMirror cuts what stands before a mirror's name, in any of the EAPIs' forms.
func cutMirror(uri string) (string, bool) {
	uri = strings.TrimPrefix(uri, "fetch+")
	uri = strings.TrimPrefix(uri, "mirror+")
	return strings.CutPrefix(uri, "mirror://")
}

// leavesOf lists the words of a specification, sorted; of one that cannot be read, everything that could be one.
func leavesOf(text string) []string {
	nodes, err := ebuild.ParseSpec(text)
	if err != nil {
		return sorted(strings.Fields(text))
	}
	return sorted(slices.Collect(ebuild.Leaves(nodes)))
}

// sorted returns a sorted copy without duplicates; nil where there is nothing.
func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// finish derives what the package as one has.
func (p *pkg) finish() {
	p.refs, p.catRefs, p.projects = sorted(p.refs), sorted(p.catRefs), sorted(p.projects)
	slices.SortStableFunc(p.local, func(a, b localFlag) int { return strings.Compare(a.name, b.name) })
	keys := map[string]bool{}
	for _, v := range p.versions {
		for _, dep := range v.deps {
			atoms, opaque := atomsOf(dep)
			for _, a := range atoms {
				keys[a.Key()] = true
			}
			for _, key := range opaque {
				keys[key] = true
				p.flags |= pkgOpaque
			}
		}
	}
	p.keys = slices.Sorted(maps.Keys(keys))
}

// keyInText finds what could be category/name in a word that is no atom.
var keyInText = regexp.MustCompile(`[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_.-]*`)

// atomsOf lists the atoms of a dependency specification, in all branches; and, of what cannot be read, the keys that it could name.
func atomsOf(text string) (atoms []ebuild.Atom, opaque []string) {
	if text == "" {
		return nil, nil
	}
	nodes, err := ebuild.ParseSpec(text)
	words := slices.Values(strings.Fields(text))
	if err == nil {
		words = ebuild.Leaves(nodes)
	}
	for word := range words {
		a, aerr := ebuild.ParseAtom(word)
		if aerr == nil {
			atoms = append(atoms, a)
		}
		if err != nil || aerr != nil {
			opaque = append(opaque, keysIn(word)...)
		}
	}
	return atoms, opaque
}

// keysIn lists the keys that a word could name: with and without what could be a version.
func keysIn(word string) []string {
	var out []string
	for _, found := range keyInText.FindAllString(word, -1) {
		out = append(out, found)
		category, pf, _ := strings.Cut(found, "/")
		for i := 1; i < len(pf); i++ {
			if pf[i] == '-' {
				out = append(out, category+"/"+pf[:i])
			}
		}
	}
	return out
}
