// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/scope"
)

// KitKey is the key of the kit of a plan's base. toolchain is the digest of what is installed.
func KitKey(p plan.Plan, toolchain string) basekit.Key {
	key := basekit.Key{
		Repository: p.Repository, Base: p.Revision.Base, Branch: branchName(p.Revision.Branch), Toolchain: toolchain,
		Driver: driver.Digest() + " " + scope.Form(), // whose word is in the kit, and the planner's
	}
	for _, m := range p.Masters {
		key.Masters = append(key.Masters, basekit.Master{Name: m.Name, Commit: m.Commit, Branch: branchName(m.Branch)})
	}
	return key
}

// MakeKit fills dir with what later runs with the plan's base take over. The engine has folders of its own for that, in which nothing of a
// head ever was; only the base's code and the masters' run.
func (e *Engine) MakeKit(ctx context.Context, p plan.Plan, from Remote, dir string) error {
	p = plan.OfBase(p)
	if err := notDone(e.Fetch(ctx, p, from)); err != nil {
		return err
	}
	if err := notDone(e.PrepareBase(ctx, p)); err != nil {
		return err
	}
	return notDone(e.FillKit(ctx, p, dir))
}

// KitError says that no kit could be made of a base. Runs without one say more.
type KitError struct{ Outcome plan.Outcome }

// Error says which stage failed and why.
func (e *KitError) Error() string {
	return fmt.Sprintf("no kit of the base can be made: %s: %s", e.Outcome.Reason, e.Outcome.Message)
}

func notDone(outcome plan.Outcome, err error) error {
	if err == nil && !outcome.OK() {
		err = &KitError{outcome}
	}
	return err
}

// fillKit scans one package of the base, which makes the tool's caches, and copies what there is. What the driver wrote is read as data.
func (s *stage) fillKit(ctx context.Context, dir string) error {
	l := s.engine.Layout
	if blank(l.Prepared(Base)) {
		return &failure{plan.ReasonBrokenBase, "The metadata of the base cannot be made", nil}
	}
	if err := s.step("metadata", func() error { return s.copyPrepared(dir) }); err != nil {
		return err
	}
	if _, err := s.assembleBase(); err != nil {
		return err
	}
	name, err := s.onePackage(ctx)
	if err != nil {
		return err
	}
	if category, pkg, ok := strings.Cut(name, "/"); ok {
		s.scope.Packages = []plan.ScopePackage{{Category: category, Package: pkg}}
	}
	if err := s.step("caches", func() error { return s.driveScan(ctx, callScanBase, firstSuffix, Base) }); err != nil {
		return err
	}
	own := &stage{engine: &Engine{Layout: l}, plan: s.plan} // the kit is nobody's but ours
	if err := own.copyCache(l.Work("cache-"+Base), filepath.Join(dir, basekit.Cache)); err != nil {
		return err
	}
	return s.step("index", func() error { return s.writeIndex(dir) })
}

// copyPrepared copies the metadata of base and masters into a kit.
func (s *stage) copyPrepared(dir string) error {
	l := s.engine.Layout
	from := map[string]string{l.Prepared(Base): filepath.Join(dir, basekit.Prepared)}
	for _, m := range s.plan.Masters {
		from[l.Prepared("masters", m.Name)] = filepath.Join(dir, basekit.Masters, m.Name)
	}
	for source, target := range from {
		given, err := readPrepared(source)
		if err != nil {
			return err
		}
		out := given.normal()
		for cpv, data := range given.entries {
			if _, err := parseEntry(data); err != nil {
				return fmt.Errorf("the entry of %s: %w", cpv, err)
			}
			out.entries[cpv] = data
		}
		if err := out.write(target); err != nil {
			return fmt.Errorf("writing the metadata of the kit: %w", err)
		}
	}
	return nil
}

// onePackage is a package of the base, or nothing where it has none.
func (s *stage) onePackage(ctx context.Context) (string, error) {
	listed, err := s.listing(ctx, Base)
	if err != nil {
		return "", err
	}
	first := ""
	listed.ebuilds(treeFS(s.engine.Layout.Tree(Base)), func(category, name, _ string) {
		if key := category + "/" + name; first == "" || key < first {
			first = key
		}
	})
	return first, nil
}

// KitSeeds are a kit's folders as seeds for another one.
func KitSeeds(dir, repository string) (map[string]string, error) {
	seeds := map[string]string{repository: filepath.Join(dir, basekit.Prepared)}
	masters, err := os.ReadDir(filepath.Join(dir, basekit.Masters))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	for _, m := range masters {
		seeds[m.Name()] = filepath.Join(dir, basekit.Masters, m.Name())
	}
	return seeds, err
}
