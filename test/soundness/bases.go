// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/mutation"
)

// Clock is the instant of all scans: far enough from the bases' commits for what is due after 30 days.
var Clock = time.Date(2026, time.March, 20, 12, 0, 0, 0, time.UTC)

// changedAt is when the mutations are committed.
var changedAt = Clock.Add(-48 * time.Hour)

// Base is a repository that cases change.
type Base struct {
	// Name is the repository's own name.
	Name string
	// Every turns all checks on, those too that are off by default.
	Every   bool
	Commit  string
	Tree    mutation.Tree
	Masters []Master
	store   gitStore
	key     string // its name in cases
}

// Master is a repository that a base builds on.
type Master struct {
	Name   string
	Commit string
	store  gitStore
}

// folder is what a master's folder is called, beside the one of its repository.
func (m Master) folder() string { return m.Name + "-" + m.Commit[:12] }

// recipe makes a base in a folder.
type recipe struct {
	every bool
	make  func(ctx context.Context, t Tools, dir string) (*Base, error)
}

// recipes are all bases by their names in cases.
var recipes = map[string]recipe{
	"generated-1": {false, generated(ebuildrepo.Options{Seed: 101, Ebuilds: 60})},
	"generated-2": {false, generated(ebuildrepo.Options{Seed: 202, Ebuilds: 80, Start: time.Date(2020, time.March, 1, 8, 0, 0, 0, time.UTC)})},
	"generated-3": {true, generated(ebuildrepo.Options{Seed: 303, Ebuilds: 70})},
	"generated-4": {false, generated(ebuildrepo.Options{Seed: 404, Ebuilds: 120})},
	"overlay-1":   {false, overlaid(ebuildrepo.Options{Seed: 505, Ebuilds: 50, Name: "fen"}, ebuildrepo.Options{Seed: 506, Ebuilds: 70, Name: "gentoo"})},
	"overlay-2":   {true, overlaid(ebuildrepo.Options{Seed: 607, Ebuilds: 40, Name: "moor"}, ebuildrepo.Options{Seed: 608, Ebuilds: 60})},
	"named":       {true, byHand(namedTree)},
	"links":       {true, byHand(linkedTree)},
	"ceasing":     {true, byHand(ceasingTree)},
	"over":        {true, byHandOver},
	"eclass":      {true, testdata("eclass")},
	"gentoo":      {true, testdata("gentoo")},
	"profiledir":  {true, testdata("profiledir")},
	"python":      {true, testdata("python")},
	"standalone":  {true, testdata("standalone")},
	"visibility":  {true, testdata("visibility")},
	"overlay":     {true, testdata("overlay", "overlayed")},
}

// BaseNames are the names of the bases that random cases change, sorted.
func BaseNames() []string { return slices.Sorted(maps.Keys(weights)) }

// makeBase makes a base below dir, unless it is there already.
func makeBase(ctx context.Context, t Tools, name, dir string) (*Base, error) {
	r, ok := recipes[name]
	if !ok {
		return nil, fmt.Errorf("there is no base %q: choose one of %q", name, slices.Sorted(maps.Keys(recipes)))
	}
	b, err := r.make(ctx, t, dir)
	if err != nil {
		return nil, fmt.Errorf("making the base %s: %w", name, err)
	}
	b.Every, b.key = r.every, name
	return b, nil
}

// generated makes a base of test/ebuildrepo's, furnished with what its trees lack.
func generated(o ebuildrepo.Options) func(context.Context, Tools, string) (*Base, error) {
	return func(ctx context.Context, _ Tools, dir string) (*Base, error) {
		repo, err := ebuildrepo.Generate(o)
		if err != nil {
			return nil, err
		}
		return written(ctx, repo, dir)
	}
}

// overlaid makes a base that has a generated master.
func overlaid(o, master ebuildrepo.Options) func(context.Context, Tools, string) (*Base, error) {
	return func(ctx context.Context, _ Tools, dir string) (*Base, error) {
		below, err := ebuildrepo.Generate(master)
		if err != nil {
			return nil, err
		}
		o.Master = below
		repo, err := ebuildrepo.Generate(o)
		if err != nil {
			return nil, err
		}
		m, err := written(ctx, below, filepath.Join(dir, "masters", below.Name))
		if err != nil {
			return nil, err
		}
		b, err := written(ctx, repo, dir)
		if err != nil {
			return nil, err
		}
		b.Masters = []Master{{below.Name, m.Commit, m.store}}
		return b, nil
	}
}

