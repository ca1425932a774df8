// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package toolchain finds the toolchain's root file system and pkgcheck's test data for tests. It builds and fetches nothing: what is
// not in the cache fails the test with the name of the make target that provides it.
package toolchain

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Root returns the root file system that `make toolchain` builds from this very source.
func Root(tb testing.TB) string {
	tb.Helper()
	key := Key(tb)
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Fatal(err)
	}
	dir := filepath.Join(cache, "prcheck", "toolchain", key, "rootfs")
	if _, err := os.Stat(dir); err != nil {
		tb.Fatalf("the toolchain is not in the cache (%v): run make toolchain", err)
	}
	return dir
}

// Key returns the digest of everything that the toolchain is built from.
func Key(tb testing.TB) string {
	tb.Helper()
	return script(tb, "images/pkgcheck/build.sh", "--key")
}

// Corpus returns pkgcheck's own test data, which `make corpus` fetches.
func Corpus(tb testing.TB) string {
	tb.Helper()
	return script(tb, "hack/corpus.sh", "--find")
}

// told is what scripts said: they say the same as long as a test binary runs.
var told sync.Map

// script runs one of the repository's scripts and returns the last line that it printed.
func script(tb testing.TB, name string, args ...string) string {
	tb.Helper()
	key := strings.Join(append([]string{name}, args...), " ")
	if line, ok := told.Load(key); ok {
		return line.(string) //nolint:forcetypeassert // nothing else is stored
	}
	cmd := exec.CommandContext(tb.Context(), filepath.Join(source(), name), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		tb.Fatal(fmt.Errorf("%s: %w\n%s", name, err, said.Bytes()))
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	told.Store(key, lines[len(lines)-1])
	return lines[len(lines)-1]
}

// source is the top folder of this repository.
func source() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}
