// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command manager runs prcheck's controllers. It keeps no state of its own; of several replicas one leads.
package main

import (
	"fmt"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	if err := command().ExecuteContext(ctrl.SetupSignalHandler()); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}
