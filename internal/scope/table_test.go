// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
)

// installed are the checks of the toolchain image.
func installed() []Check {
	var out []Check
	for _, c := range pkgcheck.DefaultTables().Checks {
		out = append(out, Check{
			Name: c.Name, WholeTree: c.WholeTree, Off: c.Optional || c.Network || c.Commits, Sources: c.Sources, Addons: c.Addons,
		})
	}
	return out
}

func TestEveryCheckOfTheImageHasARow(t *testing.T) {
	checks := installed()
	if unknown := unknownChecks(checks); len(unknown) > 0 {
		t.Errorf("these checks have no row, or another one, in table.go: %v", unknown)
	}
	for _, r := range table {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.Name == r.name }) {
			t.Errorf("%s is in table.go, and no check of the image", r.name)
		}
	}
	if !slices.IsSortedFunc(table, func(a, b row) int { return strings.Compare(a.name, b.name) }) {
		t.Error("table.go is not sorted by name")
	}
}

func TestRowsNameRulesThatExist(t *testing.T) {
	kept := []Rule{"R18", "R19", "R20"} // by the engine
	for _, r := range table {
		for name := range strings.FieldsSeq(r.rules) {
			known := slices.Contains(kept, Rule(name)) || name == "R16"
			for _, rule := range rules {
				known = known || string(rule.name) == name || strings.TrimRight(string(rule.name), "ab") == name
			}
			if !known {
				t.Errorf("%s is covered by %s, which is no rule", r.name, name)
			}
		}
		if r.inputs == "" && r.rules != "R1 R5" {
			t.Errorf("%s reads nothing but its own folder, and is covered by %s", r.name, r.rules)
		}
	}
}

func TestEveryWholeTreeCheckOfTheImageCanBeNeeded(t *testing.T) {
	everything := map[string]bool{}
	for _, name := range slices.Concat(eclassChecks, []string{
		checkAcct, checkCategoryMetadata, checkCollision, checkEmptyDirs, checkGlobalUse, checkLicenceGroups, checkProfiles, checkProjects,
		checkRepoCategories, checkRepoDir, checkRepoProfiles, checkStabilization, checkUnusedEclasses, checkUnusedInMasters,
		checkUnusedLicences, checkUnusedMirrors, checkUpdates,
	}) {
		everything[name] = true
	}
	for _, c := range installed() {
		// Its only input is layout.conf, which is everything.
		if c.WholeTree && !everything[c.Name] && c.Name != checkManifestHash {
			t.Errorf("no rule ever needs %s", c.Name)
		}
	}
}

func TestAnUnknownCheckIsEverything(t *testing.T) {
	for name, change := range map[string]func(c *Check){
		"another name":          func(c *Check) { c.Name = "NewCheck" },
		"another source":        func(c *Check) { c.Sources = []string{"RepositoryRepoSource"} },
		"another addon":         func(c *Check) { c.Addons = append(slices.Clone(c.Addons), "GitAddon") },
		"now of the whole tree": func(c *Check) { c.WholeTree = !c.WholeTree },
	} {
		t.Run(name, func(t *testing.T) {
			checks := installed()
			change(&checks[0])
			base := small()
			head := base.with("app-misc/quiet/quiet-1.ebuild", "EAPI=\"8\"\n")
			result := Plan(base.index(t), head.index(t), base.changes(head), checks, Options{})
			if result.Scope.Kind != "Full" || !slices.Equal(result.Unknown, []string{checks[0].Name}) || !result.Reach.Everything {
				t.Errorf("the scope is %s, unknown are %v, reach %v", result.Scope.Kind, result.Unknown, result.Reach.Everything)
			}
		})
	}
}
