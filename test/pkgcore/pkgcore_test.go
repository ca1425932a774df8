// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcore

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// TestReadsAsPkgcoreDoes reads everything with pkgcore and with internal/ebuild.
func TestReadsAsPkgcoreDoes(t *testing.T) {
	s := makeSamples()
	d := ask(t, s)
	t.Run("versions", func(t *testing.T) { testVersions(t, s.Versions, d.Sampled.Order) })
	t.Run("names", func(t *testing.T) { testSplits(t, s.Names, d.Sampled.Splits) })
	t.Run("atoms", func(t *testing.T) { testAtoms(t, s.Atoms, s.Versions, d.Sampled.Atoms) })
	t.Run("specifications", func(t *testing.T) { testSpecs(t, s.Specs, d.Sampled.Specs) })
	entries, atoms, optfeatures, met := 0, 0, 0, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(d.Trees)) {
		t.Run(name, func(t *testing.T) {
			c := comparison{T: t, want: d.Trees[name], tree: os.DirFS(filepath.Join(d.In, name)), entries: os.DirFS(filepath.Join(d.Out, name)), listed: met}
			for _, m := range c.want.Masters {
				c.masters = append(c.masters, os.DirFS(filepath.Join(d.In, m)))
			}
			c.all()
			entries, atoms, optfeatures = entries+c.countEntries, atoms+c.countAtoms, optfeatures+c.countOptfeatures
		})
	}
	testListed(t, met)
	if entries < 900 || atoms < 5000 || optfeatures < 10 {
		t.Errorf("%d entries with %d atoms and %d optional features were compared: that is not much of a test", entries, atoms, optfeatures)
	}
}

// comparison compares one repository.
type comparison struct {
	*testing.T
	want             dumpedTree
	tree, entries    fs.FS
	masters          []fs.FS
	countEntries     int
	countAtoms       int
	countOptfeatures int
	listed           map[string]bool // that were met
}

func (c *comparison) all() {
	c.layout()
	c.packages()
	users := map[string]int{}
	for cpv := range c.want.Entries {
		users[entryName(cpv)]++
	}
	for _, cpv := range slices.Sorted(maps.Keys(c.want.Entries)) {
		if w := c.want.Entries[cpv]; w.Error == "" && users[entryName(cpv)] == 1 {
			c.entry(cpv, w.Value)
		}
	}
	c.moves()
	c.lists()
	c.licenses()
	for name, w := range c.want.Metadata {
		c.metadata(name, w)
	}
	c.profiles()
	for name, w := range c.want.Eclasses {
		if w.Error == "" {
			c.eclass(name, w.Value)
		}
	}
}

// equal compares; nil and empty are the same.
func (c *comparison) equal(what string, want, got any) {
	c.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		c.Errorf("%s (-pkgcore +ours):\n%s", what, diff)
	}
}

// must ends the test with an error.
func must[T any](c *comparison) func(T, error) T {
	return func(v T, err error) T {
		c.Helper()
		if err != nil {
			c.Fatal(err)
		}
		return v
	}
}

func (c *comparison) read(tree fs.FS, name string) []byte {
	c.Helper()
	return must[[]byte](c)(fs.ReadFile(tree, name))
}

func (c *comparison) layout() {
	l := must[ebuild.Layout](c)(ebuild.ReadLayout(c.tree))
	c.equal("masters", c.want.Masters, l.Masters)
	c.equal("profile formats", c.want.Formats, l.ProfileFormats)
	c.equal("name", c.want.Name, l.Name)
}

func (c *comparison) packages() {
	categories := must[[]string](c)(ebuild.Categories(append([]fs.FS{c.tree}, c.masters...)...))
	want := slices.DeleteFunc(slices.Clone(c.want.Categories), func(s string) bool { return !ebuild.IsCategoryName(s) })
	c.equal("categories", want, categories)
	got := map[string][]string{}
	for _, p := range must[[]ebuild.Package](c)(ebuild.Packages(c.tree, categories)) {
		for _, v := range p.Versions {
			got[p.Key()] = append(got[p.Key()], v.String())
		}
	}
	c.equal("packages", c.want.Packages, got)
}

// entryName is where the entry of an ebuild is.
func entryName(cpv string) string {
	name, version, _ := ebuild.SplitPF(path.Base(cpv))
	v, err := ebuild.ParseVersion(version)
	if err != nil {
		return ""
	}
	return ebuild.EntryName(path.Dir(cpv), name, v)
}

