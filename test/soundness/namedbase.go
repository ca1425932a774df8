// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/mutation"
)

// namedTree is a small repository by hand with a place for each named case: what a case changes stands alone, so that its facts are
// those of that case only.
func namedTree() mutation.Tree {
	b := builder{mutation.Tree{}}
	b.profiles()
	b.eclasses()
	b.dependencies()
	b.references()
	b.accounts()
	for _, name := range []string{"alone", "other", "moved", "bumped"} {
		b.ebuild("named/"+name, "1.0", "")
	}
	b.ebuild("named/moved-user", "1.0", `RDEPEND="named/moved"`)
	b.ebuild("named/moved-from", "1.0", `RDEPEND="named/former-name"`)
	b.ebuild("named/broken", "1.0", "die \"not yet\"")
	b.ebuild("named/fetcher", "1.0", `SRC_URI="mirror://named/fetcher.tar.gz"`)
	b.ebuild("named/licensed", "1.0", `LICENSE="Doomed"`)
	b.ebuild("named/flagged", "1.0", `IUSE="described"`)
	b.put("named/bumped/bumped-1.1.ebuild", strings.Replace(b.tree["named/bumped/bumped-1.0.ebuild"].Text, "SLOT=\"0\"", "SLOT=\"0\" ", 1))
	categories := []string{}
	for name := range b.tree {
		if strings.HasSuffix(name, ".ebuild") {
			categories = append(categories, strings.SplitN(name, "/", 2)[0])
		}
	}
	slices.Sort(categories)
	for _, category := range slices.Compact(categories) {
		b.put("profiles/categories", b.tree["profiles/categories"].Text+category+"\n")
		b.put(category+"/metadata.xml", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE catmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n<catmetadata>\n\t<longdescription lang=\"en\">A category.</longdescription>\n</catmetadata>\n")
	}
	return b.tree
}

// linkedTree is the same with a package that is a link to another.
func linkedTree() mutation.Tree {
	tree := namedTree()
	b := builder{tree}
	b.put("linked/metadata.xml", tree["named/metadata.xml"].Text)
	b.put("profiles/categories", tree["profiles/categories"].Text+"linked\n")
	tree["linked/alone"] = ebuildrepo.File{Text: "../named/alone", Mode: ebuildrepo.ModeSymlink}
	return tree
}

// ceasingTree is the same with packages that are there only as long as an eclass can be sourced.
func ceasingTree() mutation.Tree {
	b := builder{namedTree()}
	b.put("eclass/ceasing.eclass", eclass("ceasing", "", function("ceasing_do")))
	for _, name := range []string{"moved-to-here", "hinted"} {
		b.ebuild("named/"+name, "1", "inherit ceasing\npkg_preinst() {\n\tceasing_do\n}")
	}
	b.add("profiles/updates/4Q-2025", "move named/oldest-name named/moved-to-here")
	b.ebuild("named/hinter", "1", "inherit optfeature\npkg_postinst() {\n\toptfeature \"more\" named/hinted\n}")
	return b.tree
}

// overTree is an overlay whose only package depends on one of the tree above.
func overTree() mutation.Tree {
	b := builder{mutation.Tree{}}
	b.put("profiles/repo_name", "over\n")
	b.put("profiles/eapi", "8\n")
	b.put("profiles/categories", "named\n")
	b.put("metadata/layout.conf", "masters = named\nthin-manifests = true\nsign-manifests = false\ncache-formats = md5-dict\n")
	b.ebuild("named/alone", "1.0", "")
	b.ebuild("named/over-user", "1", `RDEPEND="named/slotted"`)
	return b.tree
}

type builder struct{ tree mutation.Tree }

func (b builder) put(name, text string) {
	b.tree[name] = ebuildrepo.File{Text: text, Mode: ebuildrepo.ModeFile}
}

func (b builder) add(name, line string) { b.put(name, b.tree[name].Text+line+"\n") }

// ebuild adds a version of a package. A later setting of a variable wins over what every ebuild has.
func (b builder) ebuild(key, version, more string) {
	vars := []string{
		`DESCRIPTION="Package of a named case of a test"`, `HOMEPAGE="https://example.org/` + path.Base(key) + `"`,
		`LICENSE="GPL-2"`, `SLOT="0"`, `KEYWORDS="~amd64 ~arm64"`,
	}
	head, inherit, rest := "", "", []string{}
	for line := range strings.SplitSeq(strings.TrimSpace(more), "\n") {
		name, _, _ := strings.Cut(line, "=")
		i := slices.IndexFunc(vars, func(v string) bool { return strings.HasPrefix(v, name+"=") })
		switch {
		case line == "":
		case strings.HasPrefix(line, "inherit "), strings.HasPrefix(line, "MY_ECLASS="):
			inherit += "\n" + line + "\n"
		case i >= 0:
			vars[i] = line
		default:
			rest = append(rest, line)
		}
	}
	head = "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\nEAPI=8\n" + inherit
	b.put(fmt.Sprintf("%s/%s-%s.ebuild", key, path.Base(key), version), head+"\n"+strings.Join(append(vars, rest...), "\n")+"\n")
	b.put(key+"/metadata.xml", metadataXML(""))
}

