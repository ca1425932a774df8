// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"
)

// fileLimit is the size above which a file is refused.
const fileLimit = 64 << 20

// readText reads a regular file; one that is not there (nor its folder) is empty.
func readText(tree fs.FS, name string) (text string, found bool, err error) {
	f, err := tree.Open(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return "", false, err
	}
	if !info.Mode().IsRegular() {
		return "", false, fmt.Errorf("%s is no regular file", name)
	}
	if info.Size() > fileLimit {
		return "", false, fmt.Errorf("%s is larger than %d bytes", name, fileLimit)
	}
	var b strings.Builder
	b.Grow(int(info.Size()))
	if _, err := io.Copy(&b, io.LimitReader(f, fileLimit)); err != nil {
		return "", false, fmt.Errorf("reading %s: %w", name, err)
	}
	return b.String(), true, nil
}
