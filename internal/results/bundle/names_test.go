// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package bundle_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/results/bundle"
)

// What a run's stages leave and what is handed over are the same files: one that is missing here would be lost on the way from the pod.
func TestNamesAreTheEngines(t *testing.T) {
	if diff := cmp.Diff(engine.BundleNames(), bundle.Names); diff != "" {
		t.Errorf("the engine leaves other files than a bundle holds (-engine +bundle):\n%s", diff)
	}
}
