// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/prcheck/prcheck/test/stages"
)

// smallDisk puts a run's temporary files on a disk of some bytes.
func smallDisk(bytes int64) func(*testing.T, *stages.Run) {
	return func(t *testing.T, run *stages.Run) {
		t.Helper()
		mount(t, run.Engine.Layout.Temporary, bytes)
		if err := run.Engine.Layout.Make(); err != nil {
			t.Fatal(err)
		}
	}
}

// mount covers a folder with a file system of some bytes. It needs root.
func mount(t *testing.T, dir string, bytes int64) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("mode=0755,size=%d", bytes)); err != nil {
		t.Fatalf("mounting a small disk, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmounting %s: %v", dir, err)
		}
	})
}
