// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/test/mutation"
)

// Lab keeps what cases share: bases, and the scans of them.
type Lab struct {
	Tools Tools
	Clock clock.PassiveClock

	dir   string
	mu    sync.Mutex
	bases map[string]*shared
}

// shared is a base that was made once.
type shared struct {
	once sync.Once
	base *Base
	err  error
	mu   sync.Mutex // of its scans, and of new commits
	full map[string]*Scanned
}

// NewLab makes a lab whose working files are below dir.
func NewLab(t Tools, dir string, c clock.PassiveClock) *Lab {
	return &Lab{Tools: t, Clock: c, dir: dir, bases: map[string]*shared{}}
}

func (l *Lab) shared(ctx context.Context, name string) (*shared, error) {
	l.mu.Lock()
	s := l.bases[name]
	if s == nil {
		s = &shared{full: map[string]*Scanned{}}
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
	return &oracle{tools: l.Tools, base: b, name: configured, dir: filepath.Dir(b.store.dir), clock: l.Clock}
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
	Case       Case
	Said       []string // what was changed, in words
	Configured string   // the repository's name
	Base       *Base
	HeadCommit string
	HeadTree   mutation.Tree
	// Full scans of both sides.
	BaseScan, HeadScan *Scanned
}

// Pair makes a case's head and scans both of its sides.
func (l *Lab) Pair(ctx context.Context, c Case) (*Pair, error) {
	s, err := l.shared(ctx, c.Base)
	if err != nil {
		return nil, err
	}
	p := &Pair{Case: c, Base: s.base, Configured: s.base.Name}
	if c.Gentoo {
		p.Configured = "gentoo"
		for _, m := range s.base.Masters {
			if m.Name == "gentoo" {
				p.Configured = s.base.Name
			}
		}
	}
	if p.HeadTree, p.Said, err = c.apply(s.base.Tree); err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.HeadCommit, err = s.base.store.commit(ctx, s.base.Commit, s.base.Tree, p.HeadTree, changedAt); err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	o := l.oracle(s.base, p.Configured)
	if p.BaseScan = s.full[p.Configured]; p.BaseScan == nil {
		if p.BaseScan, err = o.full(ctx, s.base.Commit, s.base.Tree); err != nil {
			return nil, err
		}
		s.full[p.Configured] = p.BaseScan
	}
	s.mu.Unlock()
	p.HeadScan, err = o.full(ctx, p.HeadCommit, p.HeadTree)
	s.mu.Lock()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c, err)
	}
	return p, nil
}

// write writes a tree to a new folder.
func write(tree mutation.Tree, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return tree.WriteFiles(dir)
}
