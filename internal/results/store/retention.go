// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// inUse is how long what was used counts as used: runs that are planned with it must find it.
const inUse = 24 * time.Hour

// Retention says which artifacts are kept. The newest of each repository's branch and kind always is.
type Retention struct {
	// Unused is how long an artifact is kept that nobody uses; 0: for ever.
	Unused time.Duration
	// Bytes is the size above which those go first that were not used for longest; 0: no limit.
	Bytes int64
}

// Pruned says what PruneArtifacts did.
type Pruned struct {
	Removed, Kept           int
	RemovedBytes, KeptBytes int64
}

// PruneArtifacts removes the artifacts that the retention rule lets go.
func (s *Store) PruneArtifacts(ctx context.Context, rule Retention) (Pruned, error) {
	s.artifactsMu.Lock()
	defer s.artifactsMu.Unlock()
	var rows []*artifactRow
	if err := s.read.NewSelect().Model(&rows).Order("used DESC", "id DESC").Scan(ctx); err != nil {
		return Pruned{}, fmt.Errorf("listing artifacts: %w", err)
	}
	all := make([]*Artifact, 0, len(rows))
	for _, row := range rows {
		all = append(all, row.artifact())
	}
	var p Pruned
	for _, a := range all {
		p.Kept++
		p.KeptBytes += a.Blob.Size
	}
	for _, a := range rule.goes(all, s.clock.Now()) {
		if err := s.removeArtifact(ctx, a); err != nil {
			return p, err
		}
		p.Removed, p.RemovedBytes = p.Removed+1, p.RemovedBytes+a.Blob.Size
		p.Kept, p.KeptBytes = p.Kept-1, p.KeptBytes-a.Blob.Size
	}
	return p, nil
}

// line is what the newest artifact is kept of.
type line struct {
	namespace, repository, branch string
	kind                          ArtifactKind
}

// goes returns the artifacts that are to go, of all, the last used first. It is pure.
func (r Retention) goes(all []*Artifact, now time.Time) []*Artifact {
	newest := map[line]*Artifact{}
	total := int64(0)
	for _, a := range all {
		total += a.Blob.Size
		of := line{a.Namespace, a.Repository, a.Branch, a.Kind}
		if n := newest[of]; n == nil || a.Created.After(n.Created) || a.Created.Equal(n.Created) && a.id > n.id {
			newest[of] = a
		}
	}
	gone := []*Artifact{}
	for _, a := range slices.Backward(all) {
		tooOld := r.Unused > 0 && now.Sub(a.Used) > r.Unused
		tooMuch := r.Bytes > 0 && total > r.Bytes && now.Sub(a.Used) > inUse
		if newest[line{a.Namespace, a.Repository, a.Branch, a.Kind}] == a || !tooOld && !tooMuch {
			continue
		}
		gone = append(gone, a)
		total -= a.Blob.Size
	}
	return gone
}
