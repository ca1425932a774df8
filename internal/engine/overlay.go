// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"strings"
	"time"
)

// overlay shows the head's metadata as one prepared folder: what is the head's own, and all else from the base's folder.
type overlay struct {
	base   fs.FS
	own    *prepared
	hidden map[string]bool // ebuilds of which the base's entry is not the head's
	files  map[string][]byte
}

// newOverlay shows a base's folder with the head's own metadata of ebuilds on top.
func newOverlay(base string, own *prepared, ebuilds []string) *overlay {
	o := &overlay{base: os.DirFS(base), own: own, hidden: map[string]bool{}, files: map[string][]byte{}}
	for _, cpv := range ebuilds {
		o.hidden[cpv] = true
	}
	return o
}

// Open opens a file.
func (o *overlay) Open(name string) (fs.File, error) {
	if data, ok := o.files[name]; ok {
		return opened(name, data), nil
	}
	switch name {
	case errorsFile, eclassesFile:
		data, err := o.document(name)
		if err != nil {
			return nil, err
		}
		o.files[name] = data
		return opened(name, data), nil
	}
	if cpv, ok := strings.CutPrefix(name, cacheFolder+"/"); ok {
		if data, ok := o.own.entries[cpv]; ok {
			return opened(name, data), nil
		}
		if o.hidden[cpv] {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
	}
	return o.base.Open(name)
}

// document is one of the files that hold records, from both.
func (o *overlay) document(name string) ([]byte, error) {
	member := strings.TrimSuffix(name, ".json")
	records := map[string]json.RawMessage{}
	data, err := fs.ReadFile(o.base, name)
	if err == nil {
		var document map[string]map[string]json.RawMessage
		if err := json.Unmarshal(data, &document); err != nil {
			return nil, err
		}
		records = document[member]
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if name == errorsFile {
		maps.DeleteFunc(records, func(cpv string, _ json.RawMessage) bool { return o.hidden[cpv] })
		err = addRecords(records, o.own.errors)
	} else {
		err = addRecords(records, o.own.eclasses)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{member: records})
}

func addRecords[T any](to map[string]json.RawMessage, from map[string]T) error {
	for name, record := range from {
		data, err := json.Marshal(record)
		if err != nil {
			return err
		}
		to[name] = data
	}
	return nil
}

// opened is an open file of bytes.
func opened(name string, data []byte) fs.File {
	return &memoryFile{Reader: bytes.NewReader(data), name: path.Base(name), size: int64(len(data))}
}

type memoryFile struct {
	*bytes.Reader
	name string
	size int64
}

// Close does nothing.
func (f *memoryFile) Close() error { return nil }

// Stat describes the file.
func (f *memoryFile) Stat() (fs.FileInfo, error) { return memoryInfo{f}, nil }

type memoryInfo struct{ file *memoryFile }

// Name is the file's last name.
func (i memoryInfo) Name() string { return i.file.name }

// Size is in bytes.
func (i memoryInfo) Size() int64 { return i.file.size }

// Mode is a regular file's.
func (i memoryInfo) Mode() fs.FileMode { return 0o444 }

// ModTime is unknown.
func (i memoryInfo) ModTime() time.Time { return time.Time{} }

// IsDir says that it is none.
func (i memoryInfo) IsDir() bool { return false }

// Sys has nothing to say.
func (i memoryInfo) Sys() any { return nil }
