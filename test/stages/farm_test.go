// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/stages"
)

// TestFarmsScanAsPlainTrees scans a change twice: in trees that consist of links into a store, and in trees that are real throughout. The
// repository is ::gentoo, whose checks alone walk through all files.
func TestFarmsScanAsPlainTrees(t *testing.T) {
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 21, Ebuilds: 80, Name: "gentoo"})
	if err != nil {
		t.Fatal(err)
	}
	key := repo.Keys()[7]
	binary := repo.Keys()[30] + "/files/logo.png"
	noise := make([]byte, 1024) // of no text in any encoding
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise); err != nil {
		t.Fatal(err)
	}
	repository := stages.NewRepository(t, t.TempDir())
	plant := func(parent string) string {
		repository.Commit(t, parent, repo.Tree())
		path := filepath.Join(repository.Work(), binary)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, noise, 0o644); err != nil {
			t.Fatal(err)
		}
		return repository.CommitWork(t, parent)
	}
	base := plant("")
	p, err := repo.Package(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Bump(key, p.Ebuilds[0].Version, "99"); err != nil {
		t.Fatal(err)
	}
	head := plant(base)
	streams := map[bool]map[string][]byte{false: {}, true: {}}
	for plain, found := range streams {
		run := stages.New(t, "gentoo", repository, base, head)
		run.Engine.Trust.Ignore = plain // there is no ignore file: all that this changes is that no farm is made
		for _, o := range run.Go(t) {
			if !o.OK() {
				t.Fatalf("%s: %s: %s", o.Stage, o.Reason, o.Message)
			}
		}
		if links := linksIn(t, run.Engine.Layout.Tree(engine.Base)); plain != (links == 0) {
			t.Fatalf("plain: %t, and the tree has %d links", plain, links)
		}
		for _, side := range engine.Sides {
			if found[side], err = os.ReadFile(run.Engine.Layout.Scanned(side + ".jsonl")); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, side := range engine.Sides {
		plain, plainAll := records(t, streams[true][side])
		farm, farmAll := records(t, streams[false][side])
		if diff := cmp.Diff(plain, farm); diff != "" {
			t.Errorf("the findings of the %s differ (-plain +farm):\n%s", side, diff)
		}
		if diff := cmp.Diff(plainAll, farmAll); diff != "" {
			t.Errorf("the records of the %s differ (-plain +farm):\n%s", side, diff)
		}
		if !slices.ContainsFunc(farm, func(line []byte) bool { return strings.Contains(string(line), binary) }) {
			t.Errorf("the binary file in a package that is linked was not found in the %s", side)
		}
	}
}

// linksIn counts the links at the top of a tree.
func linksIn(t *testing.T, tree string) (links int) {
	t.Helper()
	entries, err := os.ReadDir(tree)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type()&os.ModeSymlink != 0 {
			links++
		}
	}
	return links
}
