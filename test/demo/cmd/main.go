// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd is the demo: it starts a cluster, installs prcheck, opens real pull requests on an emulated forge and ends with
// a table of what each was told. It fails unless each was told what the scenario says.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prcheck/prcheck/test/demo"
	"github.com/prcheck/prcheck/test/demo/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	keep := flag.Bool("keep", false, "leave everything running at the end; make demo-down ends it")
	down := flag.Bool("down", false, "end what an earlier demo left running, and nothing else")
	wait := flag.Duration("wait", 15*time.Minute, "how long the verdicts may take")
	flag.Parse()
	opts := rig.Options{Log: out}
	if *down {
		return rig.Down(ctx, opts)
	}
	r, err := rig.Start(ctx, opts)
	defer func() {
		if !*keep {
			err = join(err, rig.Down(context.WithoutCancel(ctx), opts))
		}
	}()
	if err != nil {
		return err
	}
	return play(ctx, out, r, *wait, *keep)
}

func play(ctx context.Context, out io.Writer, r *rig.Rig, wait time.Duration, keep bool) error {
	d := &demo.Demo{Rig: r, Wait: wait}
	if err := d.Open(ctx); err != nil {
		return join(err, r.SaveLogs(ctx))
	}
	verdicts, err := d.Await(ctx)
	fmt.Fprintln(out)
	err = join(err, demo.Table(out, verdicts))
	fmt.Fprintln(out)
	if err == nil {
		err = d.Check(ctx, verdicts)
	}
	if err != nil {
		return join(err, r.SaveLogs(ctx))
	}
	r.Say("each of the %d pull requests was told what the scenario says", len(verdicts))
	if keep {
		fmt.Fprintf(out, "\nEverything is left running; make demo-down ends it.\n  forge    %s/%s/%s/pull/1\n  reports  %s\n  cluster  export KUBECONFIG=%s; kubectl get prc -A\n",
			r.Emulator.URL, rig.Owner, rig.Repository, r.ServerURL, r.Cluster.Kubeconfig())
	}
	return nil
}

func join(a, b error) error {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return fmt.Errorf("%w\n%w", a, b)
}
