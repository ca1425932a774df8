// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scenario_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/demo/scenario"
	"github.com/prcheck/prcheck/test/ebuildrepo"
)

// build makes the scenario and returns it with its directory.
func build(t *testing.T) (*scenario.Scenario, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "heath.git")
	s, err := scenario.Build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := ebuildrepo.Git(t.Context(), dir, nil, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func TestTwoBuildsHaveTheSameRefs(t *testing.T) {
	_, one := build(t)
	_, two := build(t)
	if a, b := git(t, one, "show-ref"), git(t, two, "show-ref"); a != b {
		t.Errorf("two builds differ:\n%s\n\n%s", a, b)
	}
}

func TestTheRepositoryIsLargeEnough(t *testing.T) {
	_, dir := build(t)
	n := 0
	for file := range strings.Lines(git(t, dir, "ls-tree", "-r", "--name-only", "main")) {
		if strings.HasSuffix(strings.TrimSpace(file), ".ebuild") {
			n++
		}
	}
	if n < 300 {
		t.Errorf("main has %d ebuilds, the demo needs 300", n)
	}
}

func TestBranchesMergeAsTheDocumentSays(t *testing.T) {
	s, dir := build(t)
	for _, pr := range s.PullRequests {
		out, err := ebuildrepo.Git(t.Context(), dir, nil, "merge-tree", "--write-tree", "--name-only", "--no-messages", "main", pr.Branch)
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if clean := err == nil; clean != (len(pr.Conflicts) == 0) {
			t.Errorf("%s: merges cleanly: %v; conflicts expected: %v", pr.Branch, clean, pr.Conflicts)
			continue
		}
		if !slices.Equal(lines[1:], pr.Conflicts) && len(pr.Conflicts) > 0 {
			t.Errorf("%s: in conflict are %v, not %v", pr.Branch, lines[1:], pr.Conflicts)
		}
		if pr.First != "" {
			git(t, dir, "merge-base", "--is-ancestor", pr.First, pr.Branch)
		}
	}
}

func TestEveryBranchHasAPullRequest(t *testing.T) {
	s, dir := build(t)
	want := []string{"main"}
	for _, pr := range s.PullRequests {
		want = append(want, pr.Branch)
		if pr.First != "" {
			want = append(want, pr.First)
		}
	}
	slices.Sort(want)
	if got := strings.Fields(git(t, dir, "for-each-ref", "--format=%(refname:short)", "refs/heads")); !slices.Equal(got, want) {
		t.Errorf("branches %v, pull requests %v", got, want)
	}
}

func TestTheDocumentAgreesWithItself(t *testing.T) {
	s, err := scenario.Load()
	if err != nil {
		t.Fatal(err)
	}
	states := map[string]string{"success": "success", "failure": "failure", "neutral": "pending"}
	for _, pr := range s.PullRequests {
		gates := slices.ContainsFunc(pr.New, func(f scenario.Fact) bool { return f.Level == "error" })
		if gates != (pr.Conclusion == "failure") {
			t.Errorf("%s: conclusion %s, but new errors: %v", pr.Branch, pr.Conclusion, gates)
		}
		if pr.State != states[pr.Conclusion] {
			t.Errorf("%s: conclusion %s shows as %s, not as %s", pr.Branch, pr.Conclusion, states[pr.Conclusion], pr.State)
		}
		if len(pr.Description) > 140 || pr.Description == "" {
			t.Errorf("%s: the description has %d characters, not 1 to 140", pr.Branch, len(pr.Description))
		}
	}
}
