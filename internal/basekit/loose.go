// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit

import (
	"context"
	"time"
)

// Seal makes a kit of a folder that was filled for key, outside of any store.
func Seal(ctx context.Context, dir string, key Key, made time.Time) error {
	return seal(ctx, dir, key, made.UTC().Truncate(time.Second))
}

// Loose opens a folder as the kit of key, outside of any store. Nothing of it is believed before Verify.
func Loose(dir string, key Key) *Kit { return &Kit{Key: key, dir: dir} }

// KeyOf reads of which base the kit in a folder says that it is.
func KeyOf(dir string) (Key, error) {
	r, err := open(dir)
	return r.Key, err
}
