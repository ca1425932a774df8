// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"slices"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
)

const nothing = "000000"

func TestAListingAfterChangesIsGitsListing(t *testing.T) {
	const before = "100644 blob x\ta-b/f\x00100644 blob x\ta/f\x00120000 blob x\ta/link\x00160000 commit x\ta/module\x00100755 blob x\tz\x00"
	for name, c := range map[string]struct {
		changes []gitops.Change
		after   string
	}{
		"nothing":                    {nil, before},
		"an added file":              {[]gitops.Change{{Path: "a/a", OldMode: nothing, NewMode: "100644"}}, "100644 blob x\ta-b/f\x00100644 blob x\ta/a\x00100644 blob x\ta/f\x00120000 blob x\ta/link\x00100755 blob x\tz\x00"},
		"a removed file":             {[]gitops.Change{{Path: "a-b/f", OldMode: "100644", NewMode: nothing}}, "100644 blob x\ta/f\x00120000 blob x\ta/link\x00100755 blob x\tz\x00"},
		"a file that becomes a link": {[]gitops.Change{{Path: "a/f", OldMode: "100644", NewMode: "120000"}}, "100644 blob x\ta-b/f\x00120000 blob x\ta/f\x00120000 blob x\ta/link\x00100755 blob x\tz\x00"},
		"a file that becomes a folder": {
			[]gitops.Change{{Path: "z", OldMode: "100755", NewMode: nothing}, {Path: "z/y", OldMode: nothing, NewMode: "100644"}},
			"100644 blob x\ta-b/f\x00100644 blob x\ta/f\x00120000 blob x\ta/link\x00100644 blob x\tz/y\x00",
		},
		"a file that becomes a submodule": {[]gitops.Change{{Path: "a/f", OldMode: "100644", NewMode: "160000"}}, "100644 blob x\ta-b/f\x00120000 blob x\ta/link\x00100755 blob x\tz\x00"},
		"a submodule that becomes a file": {[]gitops.Change{{Path: "a/module", OldMode: "160000", NewMode: "100644"}}, "100644 blob x\ta-b/f\x00100644 blob x\ta/f\x00120000 blob x\ta/link\x00100644 blob x\ta/module\x00100755 blob x\tz\x00"},
		"a changed file":                  {[]gitops.Change{{Path: "a/f", OldMode: "100644", NewMode: "100755"}}, before},
		"all gone":                        {[]gitops.Change{{Path: "a-b/f", NewMode: nothing}, {Path: "a/f", NewMode: nothing}, {Path: "a/link", NewMode: nothing}, {Path: "z", NewMode: nothing}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := parseListing(before)
			if err != nil {
				t.Fatal(err)
			}
			want, err := parseListing(c.after)
			if err != nil {
				t.Fatal(err)
			}
			kept := slices.Clone(from)
			if got := applied(from, c.changes); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if !slices.Equal(from, kept) {
				t.Error("the listing itself was changed")
			}
		})
	}
}
