// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
)

// Result is what became of one case.
type Result struct {
	Case Case
	Said []string
	Err  error
	// Refused says that the tool does not get through a side, so that full scans give no verdict either.
	Refused bool
	Changed int        // facts that changed, by the oracle
	Scope   plan.Scope // that the planner chose
	Total   int        // packages of both sides
	Replay  Difference
	// Run is the difference to the engine's own run with the automatic scope; nil where there was none.
	Run *Difference
	// Chosen is the scope that the engine's run chose.
	Chosen plan.Scope
}

// OK says that the case is as it must be.
func (r *Result) OK() bool {
	return r.Err == nil && r.Replay.None() && (r.Run == nil || r.Run.None())
}

// Runner takes cases through oracle, replay and run.
type Runner struct {
	Lab     *Lab
	Planner Planner
	Engine  bool // makes the engine's own run, too
	Workers int
	// Out gets a line a case; nil: nobody watches.
	Out io.Writer
}

// Run takes all cases through, and returns their results in their order.
func (r *Runner) Run(ctx context.Context, cases []Case) []*Result {
	results := make([]*Result, len(cases))
	next := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range max(1, r.Workers) {
		wait.Go(func() {
			for i := range next {
				results[i] = r.One(ctx, cases[i])
				mu.Lock()
				done++
				r.progress(done, len(cases), results[i])
				mu.Unlock()
			}
		})
	}
	for i := range cases {
		select {
		case next <- i:
		case <-ctx.Done():
			results[i] = &Result{Case: cases[i], Err: ctx.Err()}
		}
	}
	close(next)
	wait.Wait()
	return results
}

// One takes one case through.
func (r *Runner) One(ctx context.Context, c Case) *Result {
	result := &Result{Case: c}
	result.Err = r.one(ctx, result)
	if errors.Is(result.Err, ErrUnscannable) {
		result.Refused, result.Err = true, nil
	}
	return result
}

func (r *Runner) one(ctx context.Context, result *Result) error {
	p, err := r.Lab.Pair(ctx, result.Case)
	if err != nil {
		return err
	}
	result.Said = p.Said
	if err := p.alike(); err != nil {
		return err
	}
	return r.take(ctx, p, result)
}

// take takes a pair through.
func (r *Runner) take(ctx context.Context, p *Pair, result *Result) error {
	renames, err := r.Lab.renames(ctx, p)
	if err != nil {
		return err
	}
	oracle, err := p.Oracle(renames)
	if err != nil {
		return err
	}
	for _, n := range oracle {
		result.Changed += n
	}
	if result.Scope, err = r.Planner(ctx, p); err != nil {
		return fmt.Errorf("planning: %w", err)
	}
	if result.Total, err = p.packages(); err != nil {
		return err
	}
	replay, err := p.Replay(result.Scope, renames)
	if err != nil {
		return err
	}
	result.Replay = differ(oracle, replay)
	if !r.Engine {
		return nil
	}
	run, err := r.Lab.engineRun(ctx, p)
	if err != nil {
		return fmt.Errorf("the engine's run: %w", err)
	}
	result.Chosen = run.Scope
	result.Run = new(differ(oracle, run.Changes))
	return nil
}

// alike fails where different checks ran on the two sides, which Evaluate refuses to compare.
func (p *Pair) alike() error {
	base, err := p.BaseScan.stream()
	if err != nil {
		return err
	}
	head, err := p.HeadScan.stream()
	if err != nil {
		return err
	}
	if !slices.Equal(base.Spoke(), head.Spoke()) {
		return fmt.Errorf("%w in the same way as through the other: %d and %d checks ran", ErrUnscannable, len(base.Ran()), len(head.Ran()))
	}
	return nil
}

// packages counts the packages of both sides.
func (p *Pair) packages() (int, error) {
	names := map[compare.Package]bool{}
	for _, s := range []*Scanned{p.BaseScan, p.HeadScan} {
		stream, err := s.stream()
		if err != nil {
			return 0, err
		}
		for _, k := range stream.Packages {
			names[compare.Package{Category: k.Category, Name: k.Package}] = true
		}
	}
	return len(names), nil
}

// renames finds what the comparison must know of renamed packages.
func (l *Lab) renames(ctx context.Context, p *Pair) (map[compare.Package]compare.Package, error) {
	base, head, done, err := l.folders(ctx, p)
	if err != nil {
		return nil, err
	}
	defer done()
	masters := []string{}
	for _, m := range p.Base.Masters {
		masters = append(masters, l.masterTree(p.Base, m))
	}
	names, err := engine.Renames(base, head, masters)
	if err != nil {
		return nil, err
	}
	found := map[compare.Package]compare.Package{}
	for from, to := range names {
		found[asPackage(from)] = asPackage(to)
	}
	return found, nil
}

func asPackage(name string) compare.Package {
	category, pn, _ := strings.Cut(name, "/")
	return compare.Package{Category: category, Name: pn}
}

// progress prints a line on a case, and all there is to know of a failure.
func (r *Runner) progress(done, all int, result *Result) {
	if r.Out == nil || errors.Is(result.Err, ErrNotKept) {
		return
	}
	state := "ok"
	if !result.OK() {
		state = "FAILED"
	}
	fmt.Fprintf(r.Out, "%d/%d %s %s: %d facts changed, %s\n", done, all, state, result.Case, result.Changed, size(result.Scope, result.Total))
	if !result.OK() {
		result.Explain(r.Out)
	}
}

// size is how much a scope looks at.
func size(s plan.Scope, total int) string {
	if s.Kind == plan.ScopeFull {
		return fmt.Sprintf("all %d packages (%s)", total, s.Reason)
	}
	return fmt.Sprintf("%d of %d packages, %d checks of the whole tree", len(s.Packages), total, len(s.WholeTree))
}

// explained is how many facts, and packages in scope, are printed of a case.
const explained = 12

// Explain prints what a reader needs to find the mistake: the seed, what was changed, the scope with its reasons, and the facts.
func (r *Result) Explain(out io.Writer) {
	if len(r.Case.Steps) > 0 {
		fmt.Fprintf(out, "  repeat:  go run ./test/soundness/cmd/soundness --case %s\n", r.Case)
	}
	for _, what := range r.Said {
		fmt.Fprintf(out, "  change:  %s\n", what)
	}
	if r.Err != nil {
		fmt.Fprintf(out, "  error:   %v\n", r.Err)
	}
	scope := r.Scope
	if r.Run != nil {
		scope = r.Chosen
	}
	fmt.Fprintf(out, "  scope:   %s, %v\n", size(scope, r.Total), scope.WholeTree)
	for _, p := range scope.Packages[:min(len(scope.Packages), explained)] {
		fmt.Fprintf(out, "           %s/%s: %s\n", p.Category, p.Package, p.Reason)
	}
	indented := func(title string, d Difference) {
		lines := slices.Collect(strings.Lines(d.String()))
		for _, line := range lines[:min(len(lines), explained)] {
			fmt.Fprintf(out, "  %s %s", title, line)
		}
		if more := len(lines) - explained; more > 0 {
			fmt.Fprintf(out, "  %s … and %d more\n", title, more)
		}
	}
	indented("replay:", r.Replay)
	if r.Run != nil {
		indented("run:   ", *r.Run)
	}
}
