// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

// cgroupPrefix begins the name of each cluster's folder in every hierarchy.
const cgroupPrefix = "prcheck-cluster-"

// leftDirs are all folders that a cluster may have left: its own, and those that runc made.
func (h host) leftDirs(name string) []string {
	return append(h.cgroupDirs(name), h.unifiedDirs(name)...)
}

// cgroupDirs are a cluster's folders, one a hierarchy.
func (h host) cgroupDirs(name string) []string {
	if h.CgroupV2 {
		return []string{filepath.Join(h.CgroupRoot, cgroupPrefix+name)}
	}
	dirs := make([]string, 0, len(h.Hierarchies))
	for _, hierarchy := range h.Hierarchies {
		dirs = append(dirs, filepath.Join(hierarchy, cgroupPrefix+name))
	}
	return dirs
}

func (h host) unifiedDirs(name string) []string {
	dirs := make([]string, 0, len(h.Unified))
	for _, mount := range h.Unified {
		dirs = append(dirs, filepath.Join(mount, cgroupPrefix+name))
	}
	return dirs
}

// makeCgroups makes the cgroup of each node below the cluster's, in every hierarchy, ready for a kubelet to use as root.
func (h host) makeCgroups(name string, nodes []string) error {
	for _, dir := range h.cgroupDirs(name) {
		for _, path := range append([]string{dir}, joinAll(dir, nodes)...) {
			if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
				return fmt.Errorf("making a cgroup: %w", err)
			}
			if err := h.enable(path); err != nil {
				return fmt.Errorf("preparing the cgroup %s: %w", path, err)
			}
		}
	}
	return nil
}

func joinAll(dir string, names []string) []string {
	paths := make([]string, 0, len(names))
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

// enable lets a new cgroup be used: v2 must be handed its controllers by the parent, a v1 cpuset starts empty.
func (h host) enable(path string) error {
	parent := filepath.Dir(path)
	if h.CgroupV2 {
		return handOn(parent)
	}
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		content, err := os.ReadFile(filepath.Join(parent, file))
		if errors.Is(err, os.ErrNotExist) {
			continue // another hierarchy
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(path, file), content, 0); err != nil { //nolint:gosec // In a cgroup hierarchy.
			return err
		}
	}
	return nil
}

// handOn enables for the children of a v2 cgroup every controller that it has.
func handOn(parent string) error {
	controllers, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
	if err != nil {
		return err
	}
	var wanted strings.Builder
	for controller := range strings.FieldsSeq(string(controllers)) {
		wanted.WriteString(" +" + controller)
	}
	return os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte(strings.TrimSpace(wanted.String())), 0)
}

// removeCgroups removes the cluster's cgroups, the deepest first. The kernel lets go of one a moment after its last
// process ended, so it is tried for some seconds.
func (h host) removeCgroups(ctx context.Context, name string) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, 10*time.Second, true, func(context.Context) (bool, error) {
		last = nil
		for _, dir := range h.leftDirs(name) {
			last = errors.Join(last, removeTree(dir))
		}
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("removing the cgroups: %w", errors.Join(last, err))
	}
	return nil
}

func removeTree(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, dir := range slices.Backward(dirs) {
		if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
