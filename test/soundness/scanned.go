// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing/fstest"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
)

// Scanned is a full scan of one tree: what the driver said, and the metadata that it said it of.
type Scanned struct {
	// Stream is what the driver's scan printed.
	Stream []byte
	// Prepared is the folder that its prepare made.
	Prepared map[string][]byte
	// Seconds is how long both took.
	Seconds float64

	parsed *pkgcheck.Stream
}

// stream parses the scan, once.
func (s *Scanned) stream() (*pkgcheck.Stream, error) {
	if s.parsed != nil {
		return s.parsed, nil
	}
	parsed, err := pkgcheck.Parse(bytes.NewReader(s.Stream), pkgcheck.DefaultLimits)
	if err != nil {
		return nil, err
	}
	s.parsed = parsed
	return parsed, nil
}

// preparedFS is the prepared folder as a file system.
func (s *Scanned) preparedFS() fs.FS {
	files := fstest.MapFS{}
	for name, data := range s.Prepared {
		files[name] = &fstest.MapFile{Data: data, Mode: 0o644}
	}
	return files
}

// folder reads all files of a folder.
func folder(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path) //nolint:gosec // what the driver, long ended, has written
		return err
	})
	return files, err
}

// loadJSON reads a kept document; false where there is none.
func loadJSON(file string, into any) (bool, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // only read
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return false, fmt.Errorf("%s: %w: remove it", file, err)
	}
	if err := json.NewDecoder(unpacked).Decode(into); err != nil {
		return false, fmt.Errorf("%s: %w: remove it", file, err)
	}
	return true, nil
}

// saveJSON keeps a document. The file gets its name when it is whole.
func saveJSON(file string, v any) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".new-")
	if err != nil {
		return err
	}
	packed := gzip.NewWriter(f)
	err = json.NewEncoder(packed).Encode(v)
	if err = errors.Join(err, packed.Close(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), file)
}