// written writes a generated repository's history, and one more commit with its furniture.
func written(ctx context.Context, repo *ebuildrepo.Repo, dir string) (*Base, error) {
	b := &Base{Name: repo.Name, store: gitStore{filepath.Join(dir, "target.git")}}
	history := ebuildrepo.NewHistory(repo)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := history.Write(ctx, b.store.dir); err != nil {
		return nil, err
	}
	parent, err := b.store.run(ctx, nil, "rev-parse", "refs/heads/main")
	if err != nil {
		return nil, err
	}
	before := history.Tree("main")
	b.Tree = furnish(before, repo)
	b.Commit, err = b.store.commit(ctx, parent[:40], before, b.Tree, Clock.Add(-40*24*time.Hour))
	return b, err
}

// byHand makes a base of the named cases. Its only earlier commit has a version that is gone.
func byHand(tree func() mutation.Tree) func(context.Context, Tools, string) (*Base, error) {
	return func(ctx context.Context, _ Tools, dir string) (*Base, error) {
		b := &Base{Name: "named", Tree: tree()}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return nil, err
		}
		var err error
		if b.store, err = initStore(ctx, filepath.Join(dir, "target.git")); err != nil {
			return nil, err
		}
		before := maps.Clone(b.Tree)
		before["named/alone/alone-0.9.ebuild"] = b.Tree["named/alone/alone-1.0.ebuild"]
		first, err := b.store.commit(ctx, "", nil, before, Clock.Add(-200*24*time.Hour))
		if err != nil {
			return nil, err
		}
		b.Commit, err = b.store.commit(ctx, first, before, b.Tree, Clock.Add(-100*24*time.Hour))
		return b, err
	}
}

// byHandOver makes a small overlay of the named cases' base.
func byHandOver(ctx context.Context, t Tools, dir string) (*Base, error) {
	below, err := byHand(namedTree)(ctx, t, filepath.Join(dir, "masters", "named"))
	if err != nil {
		return nil, err
	}
	b, err := byHand(overTree)(ctx, t, dir)
	if err != nil {
		return nil, err
	}
	b.Name, b.Masters = "over", []Master{{"named", below.Commit, below.store}}
	return b, nil
}

// testdata makes a base of one of pkgcheck's own test repositories.
func testdata(name string, masters ...string) func(context.Context, Tools, string) (*Base, error) {
	return func(ctx context.Context, t Tools, dir string) (*Base, error) {
		b, err := copied(ctx, t, name, dir)
		if err != nil {
			return nil, err
		}
		for _, m := range masters {
			below, err := copied(ctx, t, m, filepath.Join(dir, "masters", m))
			if err != nil {
				return nil, err
			}
			b.Masters = append(b.Masters, Master{m, below.Commit, below.store})
		}
		return b, nil
	}
}

func copied(ctx context.Context, t Tools, name, dir string) (*Base, error) {
	tree, err := readFolder(filepath.Join(t.Corpus, "repos", name))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	b := &Base{Name: name, Tree: tree}
	if b.store, err = initStore(ctx, filepath.Join(dir, "target.git")); err != nil {
		return nil, err
	}
	b.Commit, err = b.store.commit(ctx, "", nil, tree, Clock.Add(-100*24*time.Hour))
	return b, err
}

// readFolder reads the files of a folder as git would take them.
func readFolder(dir string) (mutation.Tree, error) {
	tree := mutation.Tree{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f := ebuildrepo.File{Mode: ebuildrepo.ModeFile}
		var text []byte
		switch {
		case d.Type()&fs.ModeSymlink != 0:
			target, rerr := os.Readlink(path)
			f.Mode, text, err = ebuildrepo.ModeSymlink, []byte(target), rerr
		case info.Mode()&0o100 != 0:
			f.Mode = ebuildrepo.ModeExec
			text, err = os.ReadFile(path) //nolint:gosec // test data, which nobody changes meanwhile
		default:
			text, err = os.ReadFile(path) //nolint:gosec // likewise
		}
		f.Text = string(text)
		tree[name] = f
		return err
	})
	if err == nil && len(tree) == 0 {
		err = errors.New("the folder is empty")
	}
	return tree, err
}
