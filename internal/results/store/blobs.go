// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// blobs are files named by the hash of their contents. One that is there is complete and on disk: it was synced before it
// got its name, and its name before anything refers to it.
type blobs struct{ dir string }

func openBlobs(dir string) (*blobs, error) {
	incoming := filepath.Join(dir, "incoming")
	// What a killed server left half written belongs to nobody.
	if err := os.RemoveAll(incoming); err != nil {
		return nil, fmt.Errorf("clearing unfinished blobs: %w", err)
	}
	if err := os.MkdirAll(incoming, 0o700); err != nil {
		return nil, fmt.Errorf("making the blob folder: %w", err)
	}
	return &blobs{dir: dir}, nil
}

func (b *blobs) path(id string) string { return filepath.Join(b.dir, id[:2], id[2:]) }

// put stores what r holds and returns its name and size.
func (b *blobs) put(r io.Reader) (id string, size int64, err error) {
	f, err := os.CreateTemp(filepath.Join(b.dir, "incoming"), "blob-")
	if err != nil {
		return "", 0, fmt.Errorf("storing a blob: %w", err)
	}
	h := sha256.New()
	size, err = io.Copy(io.MultiWriter(f, h), r)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", 0, errors.Join(fmt.Errorf("storing a blob: %w", err), os.Remove(f.Name()))
	}
	id = hex.EncodeToString(h.Sum(nil))
	if err := b.name(f.Name(), id); err != nil {
		return "", 0, fmt.Errorf("storing a blob: %w", err)
	}
	return id, size, nil
}

func (b *blobs) name(file, id string) error {
	target := b.path(id)
	folder := filepath.Dir(target)
	if err := os.Mkdir(folder, 0o700); err == nil {
		if err := syncDir(b.dir); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := os.Rename(file, target); err != nil {
		return err
	}
	return syncDir(folder)
}

func (b *blobs) open(id string) (*os.File, error) {
	if len(id) != 2*sha256.Size {
		return nil, fmt.Errorf("blob %q: %w", id, ErrNotFound)
	}
	f, err := os.Open(b.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("blob %s: %w", id, ErrNotFound)
	}
	return f, err
}

// remove removes a blob that nothing refers to any more.
func (b *blobs) remove(id string) error {
	if err := os.Remove(b.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing a blob: %w", err)
	}
	return nil
}

// each calls do with the name of every blob.
func (b *blobs) each(do func(id string) error) error {
	folders, err := os.ReadDir(b.dir)
	if err != nil {
		return fmt.Errorf("listing blobs: %w", err)
	}
	for _, folder := range folders {
		if len(folder.Name()) != 2 {
			continue
		}
		files, err := os.ReadDir(filepath.Join(b.dir, folder.Name()))
		if err != nil {
			return fmt.Errorf("listing blobs: %w", err)
		}
		for _, file := range files {
			if err := do(folder.Name() + file.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
