// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/prcheck/prcheck/test/cluster/machineconfig"
)

// machine is a started one.
type machine struct {
	pid   int
	start *os.File // a byte written here starts its services
}

// startMachine starts process 1 of a machine in new namespaces. Its services wait until begin.
func startMachine(program, configPath, logPath string, config machineconfig.Config) (*machine, error) {
	content, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the configuration of the machine %s: %w", config.Hostname, err)
	}
	if err := os.WriteFile(configPath, content, 0o600); err != nil {
		return nil, fmt.Errorf("writing the configuration of the machine %s: %w", config.Hostname, err)
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the log of the machine %s: %w", config.Hostname, err)
	}
	defer log.Close() //nolint:errcheck // The machine has its own copy.
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("starting the machine %s: %w", config.Hostname, err)
	}
	defer read.Close() //nolint:errcheck // The machine has its own copy.

	// Not CommandContext: the machine must outlive its starter.
	cmd := &exec.Cmd{
		Path: program, Args: []string{program, configPath}, Dir: "/",
		Stdout: log, Stderr: log, ExtraFiles: []*os.File{read},
		SysProcAttr: &syscall.SysProcAttr{
			Setsid:     true,
			Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS,
		},
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the machine %s in new namespaces: %w", config.Hostname, err), write.Close())
	}
	go func() { _ = cmd.Wait() }() // so that no zombie stays in a test that goes on after down
	return &machine{pid: cmd.Process.Pid, start: write}, nil
}

// begin lets the machine start its services.
func (m *machine) begin() error {
	_, err := m.start.Write([]byte{1})
	return errors.Join(err, m.start.Close())
}

// abandon ends a machine that was not begun; after begin it does nothing.
func (m *machine) abandon() { _ = m.start.Close() }

// findMachine returns the process that runs as process 1 of the machine with this configuration, 0 if there is none.
// The command line names the cluster's own folder, so no other process can be taken for it, and no recorded process id
// that may belong to another process by now is ever used.
func findMachine(configPath string) (int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, fmt.Errorf("searching the machine of %s: %w", configPath, err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && isMachine(pid, configPath) {
			return pid, nil
		}
	}
	return 0, nil
}

func isMachine(pid int, configPath string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return false // it ended meanwhile
	}
	args := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	return len(args) == 2 && filepath.Base(args[0]) == "machine" && args[1] == configPath
}

// killMachine ends a machine with all its processes and waits until its process 1 is gone, which is when the kernel has
// ended the others.
func killMachine(ctx context.Context, configPath string) error {
	pid, err := findMachine(configPath)
	if err != nil || pid == 0 {
		return err
	}
	process, err := os.FindProcess(pid) // holds the process by a file descriptor, not by its number
	if err != nil {
		return fmt.Errorf("ending the machine of %s: %w", configPath, err)
	}
	if !isMachine(pid, configPath) {
		return nil // it ended by itself
	}
	if err := process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending the machine of %s: %w", configPath, err)
	}
	err = wait.PollUntilContextTimeout(ctx, 5*time.Millisecond, 20*time.Second, true, func(context.Context) (bool, error) {
		return !isMachine(pid, configPath), nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the end of the machine of %s (process %d): %w", configPath, pid, err)
	}
	return nil
}
