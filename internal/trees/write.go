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
	found := written{}
	level := []item{{path: at, id: id}}
	for len(level) > 0 {
		entries, err := w.objects.trees(idsOf(level))
		if err != nil {
			return nil, err
		}
		found.next = nil
		for i := range entries {
			keep := slices.DeleteFunc(entries[i], func(e entry) bool { return slices.Contains(drop, e.name) })
			if err := w.level(&found, level[i].path, keep); err != nil {
				return nil, err
			}
		}
		level, drop = found.next, nil
	}
	if err := w.writeBlobs(found.blobs); err != nil {
		return nil, err
	}
	return append(found.folders, found.blobs...), nil
}

// written is what was found on the way down a tree.
type written struct{ folders, blobs, next []item }

// level makes the folders of one tree and notes the rest.
func (w *writer) level(found *written, at string, entries []entry) error {
	for _, e := range entries {
		name := path.Join(at, e.name)
		if !e.isTree() && !e.isRepo() {
			found.blobs = append(found.blobs, item{kindOfBlob(e), name, e.id, 0})
			continue
		}
		if err := w.mkdir(w.root, name); err != nil {
			return err
		}
		found.folders = append(found.folders, item{kind: aFolder, path: name})
		if e.isTree() { // what another repository is at stays an empty folder, as in git's check-out
			found.next = append(found.next, item{path: name, id: e.id})
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
	if int64(len(text)) < size {
		return io.ErrUnexpectedEOF // git was ended
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
	if !slices.ContainsFunc(items, func(i item) bool { return i.kind == aLink }) {
		return nil
	}
	root, err := w.root.OpenRoot(at)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // nothing is buffered
	replaced := map[int]string{}
	for i := range items {
		if items[i].kind != aLink {
			continue
		}
		text, err := w.judge(root, at, items[i].path)
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

// judge returns the text of a link that stays in the folder at, which root is.
func (w *writer) judge(root *os.Root, at, link string) (string, error) {
	text, err := w.root.Readlink(link)
	if err != nil {
		return "", err
	}
	name := link
	if at != "." {
		name = strings.TrimPrefix(link, at+"/")
	}
	if _, err := root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", unfit("the link %.200q leads out of its folder or nowhere: %.200q", link, text)
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
	if k.refused && slices.ContainsFunc(items, func(i item) bool { return i.kind == aLink }) {
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
