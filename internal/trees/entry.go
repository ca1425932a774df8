// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// freshFor is how long the word of a comparison counts: base and head of a run are made right after one another.
const freshFor = time.Minute

// isFresh says whether an entry was compared, or made, a moment ago.
func (s *Store) isFresh(key string) bool {
	at, ok := s.fresh.Load(key)
	return ok && s.clock.Since(at.(time.Time)) < freshFor //nolint:forcetypeassert // nothing else is stored
}

// compared notes that an entry is whole, and with a category its packages.
func (s *Store) compared(key string, sealed *seal) {
	now := s.clock.Now()
	s.fresh.Store(key, now)
	for _, i := range sealed.items {
		if i.kind == aPackage {
			s.fresh.Store(packageKind.key(i.id), now)
		}
	}
}

// use brings an entry into use for a farm; see take.
func (s *Store) use(objects *objects, k kind, id string) error {
	if s.isFresh(k.key(id)) {
		return nil
	}
	sealed, err := s.take(objects, k, id)
	if err != nil {
		return err
	}
	s.compared(k.key(id), sealed)
	return nil
}

// useIfThere is use for an entry that need not be made: of a category that becomes a real folder, the packages are all that is needed, and one
// seal tells of them as well as many.
func (s *Store) useIfThere(k kind, id string) {
	dir := filepath.Join(s.dir, k.key(id))
	if sealed, err := s.look(dir); err == nil {
		s.touch(dir)
		s.compared(k.key(id), sealed)
	}
}

// take brings an entry into use: it is compared with its seal, and made where it is not there or not whole.
func (s *Store) take(objects *objects, k kind, id string) (*seal, error) {
	key := k.key(id)
	dir := filepath.Join(s.dir, key)
	sealed, err := s.look(dir)
	if err == nil {
		s.touch(dir)
		return sealed, nil
	}
	defer s.alone(key)()
	sealed, err = s.look(dir) // somebody may have made it by now
	if err == nil {
		return sealed, nil
	}
	damaged := !errors.Is(err, fs.ErrNotExist)
	sealed, err = s.make(objects, k, id, damaged)
	if err != nil {
		return nil, err
	}
	if damaged {
		s.mu.Lock()
		s.healed = append(s.healed, key)
		s.mu.Unlock()
	}
	return sealed, nil
}

// alone waits until nobody else of this process makes the entry, and returns what lets the next one go.
func (s *Store) alone(key string) (done func()) {
	mine, _ := s.making.LoadOrStore(key, &sync.Mutex{})
	mutex := mine.(*sync.Mutex) //nolint:forcetypeassert // nothing else is stored
	mutex.Lock()
	return mutex.Unlock
}

// look compares the entry in dir with its seal: by what the file system says of it, and once after each boot by content. It says
// fs.ErrNotExist only where there is no such entry at all.
func (s *Store) look(dir string) (*seal, error) {
	if _, err := os.Lstat(dir); err != nil {
		return nil, err
	}
	sealed, err := readSeal(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errSeal, err) //nolint:errorlint // a seal that is not there is a damage
	}
	if err := compare(filepath.Join(dir, treeFolder), sealed, sealed.boot != s.boot || s.boot == ""); err != nil {
		return nil, err
	}
	if sealed.boot != s.boot {
		sealed.boot = s.boot
		if err := s.writeSeal(dir, sealed); err != nil && !errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
	}
	return sealed, nil
}

// touch notes that an entry is used. Where that is not allowed, somebody else owns the entry and the store's keeper goes by its own notes.
func (s *Store) touch(dir string) {
	_ = unix.UtimesNanoAt(unix.AT_FDCWD, filepath.Join(dir, sealFile), nil, 0)
}

// make makes an entry beside its place and moves it there. Whoever makes the same entry at the same time makes the same content.
func (s *Store) make(objects *objects, k kind, id string, damaged bool) (*seal, error) {
	temp, err := os.MkdirTemp(s.dir, newPrefix)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // what stays is swept up by Prune
	mode := fs.FileMode(0o755)
	if s.shared {
		mode = 0o775 | os.ModeSetgid
	}
	if err := errors.Join(os.Chmod(temp, mode), s.mkdir(filepath.Join(temp, treeFolder))); err != nil {
		return nil, err
	}
	sealed := &seal{boot: s.boot}
	if k.links {
		sealed.items, err = s.fillCategory(objects, filepath.Join(temp, treeFolder), id)
	} else {
		sealed.items, err = s.fill(objects, k, filepath.Join(temp, treeFolder), id)
	}
	if err != nil {
		return nil, err
	}
	sealed.bytes = onDisk(sealed.items)
	if err := s.writeSeal(temp, sealed); err != nil {
		return nil, err
	}
	return sealed, s.place(temp, filepath.Join(s.dir, k.key(id)), damaged)
}

