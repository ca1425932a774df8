// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scope

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prcheck/prcheck/internal/ebuild"
)

// Build reads one side whole: the tree, what was prepared of it, and its masters in the order of layout.conf.
func Build(side, prepared fs.FS, masters []Master) (*Index, error) {
	if prepared == nil {
		return nil, ErrUnprepared
	}
	all := make([]fs.FS, 0, len(masters))
	for _, m := range masters {
		all = append(all, m.Tree)
	}
	x := &Index{}
	for i, m := range masters {
		others := slices.Delete(slices.Clone(all), i, i+1)
		t, err := buildTree(m.Name, m.Tree, m.Prepared, others)
		if err != nil {
			return nil, fmt.Errorf("indexing the master %s: %w", m.Name, err)
		}
		x.trees = append(x.trees, t)
	}
	t, err := buildTree("", side, prepared, all)
	if err != nil {
		return nil, fmt.Errorf("indexing the repository: %w", err)
	}
	x.trees = append(x.trees, t)
	return x, nil
}

// reader reads one repository.
type reader struct {
	tree, prepared fs.FS
	failed         map[string]string // category/PF → why it has no entry
	sourced        map[string]ebuild.EclassRecord
}

// buildTree reads one repository; the others are those whose profiles/categories count for it, too.
func buildTree(name string, repo, prepared fs.FS, others []fs.FS) (*tree, error) {
	r, err := newReader(repo, prepared)
	if err != nil {
		return nil, err
	}
	t := &tree{name: name, prepared: prepared != nil}
	categories, err := ebuild.Categories(append([]fs.FS{repo}, others...)...)
	if err != nil {
		return nil, err
	}
	keys, err := r.packageKeys(categories)
	if err != nil {
		return nil, err
	}
	if t.packages, err = r.readPackages(keys); err != nil {
		return nil, err
	}
	if t.linked, err = r.hasLinks(); err != nil {
		return nil, err
	}
	if err := r.readRest(t); err != nil {
		return nil, err
	}
	return t, nil
}

// readRest reads all but the packages.
func (r *reader) readRest(t *tree) error {
	for _, part := range []func(*tree) error{r.readEclasses, r.readTop, r.readProfiles, r.readData, r.readCategoryTexts} {
		if err := part(t); err != nil {
			return err
		}
	}
	return nil
}

func newReader(repo, prepared fs.FS) (*reader, error) {
	r := &reader{tree: repo, prepared: prepared, failed: map[string]string{}, sourced: map[string]ebuild.EclassRecord{}}
	if prepared == nil {
		return r, nil
	}
	data, err := readAny(prepared, "errors.json")
	if err != nil {
		return nil, err
	}
	if data != nil {
		failures, err := ebuild.ParseSourcingErrors(data)
		if err != nil {
			return nil, fmt.Errorf("reading the prepared metadata: %w", err)
		}
		for cpv, e := range failures {
			r.failed[cpv] = e.Attr + ": " + e.Error
			if e.Detail != nil {
				r.failed[cpv] += ": " + *e.Detail
			}
		}
	}
	if data, err = readAny(prepared, "eclasses.json"); err != nil || data == nil {
		return r, err
	}
	if r.sourced, err = ebuild.ParseEclassRecords(data); err != nil {
		return nil, fmt.Errorf("reading the prepared metadata: %w", err)
	}
	return r, nil
}

// readAny reads a file; one that is not there is nil.
func readAny(from fs.FS, name string) ([]byte, error) {
	data, err := fs.ReadFile(from, name)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return data, nil
}

// hasLinks says whether there are symbolic links outside of packages' folders: to packages and categories, or below the folders that are
// read as a whole. Links to files at the top, which nobody reads, do not count.
func (r *reader) hasLinks() (bool, error) {
	found := errors.New("found")
	err := fs.WalkDir(r.tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case absent(err):
			return nil
		case err != nil:
			return fmt.Errorf("listing %s: %w", name, err)
		case d.Type()&fs.ModeSymlink != 0 && (strings.Contains(name, "/") || isFolder(r.tree, name)):
			return found
		case !d.IsDir() || name == ".":
			return nil
		}
		top, rest, deep := strings.Cut(name, "/")
		if strings.HasPrefix(top, ".") || isGenerated(name+"/") || isUnread(name+"/") || deep && rest != "" && !slices.Contains(notCategories, top) {
			return fs.SkipDir
		}
		return nil
	})
	if errors.Is(err, found) {
		return true, nil
	}
	return false, err
}

// entry reads an ebuild's metadata entry; nil where there is none.
func (r *reader) entry(cpv string) ([]byte, error) {
	if r.prepared == nil {
		return nil, nil
	}
	data, err := fs.ReadFile(r.prepared, "md5-cache/"+cpv)
	if absent(err) {
		return nil, nil
	}
	return data, err
}

// packageKeys lists the folders of packages, sorted.
func (r *reader) packageKeys(categories []string) ([]string, error) {
	var keys []string
	for _, category := range categories {
		if !fs.ValidPath(category) {
			continue
		}
		names, err := foldersIn(r.tree, category)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			keys = append(keys, category+"/"+name)
		}
	}
	slices.Sort(keys)
	return keys, nil
}

// foldersIn lists the folders in a folder, and links to folders.
func foldersIn(from fs.FS, dir string) ([]string, error) {
	entries, err := fs.ReadDir(from, dir)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() || e.Type()&fs.ModeSymlink != 0 && isFolder(from, dir+"/"+e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// readPackages reads packages side by side; they stay in order.
func (r *reader) readPackages(keys []string) ([]*pkg, error) {
	found, failed := make([]*pkg, len(keys)), make([]error, len(keys))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(keys)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(keys); i = int(next.Add(1)) - 1 {
				found[i], failed[i] = r.readPackage(keys[i])
			}
		})
	}
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(p *pkg) bool { return p == nil }), nil
}

// notCategories are folders of the top level that hold no packages.
var notCategories = []string{"eclass", "profiles", "metadata", "licenses"}

// readTop lists the folders of the top level that pkgcore takes for categories where none are named, and those that are named.
func (r *reader) readTop(t *tree) error {
	names, err := foldersIn(r.tree, ".")
	if err != nil {
		return err
	}
	t.folders = slices.DeleteFunc(names, func(name string) bool {
		return strings.HasPrefix(name, ".") || slices.Contains(notCategories, name)
	})
	slices.Sort(t.folders)
	data, err := fs.ReadFile(r.tree, "profiles/categories")
	if err != nil && !absent(err) {
		return fmt.Errorf("reading profiles/categories: %w", err)
	}
	if isEmptyList(data) {
		return nil // a repository need not list its categories
	}
	t.listed, err = ebuild.Categories(r.tree)
	return err
}

// isEmptyList says whether a file has nothing but comments.
func isEmptyList(data []byte) bool {
	for line := range bytes.Lines(data) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		if len(bytes.TrimSpace(line)) > 0 {
			return false
		}
	}
	return true
}
