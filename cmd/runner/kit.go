// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/artifact"
	"github.com/prcheck/prcheck/internal/results/client"
)

// kitPatience is how long fetch tries to get a kit, without which it takes longer but comes to the same.
const kitPatience = 30 * time.Second

// takeKit brings what an earlier run left: the base's kit, or for a baseline run the newest kit to make its own from. Whatever is
// wrong with it, the run goes on without.
func (r *runner) takeKit(ctx context.Context, c *client.Client, p plan.Plan) {
	key, folder, get := engine.PodKitKey(p), plan.KitFolder, c.Kit
	if makesKit(p) {
		folder, get = plan.SeedFolder, func(ctx context.Context, _ string, w io.Writer) error { return c.Seed(ctx, w) }
	}
	began := r.clock.Now()
	err := r.retry(ctx, kitPatience, func() error {
		return r.unpack(r.layout.Source(folder), func(w io.Writer) error { return get(ctx, key.ID(), w) },
			func(dir string) error { return verifyKit(ctx, dir, key) })
	})
	switch {
	case err == nil:
		fmt.Fprintf(os.Stderr, "prcheck: fetch: an earlier run's %s for base %.12s, kit %.12s, in %.1f s\n",
			folder, p.Revision.Base, key.ID(), r.clock.Since(began).Seconds())
	case errors.Is(err, client.ErrNotFound):
		fmt.Fprintf(os.Stderr, "prcheck: fetch: no earlier run left a %s for base %.12s\n", folder, p.Revision.Base)
	default:
		fmt.Fprintf(os.Stderr, "runner: going on without a %s: %v\n", folder, err)
	}
}

// makesKit says whether a run makes the kit of its base.
func makesKit(p plan.Plan) bool { return p.Baseline != nil && !p.Baseline.Findings }

// unpack unpacks what get writes, verifies it, and gives it its name only then: later stages use what has that name.
func (r *runner) unpack(dir string, get func(io.Writer) error, verify func(dir string) error) error {
	fresh := dir + ".new"
	if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, 0o755)); err != nil {
		return err
	}
	root, err := os.OpenRoot(fresh)
	if err != nil {
		return err
	}
	reader, writer := io.Pipe()
	got := make(chan error, 1)
	go func() {
		err := get(writer)
		got <- err
		writer.CloseWithError(err)
	}()
	err = artifact.Unpack(reader, root, artifact.DefaultLimits)
	_ = reader.CloseWithError(err) // ends the download where unpacking failed
	if gerr := <-got; gerr != nil && !errors.Is(gerr, artifact.ErrInvalid) {
		err = gerr
	}
	if err = errors.Join(err, root.Close()); err == nil {
		err = verify(fresh)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return os.Rename(fresh, dir)
}

// verifyKit says what is wrong with a kit. A seed is of another base, made by the same programs.
func verifyKit(ctx context.Context, dir string, want basekit.Key) error {
	key, err := basekit.KeyOf(dir)
	if err != nil {
		return err
	}
	if key.Line() != want.Line() {
		return fmt.Errorf("%w: it is of another repository, or other programs made it", basekit.ErrDamaged)
	}
	return basekit.Loose(dir, key).Verify(ctx)
}

// useKit tells the engine of what fetch brought.
func (r *runner) useKit(e *engine.Engine, p plan.Plan) error {
	if dir := r.layout.Source(plan.KitFolder); !makesKit(p) && exists(dir) {
		e.Kit = dir
	}
	if dir := r.foundDir(); p.BaseFindings != "" && exists(dir) {
		e.Findings = found{dir}
	}
	if dir := r.layout.Source(plan.SeedFolder); makesKit(p) && exists(dir) {
		seeds, err := engine.KitSeeds(dir, p.Repository)
		e.Seeds = seeds
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// prepare runs the stage of that name: for a pull request, or for a base alone.
func (r *runner) prepare(ctx context.Context, e *engine.Engine, p plan.Plan) (plan.Outcome, error) {
	if makesKit(p) {
		return e.PrepareBase(ctx, p)
	}
	return e.Prepare(ctx, p)
}

// scan runs the stage of that name; that of a base alone leaves a kit.
func (r *runner) scan(ctx context.Context, e *engine.Engine, p plan.Plan) (plan.Outcome, error) {
	if p.Baseline == nil {
		return e.Scan(ctx, p)
	}
	if !makesKit(p) {
		return e.ScanBase(ctx, p)
	}
	dir := r.layout.Scanned(plan.MadeKit)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return plan.Outcome{}, err
	}
	outcome, err := e.FillKit(ctx, p, dir)
	if err != nil || !outcome.OK() {
		return outcome, err
	}
	return outcome, basekit.Seal(ctx, dir, engine.PodKitKey(p), r.clock.Now())
}

// publishKit hands over the kit of a baseline run that came so far.
func (r *runner) publishKit(ctx context.Context, c *client.Client, p plan.Plan, patience time.Duration) error {
	if !makesKit(p) || !r.layout.Completed(plan.StageScan) {
		return nil
	}
	root, err := os.OpenRoot(r.layout.Scanned(plan.MadeKit))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only read
	err = r.retry(ctx, patience, func() error { return c.PutKit(ctx, engine.PodKitKey(p).ID(), root.FS()) })
	if err != nil {
		return fmt.Errorf("publishing the kit: %w", err)
	}
	fmt.Fprintf(os.Stderr, "prcheck: published: kit %.12s of base %.12s\n", engine.PodKitKey(p).ID(), p.Revision.Base)
	return nil
}
