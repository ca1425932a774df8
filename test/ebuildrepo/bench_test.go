// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{1000, 4000, 16000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: n}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHistory(b *testing.B) {
	for _, n := range []int{1000, 4000, 16000} {
		repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: n})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if err := ebuildrepo.NewHistory(repo).Write(b.Context(), filepath.Join(b.TempDir(), fmt.Sprint(i))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
