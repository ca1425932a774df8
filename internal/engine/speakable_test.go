// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
)

func TestNamesThatNobodyCanSpeakOf(t *testing.T) {
	t.Parallel()
	const id, none = "1111111111111111111111111111111111111111", "0000000000000000000000000000000000000000"
	for path, refused := range map[string]bool{
		"dev-libs/caf\xc3\xa9/caf\xc3\xa9-1.ebuild": false,
		"dev-libs/caf\xe9/caf\xe9-1.ebuild":         true,
		"d\xe9v/a/a-1.ebuild":                       true,
		"dev-libs/a/files/\xe9.patch":               false,
		"dev-libs/a/\xe9":                           false,
	} {
		added := gitops.Change{Path: path, OldMode: "000000", NewMode: "100644", OldID: none, NewID: id}
		var f *failure
		if err := speakable([]gitops.Change{added}); errors.As(err, &f) != refused {
			t.Errorf("%q: %v", path, err)
		} else if refused && (f.reason != plan.ReasonCulprit || !strings.Contains(f.message, "\\xe9") || !strings.Contains(f.message, "Rename")) {
			t.Errorf("%q: %s: %s", path, f.reason, f.message)
		}
		deleted := gitops.Change{Path: path, OldMode: "100644", NewMode: "000000", OldID: id, NewID: none}
		if err := speakable([]gitops.Change{deleted}); err != nil {
			t.Errorf("%q goes: %v", path, err)
		}
	}
}
