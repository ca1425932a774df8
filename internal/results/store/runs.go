// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
)

// runRow is a row of runs.
type runRow struct {
	bun.BaseModel `bun:"table:runs,alias:runs"`

	ID         int64 `bun:",pk,autoincrement"`
	Hash       string
	Namespace  string
	Repository string
	Number     int64
	Profile    string
	Attempt    int
	Head       string
	Created    int64
	Digest     string
	Record     string
	State      results.RunState
	Conclusion finding.Conclusion
	Finished   int64
	Summary    string
}

// Run is a run as the store knows it. The record's plan is empty; Plan reads it.
type Run struct {
	Record   results.RunRecord
	Summary  results.Summary // of an open run only Hash and State
	Created  time.Time
	Finished time.Time // zero while it is open

	id int64
}

// Open says that no verdict stands.
func (r *Run) Open() bool { return r.Summary.State == results.RunPlanned }

func (row *runRow) run() (*Run, error) {
	r := &Run{id: row.ID, Created: time.Unix(0, row.Created).UTC(), Summary: results.Summary{Hash: row.Hash, State: row.State}}
	if err := json.Unmarshal([]byte(row.Record), &r.Record); err != nil {
		return nil, fmt.Errorf("reading run %s: %w", row.Hash, err)
	}
	if row.Finished != 0 {
		r.Finished = time.Unix(0, row.Finished).UTC()
	}
	if row.Summary != "" {
		if err := json.Unmarshal([]byte(row.Summary), &r.Summary); err != nil {
			return nil, fmt.Errorf("reading the summary of run %s: %w", row.Hash, err)
		}
	}
	return r, nil
}

// PutRun registers a run. The same again changes nothing; a different one under the same hash is ErrDifferent.
func (s *Store) PutRun(ctx context.Context, record results.RunRecord) (*Run, error) {
	return s.putRun(ctx, record, record.Plan, nil)
}

func (s *Store) putRun(ctx context.Context, record results.RunRecord, with plan.Plan, parts []Part) (*Run, error) {
	row, planned, err := rowOf(record, with)
	if err != nil {
		return nil, err
	}
	err = s.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		standing, err := rowByHash(ctx, tx, record.Hash)
		if err == nil {
			if standing.Digest != row.Digest {
				return fmt.Errorf("run %s: %w", record.Hash, ErrDifferent)
			}
			*row = *standing
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		if _, err := tx.NewInsert().Model(row).Returning("id").Exec(ctx); err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, "INSERT INTO plans (run_id, data) VALUES (?, ?)", row.ID, planned); err != nil {
			return err
		}
		return s.insertParts(ctx, tx, row.ID, parts)
	})
	if err != nil {
		return nil, fmt.Errorf("registering a run: %w", err)
	}
	return row.run()
}

// rowOf makes the row of a record and the text of the plan that is stored with it.
func rowOf(record results.RunRecord, with plan.Plan) (*runRow, string, error) {
	record.Created = record.Created.UTC()
	record.Plan.Clock, with.Clock = record.Plan.Clock.UTC(), with.Clock.UTC()
	digest, err := plan.Digest(record)
	if err != nil {
		return nil, "", err
	}
	planned, err := json.Marshal(with)
	if err != nil {
		return nil, "", fmt.Errorf("writing the plan of run %s: %w", record.Hash, err)
	}
	if with.Divided() {
		record.Shards, record.Scanning = len(with.Sharding.Shards), len(with.Sharding.Scan)
	}
	head := record.Plan.Revision.Head
	record.Plan = plan.Plan{Revision: record.Plan.Revision}
	data, err := json.Marshal(record)
	if err != nil {
		return nil, "", fmt.Errorf("writing run %s: %w", record.Hash, err)
	}
	return &runRow{
		Hash: record.Hash, Namespace: record.Namespace, Repository: record.Repository, Number: record.Number, Profile: record.Profile,
		Attempt: record.Attempt, Head: head, Created: record.Created.UnixNano(), Digest: digest, Record: string(data), State: results.RunPlanned,
	}, string(planned), nil
}

func rowByHash(ctx context.Context, db bun.IDB, hash string) (*runRow, error) {
	row := &runRow{}
	err := db.NewSelect().Model(row).Where("hash = ?", hash).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("run %s: %w", hash, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading run %s: %w", hash, err)
	}
	return row, nil
}

// Run returns the run of a whole hash.
func (s *Store) Run(ctx context.Context, hash string) (*Run, error) {
	row, err := rowByHash(ctx, s.read, hash)
	if err != nil {
		return nil, err
	}
	return row.run()
}

// MinPrefix is the shortest beginning of a hash that FindRun takes.
const MinPrefix = 7

// FindRun returns the one run whose hash begins with prefix: ErrNotFound where there is none, ErrAmbiguous where there are more.
func (s *Store) FindRun(ctx context.Context, prefix string) (*Run, error) {
	if len(prefix) < MinPrefix || strings.Trim(prefix, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("%q is no beginning of a run's hash: %w", prefix, ErrNotFound)
	}
	var rows []*runRow
	err := s.read.NewSelect().Model(&rows).Where("hash >= ? AND hash < ?", prefix, prefix+"g").Order("hash").Limit(2).Scan(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("looking for run %s: %w", prefix, err)
	case len(rows) == 0:
		return nil, fmt.Errorf("run %s: %w", prefix, ErrNotFound)
	case len(rows) > 1:
		return nil, fmt.Errorf("run %s: %w", prefix, ErrAmbiguous)
	}
	return rows[0].run()
}

// RunsOf returns the newest runs of a pull request, newest first, at most limit.
func (s *Store) RunsOf(ctx context.Context, namespace, repository string, number int64, limit int) ([]*Run, error) {
	var rows []*runRow
	err := s.read.NewSelect().Model(&rows).Where("namespace = ? AND repository = ? AND number = ?", namespace, repository, number).
		Order("created DESC", "id DESC").Limit(limit).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the runs of %s/%s #%d: %w", namespace, repository, number, err)
	}
	runs := make([]*Run, 0, len(rows))
	for _, row := range rows {
		r, err := row.run()
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// Recent returns the newest runs of pull requests of all repositories, newest first, at most limit.
func (s *Store) Recent(ctx context.Context, limit int) ([]*Run, error) {
	var rows []*runRow
	if err := s.read.NewSelect().Model(&rows).Where("number > 0").Order("id DESC").Limit(limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading the newest runs: %w", err)
	}
	runs := make([]*Run, 0, len(rows))
	for _, row := range rows {
		r, err := row.run()
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return runs, nil
}

// Plan returns a run's plan.
func (s *Store) Plan(ctx context.Context, hash string) (*plan.Plan, error) {
	var data string
	err := s.read.NewRaw("SELECT plans.data FROM plans JOIN runs ON runs.id = plans.run_id WHERE runs.hash = ?", hash).Scan(ctx, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("plan of run %s: %w", hash, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the plan of run %s: %w", hash, err)
	}
	p := &plan.Plan{}
	if err := json.Unmarshal([]byte(data), p); err != nil {
		return nil, fmt.Errorf("reading the plan of run %s: %w", hash, err)
	}
	return p, nil
}