func (c *comparison) entry(cpv string, want dumpedEntry) {
	e, err := ebuild.ParseEntry(c.read(c.entries, entryName(cpv)))
	if err != nil {
		c.Errorf("%s: %v", cpv, err)
		return
	}
	c.countEntries++
	got := want
	got.Slot, got.Subslot, got.EAPI = e.Slot, e.Subslot, e.EAPI
	got.Keywords, got.IUSE, got.Inherit, got.Inherited = e.Keywords, slices.Compact(slices.Sorted(slices.Values(e.IUSE))), e.Inherit, nil
	for _, x := range e.Eclasses {
		got.Inherited = append(got.Inherited, x.Name)
	}
	got.Phases = slices.Sorted(slices.Values(e.DefinedPhases))
	for class, into := range map[ebuild.Class]*tried[[]dumpedAtom]{
		ebuild.Depend: &got.Depend, ebuild.Rdepend: &got.Rdepend, ebuild.Pdepend: &got.Pdepend, ebuild.Bdepend: &got.Bdepend, ebuild.Idepend: &got.Idepend,
	} {
		if into.Error == "" {
			into.Value = c.atoms(cpv, e.Deps[class])
		}
	}
	for into, text := range map[*tried[[]string]]string{
		&got.License: e.License, &got.Restrict: e.Restrict, &got.Properties: e.Properties, &got.RequiredUse: e.RequiredUse,
	} {
		if into.Error == "" {
			into.Value = slices.Collect(ebuild.Leaves(c.spec(cpv, text)))
		}
	}
	if got.Files.Error == "" {
		got.Files.Value = files(c.spec(cpv, e.SrcURI))
	}
	if got.Manifest.Error == "" {
		pf := path.Base(cpv)
		name, _, _ := ebuild.SplitPF(pf)
		got.Manifest.Value = c.manifest(path.Join(path.Dir(cpv), name, "Manifest"))
	}
	c.equal(cpv, want, got)
	c.text(cpv, want.Text.Value.Atoms, want.Text.Value.Names)
}

// text holds the indexes of an ebuild's words against what pkgcheck finds with a parser: they may have more, but nothing less.
func (c *comparison) text(cpv string, atoms, names []string) {
	pf := path.Base(cpv)
	name, _, _ := ebuild.SplitPF(pf)
	data := c.read(c.tree, path.Join(path.Dir(cpv), name, pf+".ebuild"))
	found := ebuild.Optfeatures(data)
	for _, atom := range atoms {
		c.countOptfeatures++
		if !slices.Contains(found, atom) {
			c.Errorf("%s names %s as an optional feature, we have %q", cpv, atom, found)
		}
	}
	words := ebuild.NewWordSet(names).In(data)
	for _, name := range names {
		if _, ok := slices.BinarySearch(words, name); !ok {
			c.Errorf("%s has the name %q, we do not find it", cpv, name)
		}
	}
}

func (c *comparison) spec(cpv, text string) []ebuild.Node {
	nodes, err := ebuild.ParseSpec(text)
	if err != nil {
		c.Errorf("%s: %v", cpv, err)
	}
	return nodes
}

func (c *comparison) atoms(cpv, text string) []dumpedAtom {
	list := []dumpedAtom{}
	for word := range ebuild.Leaves(c.spec(cpv, text)) {
		a, err := ebuild.ParseAtom(word)
		if err != nil {
			c.Errorf("%s: %v", cpv, err)
			continue
		}
		c.countAtoms++
		list = append(list, asDumped(a))
	}
	return list
}

// files are the names of a SRC_URI's files.
func files(nodes []ebuild.Node) []string {
	names := []string{}
	for _, n := range nodes {
		switch {
		case n.Kind != ebuild.Leaf:
			names = append(names, files(n.Children)...)
		case n.Rename != "":
			names = append(names, n.Rename)
		default:
			names = append(names, n.Text[strings.LastIndexByte(n.Text, '/')+1:])
		}
	}
	return names
}

func (c *comparison) manifest(name string) map[string]map[string]any {
	data, err := fs.ReadFile(c.tree, name)
	if err != nil {
		return nil
	}
	all := map[string]map[string]any{}
	for file, d := range must[ebuild.Manifest](c)(ebuild.ParseManifest(data)).Dist {
		all[file] = map[string]any{"size": float64(d.Size)}
		for hash, sum := range d.Checksums {
			all[file][strings.ToLower(hash)] = sum
		}
	}
	return all
}

func (c *comparison) moves() {
	if c.want.Moves.Error != "" {
		return
	}
	top := must[ebuild.Profile](c)(ebuild.ReadProfile(c.tree, ""))
	c.equal("moves", c.want.Moves.Value, must[ebuild.Updates](c)(ebuild.ReadUpdates(c.tree, top.EAPI)).Moves)
}

