// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"

	"github.com/prcheck/prcheck/internal/plan"
)

// choose decides what is scanned, where the plan left that to the run: only here both sides' metadata are known.
func (s *stage) choose(_ context.Context) error {
	if s.plan.Scope.Kind != plan.ScopeAuto {
		return nil
	}
	s.scope = plan.Scope{Kind: plan.ScopeFull, Reason: "the whole repository is scanned on both sides"}
	s.outcome.Scope = &s.scope
	return nil
}

func (s *stage) writeIndex(_ context.Context, _ string) error { return nil }
