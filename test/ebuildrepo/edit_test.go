// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuildrepo_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// small is a repository in which every name and version is known.
func small(t *testing.T) *ebuildrepo.Repo {
	t.Helper()
	repo := generate(t, ebuildrepo.Options{Seed: 1, Ebuilds: 20, Breakage: &ebuildrepo.Breakage{}})
	for _, p := range []*ebuildrepo.Package{
		{Category: "dev-libs", Name: "alpha", Ebuilds: []*ebuildrepo.Ebuild{
			{Version: "1.0", EAPI: "8", Slot: "0", Keywords: []string{"amd64", "~arm64"}, SrcURI: []string{"https://a.example.org/${P}.tar.xz"}},
			{Version: "1.1", EAPI: "8", Slot: "0", Keywords: []string{"~amd64"}, SrcURI: []string{"https://a.example.org/${P}.tar.xz"}},
		}},
		{Category: "app-misc", Name: "beta", Ebuilds: []*ebuildrepo.Ebuild{
			{Version: "2", EAPI: "8", Slot: "0", Inherit: []string{"cmake"}, RDepend: []string{"x? ( >=dev-libs/alpha-1.0[y?] )", "dev-libs/alpha-extra"}},
		}},
	} {
		if err := repo.AddPackage(p); err != nil {
			t.Fatal(err)
		}
	}
	return repo
}

// changed are the paths that an edit changed, each with how.
func changed(t *testing.T, edit func(r *ebuildrepo.Repo) error) map[string]string {
	t.Helper()
	repo := small(t)
	before := repo.Tree()
	side := repo.Clone()
	if err := edit(side); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, repo.Tree()); diff != "" {
		t.Fatalf("editing a clone changed the original:\n%s", diff)
	}
	out := map[string]string{}
	after := side.Tree()
	for name, f := range after {
		if old, ok := before[name]; !ok {
			out[name] = "added"
		} else if old != f {
			out[name] = "changed"
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			out[name] = "removed"
		}
	}
	return out
}

func TestEditsChangeWhatTheySay(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(r *ebuildrepo.Repo) error
		want map[string]string
	}{
		"a bump keeps the old version": {
			func(r *ebuildrepo.Repo) error { return r.Bump("dev-libs/alpha", "1.0", "1.2") },
			map[string]string{"dev-libs/alpha/alpha-1.2.ebuild": "added", "dev-libs/alpha/Manifest": "changed"},
		},
		"a dropped version takes its distfile along": {
			func(r *ebuildrepo.Repo) error { return r.Drop("dev-libs/alpha", "1.0") },
			map[string]string{"dev-libs/alpha/alpha-1.0.ebuild": "removed", "dev-libs/alpha/Manifest": "changed"},
		},
		"the last dropped version takes the package along": {
			func(r *ebuildrepo.Repo) error { return r.Drop("app-misc/beta", "2") },
			map[string]string{"app-misc/beta/beta-2.ebuild": "removed", "app-misc/beta/metadata.xml": "removed"},
		},
		"an edited ebuild": {
			func(r *ebuildrepo.Repo) error {
				return r.EditEbuild("app-misc/beta", "2", func(e *ebuildrepo.Ebuild) { e.Slot = "2" })
			},
			map[string]string{"app-misc/beta/beta-2.ebuild": "changed"},
		},
		"a package that moves takes its dependents along": {
			func(r *ebuildrepo.Repo) error { return r.Rename("dev-libs/alpha", "dev-libs/omega") },
			map[string]string{
				"dev-libs/alpha/alpha-1.0.ebuild": "removed", "dev-libs/alpha/alpha-1.1.ebuild": "removed", "dev-libs/alpha/Manifest": "removed",
				"dev-libs/alpha/metadata.xml": "removed", "dev-libs/omega/omega-1.0.ebuild": "added", "dev-libs/omega/omega-1.1.ebuild": "added",
				"dev-libs/omega/Manifest": "added", "dev-libs/omega/metadata.xml": "added", "app-misc/beta/beta-2.ebuild": "changed",
				"profiles/updates/1Q-2026": "changed",
			},
		},
		"a mask": {
			func(r *ebuildrepo.Repo) error { r.Mask("dev-libs/alpha", "It is old."); return nil },
			map[string]string{"profiles/package.mask": "added"},
		},
		"a mask that comes and goes leaves its comment": {
			func(r *ebuildrepo.Repo) error {
				r.Mask("dev-libs/alpha", "It is old.")
				r.Unmask("dev-libs/alpha")
				return nil
			},
			map[string]string{"profiles/package.mask": "added"},
		},
		"a function in an eclass": {
			func(r *ebuildrepo.Repo) error { return r.AddEclassFunction("cmake", "cmake_run_in") },
			map[string]string{"eclass/cmake.eclass": "changed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, changed(t, c.edit)); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
		})
	}
}

