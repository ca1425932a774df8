// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
)

// TestWithTheToolsOwnIdentities compares facts whose texts the identity table has made, since families and renames look into them.
func TestWithTheToolsOwnIdentities(t *testing.T) {
	found := func(rule, category, name, version string, attributes map[string]any) finding.Finding {
		return finding.Finding{
			Rule: rule, Level: finding.LevelError, Scope: "version", Check: "VisibilityCheck",
			Category: category, Package: name, Version: version, Attributes: attributes,
		}
	}
	deps := func(nodes ...any) map[string]any {
		return map[string]any{"attr": "rdepend", "nonexistent": nodes}
	}
	nonsolvable := map[string]any{
		"attr": "rdepend", "keyword": "amd64", "profile": "default/linux/amd64", "deps": []any{"d/x"}, "profile_status": "stable",
		"profile_deprecated": false, "num_profiles": nil,
	}
	side := func(packages []string, findings ...finding.Finding) Side {
		return sideOf(packages, pkgcheck.Default().Facts(findings)...)
	}
	tests := map[string]struct {
		base, head Side
		opts       Options
		want       []string
	}{
		"a bump that names itself": {
			base: side([]string{"d/a 1.0"}, found("NonexistentDeps", "d", "a", "1.0", deps("~d/b-1.0"))),
			head: side([]string{"d/a 1.0 1.1"}, found("NonexistentDeps", "d", "a", "1.0", deps("~d/b-1.0")), found("NonexistentDeps", "d", "a", "1.1", deps("~d/b-1.1", "d/c"))),
			want: []string{"existing: d/a 1.0 NonexistentDeps", "inherited: d/a 1.1 NonexistentDeps [from 1.0]", "new: d/a 1.1 NonexistentDeps"},
		},
		"a rename that names itself": {
			base: side([]string{"d/old 1.0"}, found("NonexistentDeps", "d", "old", "1.0", deps("d/old-data", "d/old"))),
			head: side([]string{"e/new 1.0"}, found("NonexistentDeps", "e", "new", "1.0", deps("d/old-data", "e/new"))),
			opts: Options{Renames: map[Package]Package{{"d", "old"}: {"e", "new"}}},
			want: []string{"inherited: e/new 1.0 NonexistentDeps [from d/old 1.0]", "new: e/new 1.0 NonexistentDeps", "fixed: d/old 1.0 NonexistentDeps"},
		},
		"a profile that becomes stable": {
			base: side([]string{"d/a 1.0"}, found("NonsolvableDepsInExp", "d", "a", "1.0", nonsolvable)),
			head: side([]string{"d/a 1.0"}, found("NonsolvableDepsInStable", "d", "a", "1.0", nonsolvable)),
			want: []string{"existing: d/a 1.0 NonsolvableDepsInStable"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := show(Compare(tc.base, tc.head, tc.opts))
			slices.Sort(got)
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
