// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/prcheck/prcheck/internal/gitops"
)

// Side is what a tree is made of.
type Side struct {
	Repo   string // the bare repository that has the commit
	Commit string
	Branch string // the name that the checked-out branch gets
	Role   Role
	// Ignore is what the tree gets as its ignore file, whatever the commit has there; nil: none.
	Ignore []byte
	// Real are paths in the tree: the package, or the folder other than a category, that holds each is a real, writable copy; a category
	// named by itself is real with all its packages. A path that is not there is no mistake.
	Real []string
	// Trust believes what must not be believed; tests only. A trusting tree is made plainly.
	Trust Trust
}

// Trust switches off what keeps a tree's files from being believed, so that tests can show that each is what stops an attack.
type Trust struct {
	Generated bool // keeps generated files
	Ignore    bool // uses the tree's own ignore file
	Links     bool // keeps links that lead out of the tree
}

// Report says what became of a side.
type Report struct {
	// Plain is why the tree was checked out plainly, with real files only; empty for a farm.
	Plain string
	// Links and Real count the entries that are linked and the items that were written.
	Links, Real int
}

// Farm makes the tree of a side in dst, which must not exist: real folders and files for what Side.Real asks for, links into the store for all
// else, and a small .git with the history. What is in it reads as what Plain makes. Where no farm can be made of the tree, it is made by Plain.
func (s *Store) Farm(ctx context.Context, dst string, side Side) (Report, error) {
	if side.Trust != (Trust{}) {
		return Report{Plain: "tests asked for it"}, Plain(ctx, s.git, dst, side)
	}
	report, err := s.farm(ctx, dst, side)
	if unfit, ok := errors.AsType[*unfitError](err); ok {
		if err := os.RemoveAll(dst); err != nil {
			return Report{}, err
		}
		return Report{Plain: unfit.reason}, Plain(ctx, s.git, dst, side)
	}
	if err != nil {
		return Report{}, fmt.Errorf("making the tree of %s: %w", side.Commit, err)
	}
	return report, nil
}

func (s *Store) farm(ctx context.Context, dst string, side Side) (Report, error) {
	if !gitops.IsCommitID(side.Commit) {
		return Report{}, fmt.Errorf("%q is no whole commit id", side.Commit)
	}
	held, err := s.lock(unix.LOCK_SH)
	if err != nil {
		return Report{}, err
	}
	defer held.Close() //nolint:errcheck // nothing was written to it
	objects := newObjects(ctx, s.git, side.Repo)
	defer objects.close()
	top, err := objects.trees([]string{side.Commit + "^{tree}"})
	if err != nil {
		return Report{}, err
	}
	if err := os.Mkdir(dst, 0o755); err != nil {
		return Report{}, err
	}
	root, err := os.OpenRoot(dst)
	if err != nil {
		return Report{}, err
	}
	defer root.Close() //nolint:errcheck // files are closed one by one
	f := &farm{store: s, side: side, root: root, real: realOf(side.Real)}
	f.writer = &writer{objects, root, farmModes, func(root *os.Root, name string) error { return root.Mkdir(name, 0o755) }}
	if err := f.fill(ctx, top[0]); err != nil {
		return Report{}, err
	}
	return f.report, s.git.LayHistory(ctx, side.Repo, side.Commit, side.Branch, dst)
}

// farm is one that is being made.
type farm struct {
	store  *Store
	side   Side
	root   *os.Root
	writer *writer
	real   map[string]map[string]bool
	report Report
}

// everything stands for all packages of a category.
const everything = ""

// realOf sorts paths by top folder, and what is real in it.
func realOf(paths []string) map[string]map[string]bool {
	real := map[string]map[string]bool{}
	for _, p := range paths {
		top, rest, _ := strings.Cut(path.Clean(p), "/")
		second, _, _ := strings.Cut(rest, "/")
		if real[top] == nil {
			real[top] = map[string]bool{}
		}
		real[top][second] = true
	}
	return real
}

