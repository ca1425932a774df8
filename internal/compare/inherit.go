// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// kinship knows which versions exist where and which packages were renamed, so as to tell which facts a bump carries over.
type kinship struct {
	pool           pool
	base, head     Side
	onBase, onHead *list
	former         map[Package][]Package // present name → former names, nearest first
}

func (p pool) newKinship(base, head Side, onBase, onHead *list, renames map[Package]Package) *kinship {
	k := &kinship{pool: p, base: base, head: head, onBase: onBase, onHead: onHead, former: map[Package][]Package{}}
	for old := range renames {
		seen := map[Package]bool{old: true}
		for name, ok := renames[old]; ok && !seen[name]; name, ok = renames[name] {
			seen[name] = true
			k.former[name] = append(k.former[name], old)
		}
	}
	for _, names := range k.former {
		slices.SortFunc(names, comparePackages)
	}
	return k
}

// strain is what facts have in common that one carries over from another: the package that has them on head, and the text.
type strain struct {
	pkg  Package
	text string
}

// lineage collects the facts of one strain.
type lineage struct {
	heirs []*finding.Fact // left on head, in versions that base does not have
	stock []*finding.Fact // on base, whatever their class
}

// inherit takes the facts out of head's rest that base has in another version, and out of base's rest those that moved there.
func (k *kinship) inherit(restBase, restHead []*finding.Fact) (inherited []Entry, left, gone []*finding.Fact, moved int) {
	lines, wanted, left := k.heirs(restHead)
	if len(lines) == 0 {
		return nil, left, restBase, 0
	}
	k.addStock(lines, wanted)
	used := k.free(restBase, wanted)
	for s, line := range lines {
		entries, rest := line.share(s.pkg, used)
		inherited, left = append(inherited, entries...), append(left, rest...)
	}
	for _, f := range restBase {
		if used[f] {
			moved++
		} else {
			gone = append(gone, f)
		}
	}
	return inherited, left, gone, moved
}

// heirs sorts those facts by strain that stand in versions which base does not have; left are the others. wanted are the packages
// on base that they may inherit from, each with the packages that its facts may be in on head.
func (k *kinship) heirs(restHead []*finding.Fact) (lines map[strain]*lineage, wanted map[Package][]Package, left []*finding.Fact) {
	versions := k.versions(restHead)
	lines, wanted = map[strain]*lineage{}, map[Package][]Package{}
	for _, f := range restHead {
		p := packageOf(f)
		if f.Package == "" || versions.has(p, f.Version) {
			left = append(left, f)
			continue
		}
		for _, old := range append([]Package{p}, k.former[p]...) {
			if !slices.Contains(wanted[old], p) {
				wanted[old] = append(wanted[old], p)
			}
		}
		s := strain{p, k.carried(f, p)}
		if lines[s] == nil {
			lines[s] = &lineage{}
		}
		lines[s].heirs = append(lines[s].heirs, f)
	}
	return lines, wanted, left
}

// addStock finds what of base each strain can inherit.
func (k *kinship) addStock(lines map[strain]*lineage, wanted map[Package][]Package) {
	of(k.pool, k.onBase, wanted, func(from Package, f *finding.Fact) {
		for _, p := range wanted[from] {
			if line := lines[strain{p, k.carried(f, p)}]; line != nil {
				line.stock = append(line.stock, f)
			}
		}
	})
}

// carried is the text that a fact has in common with those it carries on into package p. Where p had another name, category and
// name are taken out of it wherever they stand as words of their own.
func (k *kinship) carried(f *finding.Fact, p Package) string {
	text := familial(f, f.Carried)
	if text == "" {
		text = familial(f, identity(f))
	}
	if len(k.former[p]) > 0 {
		text = blank(blank(text, f.Category, "\x00category"), f.Package, "\x00package")
	}
	return text
}

// blank replaces word in text where it is not a part of a longer name.
func blank(text, word, by string) string {
	if word == "" {
		return text
	}
	var out strings.Builder
	for rest := text; ; {
		i := strings.Index(rest, word)
		if i < 0 {
			out.WriteString(rest)
			return out.String()
		}
		end := i + len(word)
		before := len(text) - len(rest) + i
		if (before > 0 && inName(text[before-1])) || (end < len(rest) && inName(rest[end])) {
			out.WriteString(rest[:end])
		} else {
			out.WriteString(rest[:i])
			out.WriteString(by)
		}
		rest = rest[end:]
	}
}

