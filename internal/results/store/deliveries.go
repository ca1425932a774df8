// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// KeepDeliveries is how long deliveries are remembered: longer than a forge offers to deliver them again.
const KeepDeliveries = 7 * 24 * time.Hour

// Delivery is one webhook delivery whose signature was good.
type Delivery struct {
	bun.BaseModel `bun:"table:deliveries,alias:deliveries"`

	ID         string `bun:",pk"` // the forge's
	Path       string
	Event      string
	Namespace  string
	Repository string // name of the Repository object
	Payload    string // only what is needed of it
	Received   int64
	Handled    int64
	Tries      int
}

// AddDelivery stores a delivery. fresh is false where one of this id is stored already; it is left as it is.
func (s *Store) AddDelivery(ctx context.Context, d Delivery) (fresh bool, err error) {
	d.Received = s.clock.Now().UnixNano()
	res, err := s.write.NewInsert().Model(&d).On("CONFLICT (id) DO NOTHING").Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("storing delivery %s: %w", d.ID, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("storing delivery %s: %w", d.ID, err)
	}
	return n > 0, nil
}

// PendingDeliveries returns the oldest deliveries that nothing was done about yet.
func (s *Store) PendingDeliveries(ctx context.Context, limit int) ([]Delivery, error) {
	var pending []Delivery
	if err := s.read.NewSelect().Model(&pending).Where("handled = 0").Order("tries", "received", "id").Limit(limit).Scan(ctx); err != nil {
		return nil, fmt.Errorf("reading pending deliveries: %w", err)
	}
	return pending, nil
}

// DeliveryHandled notes that a delivery was worked off.
func (s *Store) DeliveryHandled(ctx context.Context, id string) error {
	if _, err := s.write.ExecContext(ctx, "UPDATE deliveries SET handled = ?, payload = '' WHERE id = ?", s.clock.Now().UnixNano(), id); err != nil {
		return fmt.Errorf("marking delivery %s: %w", id, err)
	}
	return nil
}

// DeliveryFailed notes a try that failed.
func (s *Store) DeliveryFailed(ctx context.Context, id string) error {
	if _, err := s.write.ExecContext(ctx, "UPDATE deliveries SET tries = tries + 1 WHERE id = ?", id); err != nil {
		return fmt.Errorf("marking delivery %s: %w", id, err)
	}
	return nil
}

// PruneDeliveries forgets deliveries older than KeepDeliveries.
func (s *Store) PruneDeliveries(ctx context.Context) error {
	before := s.clock.Now().Add(-KeepDeliveries).UnixNano()
	if _, err := s.write.ExecContext(ctx, "DELETE FROM deliveries WHERE received < ?", before); err != nil {
		return fmt.Errorf("forgetting old deliveries: %w", err)
	}
	return nil
}

// Pull is what was known of a pull request when its check was last woken.
type Pull struct {
	bun.BaseModel `bun:"table:pulls,alias:pulls"`

	Namespace   string `bun:",pk"`
	Repository  string `bun:",pk"`
	Number      int64  `bun:",pk"`
	Fingerprint string
	Woken       int64
	Rewoken     int
}

// Pulls returns what is known of a repository's pull requests, by number.
func (s *Store) Pulls(ctx context.Context, namespace, repository string) (map[int64]Pull, error) {
	var rows []Pull
	err := s.read.NewSelect().Model(&rows).Where("namespace = ? AND repository = ?", namespace, repository).Scan(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("reading what is known of pull requests: %w", err)
	}
	known := make(map[int64]Pull, len(rows))
	for _, row := range rows {
		known[row.Number] = row
	}
	return known, nil
}

// PutPull remembers a pull request.
func (s *Store) PutPull(ctx context.Context, p Pull) error {
	p.Woken = s.clock.Now().UnixNano()
	_, err := s.write.NewInsert().Model(&p).On("CONFLICT (namespace, repository, number) DO UPDATE").
		Set("fingerprint = EXCLUDED.fingerprint, woken = EXCLUDED.woken, rewoken = EXCLUDED.rewoken").Exec(ctx)
	if err != nil {
		return fmt.Errorf("remembering pull request #%d: %w", p.Number, err)
	}
	return nil
}
