// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command machine is process 1 of one machine of the local cluster: a set of namespaces (processes, mounts, network,
// host name) that looks enough like a computer for a kubelet. It is not a container: files and user ids are the host's.
//
// Everything that runs in the machine is in its process namespace, so killing process 1 ends all of it at once, and with
// the last process go the mounts and the network. That is what makes `cluster down` certain, whatever happened before.
//
// It takes one argument, a JSON file (package machineconfig). The starter clones it into new namespaces and holds the other end of
// file descriptor 3: a byte there says that the network is ready; end of file without one says that the starter died,
// and then the machine ends too.
package main

import (
	"fmt"
	"os"

	"github.com/prcheck/prcheck/test/cluster/machineconfig"
)

func main() {
	if len(os.Args) != 2 {
		fatal(fmt.Errorf("usage: %s CONFIG (only the local cluster starts this)", os.Args[0]))
	}
	config, err := machineconfig.Read(os.Args[1])
	if err != nil {
		fatal(err)
	}
	if err := prepare(config); err != nil {
		fatal(fmt.Errorf("preparing the machine %s: %w", config.Hostname, err))
	}
	if err := awaitStart(os.NewFile(3, "start")); err != nil {
		fatal(err)
	}
	supervise(config.Services, os.Stderr)
}

func awaitStart(start *os.File) error {
	if n, err := start.Read(make([]byte, 1)); n != 1 {
		return fmt.Errorf("the starter of this machine ended before its network was ready: %w", err)
	}
	return start.Close()
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "machine:", err)
	os.Exit(1)
}
