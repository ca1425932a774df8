// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scenario_test

import (
	"testing"

	"github.com/prcheck/prcheck/test/demo/scenario"
)

func TestMatch(t *testing.T) {
	dep := scenario.Fact{Rule: "NonexistentDeps", Category: "c", Package: "p", Version: "1", Attributes: map[string]any{"nonexistent": []any{"x/y"}}}
	found := scenario.Found{Rule: "NonexistentDeps", Category: "c", Package: "p", Version: "1", Attributes: map[string]any{"attr": "RDEPEND", "nonexistent": "x/y"}}
	other := found
	other.Attributes = map[string]any{"nonexistent": []any{"x/z"}}
	twice := dep
	twice.Facts = 2
	renamed := dep
	renamed.Rule, renamed.Or = "DependencyMoved", []string{"NonexistentDeps"}
	for name, c := range map[string]struct {
		want  []scenario.Fact
		found []scenario.Found
		ok    bool
	}{
		"nothing expected, nothing found":                {nil, nil, true},
		"what is expected is found":                      {[]scenario.Fact{dep}, []scenario.Found{found}, true},
		"the rule may be another one":                    {[]scenario.Fact{renamed}, []scenario.Found{found}, true},
		"as many as expected":                            {[]scenario.Fact{twice}, []scenario.Found{found, found}, true},
		"fewer than expected":                            {[]scenario.Fact{twice}, []scenario.Found{found}, false},
		"more than expected":                             {[]scenario.Fact{dep}, []scenario.Found{found, found}, false},
		"nothing found":                                  {[]scenario.Fact{dep}, nil, false},
		"something found that nobody expects":            {nil, []scenario.Found{found}, false},
		"another element of the list than was expected":  {[]scenario.Fact{dep}, []scenario.Found{other}, false},
		"the expected one and one that nobody expects":   {[]scenario.Fact{dep}, []scenario.Found{found, other}, false},
		"a list of one element is the same as the value": {[]scenario.Fact{dep}, []scenario.Found{{Rule: "NonexistentDeps", Category: "c", Package: "p", Version: "1", Attributes: map[string]any{"nonexistent": []any{"x/y"}}}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := scenario.Match("new", c.want, c.found); (err == nil) != c.ok {
				t.Errorf("Match says %v", err)
			}
		})
	}
}
