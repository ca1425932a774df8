// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package binary

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/utils/clock"
)

// Build builds those of the named programs (all, when none is named) that the cache does not have, one after the other,
// and writes a line about each to out. Builders that run at the same time wait for each other.
func Build(ctx context.Context, out io.Writer, names ...string) error {
	root, err := Root()
	if err != nil {
		return err
	}
	tools, err := selectTools(names)
	if err != nil {
		return err
	}
	unlock, err := lock()
	if err != nil {
		return err
	}
	defer unlock()
	clk := clock.RealClock{}
	for i, tool := range tools {
		path, err := tool.path(root)
		if err != nil {
			return err
		}
		if _, err := os.Stat(path); err == nil {
			continue
		}
		fmt.Fprintf(out, "building %s (%d of %d) …\n", tool.Name, i+1, len(tools))
		start := clk.Now()
		if err := tool.build(ctx, root, path); err != nil {
			return err
		}
		fmt.Fprintf(out, "built %s in %s\n", tool.Name, clk.Since(start).Round(time.Second))
	}
	return nil
}

func selectTools(names []string) ([]Tool, error) {
	if len(names) == 0 {
		return Tools(), nil
	}
	tools := make([]Tool, 0, len(names))
	for _, name := range names {
		tool, err := find(name)
		if err != nil {
			return nil, err
		}
		tools = append(tools, tool)
	}
	return tools, nil
}

// build links into a temporary name first: a file under the final name is always whole.
func (t Tool) build(ctx context.Context, root, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("building %s: %w", t.Name, err)
	}
	partial := fmt.Sprintf("%s.partial-%d", path, os.Getpid())
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", t.LDFlags, "-o", partial, t.Package)
	cmd.Dir = filepath.Join(root, t.Dir)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("building %s in %s: %w\n%s", t.Name, t.Dir, err, output), removeIfThere(partial))
	}
	if err := os.Rename(partial, path); err != nil {
		return fmt.Errorf("building %s: %w", t.Name, err)
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// lock takes the builders' lock; the kernel drops it when the process ends, however it ends.
func lock() (unlock func(), err error) {
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(cache, "bin")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the cache of programs: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the cache of programs: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking the cache of programs: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}
