// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"crypto/md5"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/scope"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/mutation"
)

// namedCase is a change by hand with what it must lead to. Each of them broke the naive claim or a naive identity (planner-rules,
// section 7), or was a bug that the random cases found.
type namedCase struct {
	base   string // "" is named
	gentoo bool
	head   func(b builder)
	// rules without which the change is not seen; empty: what guards it is not in the planner.
	rules []scope.Rule
	// either are rules of which each alone is enough to see the change.
	either []scope.Rule
	// run takes the case through the engine, too. undone is what the engine must not trust: with it, its verdict must be another.
	run    bool
	undone engine.Trust
	// want are beginnings of facts that must have changed, never parts of those that must not: "class: category/package-version: Rule".
	want, never []string
}

func (b builder) drop(prefix string) {
	for name := range b.tree {
		if strings.HasPrefix(name, prefix) {
			delete(b.tree, name)
		}
	}
}

func (b builder) edit(name, old, by string) {
	f := b.tree[name]
	f.Text = strings.Replace(f.Text, old, by, 1)
	b.tree[name] = f
}

func (b builder) link(name, to string) {
	b.tree[name] = ebuildrepo.File{Text: to, Mode: ebuildrepo.ModeSymlink}
}

func (b builder) rename(from, to string) {
	for name, f := range b.tree {
		if rest, ok := strings.CutPrefix(name, from+"/"); ok {
			delete(b.tree, name)
			b.tree[to+"/"+strings.Replace(rest, from[strings.Index(from, "/")+1:]+"-", to[strings.Index(to, "/")+1:]+"-", 1)] = f
		}
	}
}

// dist is a Manifest line of a file with the checksums of another.
func dist(name, of string) string { return strings.Replace(ebuildrepo.Dist(of), of, name, 1) }