func inName(c byte) bool {
	return c == '_' || c == '+' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
}

// existing are the versions of some packages on one side.
type existing map[Package]map[string]bool

func (e existing) has(p Package, version string) bool {
	if version == "" {
		return len(e[p]) > 0 // a fact of the whole package is new only where the package is
	}
	return e[p][version]
}

// add returns what adds a fact's version. Most facts are of the version of the one before.
func (e existing) add() func(Package, *finding.Fact) {
	last, version, seen := Package{}, "", false
	return func(p Package, f *finding.Fact) {
		if seen && p == last && f.Version == version {
			return
		}
		last, version, seen = p, f.Version, true
		e[p][f.Version] = true
	}
}

// versions returns those of base's versions that can matter to the facts.
func (k *kinship) versions(facts []*finding.Fact) existing {
	found := existing{}
	for _, f := range facts {
		p := packageOf(f)
		if f.Package == "" || found[p] != nil {
			continue
		}
		found[p] = map[string]bool{}
		for _, version := range k.base.Packages[p] {
			found[p][version] = true
		}
	}
	of(k.pool, k.onBase, found, found.add())
	return found
}

// free returns the facts left on base whose version is gone on head: one of them is used up by each fact that moved.
func (k *kinship) free(restBase []*finding.Fact, wanted map[Package][]Package) map[*finding.Fact]bool {
	used := map[*finding.Fact]bool{}
	var onHead existing
	for _, f := range restBase {
		p := packageOf(f)
		if wanted[p] == nil {
			continue
		}
		if onHead == nil {
			onHead = k.headVersions(wanted)
		}
		if !onHead.has(p, f.Version) {
			used[f] = false
		}
	}
	return used
}

func (k *kinship) headVersions(wanted map[Package][]Package) existing {
	found := existing{}
	for p := range wanted {
		found[p] = map[string]bool{}
		for _, version := range k.head.Packages[p] {
			found[p][version] = true
		}
	}
	of(k.pool, k.onHead, found, found.add())
	for _, f := range k.onHead.ignored {
		if versions := found[packageOf(f)]; versions != nil {
			versions[f.Version] = true
		}
	}
	return found
}

// share gives each heir what it inherits. No version can inherit more of a strain than one version (or package) of base has.
func (l *lineage) share(pkg Package, used map[*finding.Fact]bool) (inherited []Entry, left []*finding.Fact) {
	sortFacts(l.heirs)
	l.sortStock(pkg, used)
	type home struct {
		pkg     Package
		version string
	}
	have, most := map[home]int{}, 0
	for _, f := range l.stock {
		h := home{packageOf(f), f.Version}
		have[h]++
		most = max(most, have[h])
	}
	taken := map[string]int{}
	next := 0 // in stock: those that may be used up come first
	for _, f := range l.heirs {
		if taken[f.Version] == most {
			left = append(left, f)
			continue
		}
		taken[f.Version]++
		from := l.stock[0]
		if next < len(l.stock) {
			if _, free := used[l.stock[next]]; free {
				from = l.stock[next]
				used[from] = true
				next++
			}
		}
		inherited = append(inherited, Entry{Class: finding.ClassInherited, Fact: f, From: origin(from, pkg)})
	}
	return inherited, left
}

// sortStock puts those facts first that an heir may use up, then those of the package's own name, then newer versions.
func (l *lineage) sortStock(pkg Package, used map[*finding.Fact]bool) {
	slices.SortFunc(l.stock, func(a, b *finding.Fact) int {
		return cmp.Or(
			first(mayBeUsed(used, a), mayBeUsed(used, b)),
			first(Package{a.Category, a.Package} == pkg, Package{b.Category, b.Package} == pkg),
			-compareVersions(a.Version, b.Version),
			compareFacts(a, b),
		)
	})
}

func mayBeUsed(used map[*finding.Fact]bool, f *finding.Fact) bool {
	_, ok := used[f]
	return ok
}

// first orders true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	default:
		return 1
	}
}

// origin names where an inherited fact comes from: "1.0", or "cat/old 1.0" after a rename.
func origin(f *finding.Fact, pkg Package) string {
	if old := packageOf(f); old != pkg {
		return strings.TrimSpace(old.String() + " " + f.Version)
	}
	return f.Version
}
