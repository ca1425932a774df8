// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/trees"
	"github.com/prcheck/prcheck/internal/verdict"
)

// cache is what runs leave for later runs: mirrors of repositories, stores of trees, and kits of bases. Nothing in it was ever in reach of a
// head's code.
type cache struct {
	dir  string
	kits *basekit.Store
}

// What is kept of kits, which are by far the largest part.
const (
	kitBytes  = 8 << 30
	kitAge    = 30 * 24 * time.Hour
	treeAge   = 30 * 24 * time.Hour
	treeBytes = 8 << 30
)

// cacheDir is the cache's folder; empty: there is none.
func (o options) cacheFolder() (string, error) {
	if o.noCache {
		return "", nil
	}
	if o.cacheDir != "" {
		return filepath.Abs(o.cacheDir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding a folder for the cache: %w", err)
	}
	return filepath.Join(dir, "prcheck"), nil
}

// openCache opens the cache, or returns nil where none is wanted. Where nobody named a folder and the usual one cannot be made, the run
// does without.
func (s *session) openCache() (*cache, error) {
	dir, err := s.options.cacheFolder()
	for _, name := range []string{"mirrors", "trees", "kits"} {
		if err == nil && dir != "" {
			err = os.MkdirAll(filepath.Join(dir, name), 0o755)
		}
	}
	switch {
	case err != nil && s.options.cacheDir != "":
		return nil, fmt.Errorf("making the cache: %w; name another folder with --cache-dir, or use --no-cache", err)
	case err != nil:
		fmt.Fprintf(s.err, "prcheck: warning: this run has no cache and leaves none, which makes the next one slower: %v; name a folder with --cache-dir\n", err)
		return nil, nil //nolint:nilnil // no cache is as good as none wanted
	case dir == "":
		return nil, nil //nolint:nilnil // as above
	}
	return &cache{dir: dir, kits: &basekit.Store{Dir: filepath.Join(dir, "kits"), Clock: s.engine.Clock, MaxBytes: kitBytes, MaxAge: kitAge}}, nil
}

// named is what a repository's folders in the cache are called: by where it comes from.
func named(name, from string) string {
	if abs, err := filepath.Abs(from); err == nil {
		if _, err := os.Stat(abs); err == nil {
			from = abs
		}
	}
	sum := sha256.Sum256([]byte(from))
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, strings.TrimSuffix(filepath.Base(name), ".git"))
	return clean + "-" + hex.EncodeToString(sum[:6])
}

func (c *cache) mirror(from string) string {
	return filepath.Join(c.dir, "mirrors", named(from, from)+".git")
}

func (c *cache) store(name, from string) string {
	return filepath.Join(c.dir, "trees", named(name, from))
}

// openKit finds the kit of the plan's base, or makes it: before anything of the head is looked at, in folders of its own. A base that no kit can
// be made of is none that ends the run here.
func (s *session) openKit(ctx context.Context, p plan.Plan, dir string) (*basekit.Kit, error) {
	digest, err := s.engine.Toolchain.Digest()
	if err != nil {
		return nil, err
	}
	if s.engine.Driver, err = s.engine.CompiledDriver(ctx, p, filepath.Join(s.cache.dir, "drivers"), digest); err != nil {
		fmt.Fprintf(s.err, "prcheck: warning: this run is slower than need be: %v\n", err)
		s.engine.Driver = ""
	}
	key := engine.KitKey(p, digest)
	kit, err := s.cache.kits.Open(ctx, key)
	if !errors.Is(err, basekit.ErrNone) {
		return kit, err
	}
	maker := *s.engine
	seed, err := s.cache.kits.Newest(ctx, key)
	switch {
	case err == nil:
		defer seed.Close() //nolint:errcheck // only read
		if maker.Seeds, err = engine.KitSeeds(seed.Dir(), p.Repository); err != nil {
			return nil, err
		}
	case !errors.Is(err, basekit.ErrNone):
		return nil, err
	}
	kit, err = s.cache.kits.Make(ctx, key, func(into string) error { return s.makeKit(ctx, &maker, p, dir, into) })
	if _, none := errors.AsType[*engine.KitError](err); none {
		fmt.Fprintf(s.err, "prcheck: %v\n", err)
		return nil, nil
	}
	if err == nil {
		err = s.cache.kits.Prune(ctx)
	}
	return kit, err
}

// makeKit lets an engine with folders of its own fill a kit.
func (s *session) makeKit(ctx context.Context, maker *engine.Engine, p plan.Plan, dir, into string) error {
	own := filepath.Join(dir, "base")
	maker.Layout = engine.Layout{Root: filepath.Join(own, "run"), Temporary: filepath.Join(own, "tmp")}
	if err := maker.Layout.Make(); err != nil {
		return err
	}
	if err := s.borrowAll(ctx, maker.Layout, p); err != nil {
		return err
	}
	if err := maker.MakeKit(ctx, p, engine.Remote{}, into); err != nil {
		return err
	}
	return os.RemoveAll(own)
}

