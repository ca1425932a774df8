// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io/fs"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// PodKitKey is the key of the kit of a plan's base where the toolchain is an image: server and pods name it alike.
func PodKitKey(p plan.Plan) basekit.Key { return KitKey(p, plan.ImageDigest(p.Snapshot.Image)) }

// PrepareBase is the prepare stage of a run on a base alone: no code but the base's and the masters' runs.
func (e *Engine) PrepareBase(ctx context.Context, p plan.Plan) (plan.Outcome, error) {
	s := e.begin(plan.OfBase(p), plan.StagePrepare)
	return s.end(e.Layout.Prepared(), s.prepareTrusted(ctx))
}

// FillKit is the scan stage of a run on a base alone: it fills dir with what later runs take over.
func (e *Engine) FillKit(ctx context.Context, p plan.Plan, dir string) (plan.Outcome, error) {
	s := e.begin(plan.OfBase(p), plan.StageScan)
	return s.end(e.Layout.Scanned(), s.fillKit(ctx, dir))
}

// evaluateBaseline says whether a baseline run came to its end. It has nothing to compare.
func evaluateBaseline(bundle fs.FS, p plan.Plan, v *verdict.Verdict) error {
	c, err := readOutcomes(bundle, v)
	if err != nil {
		return err
	}
	if p.Baseline.Findings {
		if err := evaluateFindings(bundle, p, v, c); err != nil {
			return err
		}
	}
	v.Conclusion = finding.ConclusionSuccess
	return nil
}