func metadataXML(more string) string {
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE pkgmetadata SYSTEM \"https://www.gentoo.org/dtd/metadata.dtd\">\n" +
		"<pkgmetadata>\n\t<maintainer type=\"person\">\n\t\t<email>anna@example.org</email>\n\t\t<name>Anna Example</name>\n\t</maintainer>\n" + more + "</pkgmetadata>\n"
}

func (b builder) profiles() {
	b.put("profiles/repo_name", "named\n")
	b.put("profiles/eapi", "8\n")
	b.put("metadata/layout.conf", "masters =\nthin-manifests = true\nsign-manifests = false\nprofile-formats = portage-2\ncache-formats = md5-dict\nmanifest-hashes = BLAKE2B SHA512\nmanifest-required-hashes = BLAKE2B\n")
	b.put("profiles/arch.list", "amd64\narm64\nriscv\n")
	b.put("profiles/arches.desc", "amd64 stable\narm64 stable\nriscv testing\n")
	b.put("profiles/profiles.desc", "amd64\tamd64\tstable\narm64\tarm64\tstable\nriscv\triscv\texp\namd64\todd\tdev\n") //nolint:dupword // an arch and a folder of that name
	b.put("profiles/use.desc", "described - A flag that is described\nglobal - Another one\n")
	b.put("profiles/desc/linguas.desc", "de - German\n")
	b.put("profiles/license_groups", "FREE GPL-2 Doomed\n")
	b.put("profiles/thirdpartymirrors", "named\thttps://mirror.example.org/named\n")
	b.put("profiles/package.mask", "# Anna Example <anna@example.org> (2026-01-08)\n# A mask.\n=named/alone-0.9\nnamed/other\n")
	b.put("profiles/updates/4Q-2025", "move named/former-name named/moved-to\n")
	b.put("profiles/package.deprecated", "# Nothing yet.\n")
	b.put("licenses/GPL-2", "The text.\n")
	b.put("licenses/Doomed", "The text.\n")
	b.put("metadata/license-mapping.conf", "[spdx-to-ebuild]\nGPL-2.0-only = GPL-2\n")
	b.put("metadata/stabilization-groups/first.group", "named/alone\n")
	b.put(".gitignore", "*.swp\n")
	b.put("profiles/base/eapi", "8\n")
	b.put("profiles/base/make.defaults", "USE_EXPAND=\"ELIBC KERNEL\"\nUSE_EXPAND_UNPREFIXED=\"ARCH\"\nUSE_EXPAND_IMPLICIT=\"ARCH ELIBC KERNEL\"\nUSE_EXPAND_VALUES_ARCH=\"amd64 arm64 riscv\"\nUSE_EXPAND_VALUES_ELIBC=\"glibc\"\nUSE_EXPAND_VALUES_KERNEL=\"linux\"\nKERNEL=\"linux\"\nELIBC=\"glibc\"\n")
	for _, arch := range []string{"amd64", "arm64", "riscv"} {
		b.put("profiles/"+arch+"/eapi", "8\n")
		b.put("profiles/"+arch+"/parent", "../base\n")
		b.put("profiles/"+arch+"/make.defaults", fmt.Sprintf("ARCH=%q\nACCEPT_KEYWORDS=%q\n", arch, arch))
	}
	b.put("profiles/odd/eapi", "8\n")
	b.put("profiles/odd/parent", "../amd64\n../nowhere\n")
}

// eclass is a documented eclass.
func eclass(name, tags, body string) string {
	return "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\n# @ECLASS: " + name + ".eclass\n# @MAINTAINER:\n# Anna Example <anna@example.org>\n# @SUPPORTED_EAPIS: 8\n" +
		tags + "# @BLURB: eclass of a named case\n# @DESCRIPTION:\n# What a case needs.\n\ncase ${EAPI} in\n\t8) ;;\n\t*) die \"${ECLASS}: EAPI ${EAPI:-0} not supported\" ;;\nesac\n\n" + body
}