// ignoreFile is the only one in a tree that pkgcheck reads.
const ignoreFile = ".gitignore"

// eclassFolder is always real: the tool names an eclass by its path with all links resolved.
const eclassFolder = "eclass"

func (f *farm) fill(ctx context.Context, top []entry) error {
	top = slices.DeleteFunc(slices.Clone(top), func(e entry) bool { return e.name == ignoreFile })
	items, err := f.writer.shallow(".", top)
	if err != nil {
		return err
	}
	f.report.Real += len(items)
	if f.side.Ignore != nil {
		if err := f.root.WriteFile(ignoreFile, f.side.Ignore, farmModes.file); err != nil {
			return err
		}
	}
	links := []link{}
	for _, e := range top {
		if e.isTree() {
			if links, err = f.folder(links, e); err != nil {
				return err
			}
		}
	}
	return f.link(ctx, links)
}

// folder makes a top folder, as far as it is real, and adds the links that it needs.
func (f *farm) folder(links []link, e entry) ([]link, error) {
	k, real := kindOf(e.name, f.side.Role), f.real[e.name]
	switch {
	case real == nil && e.name != eclassFolder:
		return append(links, link{e.name, k, e.id}), nil
	case k.links && !real[everything]:
		more, err := f.category(e.name, e.id, real)
		return append(links, more...), err
	}
	return links, f.copy(k, e.name, e.id)
}

// category makes a real folder of a category, and returns the links that it needs.
func (f *farm) category(name, id string, real map[string]bool) ([]link, error) {
	found, err := f.writer.objects.trees([]string{id})
	if err != nil {
		return nil, err
	}
	if err := f.root.Mkdir(name, 0o755); err != nil {
		return nil, err
	}
	items, err := f.writer.shallow(name, found[0])
	if err != nil {
		return nil, err
	}
	f.report.Real += len(items)
	f.store.useIfThere(categoryKind, id)
	links := []link{}
	for _, e := range found[0] {
		at := name + "/" + e.name
		switch {
		case !e.isTree():
		case real[e.name]:
			if err := f.copy(packageKind, at, e.id); err != nil {
				return nil, err
			}
		default:
			links = append(links, link{at, packageKind, e.id})
		}
	}
	return links, nil
}

// copy writes a folder for real, from git. Packages of a category are judged one by one, as they are in the store.
func (f *farm) copy(k kind, at, id string) error {
	if k.links {
		more, err := f.category(at, id, nil)
		if err != nil {
			return err
		}
		for _, l := range more {
			if err := f.copy(l.kind, l.at, l.id); err != nil {
				return err
			}
		}
		return nil
	}
	if err := f.root.Mkdir(at, 0o755); err != nil {
		return err
	}
	items, err := f.writer.whole(k, at, id)
	f.report.Real += len(items) + 1
	return err
}

// link is a place of a tree, and the entry that is shown there.
type link struct {
	at   string
	kind kind
	id   string
}

// link brings the entries into use, several at a time, and links to them.
func (f *farm) link(ctx context.Context, links []link) error {
	f.report.Links = len(links)
	outer := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	todo := make(chan link)
	var failed error // what ended the work; all later failures are its consequences
	var once sync.Once
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 8) {
		workers.Go(func() {
			objects := newObjects(ctx, f.store.git, f.side.Repo)
			defer objects.close()
			for l := range todo {
				if ctx.Err() != nil {
					continue
				}
				if err := f.linkOne(objects, l); err != nil {
					once.Do(func() { failed = err })
					cancel()
				}
			}
		})
	}
	for _, l := range links {
		todo <- l
	}
	close(todo)
	workers.Wait()
	return errors.Join(failed, outer.Err())
}

func (f *farm) linkOne(objects *objects, l link) error {
	if err := f.store.use(objects, l.kind, l.id); err != nil {
		return fmt.Errorf("%s: %w", l.at, err)
	}
	return f.root.Symlink(f.store.path(l.kind.key(l.id)), l.at)
}
