// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

// What scan's runner found in the trees decides what the comparison makes of the results.
func TestEvaluateTakesTheTreesIntoAccount(t *testing.T) {
	t.Parallel()
	elsewhere := strings.NewReplacer(`"category":"a","package":"b"`, `"category":"a","package":"c"`, "a/b/b-1", "a/c/c-1").Replace(badLicence)
	// packages of the base and of the head, of which only a/b is in scope
	scoped := func(b *bundled, versions map[string][]string) {
		b.plan.Scope = plan.Scope{Kind: plan.ScopePackages, Packages: []plan.ScopePackage{{Category: "a", Package: "b"}}}
		b.base.packages, b.head.packages = []string{"a/b"}, []string{"a/b"}
		only := map[string][]string{engine.Base: {"a/b"}, engine.Head: {"a/b"}}
		b.outcomes[plan.StageScan] = plan.Outcome{Stage: plan.StageScan, Packages: only, Trees: &plan.Trees{Versions: versions}}
	}
	both := map[string][]string{engine.Base: {"a/b 1", "a/c 1"}, engine.Head: {"a/b 1", "a/c 1"}}
	// a/b of the base is a/c on the head
	moved := func(b *bundled, renames map[string]string) {
		b.base.packages, b.head.packages = []string{"a/b"}, []string{"a/c"}
		b.base.findings, b.head.findings = []string{badLicence}, []string{elsewhere}
		b.outcomes[plan.StageScan] = plan.Outcome{
			Stage: plan.StageScan, Packages: map[string][]string{engine.Base: {"a/b"}, engine.Head: {"a/c"}}, Trees: &plan.Trees{Renames: renames},
		}
	}
	cases := map[string]struct {
		change     func(*bundled)
		conclusion finding.Conclusion
		message    string // part of it
		new, moved int    // counts of new and inherited
	}{
		"a package that was renamed":           {func(b *bundled) { moved(b, map[string]string{"a/b": "a/c"}) }, finding.ConclusionSuccess, "", 0, 1},
		"one that was replaced by another":     {func(b *bundled) { moved(b, nil) }, finding.ConclusionFailure, "", 1, 0},
		"a rename to what is no name":          {func(b *bundled) { moved(b, map[string]string{"a/b": "a/c/../d"}) }, finding.ConclusionError, "cannot be one", 0, 0},
		"some packages, of which one is found": {func(b *bundled) { scoped(b, both) }, finding.ConclusionSuccess, "", 0, 0},
		"a package that was looked at on one side only": {func(b *bundled) {
			scoped(b, both)
			b.base.packages, b.base.findings = []string{"a/b", "a/c"}, []string{elsewhere}
		}, finding.ConclusionError, "a/c was looked at on one side only", 0, 0},
		"one that is not there on the other": {func(b *bundled) {
			scoped(b, map[string][]string{engine.Base: {"a/b 1", "a/c 1"}, engine.Head: {"a/b 1"}})
			b.base.packages, b.base.findings = []string{"a/b", "a/c"}, []string{elsewhere}
		}, finding.ConclusionSuccess, "", 0, 0},
		"some packages, and nobody knows the others": {func(b *bundled) { scoped(b, nil) }, finding.ConclusionError, "Nobody listed", 0, 0},
		"a list with what is no package": {func(b *bundled) {
			scoped(b, map[string][]string{engine.Base: {"a/b"}, engine.Head: {"a/b 1"}})
		}, finding.ConclusionError, "cannot be one", 0, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundled()
			c.change(b)
			v := engine.Evaluate(b.files(t), b.plan)
			if v.Conclusion != c.conclusion || !strings.Contains(v.Message, c.message) {
				t.Errorf("%s: %s; want %s: …%s…", v.Conclusion, v.Message, c.conclusion, c.message)
			}
			if diff := cmp.Diff([]int{c.new, c.moved}, []int{v.Counts.New, v.Counts.Inherited}); diff != "" {
				t.Errorf("new and inherited (-want +got):\n%s", diff)
			}
			for _, o := range v.Outcomes {
				if o.Trees != nil {
					t.Error("the verdict repeats what the runner found in the trees")
				}
			}
		})
	}
}
