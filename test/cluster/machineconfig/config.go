// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package machineconfig is what a machine of the test cluster is told: test/cluster writes it, test/cluster/machine reads it.
package machineconfig

import (
	"encoding/json"
	"fmt"
	"os"
)

// Config is the whole of it.
type Config struct {
	// Hostname is the machine's.
	Hostname string `json:"hostname"`
	// Mounts are made in this order, after all their sources were opened.
	Mounts []Mount `json:"mounts"`
	// Shadows are files of /proc/sys that a kubelet would change for the whole host: it gets copies instead.
	Shadows []string `json:"shadows"`
	// Sysctls are set, by their path below /proc/sys; only such that belong to the network namespace.
	Sysctls map[string]string `json:"sysctls"`
	// Services are kept running.
	Services []Service `json:"services"`
}

// Mount is a bind mount of Source, or a tmpfs where Source is empty.
type Mount struct {
	Source string `json:"source,omitempty"`
	Target string `json:"target"`
}

// Service is one program of the machine.
type Service struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	Log  string   `json:"log"`
}

// Read reads the file that the starter wrote.
func Read(path string) (Config, error) {
	var c Config
	content, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("reading the machine's configuration: %w", err)
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return c, fmt.Errorf("reading the machine's configuration %s: %w", path, err)
	}
	return c, nil
}
