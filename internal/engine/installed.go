// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// programs are what decides, beside Python's packages, what pkgcheck finds.
var programs = []string{"bash", "git", "perl", "zstd"}

// Digest names what is installed: every file of Python's packages and the programs that pkgcheck calls, by name, size and time. Two
// toolchains with one digest are one; a change that keeps all three is none that a package manager makes.
func (t Toolchain) Digest() (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", t.Python, t.Path)
	for _, folder := range t.pythonFolders() {
		if err := addFolder(h, folder); err != nil {
			return "", fmt.Errorf("reading what is installed in %s: %w", folder, err)
		}
	}
	for _, name := range programs {
		for dir := range strings.SplitSeq(t.Path, ":") {
			if err := addFile(h, t.Root, filepath.Join(dir, name)); err != nil {
				return "", err
			}
		}
	}
	if err := addFile(h, t.Root, t.Python); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// pythonFolders are where Python's packages are installed, sorted: in the image, or the folders that Python itself named, an editable
// installation's own folder among them. Some may be no folders.
func (t Toolchain) pythonFolders() []string {
	folders := slices.Clone(t.ReadPaths)
	if strings.HasPrefix(t.Python, imagePrefix+"/") {
		found, _ := filepath.Glob(filepath.Join(t.Root, imagePrefix, "lib", "python3*", "site-packages")) // the pattern is sound
		folders = append(folders, found...)
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// ours are the packages whose code decides what is found. Of others, the record of the installation names the version.
var ours = []string{"pkgcheck", "pkgcore", "snakeoil"}

func addFolder(h hash.Hash, folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		fmt.Fprintf(h, "%s\n", e.Name())
		if !slices.Contains(ours, e.Name()) {
			continue
		}
		if err := filepath.WalkDir(filepath.Join(folder, e.Name()), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".py") {
				return err
			}
			return addFile(h, "", path)
		}); err != nil {
			return err
		}
	}
	return nil
}

// addFile adds what a name leads to; one that leads nowhere adds nothing. Absolute links are those of the root.
func addFile(h hash.Hash, root, name string) error {
	path := filepath.Join(root, name)
	for range 10 {
		text, err := os.Readlink(path)
		if err != nil {
			break
		}
		if filepath.IsAbs(text) {
			path = filepath.Join(root, text)
		} else {
			path = filepath.Join(filepath.Dir(path), text)
		}
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(h, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	return nil
}
