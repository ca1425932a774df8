// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command soundness is the long run of the soundness test (make soundness): it compares the automatic scope with two full scans over many
// random changes, prints a line a case and a table, and fails where a single fact differs. What was scanned is kept, so that a run
// that was stopped goes on where it was.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/test/soundness"
)

type options struct {
	seed     uint64
	cases    int
	one      string
	workers  int
	engine   bool
	bases    string
	planner  string
	minimise bool
	driver   string
	kept     bool
	skip     int
}

func main() {
	var o options
	soundness.Command("soundness", func() {
		flag.Uint64Var(&o.seed, "seed", 1, "what decides the cases")
		flag.IntVar(&o.cases, "cases", 600, "how many cases")
		flag.StringVar(&o.one, "case", "", "only this case: BASE[@gentoo],KIND:SEED,…")
		flag.IntVar(&o.workers, "workers", 2, "how many cases at once")
		flag.BoolVar(&o.engine, "engine", true, "take each case through the engine's stages as well as through the planner")
		flag.StringVar(&o.bases, "bases", strings.Join(soundness.BaseNames(), ","), "the repositories that are changed")
		flag.StringVar(&o.planner, "planner", "scope", "what plans: scope, or to see what the test is worth: naive, everything")
		flag.BoolVar(&o.minimise, "minimise", true, "make failed cases smaller")
		flag.StringVar(&o.driver, "oracle-driver", "", "an older driver's archive for the oracle, whose scans are kept; empty: the present driver")
		flag.IntVar(&o.skip, "skip", 0, "leave out that many cases at the beginning, to share a run among several processes")
		flag.BoolVar(&o.kept, "kept", false, "only cases whose trees were scanned before, to judge another planner quickly")
		flag.Parse()
	}, func(ctx context.Context, lab *soundness.Lab, out io.Writer) error { return run(ctx, o, lab, out) })
}

func run(ctx context.Context, o options, lab *soundness.Lab, out io.Writer) (err error) {
	if o.driver != "" {
		if lab.Tools.Driver, err = os.ReadFile(o.driver); err != nil {
			return err
		}
	}
	lab.Kept = o.kept
	planner, ok := lab.Planners()[o.planner]
	if !ok {
		return fmt.Errorf("there is no planner %q", o.planner)
	}
	cases, err := choose(ctx, lab, o)
	if err != nil {
		return err
	}
	return take(ctx, o, &soundness.Runner{Lab: lab, Planner: planner, Engine: o.engine, Workers: o.workers, Out: out}, cases)
}

// take takes the cases through, and prints what became of them.
func take(ctx context.Context, o options, r *soundness.Runner, cases []soundness.Case) error {
	out := r.Out
	results := r.Run(ctx, cases)
	if o.kept {
		results = slices.DeleteFunc(results, func(r *soundness.Result) bool { return errors.Is(r.Err, soundness.ErrNotKept) })
	}
	failed := soundness.Failed(results)
	if o.minimise && ctx.Err() == nil {
		for _, f := range failed {
			if smaller := r.Minimise(ctx, f); smaller != f {
				fmt.Fprintf(out, "\n%s, made smaller:\n", f.Case)
				smaller.Explain(out)
			}
		}
	}
	fmt.Fprintln(out)
	if err := soundness.Table(out, results); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d cases failed", len(failed), len(results))
	}
	return ctx.Err()
}

// choose makes the list of cases.
func choose(ctx context.Context, lab *soundness.Lab, o options) ([]soundness.Case, error) {
	if o.one != "" {
		c, err := soundness.ParseCase(o.one)
		return []soundness.Case{c}, err
	}
	trees, err := lab.Trees(ctx, strings.Split(o.bases, ","))
	if err != nil {
		return nil, err
	}
	cases, err := soundness.Draw(o.seed, o.cases, trees)
	if err != nil {
		return nil, err
	}
	if o.skip > len(cases) {
		return nil, fmt.Errorf("%d of %d cases are to be skipped: choose fewer", o.skip, len(cases))
	}
	return cases[o.skip:], nil
}
