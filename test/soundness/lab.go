// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/mutation"
)

// Lab keeps what cases share: bases, and the scans of them.
type Lab struct {
	Tools Tools
	Clock clock.PassiveClock
	// Kept takes only cases whose trees were scanned before; the others end with ErrNotKept.
	Kept bool
	// Profiles are the statuses of the profiles that scans look at.
	Profiles []string
	// Patience is what one call of the driver, or a stage of the engine, may take.
	Patience time.Duration

	dir   string
	mu    sync.Mutex
	bases map[string]*shared
}

// shared is a base that was made once.
type shared struct {
	once sync.Once
	base *Base
	err  error
	mu   sync.Mutex          // of what follows, and of new commits
	full map[string]*Scanned // by the repository's configured name
	kits map[string]string   // likewise: folders of the base's kits
}

// patience is enough for the repositories that cases change.
const patience = 10 * time.Minute

// NewLab makes a lab whose working files are below dir.
func NewLab(t Tools, dir string, c clock.PassiveClock) *Lab {
	return &Lab{Tools: t, Clock: c, Profiles: AllProfiles, Patience: patience, dir: dir, bases: map[string]*shared{}}
}

func (l *Lab) shared(ctx context.Context, name string) (*shared, error) {
	l.mu.Lock()
	s := l.bases[name]
	if s == nil {
		s = &shared{full: map[string]*Scanned{}, kits: map[string]string{}}
		l.bases[name] = s
	}
	l.mu.Unlock()
	s.once.Do(func() {
		s.base, s.err = makeBase(ctx, l.Tools, name, filepath.Join(l.dir, name))
		if s.err == nil {
			s.err = l.oracle(s.base, s.base.Name).prepareMasters(ctx)
		}
	})
	return s, s.err
}

func (l *Lab) oracle(b *Base, configured string) *oracle {
	return &oracle{tools: l.Tools, base: b, name: configured, dir: filepath.Dir(b.store.dir), clock: l.Clock, kept: l.Kept, profiles: l.Profiles, patience: l.Patience}
}

// Base makes a base, once.
func (l *Lab) Base(ctx context.Context, name string) (*Base, error) {
	s, err := l.shared(ctx, name)
	if err != nil {
		return nil, err
	}
	return s.base, nil
}

// Trees makes all bases and returns their trees.
func (l *Lab) Trees(ctx context.Context, names []string) (map[string]mutation.Tree, error) {
	trees := map[string]mutation.Tree{}
	for _, name := range names {
		b, err := l.Base(ctx, name)
		if err != nil {
			return nil, err
		}
		trees[name] = b.Tree
	}
	return trees, nil
}

// Pair is a case with both of its sides made and scanned whole.
type Pair struct {
	Said       []string // what was changed, in words
	Configured string   // the repository's name
	Base       *Base
	HeadCommit string
	HeadTree   mutation.Tree
	// HeadMasters are the masters of the head. Pull requests have the same on both sides.
	HeadMasters []Master
	// Full scans of both sides.
	BaseScan, HeadScan *Scanned
}

// Pair makes a case's head and scans both of its sides.
func (l *Lab) Pair(ctx context.Context, c Case) (*Pair, error) {
	var said []string
	p, err := l.handMade(ctx, c.Base, c.Gentoo, func(tree mutation.Tree) (mutation.Tree, error) {
		head, what, err := c.apply(tree)
		said = what
		return head, err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	p.Said = said
	return p, nil
}

// handMade makes a pair of a base and what change makes of its tree.
func (l *Lab) handMade(ctx context.Context, base string, gentoo bool, change func(mutation.Tree) (mutation.Tree, error)) (*Pair, error) {
	s, err := l.shared(ctx, base)
	if err != nil {
		return nil, err
	}
	p := &Pair{Base: s.base, Configured: s.base.configured(gentoo), HeadMasters: s.base.Masters}
	if p.HeadTree, err = change(s.base.Tree); err != nil {
		return nil, err
	}
	o := l.oracle(s.base, p.Configured)
	if p.HeadCommit, p.BaseScan, err = s.sides(ctx, o, p.HeadTree); err != nil {
		return nil, err
	}
	p.HeadScan, err = o.full(ctx, p.HeadCommit, p.HeadTree)
	return p, err
}

// otherMaster makes a pair of a base with its first master as it is, and as change makes it.
func (l *Lab) otherMaster(ctx context.Context, base string, change func(mutation.Tree) (mutation.Tree, error)) (*Pair, error) {
	p, err := l.handMade(ctx, base, false, func(tree mutation.Tree) (mutation.Tree, error) { return tree, nil })
	if err != nil {
		return nil, err
	}
	m := p.Base.Masters[0]
	before, err := m.store.read(ctx, m.Commit)
	if err != nil {
		return nil, err
	}
	after, err := change(before)
	if err != nil {
		return nil, err
	}
	if m.Commit, err = m.store.commit(ctx, m.Commit, before, after, changedAt); err != nil {
		return nil, err
	}
	p.HeadMasters = []Master{m}
	head := *p.Base
	head.Masters = p.HeadMasters
	o := l.oracle(&head, p.Configured)
	if err := o.prepareMasters(ctx); err != nil {
		return nil, err
	}
	p.HeadScan, err = o.full(ctx, p.HeadCommit, p.HeadTree)
	return p, err
}

// configured is what a base's repository is called: ::gentoo where it is asked for and no master has the name.
func (b *Base) configured(gentoo bool) string {
	if !gentoo || slices.ContainsFunc(b.Masters, func(m Master) bool { return m.Name == "gentoo" }) {
		return b.Name
	}
	return "gentoo"
}

// sides commits a head and scans the base, one at a time.
func (s *shared) sides(ctx context.Context, o *oracle, head mutation.Tree) (commit string, base *Scanned, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if commit, err = s.base.store.commit(ctx, s.base.Commit, s.base.Tree, head, changedAt); err != nil {
		return "", nil, err
	}
	if s.full[o.name] == nil {
		if s.full[o.name], err = o.full(ctx, s.base.Commit, s.base.Tree); err != nil {
			return "", nil, err
		}
	}
	return commit, s.full[o.name], nil
}

// write writes a tree to a folder, tamed as a check-out is.
func write(tree, base mutation.Tree, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := tree.WriteFiles(dir); err != nil {
		return err
	}
	return tame(dir, tree, base)
}