// pruneTrees removes what the stores have not used for long. It costs little where nothing is due.
func (s *session) pruneTrees(ctx context.Context) error {
	for _, dir := range s.engine.Stores {
		store, err := trees.Open(dir, s.engine.Git)
		if err != nil {
			return err
		}
		if _, err := store.Prune(ctx, trees.Limits{Unused: treeAge, Bytes: treeBytes, Every: 24 * time.Hour}); err != nil {
			return err
		}
	}
	return nil
}

// judged runs the stages and judges them: with the base's kit, where there can be one. A kit that turns out damaged, or with which the run comes
// to nothing, is not believed: the run is repeated once without it.
func (s *session) judged(ctx context.Context, p plan.Plan, dir string) (*verdict.Verdict, error) {
	if s.cache == nil {
		return s.stages(ctx, p), nil
	}
	kit, err := s.openKit(ctx, p, dir)
	if err != nil {
		return nil, fmt.Errorf("finding what earlier runs left for this base: %w; --no-cache does without", err)
	}
	if kit == nil {
		return s.stages(ctx, p), nil
	}
	defer kit.Close() //nolint:errcheck // the kernel releases the lock
	v, damage := s.judgedWith(ctx, p, kit)
	if ctx.Err() != nil || damage == nil && !suspect(v) {
		return v, s.pruneTrees(ctx)
	}
	return s.judgedAgain(ctx, p, dir, kit, damage)
}

// judgedWith judges with a kit, and says how it is damaged, if it is: it is verified meanwhile.
func (s *session) judgedWith(ctx context.Context, p plan.Plan, kit *basekit.Kit) (v *verdict.Verdict, damage error) {
	// While one process scans there is a core to spare; before, several load at once.
	checked := make(chan error, 1)
	verify := sync.OnceFunc(func() { go func() { checked <- kit.Verify(ctx) }() })
	s.beforeScan = verify
	s.engine.Kit, s.engine.Findings = kit.Dir(), kit
	if err := s.engine.StartAhead(ctx, p); err != nil {
		fmt.Fprintf(s.err, "prcheck: warning: this run is slower than need be: %v\n", err)
	}
	v = s.stages(ctx, p)
	verify()
	err := s.engine.EndAhead()
	return v, errors.Join(<-checked, err)
}

// suspect says whether a run came to nothing in a way that its kit may be to blame for.
func suspect(v *verdict.Verdict) bool {
	return v.Conclusion == finding.ConclusionError && (v.Reason == plan.ReasonIncomplete || v.Reason == plan.ReasonToolFailed)
}

// judgedAgain repeats a run without its kit, which is thrown away if it is damaged or if the run comes to something without it.
func (s *session) judgedAgain(ctx context.Context, p plan.Plan, dir string, kit *basekit.Kit, damage error) (*verdict.Verdict, error) {
	if damage != nil {
		fmt.Fprintf(s.err, "prcheck: what earlier runs left for this base is thrown away: %v\n", damage)
		if err := s.cache.kits.Discard(kit.Key); err != nil {
			return nil, err
		}
	}
	s.engine.Kit, s.engine.Findings, s.engine.Driver = "", nil, ""
	s.beforeScan = nil
	if err := s.emptyRun(dir); err != nil {
		return nil, err
	}
	again := s.stages(ctx, p)
	if damage == nil && again.Conclusion != finding.ConclusionError {
		fmt.Fprintln(s.err, "prcheck: what earlier runs left for this base was of no use and is thrown away")
		return again, s.cache.kits.Discard(kit.Key)
	}
	return again, nil
}

// emptyRun removes what a run left in its folders, but for the repositories.
func (s *session) emptyRun(dir string) error {
	l := s.engine.Layout
	for _, path := range []string{
		l.Tree(engine.Base), l.Tree(engine.Head), l.Tree(engine.Request), l.Source(plan.OutcomeFile), l.Source(plan.LogFile),
		l.Tools(), l.Prepared(), l.Work(), l.Scanned(), filepath.Join(dir, "tmp"),
	} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	masters, err := os.ReadDir(l.Source("masters"))
	if err != nil {
		return err
	}
	for _, m := range masters {
		if strings.HasSuffix(m.Name(), ".git") {
			continue
		}
		if err := os.RemoveAll(l.Source("masters", m.Name())); err != nil {
			return err
		}
	}
	return l.Make()
}
