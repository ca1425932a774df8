// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command pause holds a pod's namespaces open until it is told to end. Where a pod shares its process namespace, it is
// process 1 and waits for the orphans.
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGCHLD)
	for sig := range signals {
		if sig != syscall.SIGCHLD {
			return
		}
		for pid := 1; pid > 0; {
			pid, _ = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		}
	}
}
