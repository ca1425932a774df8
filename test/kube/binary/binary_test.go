// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package binary

import (
	"os"
	"path/filepath"
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