// namedCases are the cases of planner-rules section 7 that are a change of a tree, by what happens, with one or more for each rule of the
// planner. Of the others, trees with constant times, trees of another user and overlays with masters have tests of their own (rules_test.go).
var namedCases = map[string]namedCase{
	"a file gets a name that is not allowed": {
		rules: []scope.Rule{"R1"},
		head:  func(b builder) { b.put("named/alone/files/bad~name", "x\n") },
		want:  []string{"new: named/alone-: BannedCharacter"},
	},
	"a licence is removed that a group names": {
		rules: []scope.Rule{"R8"},
		head:  func(b builder) { b.drop("licenses/Doomed") },
		want:  []string{"new: named/licensed-1.0: UnknownLicense ", "new: /-: UnknownLicenses "},
	},
	"an eclass gains a function that a package calls which does not inherit it": {
		rules: []scope.Rule{"R5b"},
		head:  func(b builder) { b.add("eclass/plain.eclass", function("nobody_has_this_yet")) },
		want:  []string{"new: named/caller-1.0: MissingInherits "},
	},
	"an inner eclass gains @PROVIDES": {
		run:   true,
		rules: []scope.Rule{"R5a"},
		head:  func(b builder) { b.edit("eclass/inner.eclass", "# @BLURB", "# @PROVIDES: third\n# @BLURB") },
		want:  []string{"fixed: named/outer-user-1.0: IndirectInherits "},
	},
	"a package is removed that only optfeature names": {
		rules: []scope.Rule{"R3"},
		head:  func(b builder) { b.drop("named/optional/") },
		want:  []string{"new: named/advertiser-1: OptfeatureNonexistentAtom "},
	},
	"a package is removed that only <pkg> names": {
		rules: []scope.Rule{"R3"},
		head:  func(b builder) { b.drop("named/referred/") },
		want:  []string{"new: named/describer-: PkgMetadataXmlInvalidPkgRef "},
	},
	"a category is removed that only <cat> names": {
		head: func(b builder) {
			b.drop("lonely/")
			b.edit("profiles/categories", "lonely\n", "")
		},
		want: []string{"new: named/describer-: PkgMetadataXmlInvalidCatRef "},
	},
	"a package is cleaned out that a blocker names": {
		run:   true,
		head:  func(b builder) { b.drop("named/doomed/") },
		never: []string{"named/blocker"},
	},
	"a package is added that a blocker names": {
		rules: []scope.Rule{"R2"},
		head:  func(b builder) { b.ebuild("named/not-there-yet", "1", "") },
		want:  []string{"fixed: named/early-blocker-1: NonexistentBlocker "},
	},
	"a dependency is bumped under a USE dependency without a default": {
		rules: []scope.Rule{"R2"},
		head:  func(b builder) { b.ebuild("named/lib", "2", "") },
		want:  []string{"new: named/lib-user-1: MissingUseDepDefault "},
	},
	"a dependency loses its keywords on a second arch": {
		rules: []scope.Rule{"R2"},
		head:  func(b builder) { b.ebuild("named/keyworded", "1", `KEYWORDS="~riscv"`) },
		want:  []string{"new: named/keyworded-user-1: NonsolvableDepsInStable "},
		never: []string{"fixed: named/keyworded-user", `["profile","amd64"]`},
	},
	"a dependency gains keywords on one of two arches": {
		rules: []scope.Rule{"R2"},
		head:  func(b builder) { b.ebuild("named/riscv-only", "1", `KEYWORDS="~amd64 ~riscv"`) },
		want:  []string{"fixed: named/riscv-user-1: NonsolvableDepsInStable "},
		never: []string{"new: named/riscv-user"},
	},
	"a dependency gets a second slot": {
		rules: []scope.Rule{"R2"},
		head:  func(b builder) { b.ebuild("named/slotted", "2", `SLOT="2"`) },
		want:  []string{"new: named/slotted-user-1: MissingSlotDep "},
	},
	"a mask hides a dependency": {
		run:   true,
		rules: []scope.Rule{"R6"},
		head:  func(b builder) { b.add("profiles/package.mask", "named/lib") },
		want:  []string{"new: named/lib-user-1: NonsolvableDepsInStable "},
	},
	"two packages are edited, one of which has an invalid slot": {
		run: true,
		head: func(b builder) {
			b.ebuild("named/alone", "1.0", `SLOT="?"`)
			b.ebuild("named/moved", "1.0", `DESCRIPTION="short"`)
		},
		either: []scope.Rule{"R1", "R4"},
		want:   []string{"new: named/alone-1.0: InvalidSlot "},
	},
	"a metadata entry is forged": {
		run: true, undone: engine.Trust{Generated: true},
		head: func(b builder) {
			b.add("named/broken/broken-1.0.ebuild", "# A remark.")
			b.put("metadata/md5-cache/named/broken-1.0", "DEFINED_PHASES=-\nDESCRIPTION=forged\nEAPI=8\nSLOT=0\n_md5_="+md5Of(b.tree["named/broken/broken-1.0.ebuild"].Text)+"\n")
		},
		never: []string{"fixed: named/broken", "unveiled: named/broken", "new: named/broken"},
	},
	"an ignore file hides a bad file name": {
		run: true, undone: engine.Trust{Ignore: true},
		head: func(b builder) {
			b.put("named/alone/files/odd name;.patch", "odd\n")
			b.add(".gitignore", "odd*")
		},
		want: []string{"new: named/alone-: BannedCharacter"},
	},
	"a package is added before two with equal checksums": {
		head: func(b builder) {
			b.ebuild("named/same-a", "1", `SRC_URI="https://example.org/same-a.tar.gz"`)
			b.put("named/same-a/Manifest", dist("same-a.tar.gz", "shared.tar.gz")+"\n")
		},
		rules: []scope.Rule{"R21"},
		want:  []string{"new: named/same-b-1: MatchingChksums "},
	},
	"a bump keeps the old version": {
		run: true,
		head: func(b builder) {
			b.put("named/bumped/bumped-1.2.ebuild", b.tree["named/bumped/bumped-1.1.ebuild"].Text)
		},
		either: []scope.Rule{"R1", "R4"},
		want:   []string{"inherited: named/bumped-1.2: WhitespaceFound "},
		never:  []string{"fixed: named/bumped"},
	},
	"a package is moved": {
		run: true,
		head: func(b builder) {
			b.rename("named/moved", "named/moved-now")
			b.add("profiles/updates/1Q-2026", "move named/moved named/moved-now")
		},
		want: []string{"new: named/moved-user-1.0: DependencyMoved "},
	},
	"an entry of a move comes alone": {
		head:  func(b builder) { b.add("profiles/updates/1Q-2026", "move named/moved named/alone") },
		rules: []scope.Rule{"R10"},
		want:  []string{"new: named/moved-user-1.0: "},
	},
	"an ebuild starts to source": {
		run:    true,
		head:   func(b builder) { b.ebuild("named/broken", "1.0", "") },
		either: []scope.Rule{"R1", "R4"},
		want:   []string{"fixed: named/broken-1.0: SourcingError "},
	},
	"an eclass stops to source that all versions of a moved package inherit": {
		run:   true,
		base:  "ceasing",
		rules: []scope.Rule{"R21"},
		head:  func(b builder) { b.add("eclass/ceasing.eclass", "if then fi") },
		want:  []string{"new: /-: OldPackageUpdate "},
	},
	"an eclass stops to source that all versions of a package inherit which optfeature names": {
		run:   true,
		base:  "ceasing",
		rules: []scope.Rule{"R3"},
		head:  func(b builder) { b.add("eclass/ceasing.eclass", "if then fi") },
		want:  []string{"new: named/hinter-1: OptfeatureNonexistentAtom "},
	},
	"an eclass appears that an ebuild without an entry inherits": {
		head: func(b builder) { b.put("eclass/novel.eclass", eclass("novel", "", function("novel_do"))) },
		want: []string{"fixed: named/wants-novel-1.0: SourcingError "},
	},
	"a profile starts to parse": {
		head: func(b builder) { b.edit("profiles/odd/parent", "../nowhere\n", "") },
		want: []string{"fixed: /-: ProfileError "},
	},
	"a flag is described no more": {
		rules: []scope.Rule{"R7"},
		head:  func(b builder) { b.edit("profiles/use.desc", "described - A flag that is described\n", "") },
		want:  []string{"new: named/flagged-1.0: UnknownUseFlags "},
	},
	"a file appears in a package that another category links to": {
		base:  "links",
		rules: []scope.Rule{"R15"},
		head:  func(b builder) { b.put("named/alone/files/odd name;.patch", "odd\n") },
		want:  []string{"new: linked/alone-: BannedCharacter "},
	},
	"a package changes that another category links to": {
		run:  true,
		base: "links",
		head: func(b builder) { b.ebuild("named/alone", "1.0", `DESCRIPTION="short"`) },
		want: []string{"new: linked/alone-1.0: BadDescription "},
	},
	"a category is added that is a link to another": {
		run: true,
		head: func(b builder) {
			b.link("alias", "named")
			b.add("profiles/categories", "alias")
		},
		want: []string{"new: alias/broken-1.0: SourcingError "},
	},
	"a package is added that is a link to another": {
		run:  true,
		base: "links",
		head: func(b builder) { b.link("linked/bumped", "../named/bumped") },
		want: []string{"new: linked/bumped-1.1: WhitespaceFound "},
	},
	"a category is added that is a link out of the tree": {
		run: true,
		head: func(b builder) {
			b.link("alias", "../../named")
			b.add("profiles/categories", "alias")
		},
		want:  []string{"new: alias/-: CategoryIsNotDirectory "},
		never: []string{"alias/broken", "alias/alone"},
	},
	"an eclass fails in another way for an ebuild that names it by a variable": {
		rules: []scope.Rule{"R4"},
		head:  func(b builder) { b.edit("eclass/dying.eclass", "die \"at once\"", "inherit nowhere-at-all") },
		want:  []string{"new: named/dying-user-1.0: SourcingError "},
	},
	"a local flag is masked": {
		run:   true,
		head:  func(b builder) { b.put("profiles/amd64/use.mask", "feature\n") },
		never: []string{"UnknownProfileUse"},
		rules: []scope.Rule{"R7"},
		want:  []string{"new: named/lib-user-1: NonsolvableDepsInStable "},
	},
	"an account is bumped while its id conflicts": {
		run:    true,
		gentoo: true,
		head: func(b builder) {
			b.put("acct-user/one/one-1.ebuild", b.tree["acct-user/one/one-0.ebuild"].Text)
			b.drop("acct-user/one/one-0.ebuild")
		},
		never: []string{"ConflictingAccountIdentifiers"},
	},
	"the only user of a mirror goes": {
		head:  func(b builder) { b.drop("named/fetcher/") },
		rules: []scope.Rule{"R21"},
		want:  []string{"new: /-: UnusedMirrors "},
	},
	"a mirror goes that an ebuild uses": {
		head:  func(b builder) { b.put("profiles/thirdpartymirrors", "other\thttps://other.example.org/\n") },
		rules: []scope.Rule{"R9"},
		want:  []string{"new: named/fetcher-1.0: UnknownMirror "},
	},
	"a package is deprecated": {
		head:  func(b builder) { b.add("profiles/package.deprecated", "named/lib") },
		rules: []scope.Rule{"R11"},
		want:  []string{"new: named/lib-user-1: DeprecatedDep "},
	},
	"a stabilization group names what is not there": {
		head:  func(b builder) { b.add("metadata/stabilization-groups/first.group", "named/not-there-yet") },
		rules: []scope.Rule{"R14"},
		want:  []string{"new: /-: UnknownStabilizationGroupPackage "},
	},
	"the first advisory names a package": {
		run:    true,
		gentoo: true,
		head:   func(b builder) { b.put("metadata/glsa/glsa-202601-01.xml", advisory) },
		rules:  []scope.Rule{"R12"},
		want:   []string{"new: named/lib-1: VulnerablePackage "},
	},
	"a project is what a maintainer is": {
		gentoo: true,
		head:   func(b builder) { b.put("metadata/projects.xml", projectsXML) },
		rules:  []scope.Rule{"R13"},
		want:   []string{"new: named/alone-: WrongMaintainerType "},
	},
}

const advisory = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE glsa SYSTEM "http://www.gentoo.org/dtd/glsa.dtd">
<glsa id="202601-01"><title>Hole</title><synopsis>A hole.</synopsis><product type="ebuild">lib</product><announced>2026-01-01</announced><revised count="1">2026-01-01</revised><access>remote</access>
<affected><package name="named/lib" auto="yes" arch="*"><unaffected range="ge">9</unaffected><vulnerable range="lt">9</vulnerable></package></affected>
<background><p>b</p></background><description><p>d</p></description><impact type="low"><p>i</p></impact><workaround><p>w</p></workaround><resolution><p>r</p></resolution></glsa>
`

const projectsXML = `<?xml version="1.0" encoding="UTF-8"?>
<projects><project><email>anna@example.org</email><name>All</name><url>https://example.org/</url><description>All.</description></project></projects>
`

// edited is a tree after a change by hand.
func edited(tree mutation.Tree, head func(b builder)) mutation.Tree {
	b := builder{maps.Clone(tree)}
	head(b)
	return b.tree
}

func md5Of(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
