// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/sandbox"
)

// Command is the main function of a command: do gets a lab in a temporary folder, and what it prints to. flags reads the command line.
func Command(name string, flags func(), do func(ctx context.Context, lab *Lab, out io.Writer) error) {
	sandbox.Main()
	flags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) //nolint:forbidigo // main functions are this and no more
	err := inLab(ctx, name, func(lab *Lab) error { return do(ctx, lab, os.Stdout) })
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func inLab(ctx context.Context, name string, do func(*Lab) error) (err error) {
	dir, err := os.MkdirTemp("", name+"-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	tools, err := FindTools(ctx)
	if err != nil {
		return err
	}
	return do(NewLab(tools, dir, clock.RealClock{}))
}
