// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"errors"
	"testing"
)

// TestTipFollowsTheBranch: unlike a master's pin, a target's tip is that of now, and costs no fetch while it stays.
func TestTipFollowsTheBranch(t *testing.T) {
	f := newForge(t)
	first := f.commit("refs/heads/main", map[string]string{"a": "1"})
	m, src := open(t, nil), f.source()
	for _, branch := range []string{"main", ""} {
		commit, name, err := m.Tip(t.Context(), src, branch)
		if err != nil || commit != first || name != "main" {
			t.Errorf("branch %q: %s of %s, %v", branch, commit, name, err)
		}
	}
	second := f.commit("refs/heads/main", map[string]string{"a": "2"})
	if commit, _, err := m.Tip(t.Context(), src, "main"); err != nil || commit != second {
		t.Errorf("after a push: %s, %v", commit, err)
	}
	if err := m.EnsureCommit(t.Context(), src, first, "main"); err != nil {
		t.Errorf("the former tip is lost: %v", err)
	}
	before := f.requests.Load()
	if _, _, err := m.Tip(t.Context(), src, "main"); err != nil {
		t.Fatal(err)
	}
	if n := f.requests.Load() - before; n > 3 { // without a password, with one, ls-refs
		t.Errorf("a tip that stays costs %d requests", n)
	}
	if _, _, err := m.Tip(t.Context(), src, "none"); !errors.Is(err, ErrNoBranch) {
		t.Errorf("a branch that there is none of: %v", err)
	}
	if _, _, err := m.Tip(t.Context(), src, "-x"); !errors.Is(err, ErrNoBranch) {
		t.Errorf("no branch name: %v", err)
	}
}
