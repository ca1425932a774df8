// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// Down ends the cluster and removes all that it made; then it looks for itself whether anything is left.
func (c *Cluster) Down(ctx context.Context) error {
	unlock, err := c.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if c.host, err = inspectCgroups("/"); err != nil {
		return fmt.Errorf("ending the cluster %s: %w", c.Name, err)
	}
	if err := c.clean(ctx); err != nil {
		return fmt.Errorf("ending the cluster %s: %w", c.Name, err)
	}
	c.say("the cluster %s is down", c.Name)
	return nil
}

// clean needs no record of what was started: everything is found by the cluster's name.
func (c *Cluster) clean(ctx context.Context) error {
	for _, name := range c.machines() {
		if err := killMachine(ctx, c.paths.machine(name)); err != nil {
			return err
		}
	}
	// The link goes with the control machine's network, which the kernel removes in its own time: not waiting for it.
	if _, err := os.Stat(filepath.Join("/sys/class/net", linkName(c.Name))); err == nil {
		if _, err := run(ctx, "ip", "link", "delete", linkName(c.Name)); err != nil && c.hasLink() {
			return err
		}
	}
	if err := c.host.removeCgroups(ctx, c.Name); err != nil {
		return err
	}
	if err := c.removeFolder(ctx); err != nil {
		return err
	}
	if left := c.Leftovers(); len(left) > 0 {
		return fmt.Errorf("left over: %s", strings.Join(left, "; "))
	}
	return nil
}

func (c *Cluster) hasLink() bool {
	_, err := os.Stat(filepath.Join("/sys/class/net", linkName(c.Name)))
	return err == nil
}

// removeFolder tries for some seconds: the last mounts in it go a moment after the last process.
func (c *Cluster) removeFolder(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 10*time.Second, true, func(context.Context) (bool, error) {
		last = os.RemoveAll(c.paths.dir)
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("removing %s: %w", c.paths.dir, errors.Join(last, err))
	}
	return nil
}

// Leftovers lists what of the cluster is still there: processes, the link, mounts, cgroups, files.
func (c *Cluster) Leftovers() []string {
	var left []string
	for _, name := range c.machines() {
		if pid, err := findMachine(c.paths.machine(name)); err != nil || pid != 0 {
			left = append(left, fmt.Sprintf("machine %s (process %d)", name, pid))
		}
	}
	if c.hasLink() {
		left = append(left, "link "+linkName(c.Name))
	}
	left = append(left, c.leftProcesses()...)
	for _, dir := range c.host.leftDirs(c.Name) {
		if _, err := os.Stat(dir); err == nil {
			left = append(left, "cgroup "+dir)
		}
	}
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), c.paths.dir+"/") {
		left = append(left, "mounts below "+c.paths.dir)
	}
	if _, err := os.Stat(c.paths.dir); err == nil {
		left = append(left, "folder "+c.paths.dir)
	}
	return left
}

// leftProcesses finds programs that run in other mounts than ours and were started with files of the cluster, and any
// that sit in its cgroups. Somebody's `tail` of a log is none of them.
func (c *Cluster) leftProcesses() []string {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return []string{"processes: " + err.Error()}
	}
	ours, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return []string{"processes: " + err.Error()}
	}
	var left []string
	for _, entry := range entries {
		dir := filepath.Join("/proc", entry.Name())
		mounts, _ := os.Readlink(filepath.Join(dir, "ns/mnt"))
		cgroups, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		started := mounts != "" && mounts != ours && strings.Contains(string(line), c.paths.dir+"/")
		if started || strings.Contains(string(cgroups), "/"+cgroupPrefix+c.Name+"/") {
			left = append(left, "process "+entry.Name()+" ("+strings.ReplaceAll(string(line), "\x00", " ")+")")
		}
	}
	return left
}
