// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"slices"

	"github.com/prcheck/prcheck/test/mutation"
)

// Minimise drops the steps of a failed case one by one, as long as it still fails, and returns what is left.
func (r *Runner) Minimise(ctx context.Context, failed *Result) *Result {
	applies := func(c Case) bool {
		_, _, err := c.apply(r.tree(ctx, c))
		return err == nil
	}
	return minimise(failed, applies, func(c Case) *Result { return r.One(ctx, c) })
}

// minimise is Minimise with what takes a case through. A case that does not apply has a step that needs one that was dropped.
func minimise(failed *Result, applies func(Case) bool, one func(Case) *Result) *Result {
	for again := true; again && len(failed.Case.Steps) > 1; {
		again = false
		for i := range failed.Case.Steps {
			c := failed.Case
			c.Steps = slices.Delete(slices.Clone(c.Steps), i, i+1)
			if !applies(c) {
				continue
			}
			if smaller := one(c); !smaller.OK() && smaller.Err == nil {
				failed, again = smaller, true
				break
			}
		}
	}
	return failed
}

func (r *Runner) tree(ctx context.Context, c Case) mutation.Tree {
	b, err := r.Lab.Base(ctx, c.Base)
	if err != nil {
		return nil // the case itself will say so
	}
	return b.Tree
}
