// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"fmt"
	"strings"
	"testing"
)

// entries makes metadata entries of a usual size.
func entries(n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = fmt.Appendf(nil, "BDEPEND=virtual/pkgconfig >=dev-build/cmake-3.28.5 verify-sig? ( sec-keys/openpgp-keys-foo )\nDEFINED_PHASES=compile configure install\n"+
			"DEPEND=>=dev-libs/lib%d-1.2:0= ssl? ( || ( dev-libs/openssl:0=[abi_x86_32(-)?] dev-libs/libressl ) ) !<app-misc/old-2\nDESCRIPTION=Package %d of the benchmark\nEAPI=8\n"+
			"HOMEPAGE=https://example.org/\nINHERIT=cmake xdg\nIUSE=+ssl test verify-sig abi_x86_32\nKEYWORDS=amd64 ~arm ~arm64 x86\nLICENSE=GPL-2+ MIT\n"+
			"RDEPEND=>=dev-libs/lib%d-1.2:0= ssl? ( dev-libs/openssl:0= ) sys-libs/zlib dev-libs/glib:2\nRESTRICT=!test? ( test )\nSLOT=0/%d\n"+
			"SRC_URI=https://example.org/p%d.tar.gz verify-sig? ( https://example.org/p%d.tar.gz.asc )\n"+
			"_eclasses_=cmake\t%032x\tflag-o-matic\t%032x\tmultilib\t%032x\tninja-utils\t%032x\ttoolchain-funcs\t%032x\txdg\t%032x\n_md5_=%032x\n",
			i%3000, i, i%2999, i%7, i, i, 1, 2, 3, 4, 5, 6, i)
	}
	return list
}

func BenchmarkParseEntries(b *testing.B) {
	list := entries(16000)
	b.ReportAllocs()
	for b.Loop() {
		for _, data := range list {
			if _, err := ParseEntry(data); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkAtomKeys reads 16,000 entries and the keys of all their atoms: what an index does.
func BenchmarkAtomKeys(b *testing.B) {
	list := entries(16000)
	b.ReportAllocs()
	for b.Loop() {
		keys := map[string]int{}
		for _, data := range list {
			e, err := ParseEntry(data)
			if err != nil {
				b.Fatal(err)
			}
			for _, text := range e.Deps {
				for word := range LeavesOf(text) {
					if key, ok := AtomKey(word); ok {
						keys[key]++
					}
				}
			}
		}
	}
}

// BenchmarkParseAtoms reads all atoms of 16,000 entries with their groups.
func BenchmarkParseAtoms(b *testing.B) {
	list := entries(16000)
	texts := []string{}
	for _, data := range list {
		e, err := ParseEntry(data)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, e.Deps[:]...)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, text := range texts {
			nodes, err := ParseSpec(text)
			if err != nil {
				b.Fatal(err)
			}
			for word := range Leaves(nodes) {
				if _, err := ParseAtom(word); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	versions := []Version{}
	for _, s := range []string{"1.0", "1.0-r1", "1.10.2_rc3", "1.10.2_p20260101-r2", "2.0a", "1.002", "9999"} {
		v, err := ParseVersion(s)
		if err != nil {
			b.Fatal(err)
		}
		versions = append(versions, v)
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, x := range versions {
			for _, y := range versions {
				x.Compare(y)
			}
		}
	}
}

func BenchmarkWordSet(b *testing.B) {
	words := []string{}
	for i := range 3000 {
		words = append(words, fmt.Sprintf("eclass%d-function_%d", i, i), fmt.Sprintf("VARIABLE_%d", i))
	}
	set := NewWordSet(words)
	text := []byte(strings.Repeat("src_compile() {\n\temake CC=\"$(tc-getCC)\" VARIABLE_17=1 || die\n\teclass5-function_5\n}\n", 40))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if len(set.In(text)) != 2 {
			b.Fatal("the words are not found")
		}
	}
}
