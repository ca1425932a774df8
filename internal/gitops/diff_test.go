// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitops_test

import (
	"slices"
	"testing"
)

// TestTouched names paths that a commit changes and another changes back, and none that only the target branch changed.
func TestTouched(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	root := r.commit(map[string]string{"a/x": "1", "b/y": "1"})
	base := r.commit(map[string]string{"a/x": "1", "b/y": "theirs"}, root)
	first := r.commit(map[string]string{"a/x": "1", "b/y": "1", "c/gone and\nback": "1", "d/stays": "1"}, root)
	second := r.commit(map[string]string{"a/x": "!1", "b/y": "1", "d/stays": "2"}, first)
	merge := r.commit(map[string]string{"a/x": "!1", "b/y": "theirs", "d/stays": "2"}, base, second)
	for name, c := range map[string]struct {
		from, to string
		want     []string
	}{
		"a pull request of two commits": {base, merge, []string{"a/x", "c/gone and\nback", "d/stays"}},
		"nothing":                       {base, base, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := r.git.Touched(t.Context(), r.bare, c.from, c.to)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("Touched = %q, %v; want %q", got, err, c.want)
			}
		})
	}
}
