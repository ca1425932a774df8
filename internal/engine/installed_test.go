// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestDigestOfToolchain changes what is installed: what decides findings changes the digest, whatever way it was installed.
func TestDigestOfToolchain(t *testing.T) {
	for name, c := range map[string]struct {
		file string // below the folder that Python names
		same bool
	}{
		"a module of pkgcheck in an editable installation": {file: "pkgcheck/checks/new.py"},
		"another version of a dependency":                  {file: "lxml-6.0.dist-info/RECORD"},
		"compiled code":                                    {file: "pkgcheck/__pycache__/base.pyc", same: true},
	} {
		t.Run(name, func(t *testing.T) {
			src := filepath.Join(t.TempDir(), "src")
			write(t, filepath.Join(src, "pkgcheck", "base.py"))
			write(t, filepath.Join(src, "pkgcheck-0.10.49.dist-info", "METADATA"))
			tools := Toolchain{Python: filepath.Join(src, "python"), ReadPaths: []string{src, filepath.Join(src, "python")}}
			write(t, tools.Python)
			before := digestOf(t, tools)
			write(t, filepath.Join(src, c.file))
			if after := digestOf(t, tools); (before == after) != c.same {
				t.Errorf("with %s the digest went from %s to %s", c.file, before, after)
			}
			if got := tools.installed(); !slices.Equal(got, []string{"0.10.49"}) {
				t.Errorf("installed: %v", got)
			}
		})
	}
}

func write(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func digestOf(t *testing.T, tools Toolchain) string {
	t.Helper()
	digest, err := tools.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
