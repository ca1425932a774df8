// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/stages"
)

// containerCommand is the word by which this program becomes the first process of a container.
const containerCommand = "faults-container"

// A container is to a stage what a pod's is: it is process 1, its control group bounds its memory, and it sees the group's counters where
// containers see them.
type container struct {
	Stage plan.Stage    `json:"stage"`
	Plan  plan.Plan     `json:"plan"`
	Kit   string        `json:"kit"`
	Root  string        `json:"root"` // of the toolchain
	Runs  engine.Layout `json:"runs"`
	Group string        `json:"group"` // what is shown below /sys/fs/cgroup
	At    string        `json:"at"`    // where
}

// memoryGroup makes a control group that bounds memory, of version 1 or 2, and returns its folder and where containers see it.
func memoryGroup(t *testing.T, bytes int64) (dir, at string) {
	t.Helper()
	const root = "/sys/fs/cgroup"
	parent, at, limit := filepath.Join(root, "memory"), filepath.Join(root, "memory"), "memory.limit_in_bytes"
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		parent, at, limit = root, root, "memory.max"
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+memory"), 0); err != nil {
			t.Fatalf("handing memory on to control groups, which needs root: %v", err)
		}
	}
	dir, err := os.MkdirTemp(parent, "prcheck-faults-") //nolint:usetesting // in the control groups
	if err != nil {
		t.Fatalf("making a control group, which needs root: %v", err)
	}
	t.Cleanup(func() {
		// Its last process may not be gone yet.
		for range 100 {
			if err = os.Remove(dir); err == nil {
				return
			}
			<-time.After(50 * time.Millisecond)
		}
		t.Errorf("removing the control group: %v", err)
	})
	if err := os.WriteFile(filepath.Join(dir, limit), []byte(strconv.FormatInt(bytes, 10)), 0); err != nil {
		t.Fatal(err)
	}
	return dir, at
}

// contain takes a stage of a run through in a container with that much memory, and returns how the container ended.
func contain(t *testing.T, run *stages.Run, stage plan.Stage, bytes int64) error {
	t.Helper()
	group, at := memoryGroup(t, bytes)
	data, err := json.Marshal(container{stage, run.Plan, run.Engine.Kit, run.Engine.Toolchain.Root, run.Engine.Layout, group, at})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", containerCommand)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting a container, which needs root: %v", err)
	}
	// It waits for its orders, and so begins nothing outside of the group.
	err = os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0)
	if err == nil {
		_, err = in.Write(data)
	}
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(errors.Join(err, cmd.Process.Kill(), cmd.Wait()))
	}
	return cmd.Wait()
}

// asContainer runs a stage if this process is to be a container, and ends it.
func asContainer() {
	if len(os.Args) != 2 || os.Args[1] != containerCommand {
		return
	}
	if err := runContained(context.Background(), os.Stdin); err != nil { //nolint:forbidigo // a process begins here
		fmt.Fprintln(os.Stderr, "container:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func runContained(ctx context.Context, orders io.Reader) error {
	data, err := io.ReadAll(orders)
	if err != nil {
		return err
	}
	var c container
	if err := json.Unmarshal(data, &c); err != nil {
		return err
	}
	for _, mount := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(c.Group, c.At, "", unix.MS_BIND, "") },
		func() error { return unix.Mount("proc", "/proc", "proc", 0, "") },
	} {
		if err := mount(); err != nil {
			return fmt.Errorf("mounting what a container sees: %w", err)
		}
	}
	chain, err := engine.RootToolchain(c.Root, "rootfs")
	if err != nil {
		return err
	}
	e := &engine.Engine{Layout: c.Runs, Toolchain: chain, Clock: clock.RealClock{}, Kit: c.Kit, Live: os.Stderr}
	switch c.Stage {
	case plan.StagePrepare:
		_, err = e.Prepare(ctx, c.Plan)
	case plan.StageScan:
		_, err = e.Scan(ctx, c.Plan)
	default:
		err = fmt.Errorf("the stage %s runs in no container here", c.Stage)
	}
	return err
}
