// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command bins builds the programs of test/kube/binary that the cache does not have yet, and with -path prints where
// one of them is:
//
//	go run ./hack/bins                    # all
//	go run ./hack/bins etcd kube-apiserver
//	go run ./hack/bins -path helm         # build it if needed, print its path
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/prcheck/prcheck/test/kube/binary"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bins:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	path := flag.String("path", "", "build this program if needed and print its path")
	flag.Parse()
	names := flag.Args()
	if *path != "" {
		names = append(names, *path)
	}
	if err := binary.Build(ctx, os.Stderr, names...); err != nil {
		return err
	}
	if *path == "" {
		return nil
	}
	file, err := binary.Path(*path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(os.Stdout, file)
	return err
}
