// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// errBusy says that somebody holds a lock.
var errBusy = errors.New("the kit is in use")

// How a lock is taken.
const (
	shared       = unix.LOCK_SH
	exclusive    = unix.LOCK_EX
	tryExclusive = unix.LOCK_EX | unix.LOCK_NB
)

// lock is a held lock. The kernel releases it with the process.
type lock struct {
	path string
	file *os.File
}

// lock takes the lock of a kit. Waiting ends with ctx; the attempt itself then ends, and releases, when its turn comes.
func (s *Store) lock(ctx context.Context, name string, how int) (*lock, error) {
	path := filepath.Join(s.Dir, name+lockSuffix)
	type answer struct {
		lock *lock
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		l, err := take(path, how)
		done <- answer{l, err}
	}()
	select {
	case a := <-done:
		return a.lock, a.err
	case <-ctx.Done():
		go func() {
			if a := <-done; a.lock != nil {
				_ = a.lock.release() // nobody waits any more
			}
		}()
		return nil, ctx.Err()
	}
}

// take locks the file at path. Whoever removes a lock file holds it, so that a file which is not at path any more locks nothing.
func take(path string, how int) (*lock, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, err
		}
		if err := flock(f, how); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if isAt(path, f) {
			return &lock{path, f}, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
}

// flock locks an open file, however often a signal interrupts that.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EWOULDBLOCK):
			return errBusy
		case !errors.Is(err, unix.EINTR):
			return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
		}
	}
}

// isAt says whether an open file is the one at path.
func isAt(path string, f *os.File) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(mine, there)
}

func (l *lock) release() error { return l.file.Close() }
