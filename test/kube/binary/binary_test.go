// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package binary

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestKubernetesVersionIsTheModules(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, kubernetesDir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "k8s.io/kubernetes " + KubernetesVersion; !strings.Contains(string(content), want) {
		t.Errorf("%s/go.mod does not say %q", kubernetesDir, want)
	}
}

func TestEveryToolHasItsSources(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, tool := range Tools() {
		if _, err := tool.key(root); err != nil {
			t.Errorf("%s: %v", tool.Name, err)
		}
	}
}

// A program's key must cover every package of this repository that it is made of, else an old program is taken for the new one.
func TestKeysCoverWhatProgramsImport(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	const module = "github.com/prcheck/prcheck/"
	for _, tool := range Tools() {
		if tool.Dir != "." {
			continue // a module of its own, which has its pins in go.mod
		}
		for _, folder := range append([]string{tool.Sources}, tool.Imports...) {
			files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				if strings.HasSuffix(file, "_test.go") {
					continue
				}
				parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
				if err != nil {
					t.Fatal(err)
				}
				for _, spec := range parsed.Imports {
					imported, ours := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), module)
					if ours && !slices.Contains(tool.Imports, imported) {
						t.Errorf("%s: %s imports %s, which the key does not cover", tool.Name, file, imported)
					}
				}
			}
		}
	}
}

func TestImportsChangeTheKey(t *testing.T) {
	root := t.TempDir()
	tool := Tool{Name: "x", Sources: "x", Imports: []string{"y"}}
	keys := map[string]bool{}
	for _, content := range []string{"package y", "package y // changed"} {
		for _, folder := range []string{"x", "y"} {
			if err := os.MkdirAll(filepath.Join(root, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(root, "y", "y.go"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := tool.key(root)
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 2 {
		t.Error("a changed import leaves the key as it was")
	}
}

func TestKeyFollowsTheContent(t *testing.T) {
	tests := map[string]struct {
		file    string
		changes bool
	}{
		"a pin":                  {"go.mod", true},
		"a checksum":             {"go.sum", true},
		"a source file":          {"main.go", true},
		"a test":                 {"main_test.go", false},
		"a file of another kind": {"README.md", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			tool := Tool{Name: "x", Sources: "tools/x"}
			dir := filepath.Join(root, tool.Sources)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			key := func(content string) string {
				if err := os.WriteFile(filepath.Join(dir, test.file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
				key, err := tool.key(root)
				if err != nil {
					t.Fatal(err)
				}
				return key
			}
			if changed := key("one") != key("two"); changed != test.changes {
				t.Errorf("changing %s changes the key: %v, want %v", test.file, changed, test.changes)
			}
		})
	}
}

func TestPathSaysHowToBuild(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if _, err := Path("etcd"); err == nil || !strings.Contains(err.Error(), "make k8s-bins") {
		t.Errorf("the error %v does not name make k8s-bins", err)
	}
	if _, err := Path("no-such-program"); err == nil || !strings.Contains(err.Error(), "no-such-program") {
		t.Errorf("the error %v does not name the program", err)
	}
}
