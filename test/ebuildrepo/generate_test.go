// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

func TestTheNumberOfEbuildsIsTheOneAskedFor(t *testing.T) {
	for _, n := range []int{20, 59, 60, 300, 1777} {
		for seed := range uint64(3) {
			if got := generate(t, ebuildrepo.Options{Seed: seed, Ebuilds: n}).Count(); got != n {
				t.Errorf("seed %d: %d ebuilds, not %d", seed, got, n)
			}
		}
	}
}

func TestOptionsThatCannotBeMetAreRefused(t *testing.T) {
	master := generate(t, ebuildrepo.Options{Ebuilds: 20})
	for name, o := range map[string]ebuildrepo.Options{
		"too small":             {Ebuilds: 19},
		"too large":             {Ebuilds: 16001},
		"a bad name":            {Ebuilds: 20, Name: "a b"},
		"the master's name":     {Ebuilds: 20, Master: master},
		"too few commits":       {Ebuilds: 20, Commits: 3},
		"more broken than half": {Ebuilds: 20, Breakage: &ebuildrepo.Breakage{UnknownUse: 11}},
		"two unused eclasses":   {Ebuilds: 20, Breakage: &ebuildrepo.Breakage{UnusedEclass: 2}},
	} {
		if _, err := ebuildrepo.Generate(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBreakageIsPlantedAsOftenAsAskedFor(t *testing.T) {
	b := ebuildrepo.Breakage{UnavailableDeps: 1, MaskedDeps: 2, Unsourceable: 3, UnknownUse: 4, UnusedLicense: 2, UnusedEclass: 1}
	repo := generate(t, ebuildrepo.Options{Seed: 3, Ebuilds: 100, Breakage: &b})
	for kind, want := range map[string]int{"UnavailableDeps": 1, "MaskedDeps": 2, "Unsourceable": 3, "UnknownUse": 4, "BadMetadata": 0} {
		if got := len(repo.Planted[kind]); got != want {
			t.Errorf("%d packages with %s, not %d", got, kind, want)
		}
	}
	tree := repo.Tree()
	for _, name := range []string{"eclass/legacy-paths.eclass", "licenses/heath-Historical-2"} {
		if _, ok := tree[name]; !ok {
			t.Errorf("no file %s", name)
		}
	}
	if masks := strings.Count(tree["profiles/package.mask"].Text, "\n") - 2; masks != 2 {
		t.Errorf("%d masks, not 2", masks)
	}
	p := repo.Packages[repo.Planted["UnavailableDeps"][0]]
	if n := len(p.Ebuilds[0].RDepend); n != 13 {
		t.Errorf("%s needs %d unavailable packages, not 13", p.Key(), n)
	}
}

// Every dependency of a repository without breakage names a package that it has, and nothing depends on itself.
func TestDependenciesExist(t *testing.T) {
	master := generate(t, ebuildrepo.Options{Seed: 5, Ebuilds: 400, Breakage: &ebuildrepo.Breakage{}})
	overlay := generate(t, ebuildrepo.Options{Seed: 5, Ebuilds: 100, Name: "moor", Master: master, Breakage: &ebuildrepo.Breakage{}})
	for _, repo := range []*ebuildrepo.Repo{master, overlay} {
		edges := 0
		for _, key := range repo.Keys() {
			for _, e := range repo.Packages[key].Ebuilds {
				for dep := range dependencies(repo, master, e) {
					edges++
					if dep == key {
						t.Errorf("%s-%s depends on itself", key, e.Version)
					}
				}
				for _, word := range words(e) {
					if !known(repo, master, word) {
						t.Errorf("%s-%s depends on %q, which is nowhere", key, e.Version, word)
					}
				}
			}
		}
		if edges < repo.Count()/2 {
			t.Errorf("%s: only %d dependencies in %d ebuilds", repo.Name, edges, repo.Count())
		}
	}
}

// words are the tokens of an ebuild's dependencies that have a slash.
func words(e *ebuildrepo.Ebuild) []string {
	var out []string
	for _, item := range slices.Concat(e.RDepend, e.Depend, e.BDepend, e.IDepend, e.PDepend) {
		for w := range strings.FieldsSeq(item) {
			if strings.Contains(w, "/") {
				out = append(out, w)
			}
		}
	}
	return out
}

func key(word string) string {
	word = strings.TrimLeft(word, "!<>=~")
	word, _, _ = strings.Cut(word, "[")
	word, _, _ = strings.Cut(word, ":")
	return word
}

func known(repo, master *ebuildrepo.Repo, word string) bool {
	k := key(word)
	for _, r := range []*ebuildrepo.Repo{repo, master} {
		if _, ok := r.Packages[k]; ok {
			return true
		}
		if i := strings.LastIndex(k, "-"); i > 0 {
			if p, ok := r.Packages[k[:i]]; ok && p.Ebuild(k[i+1:]) != nil {
				return true
			}
		}
	}
	return false
}

func dependencies(repo, master *ebuildrepo.Repo, e *ebuildrepo.Ebuild) map[string]bool {
	out := map[string]bool{}
	for _, w := range words(e) {
		if known(repo, master, w) {
			out[key(w)] = true
		}
	}
	return out
}

func TestARepositoryHasWhatRealOnesHave(t *testing.T) {
	repo := generate(t, ebuildrepo.Options{Seed: 1, Ebuilds: 1000})
	var text strings.Builder
	tree := repo.Tree()
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		text.WriteString("\n== " + name + "\n" + tree[name].Text)
	}
	all := text.String()
	for what, sign := range map[string]string{
		"EAPI 7": "EAPI=7", "EAPI 8": "EAPI=8", "EAPI 9": "EAPI=9", "slots": "SLOT=\"3\"", "subslots": "SLOT=\"0/", "blockers": "\t!<",
		"any-of groups": "|| (", "USE dependencies": "?]", "slot operators": ":=", "USE conditionals": "? ( ", "IDEPEND": "\nIDEPEND=",
		"PDEPEND": "\nPDEPEND=", "BDEPEND": "\nBDEPEND=", "REQUIRED_USE": "\nREQUIRED_USE=", "optfeature": "\toptfeature \"",
		"live ebuilds": "-9999.ebuild", "patches": ".patch\"\n)", "mirrors": "mirror://", "remote-ids": "<remote-id", "local flags": "<flag name=",
		"references in metadata.xml": "<pkg>", "accounts": "== acct-user/", "virtuals": "== virtual/", "Python": "PYTHON_COMPAT=( ",
		"masks": "== profiles/package.mask", "eclasses": "== eclass/cmake.eclass",
	} {
		if !strings.Contains(all, sign) {
			t.Errorf("no %s", what)
		}
	}
	if n := len(repo.Packages); n < 500 || n > 800 {
		t.Errorf("%d packages for 1000 ebuilds", n)
	}
}

func TestHistoryLeadsToTheTree(t *testing.T) {
	repo := generate(t, ebuildrepo.Options{Seed: 2, Ebuilds: 80, Commits: 12})
	dir := t.TempDir() + "/repo.git"
	if err := ebuildrepo.NewHistory(repo).Write(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if n := git(t, dir, "rev-list", "--count", "main"); n != "12" {
		t.Errorf("%s commits, not 12", n)
	}
	tree := repo.Tree()
	if names := strings.Split(git(t, dir, "ls-tree", "-r", "--name-only", "-z", "main"), "\x00"); len(names)-1 != len(tree) {
		t.Errorf("the last commit has %d files, the tree %d", len(names)-1, len(tree))
	}
	for _, name := range []string{"profiles/categories", repo.Keys()[0] + "/metadata.xml"} {
		if got, want := git(t, dir, "show", "main:"+name), strings.TrimSpace(tree[name].Text); got != want {
			t.Errorf("%s is %q in git, %q in the tree", name, got, want)
		}
	}
	if gone := git(t, dir, "log", "--diff-filter=D", "--name-only", "--format="); !strings.Contains(gone, ".ebuild") {
		t.Error("no package was ever removed")
	}
	if err := ebuildrepo.NewHistory(repo).Write(t.Context(), dir); err == nil {
		t.Error("a directory that is not empty was written to")
	}
}

func ExampleGenerate() {
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: 300})
	fmt.Println(repo.Name, repo.Count(), err)
	// Output: heath 300 <nil>
}
