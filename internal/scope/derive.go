// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// Derive makes the index of another side from this one: the masters are the same, and the repository differs in the changes. It reads
// only what they touch, and metadata entries of ebuilds whose eclasses they touch; what Build would make of that side is the same.
func (x *Index) Derive(changes []Change, side, prepared fs.FS) (*Index, error) {
	if prepared == nil {
		return nil, ErrUnprepared
	}
	r, err := newReader(side, prepared)
	if err != nil {
		return nil, err
	}
	t := *x.target()
	d := &derivation{reader: r, from: x, tree: &t, touched: touch(changes)}
	for _, step := range d.steps() {
		if err := step(); err != nil {
			return nil, fmt.Errorf("indexing what changed: %w", err)
		}
	}
	out := &Index{trees: slices.Clone(x.trees)}
	out.trees[len(out.trees)-1] = &t
	return out, nil
}

// derivation is the work of one call of Derive.
type derivation struct {
	*reader
	from *Index
	tree *tree
	touched
}

// steps are what is read: everything where links can lead from one path to another.
func (d *derivation) steps() []func() error {
	linked := slices.ContainsFunc(d.paths, func(c Change) bool { return c.OldMode == modeLink || c.NewMode == modeLink })
	if linked || len(d.paths) > 0 && d.tree.linked {
		return []func() error{d.whole}
	}
	return []func() error{d.eclasses, d.profiles, d.data, d.top, d.packages}
}

// whole reads the repository whole.
func (d *derivation) whole() (err error) {
	*d.tree = tree{name: d.tree.name, prepared: true}
	if d.tree.linked, err = d.hasLinks(); err != nil {
		return err
	}
	if err := d.readRest(d.tree); err != nil {
		return err
	}
	keys, err := d.packageKeys(d.categories())
	if err != nil {
		return err
	}
	d.tree.packages, err = d.readPackages(keys)
	return err
}

// touched are changed paths by what they mean.
type touched struct {
	paths    []Change
	packages map[string]bool
	eclasses map[string]bool
	profile  []Change
	licences bool
	category map[string]bool // categories with a changed metadata.xml
}

func touch(changes []Change) touched {
	t := touched{paths: changes, packages: map[string]bool{}, eclasses: map[string]bool{}, category: map[string]bool{}}
	for _, c := range changes {
		first, rest, _ := strings.Cut(c.Path, "/")
		switch {
		case first == "profiles" && !isGenerated(c.Path):
			t.profile = append(t.profile, c)
		case first == "licenses":
			t.licences = true
		case first == "eclass":
			if name, ok := strings.CutSuffix(rest, ".eclass"); ok && !strings.Contains(name, "/") {
				t.eclasses[name] = true
			}
		case first == "metadata" || first == "profiles" || rest == "":
		case strings.Contains(rest, "/"):
			t.packages[packageOf(c.Path)] = true
		default:
			t.category[first] = true
			t.packages[first+"/"+rest] = true // a link to a folder is a package, too
		}
	}
	return t
}

// eclasses reads the eclasses anew if one changed: what sourcing one shows follows from others, too.
func (d *derivation) eclasses() error {
	if len(d.touched.eclasses) == 0 {
		return nil
	}
	return d.readEclasses(d.tree)
}

// profiles reads what changed in profiles/.
func (d *derivation) profiles() error {
	if len(d.profile) == 0 {
		return nil
	}
	p, folders, lists := &d.tree.profile, map[string]bool{}, false
	for _, c := range d.profile {
		rest := strings.TrimPrefix(c.Path, "profiles/")
		folder, ok := folderOf(rest)
		switch {
		case locateProfile(rest) == placePackageLines && ok && c.Status == 'M':
			folders[folder] = true
		case isList(rest):
			lists = true
		default:
			*p = profiles{}
			return d.readProfiles(d.tree)
		}
	}
	if len(folders) > 0 {
		p.lines, p.spoiled = maps.Clone(p.lines), slices.Clone(p.spoiled)
	}
	for folder := range folders {
		if err := d.profileFolder(folder); err != nil {
			return err
		}
	}
	slices.Sort(p.spoiled)
	if lists {
		return d.readLists(d.tree)
	}
	return nil
}

// isList says whether a path below profiles/ is one of the lists with rules of their own.
func isList(rest string) bool {
	return rest == "license_groups" || rest == "thirdpartymirrors" || rest == "use.desc" || strings.HasPrefix(rest, "updates/") ||
		strings.HasPrefix(rest, "desc/")
}

// folderOf is the profile that a file of package lines belongs to.
func folderOf(rest string) (string, bool) {
	parts := strings.Split(rest, "/")
	i := slices.IndexFunc(parts, isPlanned)
	if i < 0 {
		return "", false
	}
	return strings.Join(parts[:i], "/"), true
}