func TestABumpHasTestingKeywords(t *testing.T) {
	repo := small(t)
	if err := repo.Bump("dev-libs/alpha", "1.0", "1.2"); err != nil {
		t.Fatal(err)
	}
	if got := repo.Packages["dev-libs/alpha"].Ebuild("1.2").Keywords; !slices.Equal(got, []string{"~amd64", "~arm64"}) {
		t.Errorf("keywords %v", got)
	}
	if got := repo.Packages["dev-libs/alpha"].Ebuild("1.0").Keywords; !slices.Equal(got, []string{"amd64", "~arm64"}) {
		t.Errorf("the old version has the keywords %v now", got)
	}
}

func TestARenamedPackageIsRenamedInWholeNamesOnly(t *testing.T) {
	repo := small(t)
	if err := repo.Rename("dev-libs/alpha", "dev-libs/omega"); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(repo.Packages["app-misc/beta"].Ebuilds[0].RDepend, " ")
	if want := "x? ( >=dev-libs/omega-1.0[y?] ) dev-libs/alpha-extra"; got != want {
		t.Errorf("RDEPEND %q, not %q", got, want)
	}
}

func TestDependentsAndInheritors(t *testing.T) {
	repo := small(t)
	if got := repo.Dependents("dev-libs/alpha"); !slices.Equal(got, []string{"app-misc/beta"}) {
		t.Errorf("dependents %v", got)
	}
	if got := repo.Inheritors("cmake"); !slices.Contains(got, "app-misc/beta") {
		t.Errorf("inheritors %v", got)
	}
}

func TestEditsOfWhatIsNotThereAreErrors(t *testing.T) {
	for name, edit := range map[string]func(r *ebuildrepo.Repo) error{
		"bump of a package":        func(r *ebuildrepo.Repo) error { return r.Bump("no/such", "1", "2") },
		"bump of a version":        func(r *ebuildrepo.Repo) error { return r.Bump("dev-libs/alpha", "7", "8") },
		"bump to what is there":    func(r *ebuildrepo.Repo) error { return r.Bump("dev-libs/alpha", "1.0", "1.1") },
		"drop":                     func(r *ebuildrepo.Repo) error { return r.Drop("dev-libs/alpha", "7") },
		"removal":                  func(r *ebuildrepo.Repo) error { return r.RemovePackage("no/such") },
		"rename to what is there":  func(r *ebuildrepo.Repo) error { return r.Rename("dev-libs/alpha", "app-misc/beta") },
		"eclass":                   func(r *ebuildrepo.Repo) error { return r.AddEclassFunction("nosuch", "f") },
		"package that is there":    func(r *ebuildrepo.Repo) error { return r.AddPackage(r.Packages["app-misc/beta"]) },
		"metadata of no package":   func(r *ebuildrepo.Repo) error { return r.EditMetadata("no/such", nil) },
		"ebuild of another number": func(r *ebuildrepo.Repo) error { return r.EditEbuild("app-misc/beta", "3", nil) },
	} {
		if err := edit(small(t)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
