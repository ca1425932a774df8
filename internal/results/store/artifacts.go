// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"github.com/uptrace/bun"
)

// ArtifactKind says what an artifact is.
type ArtifactKind string

// The kinds of artifacts.
const (
	ArtifactKit      ArtifactKind = "kit"      // a base's metadata, the tool's caches, the planner's index (internal/basekit)
	ArtifactFindings ArtifactKind = "findings" // what a scan of the whole base found
)

// Artifact is what a baseline run left for later runs.
type Artifact struct {
	Namespace  string
	Repository string // name of the Repository object
	Kind       ArtifactKind
	Key        string // names everything that decides the content
	Line       string // those of which one can seed another
	Branch     string
	Base       string // commit
	Run        string // hash of the run that made it
	Blob       Blob
	Created    time.Time
	Used       time.Time

	id int64
}

// artifactRow is a row of artifacts.
type artifactRow struct {
	bun.BaseModel `bun:"table:artifacts,alias:artifacts"`

	ID         int64 `bun:",pk,autoincrement"`
	Namespace  string
	Repository string
	Kind       ArtifactKind
	Key        string
	Line       string
	Branch     string
	Base       string
	Run        string
	Blob       string
	Size       int64
	Created    int64
	Used       int64
}

func (row *artifactRow) artifact() *Artifact {
	return &Artifact{
		Namespace: row.Namespace, Repository: row.Repository, Kind: row.Kind, Key: row.Key, Line: row.Line, Branch: row.Branch, Base: row.Base,
		Run: row.Run, Blob: Blob{ID: row.Blob, Size: row.Size}, Created: time.Unix(0, row.Created).UTC(), Used: time.Unix(0, row.Used).UTC(), id: row.ID,
	}
}

// PutArtifact stores an artifact: its content is on disk, and its row is written, when PutArtifact returns. The first one of a key
// stays: whatever was made later under the same key is as good.
func (s *Store) PutArtifact(ctx context.Context, a Artifact, content io.Reader) (*Artifact, error) {
	s.artifactsMu.Lock() // against the pruning of a file that a row is about to name
	defer s.artifactsMu.Unlock()
	standing, err := s.Artifact(ctx, a.Namespace, a.Repository, a.Kind, a.Key)
	if !errors.Is(err, ErrNotFound) {
		return standing, err
	}
	blob, size, err := s.artifacts.put(content)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now().UnixNano()
	row := &artifactRow{
		Namespace: a.Namespace, Repository: a.Repository, Kind: a.Kind, Key: a.Key, Line: a.Line, Branch: a.Branch, Base: a.Base, Run: a.Run,
		Blob: blob, Size: size, Created: now, Used: now,
	}
	if _, err := s.write.NewInsert().Model(row).Returning("id").Exec(ctx); err != nil {
		return nil, fmt.Errorf("storing an artifact: %w", err)
	}
	return row.artifact(), nil
}

// Artifact returns the artifact of a key; ErrNotFound where there is none.
func (s *Store) Artifact(ctx context.Context, namespace, repository string, kind ArtifactKind, key string) (*Artifact, error) {
	return s.oneArtifact(ctx, kind, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("namespace = ? AND repository = ? AND kind = ? AND key = ?", namespace, repository, kind, key)
	})
}

// NewestArtifact returns the artifact of a line that was made last; ErrNotFound where there is none.
func (s *Store) NewestArtifact(ctx context.Context, namespace, repository string, kind ArtifactKind, line string) (*Artifact, error) {
	return s.oneArtifact(ctx, kind, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("namespace = ? AND repository = ? AND kind = ? AND line = ?", namespace, repository, kind, line).Order("created DESC", "id DESC").Limit(1)
	})
}

func (s *Store) oneArtifact(ctx context.Context, kind ArtifactKind, which func(*bun.SelectQuery) *bun.SelectQuery) (*Artifact, error) {
	row := &artifactRow{}
	err := which(s.read.NewSelect().Model(row)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%s of a base: %w", kind, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("looking for the %s of a base: %w", kind, err)
	}
	return row.artifact(), nil
}

// noteUse is how old the note of an artifact's last use may be before it is renewed: each note is a write.
const noteUse = time.Hour

// OpenArtifact opens an artifact's content, which is compared with its name while it is read: Read ends with ErrDamaged, and the
// artifact is forgotten, where they differ. It counts as a use.
func (s *Store) OpenArtifact(ctx context.Context, a *Artifact) (io.ReadCloser, error) {
	f, err := s.artifacts.open(a.Blob.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, errors.Join(err, s.forget(ctx, a)) // somebody removed the file: a new one can be made only once the row is gone
	}
	if err != nil {
		return nil, err
	}
	if now := s.clock.Now(); now.Sub(a.Used) > noteUse {
		if _, err := s.write.ExecContext(ctx, "UPDATE artifacts SET used = ? WHERE id = ?", now.UnixNano(), a.id); err != nil {
			return nil, errors.Join(fmt.Errorf("noting the use of an artifact: %w", err), f.Close())
		}
	}
	return &verified{file: f, sum: sha256.New(), want: a.Blob.ID, damaged: func() error { return s.forget(context.WithoutCancel(ctx), a) }}, nil
}

// ErrDamaged says that a stored file is not what was stored.
var ErrDamaged = errors.New("the stored file is damaged")

// verified reads a file and compares its hash at the end.
type verified struct {
	file    *os.File
	sum     hash.Hash
	want    string
	damaged func() error
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.file.Read(p)
	if n > 0 {
		if _, werr := v.sum.Write(p[:n]); werr != nil {
			return n, werr
		}
	}
	if errors.Is(err, io.EOF) && hex.EncodeToString(v.sum.Sum(nil)) != v.want {
		return n, errors.Join(ErrDamaged, v.damaged())
	}
	return n, err
}

func (v *verified) Close() error { return v.file.Close() }

// forget removes an artifact, so that another can be made in its place.
func (s *Store) forget(ctx context.Context, a *Artifact) error {
	s.artifactsMu.Lock()
	defer s.artifactsMu.Unlock()
	return s.removeArtifact(ctx, a)
}

// removeArtifact removes the row first: a file without a row is swept at the next start, a row without a file is a lie. The caller
// holds artifactsMu.
func (s *Store) removeArtifact(ctx context.Context, a *Artifact) error {
	if _, err := s.write.ExecContext(ctx, "DELETE FROM artifacts WHERE id = ?", a.id); err != nil {
		return fmt.Errorf("forgetting an artifact: %w", err)
	}
	var others int
	if err := s.write.NewRaw("SELECT count(*) FROM artifacts WHERE blob = ?", a.Blob.ID).Scan(ctx, &others); err != nil {
		return fmt.Errorf("forgetting an artifact: %w", err)
	}
	if others > 0 {
		return nil
	}
	return s.artifacts.remove(a.Blob.ID)
}

// sweepArtifacts removes files that no row names: a kill between the two leaves one.
func (s *Store) sweepArtifacts(ctx context.Context) error {
	var named []string
	if err := s.read.NewRaw("SELECT DISTINCT blob FROM artifacts").Scan(ctx, &named); err != nil {
		return fmt.Errorf("listing artifacts: %w", err)
	}
	known := make(map[string]bool, len(named))
	for _, id := range named {
		known[id] = true
	}
	return s.artifacts.each(func(id string) error {
		if known[id] {
			return nil
		}
		return s.artifacts.remove(id)
	})
}
