// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command cmd starts, ends and looks after the local Kubernetes:
//
//	go run ./test/cluster/cmd up
//	go run ./test/cluster/cmd status [-o json]
//	go run ./test/cluster/cmd kubeconfig      # its path
//	go run ./test/cluster/cmd load FILE…      # image archives of images/build, into every node
//	go run ./test/cluster/cmd down
//
// PRCHECK_CLUSTER names another cluster than "prcheck"; several can run at once.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/prcheck/prcheck/test/cluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("say one of up, down, status, kubeconfig, load FILE…")
	}
	options := cluster.Options{Name: os.Getenv("PRCHECK_CLUSTER"), Log: stderr}
	switch args[0] {
	case "up":
		_, err := cluster.Up(ctx, options)
		return err
	case "down":
		return cluster.Down(ctx, options)
	}
	c, err := cluster.Find(options)
	if err != nil {
		return err
	}
	switch args[0] {
	case "status":
		return status(c, args[1:], stdout)
	case "kubeconfig":
		_, err := fmt.Fprintln(stdout, c.Kubeconfig())
		return err
	case "load":
		return c.Load(ctx, args[1:]...)
	}
	return fmt.Errorf("%q is none of up, down, status, kubeconfig, load", args[0])
}

func status(c *cluster.Cluster, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("status", flag.ContinueOnError)
	format := flags.String("o", "text", "text or json")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := c.Status()
	if *format == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(s)
	}
	_, err := fmt.Fprintf(out, "cluster       %s\nnodes         %v\nkubeconfig    %s\nhost address  %s (%s)\nlogs          %s\n",
		s.Name, s.Nodes, s.Kubeconfig, s.HostAddress, s.HostName, s.Logs)
	return err
}
