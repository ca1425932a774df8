// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
)

// A package takes its problems along to another name, whether profiles/updates tells of it or its ebuilds do.
func TestAMovedPackageInheritsItsProblems(t *testing.T) {
	t.Parallel()
	repo := small(t)
	old, version := planted(t, repo, "UnavailableDeps")
	category, name, _ := strings.Cut(old, "/")
	to := category + "/" + name + "-renamed"
	for how, told := range map[string]bool{"with an entry in updates": true, "without one": false} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			bare := local.Change(t, repo, func(r *ebuildrepo.Repo) {
				const updates = "profiles/updates/1Q-2026"
				before := r.Files[updates].Text
				if err := r.Rename(old, to); err != nil {
					t.Fatal(err)
				}
				if !told {
					r.EditFile(updates, func(string) string { return before })
				}
			})
			v := local.New(t, bare, repo.Name, "main", "topic").Verdict()
			if v.Conclusion != finding.ConclusionSuccess {
				t.Errorf("%s; new: %v", v.Conclusion, local.Rules(v, finding.ClassNew))
			}
			want := to + "-" + version + " NonexistentDeps"
			if inherited := local.Rules(v, finding.ClassInherited); !slices.Contains(inherited, want) {
				t.Errorf("inherited: %v; want %s", inherited, want)
			}
			for _, f := range v.Of(finding.ClassFixed) {
				if f.Rule == "NonexistentDeps" {
					t.Errorf("%s/%s-%s %s shows as fixed", f.Category, f.Package, f.Version, f.Rule)
				}
			}
		})
	}
}