func function(name string) string {
	return "# @FUNCTION: " + name + "\n# @DESCRIPTION:\n# Do it.\n" + name + "() {\n\ttrue\n}\n"
}

func (b builder) eclasses() {
	b.put("eclass/optfeature.eclass", eclass("optfeature", "", function("optfeature")))
	b.put("eclass/plain.eclass", eclass("plain", "", function("plain_do")))
	b.put("eclass/third.eclass", eclass("third", "", function("third_do")))
	b.put("eclass/inner.eclass", eclass("inner", "", "inherit third\n\n"+function("inner_do")))
	b.put("eclass/outer.eclass", eclass("outer", "# @PROVIDES: inner\n", "inherit inner\n\n"+function("outer_do")))
	for _, kind := range []string{"user", "group"} {
		b.put("eclass/acct-"+kind+".eclass", eclass("acct-"+kind, "", "SLOT=0\nKEYWORDS=\"~amd64 ~arm64\"\nDESCRIPTION=\"An account\"\nS=${WORKDIR}\n\n"+function("acct-"+kind+"_add_deps")))
	}
	b.ebuild("named/caller", "1.0", "pkg_preinst() {\n\tnobody_has_this_yet\n}")
	b.put("eclass/dying.eclass", eclass("dying", "", "die \"at once\"\n\n"+function("dying_do")))
	b.ebuild("named/dying-user", "1.0", "MY_ECLASS=dying\ninherit ${MY_ECLASS}")
	b.ebuild("named/wants-novel", "1.0", "inherit novel")
	b.ebuild("named/plain-user", "1.0", "inherit plain\npkg_preinst() {\n\tplain_do\n}")
	b.ebuild("named/outer-user", "1.0", "inherit outer\npkg_preinst() {\n\touter_do\n\tthird_do\n}")
}

func (b builder) dependencies() {
	b.ebuild("named/lib", "1", "IUSE=\"feature\"")
	b.put("named/lib/metadata.xml", metadataXML("\t<use>\n\t\t<flag name=\"feature\">Build the feature that others ask for</flag>\n\t</use>\n"))
	b.ebuild("named/lib-user", "1", `RDEPEND="named/lib[feature]"`)
	b.ebuild("named/keyworded", "1", `KEYWORDS="~arm64"`)
	b.ebuild("named/keyworded-user", "1", `RDEPEND="named/keyworded"`)
	b.ebuild("named/riscv-only", "1", `KEYWORDS="~riscv"`)
	b.ebuild("named/riscv-user", "1", `RDEPEND="named/riscv-only"`)
	b.ebuild("named/doomed", "1", "")
	b.ebuild("named/blocker", "1", `RDEPEND="!<named/doomed-2"`)
	b.ebuild("named/early-blocker", "1", `RDEPEND="!named/not-there-yet"`)
	b.ebuild("named/slotted", "1", "")
	b.ebuild("named/slotted-user", "1", "RDEPEND=\"named/slotted\"\nDEPEND=\"named/slotted\"")
	b.ebuild("named/failing-user", "1", `RDEPEND="named/broken"`)
	b.ebuild("virtual/pair", "0", `RDEPEND="|| ( named/alone named/lib )"`)
	for _, key := range []string{"named/same-b", "named/same-c"} {
		b.ebuild(key, "1", `SRC_URI="https://example.org/`+path.Base(key)+`.tar.gz"`)
		b.put(key+"/Manifest", strings.Replace(ebuildrepo.Dist("shared.tar.gz"), "shared", path.Base(key), 1)+"\n")
	}
	b.put("named/fetcher/Manifest", ebuildrepo.Dist("fetcher.tar.gz")+"\n")
}

func (b builder) references() {
	b.ebuild("named/optional", "1", "")
	b.ebuild("named/advertiser", "1", "inherit optfeature\npkg_postinst() {\n\toptfeature \"more\" named/optional\n}")
	b.ebuild("named/referred", "1", "")
	b.ebuild("named/describer", "1", "IUSE=\"described\"")
	b.put("named/describer/metadata.xml", metadataXML("\t<use>\n\t\t<flag name=\"described\">Use <pkg>named/referred</pkg> and what is in <cat>lonely</cat></flag>\n\t</use>\n"))
	b.ebuild("lonely/one", "1", "")
}

func (b builder) accounts() {
	for _, name := range []string{"one", "two"} {
		b.put("acct-user/"+name+"/"+name+"-0.ebuild", "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\nEAPI=8\n\ninherit acct-user\n\nACCT_USER_ID=500\n")
		b.put("acct-user/"+name+"/metadata.xml", metadataXML(""))
	}
}
