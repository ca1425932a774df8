// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"slices"

	"github.com/prcheck/prcheck/internal/finding"
)

// AddNew adds facts that no base could have, such as those of a pull request's own commits. All of them are new.
func AddNew(c Comparison, facts []finding.Fact) Comparison {
	if len(facts) == 0 {
		return c
	}
	added := make([]Entry, 0, len(facts))
	for i := range facts {
		added = append(added, Entry{Class: finding.ClassNew, Fact: &facts[i]})
	}
	n := 0 // new ones come first
	for n < len(c.Entries) && c.Entries[n].Class == finding.ClassNew {
		n++
	}
	added = append(added, c.Entries[:n]...)
	slices.SortStableFunc(added, compareEntries)
	c.Entries = append(added, c.Entries[n:]...)
	return c
}
