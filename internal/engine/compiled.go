// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/plan"
)

// compiledLimit is the size above which a compiled driver is none.
const compiledLimit = 16 << 20

// CompiledDriver returns the file in dir that has the driver with bytecode of the toolchain's Python, which saves each start the compiling. It is
// made where there is none, with nothing of a repository in sight, or where it is not what was written. toolchain is the digest of what is
// installed. The engine's folders are used, as a stage would use them.
func (e *Engine) CompiledDriver(ctx context.Context, p plan.Plan, dir, toolchain string) (string, error) {
	name := sha256.Sum256([]byte(driver.Digest() + " " + toolchain))
	file := filepath.Join(dir, hex.EncodeToString(name[:12])+".pyz")
	if sound(file) {
		return file, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := e.Layout.installDriver(""); err != nil {
		return "", err
	}
	s := e.begin(p, plan.StageScan)
	data, err := s.compile(ctx)
	if err != nil {
		return "", fmt.Errorf("compiling the driver: %w", err)
	}
	return file, place(file, data)
}

// compile asks the driver for itself, compiled.
func (s *stage) compile(ctx context.Context) ([]byte, error) {
	const name = "compile"
	code, err := s.drive(ctx, newCall(name, name, map[string]int{"protocol": driver.Protocol}, nil, nil))
	if err != nil {
		return nil, err
	}
	if code != driver.ExitDone {
		return nil, fmt.Errorf("the driver ended with code %d.%s", code, s.said())
	}
	root, err := os.OpenRoot(s.engine.Layout.Tmp(plan.StageScan, name))
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	return readFile(root.FS(), outFile, compiledLimit)
}

// sumSuffix ends the name of the file that has the digest of another one.
const sumSuffix = ".sha256"

// sound says whether a file is what place wrote.
func sound(file string) bool {
	want, err := os.ReadFile(file + sumSuffix)
	if err != nil {
		return false
	}
	data, err := os.ReadFile(file)
	sum := sha256.Sum256(data)
	return err == nil && strings.TrimSpace(string(want)) == hex.EncodeToString(sum[:])
}

// place writes a file and its digest. Another process may do the same with another result that is as good: then one of them is
// not sound, and is made anew.
func place(file string, data []byte) error {
	sum := sha256.Sum256(data)
	for name, content := range map[string][]byte{file: data, file + sumSuffix: []byte(hex.EncodeToString(sum[:]) + "\n")} {
		f, err := os.CreateTemp(filepath.Dir(file), ".new-")
		if err != nil {
			return err
		}
		_, err = f.Write(content)
		if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
			return errors.Join(err, os.Remove(f.Name()))
		}
		if err := os.Rename(f.Name(), name); err != nil {
			return err
		}
	}
	return nil
}

// installDriver writes the driver where stages find it: a compiled one, or the one that this program carries.
func (l Layout) installDriver(compiled string) error {
	data := driver.Archive()
	if compiled != "" {
		var err error
		if data, err = os.ReadFile(compiled); err != nil {
			return err
		}
	}
	return os.WriteFile(l.driverFile(), data, 0o644) //nolint:gosec // a folder of the engine
}
