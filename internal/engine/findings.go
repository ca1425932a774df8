// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/basekit"
)

// Findings keeps what scans of the base came to, beside its kit: the base's commit, its masters', the toolchain and the driver are the same for all.
type Findings interface {
	// FullFindings returns the folder of what was kept under an id; basekit.ErrNone: nothing was.
	FullFindings(ctx context.Context, id string) (string, error)
	PutFindings(ctx context.Context, id string, fill func(dir string) error) error
}

var _ Findings = (*basekit.Kit)(nil)

// findingsForm is the version of what is kept.
const findingsForm = 1

// baseFile is a kept stream of results.
const baseFile = Base + firstSuffix

// findingsID names a scan of the base by everything that decides its results and is not in the kit's key.
func (s *stage) findingsID() (string, error) {
	r, _, _ := s.scanRequest(callScanBase, []string{Base})
	side := s.scanSide(callScanBase, Base)
	// Where things lie decides nothing, nor how many processes there are; what is left is all of the request, whatever it has got since.
	r.Masters, r.Work, r.Cache, r.Store, r.Sides, r.Jobs = nil, "", "", nil, nil, 0
	data, err := json.Marshal(struct {
		Form                int
		Request             scanRequest
		Packages, WholeTree []string
	}{findingsForm, r, side.Packages, side.WholeTree})
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}

// scanWithKept scans both sides where results of the base may be kept: the base only where they are not. What is kept is taken from a scan of the base
// alone, before its driver has met anything of a head.
func (s *stage) scanWithKept(ctx context.Context) error {
	id, err := s.findingsID()
	if err != nil {
		return err
	}
	kept, err := s.engine.Findings.FullFindings(ctx, id)
	switch {
	case err == nil:
		err = s.step("base scan", func() error { return s.takeKept(filepath.Join(kept, baseFile)) })
	case errors.Is(err, basekit.ErrNone):
		err = s.step("base scan", func() error { return s.scanBase(ctx, id) })
	}
	if err != nil {
		return fmt.Errorf("scanning the base: %w", err)
	}
	return s.step("head scan", func() error {
		if err := s.driveScan(ctx, callScanHead, firstSuffix, Head); err != nil {
			return fmt.Errorf("scanning the head: %w", err)
		}
		return nil
	})
}

// takeKept takes over what an earlier scan of the base came to.
func (s *stage) takeKept(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(s.engine.Layout.Scanned(baseFile), data, 0o644) //nolint:gosec // a folder of the engine
}

// scanBase scans the base and keeps what it came to, where that is complete.
func (s *stage) scanBase(ctx context.Context, id string) error {
	if err := s.driveScan(ctx, callScanBase, firstSuffix, Base); err != nil || s.outcome.ExitCode != driver.ExitDone {
		return err
	}
	return s.engine.Findings.PutFindings(ctx, id, func(dir string) error {
		data, err := os.ReadFile(s.engine.Layout.Scanned(baseFile))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, baseFile), data, 0o644) //nolint:gosec // a folder of the kit
	})
}
