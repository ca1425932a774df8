// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command prcheck checks pull requests at home as the operator does in a cluster: it makes the same merge, scans both sides in
// the same way and gives the same verdict. Installed as kubectl-prcheck it is a plugin of kubectl.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/internal/version"
)

// Exit codes.
const (
	exitClean     = 0 // no new gating finding
	exitFindings  = 1 // some
	exitUndecided = 2 // it could not be decided, or the command was wrong
)

// exitError ends the program with a code, after everything was said.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

func main() {
	sandbox.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	var exit *exitError
	switch {
	case err == nil:
		os.Exit(exitClean)
	case errors.As(err, &exit):
		os.Exit(exit.code)
	default:
		fmt.Fprintln(os.Stderr, "prcheck: "+err.Error())
		os.Exit(exitUndecided)
	}
}

func newCommand() *cobra.Command {
	name := "prcheck"
	if strings.HasPrefix(filepath.Base(os.Args[0]), "kubectl-") {
		name = "kubectl prcheck"
	}
	root := &cobra.Command{
		Use:           name,
		Short:         "Check pull requests to ebuild repositories",
		Long:          "prcheck tells what a pull request to an ebuild repository breaks and what it fixes, by scanning the target branch and the merge result with pkgcheck and comparing what was found.",
		Version:       version.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w (%s --help lists the flags)", err, cmd.CommandPath())
	})
	root.AddCommand(newRunCommand())
	return root
}
