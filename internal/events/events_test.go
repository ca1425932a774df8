// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package events

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		unknown, none []string
		want          []string // reason and a word of each
	}{
		"nothing odd":                {nil, nil, nil},
		"a rule without a row":       {[]string{"A", "B"}, nil, []string{"UnknownRules A, B"}},
		"a severity without keyword": {nil, []string{"C"}, []string{"UnknownKeyword C"}},
		"both":                       {[]string{"A"}, []string{"C"}, []string{"UnknownKeyword C", "UnknownRules A"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Rules(c.unknown, c.none)
			if len(got) != len(c.want) {
				t.Fatalf("got %+v, want %q", got, c.want)
			}
			for i, e := range got {
				reason, words, _ := strings.Cut(c.want[i], " ")
				if e.Type != corev1.EventTypeWarning || e.Reason != reason || !strings.Contains(e.Note, words) {
					t.Errorf("got %+v, want %s", e, c.want[i])
				}
			}
		})
	}
	many := make([]string, 500)
	for i := range many {
		many[i] = "AKeyword"
	}
	if e := Rules(many, nil)[0]; len(e.Note) > maxNote {
		t.Errorf("a note of %d bytes, more than the API takes", len(e.Note))
	}
}
