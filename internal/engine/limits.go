// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
)

// timeout prints a limit as people write it.
type timeout time.Duration

// String returns e.g. "20m" instead of "20m0s".
func (t timeout) String() string {
	d := time.Duration(t)
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return strings.TrimSuffix(d.String(), "0m0s")
	case d >= time.Minute && d%time.Minute == 0:
		return strings.TrimSuffix(d.String(), "0s")
	}
	return d.String()
}

// openFiles is how many files the tool may have open at once.
const openFiles = 4096

// processes is how many processes a stage's user may have: plenty for workers and their shells, too few to hurt a node.
const processes = 1024

// limits are the resources of one call. The stage's time is what its earlier calls left of it.
func (s *stage) limits() sandbox.Limits {
	l := sandbox.Limits{OpenFiles: openFiles}
	if limit := s.plan.Snapshot.OutputBytes; limit > 0 {
		l.FileBytes = uint64(limit)
		if s.outcome.Stage == plan.StagePrepare {
			// A file that an ebuild fills up fails by itself, before it makes the stage exceed its limit; metadata is far smaller.
			l.FileBytes /= 4
		}
	}
	if s.engine.user(s.outcome.Stage) != 0 || os.Getpid() == 1 {
		l.Processes = processes // the user is the run's own
	}
	if limit := time.Duration(s.timeout()); limit > 0 {
		l.Timeout = max(limit-s.engine.Clock.Since(s.outcome.Started), time.Millisecond)
	}
	return l
}

// watchEvery is how often the size of a stage's output is looked at.
const watchEvery = 2 * time.Second

// watch stops the tool when what it has written to dirs exceeds the stage's limit. The channel says in the end whether it did.
func (s *stage) watch(ctx context.Context, stop func(), dirs []string) <-chan bool {
	result := make(chan bool, 1)
	limit := s.plan.Snapshot.OutputBytes
	if limit == 0 {
		result <- false
		return result
	}
	go func() {
		ticker := time.NewTicker(watchEvery)
		defer ticker.Stop()
		for {
			last := false
			select {
			case <-ctx.Done():
				last = true
			case <-ticker.C:
			}
			if size(dirs) > limit {
				stop()
				result <- true
				return
			}
			if last {
				result <- false
				return
			}
		}
	}()
	return result
}

// size adds up the files below dirs. What vanishes meanwhile counts for nothing.
func size(dirs []string) (total int64) {
	for _, dir := range dirs {
		_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { // the function itself never fails
			if err != nil {
				if d != nil && d.IsDir() && !errors.Is(err, fs.ErrNotExist) {
					return fs.SkipDir
				}
				return nil
			}
			if info, err := d.Info(); err == nil && d.Type().IsRegular() {
				total += info.Size()
			}
			return nil
		})
	}
	return total
}
