// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/client"
)

// foundDir is where fetch puts what an earlier run found on the whole base. Prepare does not see it.
func (r *runner) foundDir() string {
	return filepath.Join(r.layout.Root, filepath.Base(plan.BaseDir), "found")
}

// takeFindings brings what an earlier run found on the whole base, where the plan names it. Without it the scan looks at the base, too.
func (r *runner) takeFindings(ctx context.Context, c *client.Client, p plan.Plan) {
	if p.BaseFindings == "" {
		return
	}
	err := r.retry(ctx, kitPatience, func() error {
		return r.unpack(r.foundDir(), func(w io.Writer) error { return c.Findings(ctx, w) }, func(string) error { return nil })
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "runner: the base is scanned anew: %v\n", err)
		return
	}
	fmt.Fprintf(os.Stderr, "prcheck: fetch: an earlier run's findings %.12s for base %.12s\n", p.BaseFindings, p.Revision.Base)
}

// found shows the engine what fetch brought: what has another name than the scan gives it is not what the scan would find.
type found struct{ dir string }

// FullFindings returns the folder of an id, where that is what fetch brought.
func (f found) FullFindings(_ context.Context, id string) (string, error) {
	dir := filepath.Join(f.dir, id)
	if !exists(dir) {
		return "", basekit.ErrNone
	}
	return dir, nil
}

// PutFindings keeps nothing: a pull request's run leaves nothing for others.
func (found) PutFindings(context.Context, string, func(dir string) error) error { return nil }