func (s *Store) fill(objects *objects, k kind, dir, id string) ([]item, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // files are closed one by one
	w := &writer{objects, root, storeModes, s.mkdirIn}
	return w.whole(k, ".", id)
}

func (s *Store) mkdirIn(root *os.Root, name string) error {
	if err := root.Mkdir(name, 0o755); err != nil || !s.shared {
		return err
	}
	return root.Chmod(name, 0o775|os.ModeSetgid)
}

// fillCategory makes a category of links to packages. Beside those it has only files.
func (s *Store) fillCategory(objects *objects, dir, id string) ([]item, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // files are closed one by one
	found, err := objects.trees([]string{id})
	if err != nil {
		return nil, err
	}
	w := &writer{objects, root, storeModes, s.mkdirIn}
	items, err := w.shallow(".", found[0])
	if err != nil {
		return nil, err
	}
	for _, e := range found[0] {
		if !e.isTree() {
			continue
		}
		key := packageKind.key(e.id)
		if err := root.Symlink(filepath.Join("..", "..", key, treeFolder), e.name); err != nil {
			return nil, err
		}
		sealed, err := s.take(objects, packageKind, e.id)
		if err != nil {
			return nil, err
		}
		items = append(items, item{aPackage, e.name, e.id, 0}, item{kind: aFolder, path: e.name + "/."})
		for _, i := range sealed.items {
			i.path = e.name + "/" + i.path
			items = append(items, i)
		}
	}
	return items, nil
}

// shallow writes a tree's own files to the folder at. Links there mean something only in their place.
func (w *writer) shallow(at string, entries []entry) ([]item, error) {
	items, blobs := []item{}, []item{}
	for _, e := range entries {
		name := filepath.Join(at, e.name)
		switch {
		case e.isLink():
			return nil, unfit("%.200q is a link", name)
		case e.isRepo():
			if err := w.mkdir(w.root, name); err != nil {
				return nil, err
			}
			items = append(items, item{kind: aFolder, path: name})
		case e.isFile():
			blobs = append(blobs, item{kindOfBlob(e), name, e.id, 0})
		}
	}
	if err := w.writeBlobs(blobs); err != nil {
		return nil, err
	}
	return append(items, blobs...), nil
}

// place moves a new entry to its place. One that is there already is as good, unless it is the damaged one: that one is exchanged in a
// single step, so that there is no moment without an entry.
func (s *Store) place(temp, dir string, damaged bool) error {
	err := unix.Renameat2(unix.AT_FDCWD, temp, unix.AT_FDCWD, dir, unix.RENAME_NOREPLACE)
	if errors.Is(err, unix.EEXIST) && damaged {
		err = unix.Renameat2(unix.AT_FDCWD, temp, unix.AT_FDCWD, dir, unix.RENAME_EXCHANGE)
	}
	switch {
	case errors.Is(err, unix.EEXIST):
		return nil
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return s.placePlainly(temp, dir, damaged)
	}
	return err
}

// placePlainly is place for file systems that know nothing but rename.
func (s *Store) placePlainly(temp, dir string, damaged bool) error {
	if damaged {
		gone, err := os.MkdirTemp(s.dir, oldPrefix)
		if err != nil {
			return err
		}
		defer os.RemoveAll(gone) //nolint:errcheck // what stays is swept up by Prune
		if err := os.Rename(dir, gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(temp, dir); err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, unix.ENOTEMPTY) {
		return err
	}
	return nil
}

// block is what the smallest file takes on a disk.
const block = 4096

// onDisk is about what items take on the disk, but for those of packages, which are entries of their own.
func onDisk(items []item) int64 {
	total, packages := int64(2*block), map[string]bool{}
	for _, i := range items {
		if i.kind == aPackage {
			packages[i.path] = true
		}
	}
	for _, i := range items {
		top, _, deeper := strings.Cut(i.path, "/")
		if deeper && packages[top] {
			continue
		}
		total += (i.size+block-1)/block*block + block/4
	}
	return total
}
