// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package trees

import (
	"crypto/sha1" //nolint:gosec // what git names objects by
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// damageError says what of an entry is not as it was made.
type damageError struct{ path, what string }

func (e *damageError) Error() string { return e.path + " " + e.what }

// compare looks at everything that is to be in dir; by content where that is asked for.
func compare(dir string, sealed *seal, content bool) error {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &damageError{dir, "cannot be opened"}
	}
	defer unix.Close(fd) //nolint:errcheck // nothing was written to it
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Ctim.Nano() > sealed.changed {
		return &damageError{dir, "was changed"}
	}
	for _, i := range sealed.items {
		if err := unix.Fstatat(fd, i.path, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &damageError{filepath.Join(dir, i.path), "is not there"}
		}
		if !i.is(&st) || st.Ctim.Nano() > sealed.changed {
			return &damageError{filepath.Join(dir, i.path), "was changed"}
		}
		if content && !i.holds(filepath.Join(dir, i.path)) {
			return &damageError{filepath.Join(dir, i.path), "has another content"}
		}
	}
	return nil
}

// is says whether what the file system says of an item is what its seal says.
func (i item) is(st *unix.Stat_t) bool {
	kind, programs := st.Mode&unix.S_IFMT, st.Mode&0o111
	switch i.kind {
	case aFolder:
		return kind == unix.S_IFDIR
	case aLink, aPackage:
		return kind == unix.S_IFLNK && (i.kind == aPackage || st.Size == i.size)
	case aFile:
		return kind == unix.S_IFREG && programs == 0 && st.Size == i.size
	case aProgram:
		return kind == unix.S_IFREG && programs != 0 && st.Size == i.size
	}
	return false
}

// holds says whether a file or link has the content that git's id stands for.
func (i item) holds(path string) bool {
	switch i.kind {
	case aFolder:
		return true
	case aPackage:
		text, err := os.Readlink(path)
		return err == nil && text == filepath.Join("..", "..", packageKind.key(i.id), treeFolder)
	case aLink:
		text, err := os.Readlink(path)
		return err == nil && blobID(strings.NewReader(text), int64(len(text)), len(i.id)) == i.id
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // only read
	return blobID(f, i.size, len(i.id)) == i.id
}

// blobID is git's name for a content; digits tells which digest the repository uses. It is empty where reading fails.
func blobID(r io.Reader, size int64, digits int) string {
	sum := newSum("blob", size, digits)
	if n, err := io.Copy(sum, r); err != nil || n != size {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// newSum is the digest by which git names an object, begun with its header.
func newSum(kind string, size int64, digits int) hash.Hash {
	sum := sha1.New() //nolint:gosec // what git names objects by
	if digits == 2*sha256.Size {
		sum = sha256.New()
	}
	fmt.Fprintf(sum, "%s %d\x00", kind, size)
	return sum
}

// changeTime is the time of a file's last change of any kind.
func changeTime(f *os.File) (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return 0, errors.Join(errors.New("asking for a file's times"), err)
	}
	return st.Ctim.Nano(), nil
}
