// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// item is one thing in a folder that was written: what git says of it, and what must be found there.
type item struct {
	kind byte // see the constants
	path string
	id   string // of the blob; empty for folders
	size int64
}

func (i item) isLink() bool { return i.kind == aLink }

// Kinds of items.
const (
	aFolder  = 'd'
	aFile    = 'f'
	aProgram = 'x' // a file that may be executed
	aLink    = 'l'
	aPackage = 'p' // a link to the entry of a package; id is the tree's
)

// modes are how files are written: in the store nobody changes them, in a farm they are as git writes them.
type modes struct{ file, program fs.FileMode }

var (
	storeModes = modes{0o444, 0o555}
	farmModes  = modes{0o644, 0o755}
)

// writer writes git trees below root.
type writer struct {
	objects *objects
	root    *os.Root
	modes   modes
	mkdir   func(root *os.Root, name string) error
}

// write writes the git tree id as the folder at, which exists, without what drop names at its top, and returns what was written, links as
// links. Names are as git has them.
func (w *writer) write(at, id string, drop []string) ([]item, error) {
	all := contained{folders: []item{}, trees: []item{{path: at, id: id}}}
	for first := true; len(all.trees) > 0; first = false {
		level := all.trees
		all.trees = nil
		found, err := w.objects.trees(idsOf(level))
		if err != nil {
			return nil, err
		}
		for i, entries := range found {
			if first {
				entries = slices.DeleteFunc(entries, func(e entry) bool { return slices.Contains(drop, e.name) })
			}
			if err := w.folder(level[i].path, entries, &all); err != nil {
				return nil, err
			}
		}
	}
	if err := w.writeBlobs(all.blobs); err != nil {
		return nil, err
	}
	return append(all.folders, all.blobs...), nil
}

// contained is what was found in folders: the folders that were made in them, the blobs to be written, and the trees to be looked into.
type contained struct{ folders, blobs, trees []item }

// folder makes the folders in the folder at, and adds what is there to all.
func (w *writer) folder(at string, entries []entry, all *contained) error {
	for _, e := range entries {
		name := path.Join(at, e.name)
		if !e.isTree() && !e.isRepo() {
			all.blobs = append(all.blobs, item{kindOfBlob(e), name, e.id, 0})
			continue
		}
		if err := w.mkdir(w.root, name); err != nil {
			return err
		}
		all.folders = append(all.folders, item{kind: aFolder, path: name})
		if e.isTree() { // what another repository is at stays an empty folder, as in git's check-out
			all.trees = append(all.trees, item{path: name, id: e.id})
		}
	}
	return nil
}

func idsOf(items []item) []string {
	ids := make([]string, 0, len(items))
	for _, i := range items {
		ids = append(ids, i.id)
	}
	return ids
}

func kindOfBlob(e entry) byte {
	switch {
	case e.isLink():
		return aLink
	case e.mode == "100755" || len(e.mode) == 6 && e.mode[3]&1 != 0:
		return aProgram
	}
	return aFile
}

// writeBlobs writes files and links, and notes their sizes.
func (w *writer) writeBlobs(blobs []item) error {
	return w.objects.each(idsOf(blobs), func(i int, id, kind string, size int64, r io.Reader) error {
		if kind != "blob" {
			return fmt.Errorf("object %s of %s is a %s, not a blob", id, w.objects.repo, kind)
		}
		blobs[i].size = size
		if blobs[i].kind == aLink {
			return w.link(blobs[i].path, size, r)
		}
		return w.file(blobs[i], r)
	})
}

// linkLimit is the longest text that a link can have.
const linkLimit = 4095

func (w *writer) link(name string, size int64, r io.Reader) error {
	if size == 0 || size > linkLimit {
		return unfit("the link %.200q has a text of %d bytes", name, size)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if strings.Contains(string(text), "\x00") {
		return unfit("the text of the link %.200q cannot be that of one", name)
	}
	return w.root.Symlink(string(text), name)
}

func (w *writer) file(i item, r io.Reader) error {
	mode := w.modes.file
	if i.kind == aProgram {
		mode = w.modes.program
	}
	f, err := w.root.OpenFile(i.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// judgeLinks makes plain files of links with a text that names .git, and refuses those that mean something only in their place in
// the repository: who leads out of this folder may lead out of the tree, or to something that has another place here.
func (w *writer) judgeLinks(at string, items []item) error {
	if !slices.ContainsFunc(items, item.isLink) {
		return nil
	}
	root, err := w.root.OpenRoot(at)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	replaced := map[int]string{}
	for i := range items {
		if !items[i].isLink() {
			continue
		}
		text, err := judgeLink(root, at, items[i])
		if err != nil {
			return err
		}
		if namesGit(text) {
			replaced[i] = text
		}
	}
	for i, text := range replaced {
		items[i].kind = aFile
		if err := w.root.Remove(items[i].path); err != nil {
			return err
		}
		if err := w.file(items[i], strings.NewReader(text)); err != nil {
			return err
		}
	}
	return nil
}

// judgeLink returns the text of a link in the folder at, which root is, and refuses it where it leads out of there.
func judgeLink(root *os.Root, at string, i item) (string, error) {
	name := i.path
	if at != "." {
		name = strings.TrimPrefix(name, at+"/")
	}
	text, err := root.Readlink(name)
	if err != nil {
		return "", err
	}
	if _, err := root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", unfit("the link %.200q leads out of its folder or nowhere: %.200q", i.path, text)
	}
	return text, nil
}

// namesGit says whether a link's text leads through a .git.
func namesGit(text string) bool { return strings.Contains("/"+text+"/", "/.git/") }

// remove takes away what is named, at the top of the folder at.
func (w *writer) remove(at string, names []string, items []item) ([]item, error) {
	for _, name := range names {
		gone := path.Join(at, name)
		if err := w.root.RemoveAll(gone); err != nil {
			return nil, err
		}
		items = slices.DeleteFunc(items, func(i item) bool { return i.path == gone || strings.HasPrefix(i.path, gone+"/") })
	}
	return items, nil
}

// stamp sets the times of everything but links.
func (w *writer) stamp(items []item, to time.Time) error {
	for _, i := range items {
		if i.kind == aLink {
			continue
		}
		if err := w.root.Chtimes(i.path, to, to); err != nil {
			return err
		}
	}
	return nil
}

// whole writes a git tree of a kind to the folder at, which exists, ready to be used.
func (w *writer) whole(k kind, at, id string) ([]item, error) {
	items, err := w.write(at, id, k.before)
	if err != nil {
		return nil, err
	}
	if k.refused && slices.ContainsFunc(items, item.isLink) {
		return nil, unfit("there is a link in %s", k.name)
	}
	if err := w.judgeLinks(at, items); err != nil {
		return nil, err
	}
	if items, err = w.remove(at, k.after, items); err != nil || !k.stamped {
		return items, err
	}
	to, err := stampOf(k.role, id)
	if err != nil {
		return nil, err
	}
	return items, w.stamp(items, to)
}
