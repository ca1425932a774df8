// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package store keeps runs, plans, results, verdicts and logs, webhook deliveries and what the poller saw, in SQLite with
// files beside it. What it has acknowledged survives a kill at any moment; everything may be repeated.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"k8s.io/utils/clock"
	_ "modernc.org/sqlite" // the driver
)

// Errors of the store; match with errors.Is.
var (
	// ErrNotFound: there is no such run, log or blob.
	ErrNotFound = errors.New("not found")
	// ErrDifferent: something else stands under the same name already.
	ErrDifferent = errors.New("something different is already stored")
	// ErrSettled: the run was concluded without a result, and takes none any more.
	ErrSettled = errors.New("the run is settled already")
	// ErrAmbiguous: more than one run's hash begins so.
	ErrAmbiguous = errors.New("more than one run begins so")
)

//go:embed migrations/*.sql
var migrations embed.FS

// readers is how many queries may run beside the one writer.
const readers = 4

// Store is the server's memory.
type Store struct {
	write *bun.DB // one connection: SQLite has one writer
	read  *bun.DB
	blobs *blobs
	clock clock.PassiveClock

	// artifacts are files of their own: unlike the others, they are thrown away again.
	artifacts   *blobs
	artifactsMu sync.Mutex // held from the storing of a file to that of its row, and while rows and files are removed
}

// Open opens the store in a folder, makes it where there is none, and brings its tables up to date.
func Open(ctx context.Context, dir string, clk clock.PassiveClock) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the store's folder: %w", err)
	}
	files, err := openBlobs(filepath.Join(dir, "blobs"))
	if err != nil {
		return nil, err
	}
	artifacts, err := openBlobs(filepath.Join(dir, "artifacts"))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "prcheck.db")
	write, err := connect(path, "", 1)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, write.DB); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read, err := connect(path, "&_pragma=query_only(1)", readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &Store{write: write, read: read, blobs: files, clock: clk, artifacts: artifacts}
	if err := s.sweepArtifacts(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func connect(path, extra string, connections int) (*bun.DB, error) {
	// FULL: a commit is on disk before it is acknowledged, also when the machine loses power.
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_txlock=immediate" + extra
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return bun.NewDB(db, sqlitedialect.New()), nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bringing the database up to date: %w", err)
	}
	return nil
}

// Close closes the store.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.read.PingContext(ctx); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}
