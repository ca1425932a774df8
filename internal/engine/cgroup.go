// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// cgroupRoot is where a container sees its own control group, of version 1 or 2.
const cgroupRoot = "/sys/fs/cgroup"

// cgroup reads a container's counters. At home they would be those of the whole session, so only PID 1 looks at them.
type cgroup struct{ root string }

func containerCgroup() cgroup {
	if os.Getpid() != 1 {
		return cgroup{}
	}
	return cgroup{cgroupRoot}
}

// oomKills returns how often the kernel killed for memory; -1 where that cannot be read.
func (c cgroup) oomKills() int64 {
	for _, file := range []string{"memory.events", "memory/memory.oom_control"} {
		if n, ok := c.field(file, "oom_kill"); ok {
			return n
		}
	}
	return -1
}

// peakBytes returns the most memory that was in use at once; 0 where that cannot be read.
func (c cgroup) peakBytes() int64 {
	for _, file := range []string{"memory.peak", "memory/memory.max_usage_in_bytes"} {
		if n, ok := c.number(file); ok {
			return n
		}
	}
	return 0
}

func (c cgroup) read(file string) ([]byte, bool) {
	if c.root == "" {
		return nil, false
	}
	data, err := os.ReadFile(filepath.Join(c.root, file))
	return data, err == nil
}

func (c cgroup) number(file string) (int64, bool) {
	data, ok := c.read(file)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(string(bytes.TrimSpace(data)), 10, 64)
	return n, err == nil
}

// field reads a line "name number" of a file.
func (c cgroup) field(file, name string) (int64, bool) {
	data, _ := c.read(file)
	for line := range bytes.Lines(data) {
		words := bytes.Fields(line)
		if len(words) == 2 && string(words[0]) == name {
			n, err := strconv.ParseInt(string(words[1]), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
