// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// config is what the starter writes; test/cluster has the same type with the same JSON.
type config struct {
	// Hostname is the machine's.
	Hostname string `json:"hostname"`
	// Mounts are made in this order, after all their sources were opened.
	Mounts []mount `json:"mounts"`
	// Shadows are files of /proc/sys that a kubelet would change for the whole host: it gets copies instead.
	Shadows []string `json:"shadows"`
	// Sysctls are set, by their path below /proc/sys; only such that belong to the network namespace.
	Sysctls map[string]string `json:"sysctls"`
	// Services are kept running.
	Services []service `json:"services"`
}

// mount is a bind mount of Source, or a tmpfs where Source is empty.
type mount struct {
	Source string `json:"source,omitempty"`
	Target string `json:"target"`
}

// service is one program of the machine.
type service struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	Log  string   `json:"log"`
}

func readConfig(path string) (config, error) {
	var c config
	content, err := os.ReadFile(path) //nolint:gosec // the test says which file
	if err != nil {
		return c, fmt.Errorf("reading the machine's configuration: %w", err)
	}
	if err := json.Unmarshal(content, &c); err != nil {
		return c, fmt.Errorf("reading the machine's configuration %s: %w", path, err)
	}
	return c, nil
}
