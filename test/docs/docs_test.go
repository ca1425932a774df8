// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package docs_test holds the documents to what is there: every path and make target that they name must exist.
package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

var (
	// A path in a document stands in back quotes, has a slash, and is neither an address nor a group/version.
	pathPattern = regexp.MustCompile("`(\\.?[a-zA-Z0-9_][a-zA-Z0-9_./-]*/[a-zA-Z0-9_./-]*)`")
	// A command stands in back quotes or at a line's beginning.
	targetPattern = regexp.MustCompile("(?m)(?:^|`)(?:KEEP=1 )?make ([a-z][a-z0-9-]*[a-z0-9])")
)

var documents = []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SCOPE.md"}

func TestPathsExist(t *testing.T) {
	named := 0
	for _, document := range documents {
		for _, match := range pathPattern.FindAllStringSubmatch(read(t, document), -1) {
			path := strings.TrimSuffix(match[1], "/")
			if strings.HasPrefix(path, "prcheck.dev/") || strings.HasPrefix(path, "bin/") {
				continue // an API group or annotation; what make build makes
			}
			named++
			if _, err := os.Stat(filepath.Join(root, path)); err != nil {
				t.Errorf("%s names %s, which does not exist", document, path)
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d paths were found in %v: the pattern no longer fits", named, documents)
	}
}

func TestMakeTargetsExist(t *testing.T) {
	makefiles, err := filepath.Glob(filepath.Join(root, "hack", "*.mk"))
	if err != nil {
		t.Fatal(err)
	}
	var rules strings.Builder
	rules.WriteString(read(t, "Makefile"))
	for _, file := range makefiles {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rules.WriteString("\n" + string(data))
	}
	for _, document := range documents {
		for _, match := range targetPattern.FindAllStringSubmatch(read(t, document), -1) {
			if !strings.Contains(rules.String(), "\n"+match[1]+":") {
				t.Errorf("%s names make %s, which no Makefile has", document, match[1])
			}
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
