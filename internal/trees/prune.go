// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Limits say what a store may keep.
type Limits struct {
	// Unused is how long an entry is kept that nobody uses.
	Unused time.Duration
	// Bytes is how much the store may hold; 0: no limit. The entries whose last use is longest ago go first.
	Bytes int64
	// InUse is how long after its last use an entry may still be read by somebody: the longest time that a run may take. What was used since
	// stays, whatever the other limits say. 0: a day.
	InUse time.Duration
	// Every is how often it is worth looking; a call before that does nothing. 0: always.
	Every time.Duration
}

// Pruned says what Prune took away and left.
type Pruned struct {
	Entries, Kept        int
	Bytes, KeptBytes     int64
	Leftovers, Unsettled int // of interrupted work; entries that came into use meanwhile
}

// kept is what Prune knows of an entry.
type kept struct {
	key      string
	used     time.Time
	bytes    int64
	packages []string // keys that a category links to
	needed   int      // categories that link to it
	gone     bool
}

const (
	defaultInUse = 24 * time.Hour
	prunedFile   = ".pruned"
)

// Prune takes away what is beyond the limits. Farms may be made at the same time.
func (s *Store) Prune(ctx context.Context, limits Limits) (Pruned, error) {
	if limits.InUse == 0 {
		limits.InUse = defaultInUse
	}
	now := s.clock.Now()
	note := filepath.Join(s.dir, prunedFile)
	if info, err := os.Stat(note); err == nil && limits.Every > 0 && now.Sub(info.ModTime()) < limits.Every {
		return Pruned{}, nil
	}
	if err := os.WriteFile(note, nil, 0o664); err == nil {
		_ = os.Chtimes(note, now, now)
	}
	result := Pruned{}
	all, err := s.inventory(now.Add(-limits.InUse), &result)
	if err != nil {
		return result, fmt.Errorf("looking through the store of trees %s: %w", s.dir, err)
	}
	victims := choose(all, limits, now)
	if err := s.remove(ctx, victims, &result); err != nil {
		return result, fmt.Errorf("pruning the store of trees %s: %w", s.dir, err)
	}
	for _, e := range all {
		if !e.gone {
			result.Kept++
			result.KeptBytes += e.bytes
		}
	}
	return result, nil
}

// inventory lists the entries. What interrupted work has left since before is removed.
func (s *Store) inventory(before time.Time, result *Pruned) (map[string]*kept, error) {
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	all := map[string]*kept{}
	for _, d := range names {
		if strings.HasPrefix(d.Name(), newPrefix) || strings.HasPrefix(d.Name(), oldPrefix) {
			if err := s.sweep(d, before, result); err != nil {
				return nil, err
			}
			continue
		}
		if !d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			continue
		}
		e, err := readKept(filepath.Join(s.dir, d.Name()))
		if err == nil {
			all[e.key] = e
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	count(all)
	return all, nil
}

// sweep removes what interrupted work has left since before.
func (s *Store) sweep(d fs.DirEntry, before time.Time, result *Pruned) error {
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return nil
	}
	result.Leftovers++
	return errors.Join(err, os.RemoveAll(filepath.Join(s.dir, d.Name())))
}

// count tells packages how many categories link to them.
func count(all map[string]*kept) {
	for _, e := range all {
		for _, p := range e.packages {
			if all[p] != nil {
				all[p].needed++
			}
		}
	}
}

// readKept reads what an entry's seal says. One that cannot be read is a damaged entry: nobody has used it for ever.
func readKept(dir string) (*kept, error) {
	e := &kept{key: filepath.Base(dir)}
	info, err := os.Stat(filepath.Join(dir, sealFile))
	if err != nil {
		_, err := os.Stat(dir)
		return e, err
	}
	sealed, err := readSeal(dir)
	if err != nil {
		return e, nil //nolint:nilerr // see above
	}
	e.used, e.bytes = info.ModTime(), sealed.bytes
	for _, i := range sealed.items {
		if i.kind == aPackage {
			e.packages = append(e.packages, packageKind.key(i.id))
		}
	}
	return e, nil
}

// choose picks what goes: first what is too old, then the oldest of the rest until there is room. A package goes after the categories that
// link to it.
func choose(all map[string]*kept, limits Limits, now time.Time) []*kept {
	order := []*kept{}
	total := int64(0)
	for _, e := range all {
		order = append(order, e)
		total += e.bytes
	}
	slices.SortFunc(order, func(a, b *kept) int { return cmp.Or(a.used.Compare(b.used), strings.Compare(a.key, b.key)) })
	victims := []*kept{}
	var drop func(e *kept)
	drop = func(e *kept) {
		if e == nil || e.gone || e.needed > 0 || now.Sub(e.used) < limits.InUse {
			return
		}
		if now.Sub(e.used) < limits.Unused && (limits.Bytes == 0 || total <= limits.Bytes) {
			return
		}
		e.gone, total = true, total-e.bytes
		victims = append(victims, e)
		for _, p := range e.packages {
			if all[p] != nil {
				all[p].needed--
				drop(all[p])
			}
		}
	}
	for _, e := range order {
		drop(e)
	}
	return victims
}

// remove takes entries away, but for those that came into use since they were chosen.
func (s *Store) remove(ctx context.Context, victims []*kept, result *Pruned) error {
	gone := []string{}
	held, err := s.lock(unix.LOCK_EX)
	if err != nil {
		return err
	}
	for _, e := range victims {
		dir := filepath.Join(s.dir, e.key)
		if info, err := os.Stat(filepath.Join(dir, sealFile)); err == nil && info.ModTime().After(e.used) {
			e.gone = false
			result.Unsettled++
			continue
		}
		away := filepath.Join(s.dir, oldPrefix+e.key)
		if err := os.Rename(dir, away); err != nil {
			return errors.Join(err, held.Close())
		}
		gone = append(gone, away)
		result.Entries++
		result.Bytes += e.bytes
	}
	if err := held.Close(); err != nil {
		return err
	}
	for _, dir := range gone {
		if err := errors.Join(os.RemoveAll(dir), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

// Damage is an entry that is not as it was made.
type Damage struct{ Entry, What string }

// Verify compares every entry with git's ids, by content, and throws away what is damaged: whoever needs it next makes it anew.
func (s *Store) Verify(ctx context.Context) ([]Damage, error) {
	all, err := s.inventory(s.clock.Now().Add(-defaultInUse), &Pruned{})
	if err != nil {
		return nil, fmt.Errorf("looking through the store of trees %s: %w", s.dir, err)
	}
	damaged, victims := []Damage{}, []*kept{}
	for key, e := range all {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		dir := filepath.Join(s.dir, key)
		sealed, err := readSeal(dir)
		if err == nil {
			err = compare(filepath.Join(dir, treeFolder), sealed, true)
		}
		if err != nil {
			damaged, victims = append(damaged, Damage{key, err.Error()}), append(victims, e)
		}
	}
	slices.SortFunc(damaged, func(a, b Damage) int { return strings.Compare(a.Entry, b.Entry) })
	if err := s.remove(ctx, victims, &Pruned{}); err != nil {
		return damaged, fmt.Errorf("removing damaged entries of the store of trees %s: %w", s.dir, err)
	}
	return damaged, nil
}
