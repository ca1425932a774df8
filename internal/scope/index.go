// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Index is what the planner knows of one side of a comparison: the repository's packages, eclasses, profiles and licences, and those of
// its masters. It is immutable; Derive shares with it all that a change leaves alone.
type Index struct {
	trees []*tree // masters in their order, the repository itself last: later ones win, as in pkgcore
}

// Master is another repository that the scanned one builds upon.
type Master struct {
	Name     string
	Tree     fs.FS
	Prepared fs.FS // as PROTOCOL.md describes; nil where nothing was prepared: then a change of the master is a change of everything
}

// ErrUnprepared means that a repository's metadata is not at hand: nothing can be planned without it.
var ErrUnprepared = errors.New("the repository's metadata was not prepared")

// Change is a path that differs between two trees, as git diff-tree --raw says it.
type Change struct {
	Path             string
	Status           byte // A, M, D, T
	OldMode, NewMode uint32
	OldID, NewID     string
}

// tree is one repository.
type tree struct {
	name     string
	prepared bool               // metadata entries were at hand
	linked   bool               // there are symbolic links outside of packages
	packages []*pkg             // sorted by key
	eclasses map[string]*eclass // by name
	profile  profiles
	licences []string          // files below licenses/, sorted
	data     map[string]string // path → digest, of the other files that some check reads
	folders  []string          // of the top level that could be categories, sorted
	listed   []string          // categories that profiles/categories lists, sorted
	named    named
	// categoryTexts are the atoms and categories ("category/") that the metadata.xml files of categories name, by category.
	categoryTexts map[string][]string
}

// pkg is one package: all that its own folder and metadata entries say that a rule looks at.
type pkg struct {
	key       string // category/name
	versions  []*version
	distfiles []distfile
	words     []uint32 // hashes of the words of all its ebuilds, sorted
	refs      []string // atoms in optfeature calls and <pkg>, sorted
	catRefs   []string // <cat>, sorted
	local     []localFlag
	projects  []string // e-mail addresses of maintainers, sorted
	keys      []string // category/name of all dependencies, blockers too, sorted
	flags     uint8    // pkgXxx
}

// What is odd about a package.
const (
	pkgBadManifest uint8 = 1 << iota // its Manifest cannot be read
	pkgBadMetadata                   // its metadata.xml cannot be read
	pkgBinary                        // one of its text files is binary
	pkgOpaque                        // a dependency of it cannot be read
	pkgLinked                        // it, or a file in it, is a symbolic link: its contents can change without a changed path
)

// version is one ebuild.
type version struct {
	text          string
	failed        string // why it has no metadata entry; empty where it has one
	sum           uint64 // of the entry
	eapi          string
	slot, subslot string
	iuse          []string // with + and -, sorted
	keywords      []string // sorted
	deps          [classes]string
	inherit       []string // directly, sorted
	eclasses      []string // all, sorted
	licences      []string // sorted
	mirrors       []string // names in SRC_URI, sorted
}

// distfile is one DIST line of a Manifest.
type distfile struct {
	name string
	sum  uint64 // of its checksums, in the order of the line
}

// localFlag is a USE flag of metadata.xml.
type localFlag struct{ name, text string }

// target is the scanned repository.
func (x *Index) target() *tree { return x.trees[len(x.trees)-1] }

// find returns a package of the tree, or nil.
func (t *tree) find(key string) *pkg {
	if i, ok := slices.BinarySearchFunc(t.packages, key, func(p *pkg, key string) int { return strings.Compare(p.key, key) }); ok {
		return t.packages[i]
	}
	return nil
}

// has says whether the tree has a version of the package.
func (t *tree) has(key string) bool {
	p := t.find(key)
	return p != nil && len(p.versions) > 0
}

// Packages lists the repository's packages that have an ebuild, sorted.
func (x *Index) Packages() []string {
	var out []string
	for _, p := range x.target().packages {
		if len(p.versions) > 0 {
			out = append(out, p.key)
		}
	}
	return out
}

// eclassOf returns the eclass of a name that counts: the last tree's that has one.
func (x *Index) eclassOf(name string) *eclass {
	for _, t := range slices.Backward(x.trees) {
		if e, ok := t.eclasses[name]; ok {
			return e
		}
	}
	return nil
}
