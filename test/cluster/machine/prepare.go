// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"github.com/prcheck/prcheck/test/cluster/machineconfig"
)

// shadowDir is where the copies of shadowed files are: in the machine's own /run.
const shadowDir = "/run/shadow"

// prepare makes the machine's view of the host: own mounts, own /proc, own host name, own sysctls.
func prepare(c machineconfig.Config) error {
	if err := syscall.Sethostname([]byte(c.Hostname)); err != nil {
		return fmt.Errorf("setting the host name: %w", err)
	}
	// Slave: no mount of ours reaches the host. Shared: mounts of a kubelet reach the containers that ask for it.
	for _, flag := range []uintptr{syscall.MS_SLAVE, syscall.MS_SHARED} {
		if err := syscall.Mount("", "/", "", flag|syscall.MS_REC, ""); err != nil {
			return fmt.Errorf("making the mounts private to the machine: %w", err)
		}
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	if err := mountAll(c.Mounts); err != nil {
		return err
	}
	if err := shadowAll(c.Shadows); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sysctls)) {
		if err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(c.Sysctls[name]), 0); err != nil {
			return fmt.Errorf("setting a sysctl: %w", err)
		}
	}
	return nil
}

// mountAll opens every source before the first mount, which may hide the others.
func mountAll(mounts []machineconfig.Mount) (err error) {
	sources := make([]*os.File, len(mounts))
	defer func() {
		for _, source := range sources {
			if source != nil {
				err = errors.Join(err, source.Close())
			}
		}
	}()
	for i, m := range mounts {
		if m.Source == "" {
			continue
		}
		if sources[i], err = os.Open(m.Source); err != nil {
			return fmt.Errorf("opening the source of a mount: %w", err)
		}
	}
	for i, m := range mounts {
		if err := mountOne(m, sources[i]); err != nil {
			return fmt.Errorf("mounting on %s: %w", m.Target, err)
		}
	}
	return nil
}

func mountOne(m machineconfig.Mount, source *os.File) error {
	if err := os.MkdirAll(m.Target, 0o755); err != nil {
		return err
	}
	if source == nil {
		return syscall.Mount("tmpfs", m.Target, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=755")
	}
	return syscall.Mount("/proc/self/fd/"+strconv.Itoa(int(source.Fd())), m.Target, "", syscall.MS_BIND|syscall.MS_REC, "")
}

func shadowAll(paths []string) error {
	if err := os.MkdirAll(shadowDir, 0o755); err != nil {
		return err
	}
	for i, path := range paths {
		content, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			continue // a kernel without it: the kubelet finds none either
		}
		if err != nil {
			return fmt.Errorf("copying a sysctl: %w", err)
		}
		shadow := filepath.Join(shadowDir, strconv.Itoa(i))
		if err := os.WriteFile(shadow, content, 0o600); err != nil { //nolint:gosec // A name made above.
			return fmt.Errorf("copying a sysctl: %w", err)
		}
		if err := syscall.Mount(shadow, path, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("hiding %s: %w", path, err)
		}
	}
	return nil
}
