// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package driver carries the Python program that runs pkgcheck, so that every binary of prcheck brings the
// same one to any installation of pkgcheck. What it is asked and what it answers is in PROTOCOL.md.
//
// The package only packs it; running it is the engine's business.
package driver

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"sync"
)

// Protocol is the version of the requests and records that the driver understands.
const Protocol = 1

// FileName is what the archive is best called where it is written to.
const FileName = "prcheck-driver.pyz"

// The driver's exit codes.
const (
	ExitDone        = 0  // complete, without an error record
	ExitUnfinished  = 2  // stopped before the end
	ExitFailed      = 3  // went through, but some of it failed
	ExitUsage       = 64 // the request cannot be used
	ExitUnavailable = 69 // the installed pkgcheck or Python cannot be used
	ExitMemory      = 71 // memory ran out
	ExitDisk        = 73 // disk space ran out
	ExitFile        = 74 // a file would become larger than it may be
)

//go:embed __main__.py prcheck_driver/*.py
var files embed.FS

// Archive returns the driver as one file that Python runs: a zip with nothing in it that differs between builds.
// Callers must not change it.
func Archive() []byte { return archive() }

// Digest names the driver's content: the SHA-256 of Archive, in hex.
func Digest() string { return digest() }

var archive = sync.OnceValue(func() []byte {
	packed, err := pack(files)
	if err != nil {
		panic(fmt.Sprintf("packing the embedded driver: %v", err)) // cannot happen: both ends are memory
	}
	return packed
})

var digest = sync.OnceValue(func() string {
	sum := sha256.Sum256(Archive())
	return hex.EncodeToString(sum[:])
})

// pack writes the files in the order of their names, uncompressed and without times.
func pack(from fs.FS) ([]byte, error) {
	var out bytes.Buffer
	writer := zip.NewWriter(&out)
	err := fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, path)
		if err != nil {
			return fmt.Errorf("reading %s: %w", path, err)
		}
		file, err := writer.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Store})
		if err != nil {
			return fmt.Errorf("adding %s: %w", path, err)
		}
		_, err = file.Write(content)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
