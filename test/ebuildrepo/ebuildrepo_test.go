// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

func generate(t *testing.T, o ebuildrepo.Options) *ebuildrepo.Repo {
	t.Helper()
	repo, err := ebuildrepo.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

// commitID writes a repository's history and returns the id of its newest commit.
func commitID(t *testing.T, repo *ebuildrepo.Repo) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "repo.git")
	if err := ebuildrepo.NewHistory(repo).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return git(t, dir, "rev-parse", ebuildrepo.MainBranch)
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := ebuildrepo.Git(t.Context(), dir, nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func TestEqualOptionsGiveEqualCommits(t *testing.T) {
	one := commitID(t, generate(t, ebuildrepo.Options{Seed: 7, Ebuilds: 120}))
	two := commitID(t, generate(t, ebuildrepo.Options{Seed: 7, Ebuilds: 120}))
	if one != two {
		t.Errorf("one seed gave the commits %s and %s", one, two)
	}
	if other := commitID(t, generate(t, ebuildrepo.Options{Seed: 8, Ebuilds: 120})); other == one {
		t.Errorf("two seeds gave one commit %s", one)
	}
}
