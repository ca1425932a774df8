// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
)

// packs is the number of packs at which a mirror's are put together: each fetch adds one.
const packs = 24

// openMirror makes the run's own bare repository of r. With a cache it borrows its objects from a mirror that outlives the run, to which only
// what is missing is fetched; without, everything goes to itself.
func (s *session) openMirror(ctx context.Context, r *repository) error {
	if err := r.git.InitBare(ctx, r.bare); err != nil || s.cache == nil {
		return err
	}
	mirror := s.cache.mirror(r.from)
	if _, err := os.Stat(filepath.Join(mirror, "HEAD")); err != nil {
		if err := r.git.InitBare(ctx, mirror); err != nil {
			return fmt.Errorf("making a mirror of %s: %w", r.from, err)
		}
		if _, err := r.git.Run(ctx, mirror, "config", "fetch.unpackLimit", "1"); err != nil {
			return err
		}
	}
	r.into = mirror
	if found, err := filepath.Glob(filepath.Join(mirror, "objects", "pack", "*.pack")); err == nil && len(found) > packs {
		if _, err := r.git.Run(ctx, mirror, "repack", "--quiet", "--geometric=2", "-d"); err != nil {
			return fmt.Errorf("putting the mirror of %s in order: %w; remove %s if that goes on", r.from, err, mirror)
		}
	}
	objects := filepath.Join(mirror, "objects")
	if !slices.Contains(s.engine.Objects, objects) {
		s.engine.Objects = append(s.engine.Objects, objects)
	}
	return borrow(r.bare, objects)
}

// borrow lets a bare repository find objects in another's folder.
func borrow(bare, objects string) error {
	return os.WriteFile(filepath.Join(bare, "objects", "info", "alternates"), []byte(objects+"\n"), 0o644)
}

// borrowed is the folder in which a bare repository finds objects of another's.
func borrowed(bare string) (string, error) {
	text, err := os.ReadFile(filepath.Join(bare, "objects", "info", "alternates"))
	return strings.TrimSuffix(string(text), "\n"), err
}

// borrowAll makes the repositories of a plan below a layout, borrowing from those of the run.
func (s *session) borrowAll(ctx context.Context, l engine.Layout, p plan.Plan) error {
	from := map[string]string{l.Target(): s.engine.Layout.Target()}
	for _, m := range p.Masters {
		from[l.Master(m.Name)] = s.engine.Layout.Master(m.Name)
	}
	for to, bare := range from {
		if err := s.engine.Git.InitBare(ctx, to); err != nil {
			return err
		}
		objects, err := borrowed(bare)
		if err != nil {
			return err
		}
		if err := borrow(to, objects); err != nil {
			return err
		}
	}
	return nil
}

// keepStore gives a repository a store of trees that outlives the run.
func (s *session) keepStore(name, from string) {
	if s.cache == nil {
		return
	}
	if s.engine.Stores == nil {
		s.engine.Stores = map[string]string{}
	}
	s.engine.Stores[name] = s.cache.store(name, from)
}
