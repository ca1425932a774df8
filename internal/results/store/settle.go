// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/uptrace/bun"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Blob is a stored file.
type Blob struct {
	ID   string
	Size int64
}

// PutBlob stores a file. It is on disk when PutBlob returns; a settlement that names it must follow, or nobody finds it again.
func (s *Store) PutBlob(r io.Reader) (Blob, error) {
	id, size, err := s.blobs.put(r)
	return Blob{ID: id, Size: size}, err
}

// Settlement is what ends a run.
type Settlement struct {
	State   results.RunState // Finished or Superseded
	Verdict *verdict.Verdict
	Summary results.Summary
	// Digest of the bundle that a pod handed over; empty where the run is concluded without one.
	Digest string
	Bundle Blob
	Logs   map[plan.Stage]Blob
}

// Settle stores a run's end in one step. The first one wins: the same result again changes nothing, another result is ErrDifferent,
// a result for a run that was concluded without one is ErrSettled. A conclusion without a result gives way to whatever stands.
func (s *Store) Settle(ctx context.Context, hash string, end Settlement) (*Run, error) {
	end.Summary.Hash, end.Summary.State = hash, end.State
	summary, err := json.Marshal(end.Summary)
	if err != nil {
		return nil, fmt.Errorf("writing the summary of run %s: %w", hash, err)
	}
	var row *runRow
	err = s.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		if row, err = rowByHash(ctx, tx, hash); err != nil {
			return err
		}
		if row.State != results.RunPlanned {
			return compareStanding(ctx, tx, row, end.Digest)
		}
		row.State, row.Conclusion, row.Summary, row.Finished = end.State, end.Verdict.Conclusion, string(summary), s.clock.Now().UnixNano()
		if _, err := tx.NewUpdate().Model(row).Column("state", "conclusion", "summary", "finished").WherePK().Exec(ctx); err != nil {
			return err
		}
		if end.Verdict.Times != nil {
			if err := putTimes(ctx, tx, row, end.Verdict.Times); err != nil {
				return err
			}
		}
		return s.insertEnd(ctx, tx, row.ID, end)
	})
	if err != nil {
		return nil, fmt.Errorf("settling run %s: %w", hash, err)
	}
	return row.run()
}

// compareStanding decides what becomes of a second end.
func compareStanding(ctx context.Context, tx bun.IDB, row *runRow, digest string) error {
	if digest == "" {
		return nil
	}
	var standing string
	err := tx.NewRaw("SELECT digest FROM bundles WHERE run_id = ?", row.ID).Scan(ctx, &standing)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrSettled
	case err != nil:
		return err
	case standing != digest:
		return ErrDifferent
	}
	return nil
}

func (s *Store) insertEnd(ctx context.Context, tx bun.Tx, id int64, end Settlement) error {
	if end.Digest != "" {
		if _, err := tx.ExecContext(ctx, "INSERT INTO bundles (run_id, digest, blob, size, received) VALUES (?, ?, ?, ?, ?)",
			id, end.Digest, end.Bundle.ID, end.Bundle.Size, s.clock.Now().UnixNano()); err != nil {
			return err
		}
	}
	for stage, log := range end.Logs {
		if _, err := tx.ExecContext(ctx, "INSERT INTO logs (run_id, stage, blob, size) VALUES (?, ?, ?, ?)", id, string(stage), log.ID, log.Size); err != nil {
			return err
		}
	}
	bare := *end.Verdict
	bare.Items = nil
	data, err := json.Marshal(bare)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO verdicts (run_id, data) VALUES (?, ?)", id, string(data)); err != nil {
		return err
	}
	return insertFacts(ctx, tx, id, end.Verdict.Items)
}

// Standing says what would become of a result with this digest: the run where it is open or already has just this result
// (stored says which), else ErrDifferent or ErrSettled. It saves the work on a result that Settle would refuse.
func (s *Store) Standing(ctx context.Context, hash, digest string) (run *Run, stored bool, err error) {
	row, err := rowByHash(ctx, s.read, hash)
	if err != nil {
		return nil, false, err
	}
	if run, err = row.run(); err != nil || run.Open() {
		return run, false, err
	}
	if err := compareStanding(ctx, s.read, row, digest); err != nil {
		return run, false, fmt.Errorf("run %s: %w", hash, err)
	}
	return run, true, nil
}

// Verdict returns a settled run's verdict without its items; Facts reads those.
func (s *Store) Verdict(ctx context.Context, run *Run) (*verdict.Verdict, error) {
	var data string
	err := s.read.NewRaw("SELECT data FROM verdicts WHERE run_id = ?", run.id).Scan(ctx, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("verdict of run %s: %w", run.Summary.Hash, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the verdict of run %s: %w", run.Summary.Hash, err)
	}
	v := &verdict.Verdict{}
	if err := json.Unmarshal([]byte(data), v); err != nil {
		return nil, fmt.Errorf("reading the verdict of run %s: %w", run.Summary.Hash, err)
	}
	return v, nil
}

// Log opens a stage's log. ErrNotFound where the run has none.
func (s *Store) Log(ctx context.Context, run *Run, stage plan.Stage) (*os.File, error) {
	var id string
	err := s.read.NewRaw("SELECT blob FROM logs WHERE run_id = ? AND stage = ?", run.id, string(stage)).Scan(ctx, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("log of %s of run %s: %w", stage, run.Summary.Hash, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the log of %s of run %s: %w", stage, run.Summary.Hash, err)
	}
	return s.blobs.open(id)
}

// Logs lists the stages whose logs are stored, with their sizes.
func (s *Store) Logs(ctx context.Context, run *Run) (map[plan.Stage]int64, error) {
	var rows []struct {
		Stage plan.Stage
		Size  int64
	}
	if err := s.read.NewRaw("SELECT stage, size FROM logs WHERE run_id = ?", run.id).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("listing the logs of run %s: %w", run.Summary.Hash, err)
	}
	sizes := map[plan.Stage]int64{}
	for _, row := range rows {
		sizes[row.Stage] = row.Size
	}
	return sizes, nil
}
