// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/verdict"
)

// changes are the facts that a comparison says were changed: how often each, by class and identity.
type changes map[string]int

// changed are the classes in which the two ways must agree. What exists on both sides is not looked at in full by a small scope.
var changed = []finding.Class{finding.ClassNew, finding.ClassFixed, finding.ClassInherited, finding.ClassUnveiled, finding.ClassHidden, finding.ClassUnstable}

func (c changes) add(class finding.Class, f *finding.Fact) {
	if slices.Contains(changed, class) {
		c[fmt.Sprintf("%s: %s/%s-%s: %s (%s): %s", class, f.Category, f.Package, f.Version, f.Rule, f.Check, f.Identity)]++
	}
}

func changesOf(c compare.Comparison) changes {
	found := changes{}
	for _, e := range c.Entries {
		found.add(e.Class, e.Fact)
	}
	return found
}

func changesIn(v *verdict.Verdict) changes {
	found := changes{}
	for i := range v.Items {
		found.add(v.Items[i].Class, &v.Items[i].Fact)
	}
	return found
}

// without lists what is in one and not in the other, sorted.
func (c changes) without(other changes) []string {
	lines := []string{}
	for _, line := range slices.Sorted(maps.Keys(c)) {
		for range max(0, c[line]-other[line]) {
			lines = append(lines, line)
		}
	}
	return lines
}

// Difference is what two ways disagree on.
type Difference struct {
	// Missed are facts that only the oracle has, False those that only the other has.
	Missed []string `json:"missed,omitempty"`
	False  []string `json:"false,omitempty"`
}

func differ(oracle, other changes) Difference {
	return Difference{oracle.without(other), other.without(oracle)}
}

// None says that the two agree.
func (d Difference) None() bool { return len(d.Missed)+len(d.False) == 0 }

// String lists the facts, a line each.
func (d Difference) String() string {
	var b strings.Builder
	for _, line := range d.Missed {
		b.WriteString("missed " + line + "\n")
	}
	for _, line := range d.False {
		b.WriteString("false  " + line + "\n")
	}
	return b.String()
}
