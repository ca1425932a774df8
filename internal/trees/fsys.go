// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// FS is a view of a tree that Farm or Plain made, in which links into the store are the folders that they stand for. The tree's own links are
// links, and are followed only where they stay in their folder (in a plain tree: in the tree). It also is a fs.ReadDirFS, fs.StatFS, fs.ReadFileFS and fs.ReadLinkFS.
func FS(dir string) fs.FS { return &view{dir: dir} }

type view struct {
	dir   string
	shown sync.Map // path → folder in the store; only paths that are links into it
}

// find returns the folder in which the last part of a name has to be looked up, and the rest of the name in it.
func (v *view) find(op, name string) (dir, rest string, err error) {
	if !fs.ValidPath(name) {
		return "", "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	dir, rest = v.dir, name
	first, after, _ := strings.Cut(name, "/")
	if to, ok := v.target(first, filepath.Join(v.dir, first)); ok {
		dir, rest = to, orDot(after)
	}
	second, deeper, _ := strings.Cut(after, "/")
	if second == "" {
		return dir, rest, nil
	}
	here := filepath.Join(v.dir, first, second)
	if dir != v.dir {
		here = filepath.Join(dir, second)
	}
	if to, ok := v.target(first+"/"+second, here); ok {
		dir, rest = to, orDot(deeper)
	}
	return dir, rest, nil
}

func orDot(name string) string {
	if name == "" {
		return "."
	}
	return name
}

// target says where in the store a place of the tree is shown from.
func (v *view) target(name, path string) (string, bool) {
	if to, ok := v.shown.Load(name); ok {
		return to.(string), true //nolint:forcetypeassert // only strings are stored
	}
	text, err := os.Readlink(path)
	if err != nil {
		return "", false
	}
	if !filepath.IsAbs(text) { // categories link to their packages by relative paths
		if at := filepath.Dir(filepath.Dir(path)); filepath.Base(filepath.Dir(at)) != format {
			return "", false
		}
		text = filepath.Join(filepath.Dir(path), text)
	}
	if _, ok := keyOf(text); !ok {
		return "", false
	}
	v.shown.Store(name, text)
	return text, true
}

// in opens the folder that holds a name, for one call.
func (v *view) in(op, name string, call func(root *os.Root, rest string) error) error {
	dir, rest, err := v.find(op, name)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // only read
	return call(root, rest)
}

// Open opens a file or folder.
func (v *view) Open(name string) (fs.File, error) {
	info, err := v.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		entries, err := v.ReadDir(name)
		return &folder{info: info, entries: entries}, err
	}
	var f fs.File
	err = v.in("open", name, func(root *os.Root, rest string) (err error) {
		f, err = root.FS().Open(rest)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// ReadFile reads a file.
func (v *view) ReadFile(name string) (data []byte, err error) {
	err = v.in("open", name, func(root *os.Root, rest string) (err error) {
		data, err = fs.ReadFile(root.FS(), rest)
		return err
	})
	return data, err
}

// Stat describes what a name leads to.
func (v *view) Stat(name string) (fs.FileInfo, error) {
	return v.describe("stat", name, (*os.Root).Stat)
}

// Lstat describes a name without following a link of the tree's own.
func (v *view) Lstat(name string) (fs.FileInfo, error) {
	return v.describe("lstat", name, (*os.Root).Lstat)
}

func (v *view) describe(op, name string, ask func(*os.Root, string) (fs.FileInfo, error)) (info fs.FileInfo, err error) {
	err = v.in(op, name, func(root *os.Root, rest string) (err error) {
		info, err = ask(root, rest)
		return err
	})
	if err != nil {
		return nil, err
	}
	return named{info, filepath.Base(name)}, nil
}

// ReadLink returns the text of one of the tree's own links.
func (v *view) ReadLink(name string) (text string, err error) {
	err = v.in("readlink", name, func(root *os.Root, rest string) (err error) {
		text, err = root.Readlink(rest)
		return err
	})
	return text, err
}

// ReadDir lists a folder, sorted by name.
func (v *view) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = v.in("open", name, func(root *os.Root, rest string) (err error) {
		entries, err = fs.ReadDir(root.FS(), rest)
		return err
	})
	if err != nil || name != "." && strings.Contains(name, "/") {
		return entries, err // links into the store are at the top and in categories only
	}
	for i, e := range entries {
		at := filepath.ToSlash(filepath.Join(name, e.Name()))
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		info, err := v.Lstat(at)
		if err != nil {
			return nil, err
		}
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, nil
}

// named is a description under the name by which it was asked for.
type named struct {
	fs.FileInfo
	name string
}

// Name is that name.
func (n named) Name() string { return n.name }

// folder is an open folder.
type folder struct {
	info    fs.FileInfo
	entries []fs.DirEntry
}

// Stat describes it.
func (f *folder) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing.
func (f *folder) Close() error { return nil }

// Read fails: it is a folder.
func (f *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: f.info.Name(), Err: fs.ErrInvalid}
}

// ReadDir lists it.
func (f *folder) ReadDir(n int) ([]fs.DirEntry, error) {
	count := len(f.entries)
	if n > 0 {
		if count == 0 {
			return nil, io.EOF
		}
		count = min(n, count)
	}
	some := slices.Clone(f.entries[:count])
	f.entries = f.entries[count:]
	return some, nil
}
