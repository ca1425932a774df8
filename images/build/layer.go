// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package build

import (
	"archive/tar"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// File is one file, folder or link of an image, from this computer or made from nothing.
type File struct {
	// Target is the absolute path in the image. Folders above it that the base may lack must be named too.
	Target string
	// Source is the file to copy; empty for a folder.
	Source string
	// Mode are the permissions.
	Mode int64
	// UID and GID are the owner.
	UID, GID int
}

// layer is one in the cache.
type layer struct {
	digest string
	size   int64
	file   string
}

// entry is one line of a layer's tar: its header, and where its content is.
type entry struct {
	header  *tar.Header
	content string
}

func makeLayers(spec Spec, cache string) ([]layer, error) {
	var layers []layer
	if spec.Base != "" {
		entries, err := walkBase(spec.Base, spec.Clamp)
		if err != nil {
			return nil, fmt.Errorf("reading the base %s: %w", spec.Base, err)
		}
		base, err := makeLayer(entries, cache)
		if err != nil {
			return nil, err
		}
		layers = append(layers, base)
	}
	if len(spec.Files) == 0 {
		return layers, nil
	}
	entries, err := ownFiles(spec.Files)
	if err != nil {
		return nil, err
	}
	own, err := makeLayer(entries, cache)
	if err != nil {
		return nil, err
	}
	return append(layers, own), nil
}

// ownFiles makes the entries of the image's own files, at the start of Unix time.
func ownFiles(files []File) ([]entry, error) {
	entries := make([]entry, 0, len(files))
	for _, f := range files {
		header := &tar.Header{Name: strings.TrimPrefix(f.Target, "/"), Mode: f.Mode, Uid: f.UID, Gid: f.GID, ModTime: time.Unix(0, 0)}
		if f.Source == "" {
			header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
			entries = append(entries, entry{header: header})
			continue
		}
		info, err := os.Stat(f.Source)
		if err != nil {
			return nil, err
		}
		header.Typeflag, header.Size = tar.TypeReg, info.Size()
		entries = append(entries, entry{header: header, content: f.Source})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.header.Name, b.header.Name) })
	return entries, nil
}

// walkBase lists a root file system with owners, modes, times and hard links. Devices, sockets and pipes are left out:
// a container gets its own.
func walkBase(root string, clamp int64) ([]entry, error) {
	var entries []entry
	linked := map[uint64]string{} // first name of a file with several
	err := filepath.WalkDir(root, func(file string, dirEntry fs.DirEntry, err error) error {
		if err != nil || file == root {
			return err
		}
		info, err := dirEntry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		e, err := baseEntry(file, name, info, linked)
		if err != nil || e == nil {
			return err
		}
		if clamp > 0 && e.header.ModTime.Unix() > clamp {
			e.header.ModTime = time.Unix(clamp, 0)
		}
		entries = append(entries, *e)
		return nil
	})
	return entries, err // WalkDir's order is sorted
}

func baseEntry(file, name string, info fs.FileInfo, linked map[uint64]string) (*entry, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil, fmt.Errorf("%s: no Unix file information", file)
	}
	header := &tar.Header{
		Name: filepath.ToSlash(name), Mode: int64(stat.Mode & 0o7777), Uid: int(stat.Uid), Gid: int(stat.Gid),
		ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatPAX,
	}
	switch {
	case info.IsDir():
		header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
	case info.Mode()&fs.ModeSymlink != 0:
		target, err := os.Readlink(file)
		if err != nil {
			return nil, err
		}
		header.Typeflag, header.Linkname = tar.TypeSymlink, target
	case info.Mode().IsRegular() && linked[stat.Ino] != "":
		header.Typeflag, header.Linkname = tar.TypeLink, linked[stat.Ino]
	case info.Mode().IsRegular():
		if stat.Nlink > 1 {
			linked[stat.Ino] = header.Name
		}
		header.Typeflag, header.Size = tar.TypeReg, info.Size()
		return &entry{header, file}, nil
	default:
		return nil, nil //nolint:nilnil // Left out, see walkBase.
	}
	return &entry{header: header}, nil
}

// makeLayer writes the layer's tar, unless the cache has one made from entries that look the same: as for make and
// rsync, a file with its old size and time is the old file.
func makeLayer(entries []entry, cache string) (layer, error) {
	key, err := layerKey(entries)
	if err != nil {
		return layer{}, err
	}
	note := filepath.Join(cache, "layers", key)
	if known, err := readNote(note, cache); err == nil {
		return known, nil
	}
	partial := filepath.Join(cache, "blobs", "partial-"+key)
	hash := sha256.New()
	if err := writeFile(partial, func(w io.Writer) error { return writeLayer(io.MultiWriter(w, hash), entries) }); err != nil {
		return layer{}, err
	}
	l := layer{digest: "sha256:" + hex.EncodeToString(hash.Sum(nil))}
	l.file = blobFile(cache, l.digest)
	if err := os.Rename(partial, l.file); err != nil {
		return layer{}, err
	}
	if err := writeFile(note, func(w io.Writer) error { _, err := io.WriteString(w, l.digest); return err }); err != nil {
		return layer{}, err
	}
	return readNote(note, cache)
}

func blobFile(cache, digest string) string {
	return filepath.Join(cache, "blobs", path.Base(digest[len("sha256:"):]))
}

func readNote(note, cache string) (layer, error) {
	digest, err := os.ReadFile(note)
	if err != nil {
		return layer{}, err
	}
	if !strings.HasPrefix(string(digest), "sha256:") {
		return layer{}, fmt.Errorf("%s is not a digest", note)
	}
	file := blobFile(cache, string(digest))
	info, err := os.Stat(file)
	if err != nil {
		return layer{}, err
	}
	return layer{digest: string(digest), size: info.Size(), file: file}, nil
}

func layerKey(entries []entry) (string, error) {
	hash := sha256.New()
	for _, e := range entries {
		h := e.header
		fmt.Fprintf(hash, "%q %c %o %d %d %d %d %q", h.Name, h.Typeflag, h.Mode, h.Uid, h.Gid, h.Size, h.ModTime.Unix(), h.Linkname)
		if e.content != "" {
			info, err := os.Stat(e.content)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(hash, " %s %d", e.content, info.ModTime().UnixNano())
		}
		fmt.Fprintln(hash)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func writeLayer(w io.Writer, entries []entry) error {
	archive := tar.NewWriter(w)
	for _, e := range entries {
		if err := writeEntry(archive, e); err != nil {
			return fmt.Errorf("%s: %w", e.header.Name, err)
		}
	}
	return archive.Close()
}

func writeEntry(archive *tar.Writer, e entry) (err error) {
	if err := archive.WriteHeader(e.header); err != nil || e.content == "" {
		return err
	}
	file, err := os.Open(e.content)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = io.Copy(archive, file)
	return err
}
