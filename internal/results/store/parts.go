// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/uptrace/bun"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
)

// Part is what one shard of a run handed over.
type Part struct {
	Shard  int
	Digest string
	Blob   string
	Size   int64
}

// PutDivided registers a run whose plan the server has made of the one in the record: with a division, and the clock of the attempt that it goes
// on with. The record counts as it was sent, so that the same again changes nothing. Parts are what that attempt left; they are the run's own from here on.
func (s *Store) PutDivided(ctx context.Context, sent results.RunRecord, planned plan.Plan, parts []Part) (*Run, error) {
	return s.putRun(ctx, sent, planned, parts)
}

// PutPart stores what a shard of an open run handed over. The first one wins: the same again changes nothing, another is ErrDifferent; a run
// that was concluded takes none any more (ErrSettled).
func (s *Store) PutPart(ctx context.Context, hash string, part Part) error {
	err := s.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		row, err := rowByHash(ctx, tx, hash)
		if err != nil {
			return err
		}
		if stored, err := standingPart(ctx, tx, row, part); err != nil || stored {
			return err
		}
		return s.insertParts(ctx, tx, row.ID, []Part{part})
	})
	if err != nil {
		return fmt.Errorf("storing shard %d of run %s: %w", part.Shard, hash, err)
	}
	return nil
}

// StandingPart says what would become of a part: stored where just this one is, else ErrDifferent or ErrSettled.
func (s *Store) StandingPart(ctx context.Context, hash string, part Part) (stored bool, err error) {
	row, err := rowByHash(ctx, s.read, hash)
	if err != nil {
		return false, err
	}
	if stored, err = standingPart(ctx, s.read, row, part); err != nil {
		return false, fmt.Errorf("shard %d of run %s: %w", part.Shard, hash, err)
	}
	return stored, nil
}

func standingPart(ctx context.Context, db bun.IDB, row *runRow, part Part) (bool, error) {
	var digest string
	err := db.NewRaw("SELECT digest FROM parts WHERE run_id = ? AND shard = ?", row.ID, part.Shard).Scan(ctx, &digest)
	switch {
	case errors.Is(err, sql.ErrNoRows) && row.State != results.RunPlanned:
		return false, ErrSettled
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, err
	case digest != part.Digest:
		return false, ErrDifferent
	}
	return true, nil
}

func (s *Store) insertParts(ctx context.Context, tx bun.Tx, id int64, parts []Part) error {
	for _, p := range parts {
		if _, err := tx.ExecContext(ctx, "INSERT INTO parts (run_id, shard, digest, blob, size, received) VALUES (?, ?, ?, ?, ?, ?)",
			id, p.Shard, p.Digest, p.Blob, p.Size, s.clock.Now().UnixNano()); err != nil {
			return err
		}
	}
	return nil
}

// Parts returns what the shards of a run handed over, by shard.
func (s *Store) Parts(ctx context.Context, hash string) ([]Part, error) {
	var parts []Part
	err := s.read.NewRaw("SELECT parts.shard, parts.digest, parts.blob, parts.size FROM parts JOIN runs ON runs.id = parts.run_id WHERE runs.hash = ? ORDER BY parts.shard", hash).
		Scan(ctx, &parts)
	if err != nil {
		return nil, fmt.Errorf("listing the shards of run %s: %w", hash, err)
	}
	return parts, nil
}

// OpenPart opens what a shard handed over.
func (s *Store) OpenPart(part Part) (*os.File, error) { return s.blobs.open(part.Blob) }

// Times returns what the newest finished full scan of a repository under a profile measured; empty where there was none.
func (s *Store) Times(ctx context.Context, namespace, repository, profile string) (plan.Times, error) {
	var data string
	times := plan.Times{}
	err := s.read.NewRaw("SELECT data FROM package_times WHERE namespace = ? AND repository = ? AND profile = ?", namespace, repository, profile).Scan(ctx, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return times, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &times)
	}
	if err != nil {
		return plan.Times{}, fmt.Errorf("reading the times of %s/%s: %w", namespace, repository, err)
	}
	return times, nil
}

// putTimes keeps what a run measured, unless a newer one's is there.
func putTimes(ctx context.Context, tx bun.IDB, row *runRow, times *plan.Times) error {
	data, err := json.Marshal(times)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO package_times (namespace, repository, profile, run_id, data) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (namespace, repository, profile) DO UPDATE SET run_id = excluded.run_id, data = excluded.data WHERE package_times.run_id < excluded.run_id`,
		row.Namespace, row.Repository, row.Profile, row.ID, string(data))
	return err
}
