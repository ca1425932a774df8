// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Realize makes real copies of what a farm, or a copy of one, links to: the same paths as Side.Real, made from the store and compared with
// git's ids on the way. It needs no repository and writes nothing to the store.
func (s *Store) Realize(dst string, paths []string) error {
	root, err := os.OpenRoot(dst)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // files are closed one by one
	for top, seconds := range realOf(paths) {
		if err := s.realizeTop(root, top, seconds); err != nil {
			return fmt.Errorf("making a real copy of %s in %s: %w", top, dst, err)
		}
	}
	return nil
}

func (s *Store) realizeTop(root *os.Root, top string, seconds map[string]bool) error {
	if key, ok := linked(root, top); ok {
		if err := s.unlink(root, top, key, !strings.HasPrefix(key, categoryKind.name+"-")); err != nil {
			return err
		}
	}
	info, err := root.Lstat(top)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(root.FS(), top)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := top + "/" + e.Name()
		key, ok := linked(root, name)
		if !ok || !seconds[everything] && !seconds[e.Name()] {
			continue
		}
		if err := s.unlink(root, name, key, true); err != nil {
			return err
		}
	}
	return nil
}

// linked returns the key of the entry that a farm shows at name.
func linked(root *os.Root, name string) (key string, ok bool) {
	text, err := root.Readlink(name)
	if err != nil {
		return "", false
	}
	return keyOf(text)
}

// keyOf reads the key from the text of a farm's link. A tree's own links never look so: they lead nowhere out of it.
func keyOf(text string) (key string, ok bool) {
	dir, last := filepath.Split(text)
	store, key := filepath.Split(filepath.Clean(dir))
	return key, filepath.IsAbs(text) && last == treeFolder && filepath.Base(store) == format
}

// unlink puts a copy of an entry in the place of the link to it. A category that is not copied whole keeps links to its packages.
func (s *Store) unlink(root *os.Root, at, key string, whole bool) error {
	dir := filepath.Join(s.dir, key)
	sealed, err := readSeal(dir)
	if err != nil {
		return fmt.Errorf("reading the entry %s: %w", key, err)
	}
	temp := at + ".new"
	if err := root.Mkdir(temp, 0o755); err != nil {
		return err
	}
	packages := map[string]bool{}
	for _, i := range sealed.items {
		top, _, deeper := strings.Cut(i.path, "/")
		switch {
		case i.kind == aPackage:
			packages[i.path] = true
			err = root.Symlink(s.path(packageKind.key(i.id)), temp+"/"+i.path)
		case deeper && packages[top]: // the package's own
		default:
			err = i.copy(root, filepath.Join(dir, treeFolder), temp)
		}
		if err != nil {
			return err
		}
	}
	if whole {
		if err := copyTimes(root, sealed.items, filepath.Join(dir, treeFolder), temp); err != nil {
			return err
		}
	}
	if err := root.Remove(at); err != nil {
		return err
	}
	return root.Rename(temp, at)
}

// copy copies an item from dir, and fails where its content is not what git's id stands for.
func (i item) copy(root *os.Root, dir, to string) error {
	from, name := filepath.Join(dir, i.path), to+"/"+i.path
	switch i.kind {
	case aFolder:
		return root.Mkdir(name, 0o755)
	case aLink:
		text, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return root.Symlink(text, name)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	mode := farmModes.file
	if i.kind == aProgram {
		mode = farmModes.program
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	id := blobID(io.TeeReader(in, out), i.size, len(i.id))
	if err := out.Close(); err != nil {
		return err
	}
	if id != i.id {
		return &damageError{from, "has another content"}
	}
	return nil
}

// copyTimes gives copies the times of what they were copied from, folders last.
func copyTimes(root *os.Root, items []item, dir, to string) error {
	var failed error
	for _, i := range items {
		if i.kind == aLink || i.kind == aPackage {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, i.path))
		if err != nil {
			return err
		}
		failed = errors.Join(failed, root.Chtimes(to+"/"+i.path, info.ModTime(), info.ModTime()))
	}
	return failed
}
