// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package basekit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/clock"
)

// ErrNone says that a store has no such kit.
var ErrNone = errors.New("there is no kit of that base")

// Names in a store that are no kits.
const (
	lockSuffix = ".lock"
	newPrefix  = ".new-"
	gonePrefix = ".gone-"
)

// Store is a folder of kits.
type Store struct {
	Dir   string
	Clock clock.PassiveClock
	// MaxBytes and MaxAge bound what Prune leaves; 0: no bound.
	MaxBytes int64
	MaxAge   time.Duration
}

// Open finds a kit and keeps it from being removed until it is closed. It waits for one that is being made. ErrNone says that
// there is none; one that cannot be read is removed, and then there is none either.
func (s *Store) Open(ctx context.Context, key Key) (*Kit, error) {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return nil, err
	}
	use, err := s.lock(ctx, key.name(), shared)
	if err != nil {
		return nil, err
	}
	k, err := s.openLocked(key, use)
	if err == nil {
		return k, nil
	}
	if err := use.release(); err != nil {
		return nil, err
	}
	if errors.Is(err, ErrDamaged) {
		return nil, errors.Join(s.Discard(key), ErrNone)
	}
	return nil, err
}

func (s *Store) openLocked(key Key, use *lock) (*Kit, error) {
	dir := filepath.Join(s.Dir, key.name())
	r, err := open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Lstat(dir); err == nil {
			return nil, fmt.Errorf("%w: it has no %s", ErrDamaged, keyFile)
		}
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	if r.Key.ID() != key.ID() {
		return nil, fmt.Errorf("%w: it says that it is of another base", ErrDamaged)
	}
	now := s.Clock.Now()
	_ = os.Chtimes(dir, now, now) // says when it was last of use; a kit that keeps its old time is only removed earlier
	return &Kit{Key: key, dir: dir, use: use}, nil
}

// Make fills a new kit and opens it. If another process makes the same one meanwhile, its kit is taken and fill is not called.
func (s *Store) Make(ctx context.Context, key Key, fill func(dir string) error) (*Kit, error) {
	k, err := s.Open(ctx, key)
	if !errors.Is(err, ErrNone) {
		return k, err
	}
	sole, err := s.lock(ctx, key.name(), exclusive)
	if err != nil {
		return nil, err
	}
	if _, err = s.openLocked(key, nil); err != nil { // nobody was faster
		err = s.fill(ctx, key, fill)
	}
	if err := errors.Join(err, sole.release()); err != nil {
		return nil, err
	}
	return s.Open(ctx, key)
}

func (s *Store) fill(ctx context.Context, key Key, fill func(dir string) error) error {
	dir, err := os.MkdirTemp(s.Dir, newPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // Prune removes what is left
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := fill(dir); err != nil {
		return err
	}
	if err := seal(ctx, dir, key, s.Clock.Now().UTC().Truncate(time.Second)); err != nil {
		return fmt.Errorf("sealing the kit: %w", err)
	}
	to := filepath.Join(s.Dir, key.name())
	if err := s.remove(key.name()); err != nil { // a damaged one
		return err
	}
	return os.Rename(dir, to)
}

// Newest opens the kit that was made last of those that can seed the one of key: of the same repository, by the same programs.
func (s *Store) Newest(ctx context.Context, key Key) (*Kit, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, err
	}
	var newest record
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), key.Line()+"-") {
			continue
		}
		r, err := open(filepath.Join(s.Dir, e.Name()))
		if err == nil && r.Key.name() == e.Name() && r.Made.After(newest.Made) {
			newest = r
		}
	}
	if newest.Made.IsZero() {
		return nil, ErrNone
	}
	return s.Open(ctx, newest.Key)
}

// Discard removes a kit, whoever uses it: it is damaged, and they will notice, too.
func (s *Store) Discard(key Key) error { return s.remove(key.name()) }

func (s *Store) remove(name string) error {
	gone, err := os.MkdirTemp(s.Dir, gonePrefix)
	if err != nil {
		return err
	}
	err = os.Rename(filepath.Join(s.Dir, name), filepath.Join(gone, "kit"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(gone))
}

// abandoned is the age at which a half-made kit is nobody's any more.
const abandoned = 24 * time.Hour

// Prune removes kits that nobody has used for long, then the least recently used ones above the size, and what was left
// half-made. Kits in use stay.
func (s *Store) Prune(ctx context.Context) error {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	now := s.Clock.Now()
	kits := []aged{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // somebody else removed it
		}
		half := strings.HasPrefix(e.Name(), newPrefix) || strings.HasPrefix(e.Name(), gonePrefix)
		switch {
		case half && now.Sub(info.ModTime()) > abandoned:
			if err := os.RemoveAll(filepath.Join(s.Dir, e.Name())); err != nil {
				return err
			}
		case !half && e.IsDir():
			kits = append(kits, aged{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(kits, func(a, b aged) int { return b.used.Compare(a.used) })
	return s.keepNewest(ctx, kits, now)
}

// aged is a kit with the time when it was last of use.
type aged struct {
	name string
	used time.Time
}

// keepNewest removes the kits, newest first, that are too old or beyond the size.
func (s *Store) keepNewest(ctx context.Context, kits []aged, now time.Time) error {
	total := int64(0)
	for i, k := range kits {
		n, err := sizeOf(filepath.Join(s.Dir, k.name))
		if err != nil {
			return err
		}
		total += n
		tooOld := s.MaxAge > 0 && now.Sub(k.used) > s.MaxAge
		tooMuch := s.MaxBytes > 0 && total > s.MaxBytes && i > 0
		if !tooOld && !tooMuch {
			continue
		}
		use, err := s.lock(ctx, k.name, tryExclusive)
		if errors.Is(err, errBusy) {
			continue
		}
		if err != nil {
			return err
		}
		total -= n
		if err := errors.Join(s.remove(k.name), os.Remove(use.path), use.release()); err != nil {
			return err
		}
	}
	return nil
}

func sizeOf(dir string) (total int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // somebody else removed it
	}
	return total, err
}

func sortedNames[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
