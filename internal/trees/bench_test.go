// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// BenchmarkFarm makes the trees of both sides of a pull request that bumps one package, with a store that has the base.
func BenchmarkFarm(b *testing.B) {
	for _, n := range []int{1000, 4000, 16000} {
		generated, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: n})
		if err != nil {
			b.Fatal(err)
		}
		bare := filepath.Join(b.TempDir(), "bare")
		history := ebuildrepo.NewHistory(generated)
		key := generated.Keys()[n/8]
		p, err := generated.Package(key)
		if err != nil {
			b.Fatal(err)
		}
		if err := generated.Bump(key, p.Ebuilds[0].Version, "99"); err != nil {
			b.Fatal(err)
		}
		history.Commit("bump", ebuildrepo.MainBranch, key+": bump", generated.Tree())
		if err := history.Write(b.Context(), bare); err != nil {
			b.Fatal(err)
		}
		git := gitops.Git{Protocols: []string{"file"}}
		side := func(branch string) Side {
			commit, err := git.Line(b.Context(), bare, "rev-parse", "refs/heads/"+branch)
			if err != nil {
				b.Fatal(err)
			}
			return Side{Repo: bare, Commit: commit, Branch: "main", Real: []string{key}}
		}
		base, head := side(ebuildrepo.MainBranch), side("bump")
		s, err := Open(b.TempDir(), git)
		if err != nil {
			b.Fatal(err)
		}
		out, made := b.TempDir(), 0
		farm := func(b *testing.B, s *Store, side Side) {
			b.Helper()
			made++
			if report, err := s.Farm(b.Context(), filepath.Join(out, fmt.Sprint(made)), side); err != nil || report.Plain != "" {
				b.Fatal(report, err)
			}
		}
		b.Run(fmt.Sprintf("%d/cold", n), func(b *testing.B) {
			for b.Loop() {
				cold, err := Open(b.TempDir(), git)
				if err != nil {
					b.Fatal(err)
				}
				farm(b, cold, base)
			}
		})
		farm(b, s, base)
		b.Run(fmt.Sprintf("%d/warm", n), func(b *testing.B) {
			for b.Loop() {
				farm(b, s, base)
				farm(b, s, head)
			}
		})
		b.Run(fmt.Sprintf("%d/plain", n), func(b *testing.B) {
			for b.Loop() {
				made++
				if err := Plain(b.Context(), git, filepath.Join(out, fmt.Sprint(made)), base); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
