// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/mutation"
)

func TestMinimise(t *testing.T) {
	t.Parallel()
	has := func(kinds string, c Case) bool {
		return !slices.ContainsFunc(strings.Fields(kinds), func(kind string) bool { return !strings.Contains(c.Kind(), kind) })
	}
	cases := map[string]struct {
		steps, guilty string // kinds; the case fails where all of the guilty are there
		needs         string // the second of these does not apply without the first
		breaks        string // a case without this one cannot be judged
		want          string
	}{
		"one step is enough":                             {steps: "a b c", guilty: "b", want: "b"},
		"two steps together":                             {steps: "a b c d", guilty: "a d", want: "a d"},
		"all steps":                                      {steps: "a b", guilty: "a b", want: "a b"},
		"a step that the guilty one needs stays":         {steps: "a b c", guilty: "c", needs: "a c", want: "a c"},
		"a case that cannot be judged is no smaller one": {steps: "a b c", guilty: "c", breaks: "b", want: "b c"},
		"a case of one step":                             {steps: "a", guilty: "a", want: "a"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failed := &Result{Replay: Difference{Missed: []string{"a fact"}}}
			for kind := range strings.FieldsSeq(c.steps) {
				failed.Case.Steps = append(failed.Case.Steps, mutation.Step{Kind: kind})
			}
			first, second, _ := strings.Cut(c.needs, " ")
			applies := func(tried Case) bool { return c.needs == "" || !has(second, tried) || has(first, tried) }
			left := minimise(failed, applies, func(tried Case) *Result {
				result := &Result{Case: tried}
				if has(c.guilty, tried) {
					result.Replay.Missed = []string{"a fact"}
				}
				if c.breaks != "" && !has(c.breaks, tried) {
					result.Err = errors.New("it cannot be judged")
				}
				return result
			})
			if want := strings.ReplaceAll(c.want, " ", "+"); left.Case.Kind() != want {
				t.Errorf("%s is left, not %s", left.Case.Kind(), want)
			}
			if left.OK() {
				t.Error("what is left does not fail")
			}
		})
	}
}