func (c *comparison) lists() {
	c.equal("arches", c.want.Arches, slices.Sorted(slices.Values(must[[]string](c)(ebuild.ReadArches(c.tree)))))
	status := must[map[string]string](c)(ebuild.ReadArchStatus(c.tree))
	maps.DeleteFunc(status, func(arch, s string) bool { // those that pkgcore complains of
		return !slices.Contains(c.want.Arches, arch) || !slices.Contains([]string{"stable", "testing", "transitional"}, s)
	})
	c.equal("statuses of arches", c.want.ArchStatus, status)
	profiles := [][3]string{}
	for _, p := range must[[]ebuild.ProfileDesc](c)(ebuild.ReadProfileDescs(c.tree)) {
		profiles = append(profiles, [3]string{p.Arch, p.Path, p.Status})
	}
	slices.SortFunc(profiles, func(a, b [3]string) int { return slices.Compare(a[:], b[:]) })
	c.equal("profiles.desc", c.want.ProfileDescs, slices.Compact(profiles))
	c.equal("use.desc", c.want.UseDesc, flags("", must[ebuild.FlagDescs](c)(ebuild.ReadUseDesc(c.tree))))
	expand := map[string][][2]string{}
	for group, d := range must[map[string]ebuild.FlagDescs](c)(ebuild.ReadUseExpandDescs(c.tree)) {
		expand[group] = flags(group+"_", d)
	}
	c.equal("desc", c.want.UseExpand, expand)
	mirrors := must[ebuild.Mirrors](c)(ebuild.ReadMirrors(c.tree))
	for _, uris := range mirrors {
		slices.Sort(uris)
	}
	c.equal("mirrors", c.want.Mirrors, map[string][]string(mirrors))
}

func flags(prefix string, d ebuild.FlagDescs) [][2]string {
	list := [][2]string{}
	for _, f := range d.List {
		list = append(list, [2]string{prefix + f.Name, f.Text})
	}
	return list
}

func (c *comparison) licenses() {
	c.equal("licences", c.want.Licenses, must[[]string](c)(ebuild.Licenses(c.tree)))
	groups := []ebuild.LicenseGroups{}
	for _, tree := range append([]fs.FS{c.tree}, c.masters...) {
		g, err := ebuild.ReadLicenseGroups(tree)
		if err != nil {
			c.Log(err) // and pkgcore has none, either
		}
		groups = append(groups, g)
	}
	expanded := must[ebuild.LicenseGroups](c)(groups[0].Expand(groups[1:]...))
	c.equal("groups of licences", c.want.Groups, map[string][]string(expanded))
}

func (c *comparison) metadata(name string, want *dumpedMetadata) {
	data, err := fs.ReadFile(c.tree, path.Join(name, "metadata.xml"))
	if err != nil || want == nil {
		return
	}
	m, err := ebuild.ParseMetadata(data)
	if err != nil {
		c.Errorf("%s/metadata.xml: %v", name, err)
		return
	}
	got := dumpedMetadata{Flags: map[string]string{}, Pkgs: m.Packages, Cats: m.Categories}
	for _, who := range m.Maintainers {
		got.Maintainers = append(got.Maintainers, [3]string{who.Name, who.Email, who.Type})
	}
	for _, f := range m.Flags {
		got.Flags[f.Name] = f.Description
	}
	c.equal(name+"/metadata.xml", *want, got)
}

func (c *comparison) eclass(name string, want dumpedEclass) {
	d := must[ebuild.EclassDoc](c)(ebuild.ParseEclassDoc(c.read(c.tree, "eclass/"+name+".eclass")))
	got := dumpedEclass{
		Name: d.Name, Deprecated: d.Deprecated, Dead: d.Dead, Provides: d.Provides, EAPIs: d.SupportedEAPIs,
		Functions: names(d.Functions, "internal", "deprecated"), Variables: names(d.Variables, "internal", "user_variable", "required", "pre_inherit", "default_unset",
			"output_variable", "deprecated"),
		FunctionVariables: names(d.FunctionVariables, "internal", "user_variable", "required", "default_unset", "deprecated"),
	}
	c.equal(name+".eclass", want, got)
}

func names(list []ebuild.EclassName, tags ...string) map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, n := range list {
		said := map[string]bool{
			"internal": n.Internal, "user_variable": n.UserVariable, "required": n.Required, "pre_inherit": n.PreInherit,
			"default_unset": n.DefaultUnset, "output_variable": n.Output, "deprecated": n.Deprecated != "",
		}
		all[n.Name] = map[string]bool{}
		for _, tag := range tags {
			all[n.Name][tag] = said[tag]
		}
	}
	return all
}
