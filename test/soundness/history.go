// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Repository is a real repository for History.
type Repository struct {
	Name string
	Dir  string // its git folder
	// Masters are folders of its masters by name, each with the commit that counts.
	Masters map[string]Commit
}

// Commit is a commit of a repository.
type Commit struct{ Dir, ID string }

// History takes n commits of a repository back from one, each as a change of the one before, and returns what became of them, the newest
// first. A commit's own time plays no part: all scans are at one instant, and see the history up to their side's commit.
func (r *Runner) History(ctx context.Context, of Repository, at string, n int) ([]*Result, error) {
	out, err := gitStore{of.Dir}.run(ctx, nil, "rev-list", "--first-parent", fmt.Sprintf("--max-count=%d", n+1), "--end-of-options", at)
	if err != nil {
		return nil, err
	}
	commits := strings.Fields(out)
	results := []*Result{}
	for i := 0; i < len(commits)-1 && ctx.Err() == nil; i++ {
		result := &Result{Case: Case{Base: of.Name}, Said: []string{"commit " + commits[i]}}
		var p *Pair
		if p, result.Err = r.Lab.commitPair(ctx, of, commits[i+1], commits[i]); result.Err == nil {
			result.Err = r.take(ctx, p, result)
		}
		results = append(results, result)
		r.progress(i+1, len(commits)-1, result)
	}
	return results, nil
}

// commitPair makes a pair of two commits of a repository.
func (l *Lab) commitPair(ctx context.Context, of Repository, base, head string) (*Pair, error) {
	b := &Base{Name: of.Name, Commit: base}
	dir := filepath.Join(l.dir, of.Name+"-"+base[:12])
	b.store = gitStore{filepath.Join(dir, "target.git")}
	if err := clone(ctx, of.Dir, b.store.dir); err != nil {
		return nil, err
	}
	for name, m := range of.Masters {
		store := gitStore{filepath.Join(dir, "masters", name, "target.git")}
		if err := clone(ctx, m.Dir, store.dir); err != nil {
			return nil, err
		}
		b.Masters = append(b.Masters, Master{name, m.ID, store})
	}
	var err error
	if b.Tree, err = b.store.read(ctx, base); err != nil {
		return nil, err
	}
	p := &Pair{Base: b, Configured: b.Name, HeadCommit: head, HeadMasters: b.Masters}
	if p.HeadTree, err = b.store.read(ctx, head); err != nil {
		return nil, err
	}
	o := l.oracle(b, b.Name)
	if err := o.prepareMasters(ctx); err != nil {
		return nil, err
	}
	if p.BaseScan, err = o.full(ctx, base, b.Tree); err != nil {
		return nil, err
	}
	p.HeadScan, err = o.full(ctx, head, p.HeadTree)
	return p, err
}

// clone makes a bare repository that borrows its objects, unless it is there.
func clone(ctx context.Context, from, to string) error {
	if _, err := os.Stat(to); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	_, err := gitStore{""}.run(ctx, nil, "clone", "--quiet", "--bare", "--template=", from, to)
	return err
}
