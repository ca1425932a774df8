// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// ScanBase is the scan stage of a run on a base alone that looks at all of it: no head is scanned. The outcome names what was found, for
// runs on the same base that look at everything.
func (e *Engine) ScanBase(ctx context.Context, p plan.Plan) (plan.Outcome, error) {
	s := e.begin(p, plan.StageScan)
	return s.end(e.Layout.Scanned(), s.scanWholeBase(ctx))
}

func (s *stage) scanWholeBase(ctx context.Context) error {
	if err := s.step("metadata", func() error { return s.assemble(ctx) }); err != nil {
		return err
	}
	tables, err := s.tables(ctx)
	if err != nil {
		return fmt.Errorf("asking the tool for its rules: %w", err)
	}
	if err := s.step("packages", func() error { return s.survey(ctx, tables) }); err != nil {
		return err
	}
	if s.engine.Kit != "" {
		if err := s.copyCache(s.kit(basekit.Cache), s.engine.Layout.Work("cache-"+Base)); err != nil {
			return fmt.Errorf("copying the caches of the kit: %w", err)
		}
	}
	if err := s.step("base scan", func() error { return s.driveScan(ctx, callScanBase, firstSuffix, Base) }); err != nil {
		return fmt.Errorf("scanning the base: %w", err)
	}
	if s.outcome.ExitCode != driver.ExitDone {
		return &failure{plan.ReasonIncomplete, "The base cannot be scanned as a whole, so that its findings are not kept", nil}
	}
	s.outcome.Findings, err = s.findingsID()
	return err
}

// evaluateFindings says whether what a run found on the whole base can be compared with.
func evaluateFindings(bundle fs.FS, p plan.Plan, v *verdict.Verdict, c counted) error {
	base, err := readSide(bundle, p, Base, c.packages[Base])
	if err != nil {
		return err
	}
	gaps, err := base.complete()
	switch {
	case err != nil && base.broken():
		return &failure{plan.ReasonBrokenBase, "The target branch itself does not scan", err}
	case err != nil:
		return err
	case len(gaps) > 0:
		return incomplete("%d parts of the base could not be looked at.", len(gaps))
	}
	v.Base = base.evidence()
	return base.asPlanned(p)
}
