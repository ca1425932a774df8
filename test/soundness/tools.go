// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
)

// Tools is what cases need from outside: make toolchain and make corpus provide it.
type Tools struct {
	Root   string // the toolchain's root file system
	Key    string // the digest of everything that it is made of
	Corpus string // pkgcheck's test data
	Source string // the top folder of this repository
	// Driver is the driver that the oracle scans with, so that scans are kept while the driver is worked on: an older one must find
	// the same. Empty: the present one.
	Driver []byte
}

// driver returns the oracle's driver and its digest.
func (t Tools) driver() (archive []byte, digest string) {
	if len(t.Driver) == 0 {
		return driver.Archive(), driver.Digest()
	}
	sum := sha256.Sum256(t.Driver)
	return t.Driver, hex.EncodeToString(sum[:])
}

// FindTools looks for the tools in the cache.
func FindTools(ctx context.Context) (Tools, error) {
	_, file, _, _ := runtime.Caller(0)
	t := Tools{Source: filepath.Join(filepath.Dir(file), "..", "..")}
	var err error
	if t.Key, err = t.script(ctx, "images/pkgcheck/build.sh", "--key"); err != nil {
		return t, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return t, err
	}
	t.Root = filepath.Join(cache, "prcheck", "toolchain", t.Key, "rootfs")
	if _, err := os.Stat(t.Root); err != nil {
		return t, fmt.Errorf("the toolchain is not in the cache: run make toolchain: %w", err)
	}
	t.Corpus, err = t.script(ctx, "hack/corpus.sh", "--find")
	return t, err
}

// script runs one of the repository's scripts and returns the last line that it printed.
func (t Tools) script(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(t.Source, name), args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, said.Bytes())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}

// cacheDir is the folder of what cases leave for later ones.
func cacheDir(names ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(append([]string{cache, "prcheck", "soundness"}, names...)...), nil
}
