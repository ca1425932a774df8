// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package planted writes and reads small trees of files as maps, for tests: name → content. A content that begins with @ is the text of
// a symbolic link, one that begins with ! a program.
package planted

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Write writes files below dir.
func Write(tb testing.TB, dir string, files map[string]string) {
	tb.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		var err error
		if text, link := strings.CutPrefix(content, "@"); link {
			err = os.Symlink(text, path)
		} else if text, program := strings.CutPrefix(content, "!"); program {
			err = os.WriteFile(path, []byte(text), 0o755)
		} else {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
}

// Read reads everything below dir; programs are not told from other files.
func Read(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Type()&fs.ModeSymlink != 0 {
			text, err := os.Readlink(path)
			found[name] = "@" + text
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // nobody else writes there
		found[name] = string(data)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return found
}