func (d *derivation) profileFolder(folder string) error {
	p := &d.tree.profile
	read, err := ebuild.ReadProfile(d.reader.tree, folder)
	if err != nil {
		return fmt.Errorf("reading profiles/%s: %w", folder, err)
	}
	maps.DeleteFunc(p.lines, func(file string, _ []profileLine) bool {
		dir := path.Dir(file)
		return dir == folder || folder == "" && dir == "."
	})
	p.spoiled = slices.DeleteFunc(p.spoiled, func(s string) bool { return strings.HasPrefix(s, folder+": ") })
	folders := p.folders
	p.take(&read)
	p.folders = folders
	return nil
}

// data reads licences and what counts by its content.
func (d *derivation) data() error {
	if d.licences {
		licences, err := ebuild.Licenses(d.reader.tree)
		if err != nil {
			return err
		}
		d.tree.licences = licences
	}
	cloned, again := false, false
	for _, c := range d.paths {
		if !isData(c.Path) {
			continue
		}
		if !cloned {
			d.tree.data, cloned = maps.Clone(d.tree.data), true
		}
		if err := d.readDatum(d.tree.data, c.Path); err != nil {
			return err
		}
		again = again || strings.HasPrefix(c.Path, "metadata/")
	}
	if !again {
		return nil
	}
	return d.readNamed(d.tree)
}

// top reads which folders there are, and what the metadata.xml of categories names.
func (d *derivation) top() error {
	before := d.tree.folders
	d.tree.listed = nil
	if err := d.readTop(d.tree); err != nil {
		return err
	}
	again := maps.Clone(d.category)
	for _, name := range slices.Concat(before, d.tree.folders) {
		if slices.Contains(before, name) != slices.Contains(d.tree.folders, name) {
			again[name] = true
		}
	}
	if len(again) == 0 {
		return nil
	}
	d.tree.categoryTexts = maps.Clone(d.tree.categoryTexts)
	for name := range again {
		if !slices.Contains(d.tree.folders, name) {
			delete(d.tree.categoryTexts, name)
		} else if err := d.readCategoryText(d.tree.categoryTexts, name); err != nil {
			return err
		}
	}
	return nil
}

// packages reads the packages whose folders changed, whose metadata can have changed with an eclass, and those of categories that came
// or went.
func (d *derivation) packages() error {
	before, after := d.from.categories(), d.categories()
	again := map[string]bool{}
	for key := range d.touched.packages {
		if category, _, _ := strings.Cut(key, "/"); slices.Contains(after, category) {
			again[key] = true
		}
	}
	kept := make([]*pkg, 0, len(d.tree.packages)+len(again))
	for _, p := range d.tree.packages {
		category, _, _ := strings.Cut(p.key, "/")
		switch {
		case !slices.Contains(after, category) || again[p.key]:
		case len(d.paths) > 0 && p.flags&pkgLinked != 0:
			again[p.key] = true
		case d.inheritsChanged(p):
			again[p.key] = true
		default:
			kept = append(kept, p)
		}
	}
	added := slices.DeleteFunc(slices.Clone(after), func(name string) bool { return slices.Contains(before, name) })
	keys, err := d.packageKeys(added)
	if err != nil {
		return err
	}
	for _, key := range keys {
		again[key] = true
	}
	maps.DeleteFunc(again, func(key string, _ bool) bool { return !isFolder(d.reader.tree, key) })
	read, err := d.readPackages(sortedKeys(again))
	if err != nil {
		return err
	}
	d.tree.packages = mergePackages(kept, read)
	return nil
}

// inheritsChanged says whether a package's metadata can have changed with an eclass.
func (d *derivation) inheritsChanged(p *pkg) bool {
	if len(d.touched.eclasses) == 0 {
		return false
	}
	return slices.ContainsFunc(p.versions, func(v *version) bool {
		return v.failed != "" || slices.ContainsFunc(v.eclasses, func(name string) bool { return d.touched.eclasses[name] })
	})
}

// categories are the categories of the new side.
func (d *derivation) categories() []string {
	trees := slices.Clone(d.from.trees)
	trees[len(trees)-1] = d.tree
	return (&Index{trees: trees}).categories()
}

// categories are those of the repository: the ones that any tree lists, else its own folders.
func (x *Index) categories() []string {
	var listed []string
	for _, t := range x.trees {
		listed = append(listed, t.listed...)
	}
	if listed = sorted(listed); len(listed) > 0 {
		return listed
	}
	return x.target().folders
}

// mergePackages merges two sorted lists without common keys.
func mergePackages(a, b []*pkg) []*pkg {
	out := make([]*pkg, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].key < b[0].key {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
