// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

var sizes = []int{1000, 4000, 16000}

// generated is a generated repository with a bump of one package as its head.
func generated(tb testing.TB, ebuilds int) (base, head files) {
	tb.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: ebuilds})
	if err != nil {
		tb.Fatal(err)
	}
	base = files{}
	for name, file := range repo.Tree() {
		base[name] = file.Text
	}
	head = maps.Clone(base)
	for _, name := range slices.Sorted(maps.Keys(base)) {
		if dir, pf := filepath.Split(name); strings.HasPrefix(name, "dev-libs/") && strings.HasSuffix(pf, "-1.0.ebuild") {
			head[dir+strings.TrimSuffix(pf, ".ebuild")+"-r1.ebuild"] = base[name]
			return base, head
		}
	}
	tb.Fatal("the generated repository has no package to bump")
	return nil, nil
}

// onDisk writes a repository and what was prepared of it, so that reading costs what it costs.
func onDisk(tb testing.TB, f files) (side, prepared fs.FS) {
	tb.Helper()
	dir := tb.TempDir()
	write := func(name string, data []byte) {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	for name, text := range f {
		write("tree/"+name, []byte(text))
	}
	for name, file := range f.prepared().(fstest.MapFS) {
		write("prepared/"+name, file.Data)
	}
	return os.DirFS(filepath.Join(dir, "tree")), os.DirFS(filepath.Join(dir, "prepared"))
}

// built is the index of a repository on disk.
func built(tb testing.TB, f files) *Index {
	tb.Helper()
	side, prepared := onDisk(tb, f)
	x, err := Build(side, prepared, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

func BenchmarkBuild(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			base, _ := generated(b, n)
			side, prepared := onDisk(b, base)
			for b.Loop() {
				if _, err := Build(side, prepared, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDerive(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			base, head := generated(b, n)
			x := built(b, base)
			side, prepared := onDisk(b, head)
			changes := base.changes(head)
			for b.Loop() {
				if _, err := x.Derive(changes, side, prepared); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			base, _ := generated(b, n)
			data := encoded(b, built(b, base))
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := Decode(bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			base, _ := generated(b, n)
			x := built(b, base)
			for b.Loop() {
				encoded(b, x)
			}
		})
	}
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			base, head := generated(b, n)
			x, changes, checks := built(b, base), base.changes(head), installed()
			side, prepared := onDisk(b, head)
			y, err := x.Derive(changes, side, prepared)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if result := Plan(x, y, changes, checks, Options{}); result.Scope.Kind == "Full" {
					b.Fatal("one package is not everything: " + result.Scope.Reason)
				}
			}
		})
	}
}
