// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// pruneEvery is how often artifacts are looked through for those that are kept no longer.
const pruneEvery = time.Hour

// keepArtifacts throws away what the retention rule lets go, until ctx ends.
func (s *server) keepArtifacts(ctx context.Context) error {
	kept := prometheus.NewGauge(prometheus.GaugeOpts{Name: "prcheck_artifacts_bytes", Help: "Size of all artifacts that are kept, as of the last look."})
	s.registry.MustRegister(kept)
	ticker := s.Clock.NewTicker(pruneEvery)
	defer ticker.Stop()
	for {
		pruned, err := s.store.PruneArtifacts(ctx, s.Retention)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.Log.ErrorContext(ctx, "Cannot throw old artifacts away", "error", err)
		default:
			kept.Set(float64(pruned.KeptBytes))
			if pruned.Removed > 0 {
				s.Log.InfoContext(ctx, "Threw artifacts away", "removed", pruned.Removed, "removedBytes", pruned.RemovedBytes, "kept", pruned.Kept, "keptBytes", pruned.KeptBytes)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
		}
	}
}
