// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package mutation_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/mutation"
)

// rich is a tree that has a place for nearly every change.
func rich(t *testing.T) mutation.Tree {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 7, Ebuilds: 150})
	if err != nil {
		t.Fatal(err)
	}
	tree := repo.Tree()
	put := func(name, text string) { tree[name] = ebuildrepo.File{Text: text, Mode: ebuildrepo.ModeFile} }
	keys := repo.Keys()
	put("acct-user/one/one-0.ebuild", "EAPI=8\ninherit acct-user\nACCT_USER_ID=501\n")
	put("acct-user/two/two-0.ebuild", "EAPI=8\ninherit acct-user\nACCT_USER_ID=502\n")
	put("profiles/package.deprecated", keys[3]+"\n")
	put("profiles/arch/riscv/use.mask", "systemd\n")
	put("profiles/updates/1Q-2026", "move dev-libs/old "+keys[4]+"\n")
	put("profiles/default/linux/arm64/parent", "../../../arch/arm64\n../gone\n")
	put("metadata/stabilization-groups/first.group", keys[1]+"\n")
	bad := tree["dev-build/ninja/ninja-1.12.1.ebuild"]
	bad.Text += "SLOT=\"\"\n"
	tree["dev-build/ninja/ninja-1.12.1.ebuild"] = bad
	put("dev-build/odd/odd-1.ebuild", "EAPI=8\nSLOT=\"?\"\nDESCRIPTION=\"odd\"\nRDEPEND=\"!dev-build/ninja dev-build/meson[test]\"\nIUSE=\"test\"\n")
	return tree
}

// TestEveryKindFindsAPlace fails for a kind that changes nothing anywhere: such a kind tests nothing.
func TestEveryKindFindsAPlace(t *testing.T) {
	t.Parallel()
	tree := rich(t)
	for _, kind := range mutation.Kinds() {
		made := 0
		for seed := range uint64(12) {
			after, what, err := mutation.Apply(tree, mutation.Step{Kind: kind, Seed: seed})
			if errors.Is(err, mutation.ErrNowhere) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			made++
			again, _, err := mutation.Apply(tree, mutation.Step{Kind: kind, Seed: seed})
			if err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(after, again) {
				t.Errorf("%s:%d (%s) is not the same twice:\n%s", kind, seed, what, cmp.Diff(after, again))
			}
			if maps.Equal(after, tree) {
				t.Errorf("%s:%d says %q and changes nothing", kind, seed, what)
			}
			if made == 2 {
				break
			}
		}
		if made == 0 {
			t.Errorf("%s found no place with any seed", kind)
		}
	}
}

// TestApplyLeavesItsInputAlone applies every kind and looks at the tree afterwards.
func TestApplyLeavesItsInputAlone(t *testing.T) {
	t.Parallel()
	tree, same := rich(t), rich(t)
	for _, kind := range mutation.Kinds() {
		_, _, err := mutation.Apply(tree, mutation.Step{Kind: kind, Seed: 3})
		if err != nil && !errors.Is(err, mutation.ErrNowhere) {
			t.Fatal(err)
		}
	}
	if !maps.Equal(same, tree) {
		t.Errorf("the tree was changed:\n%s", cmp.Diff(same, tree))
	}
}

func TestApplyRefusesUnknownKinds(t *testing.T) {
	t.Parallel()
	if _, _, err := mutation.Apply(mutation.Tree{}, mutation.Step{Kind: "no-such-kind"}); err == nil || errors.Is(err, mutation.ErrNowhere) {
		t.Errorf("an unknown kind gives %v", err)
	}
}
