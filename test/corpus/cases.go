// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Case is one keyword of one check in one repository of the test data.
type Case struct {
	Repository string // of repos/
	Check      string
	Keyword    string
	// Dir holds the case's files: expected.json and, where there is one, expected-verbose.json and fix.patch.
	Dir string
}

// Name is the case's path: repository, check, keyword.
func (c Case) Name() string { return c.Repository + "/" + c.Check + "/" + c.Keyword }

// Fix is the patch that mends the case's mistake; empty where there is none.
func (c Case) Fix() string {
	file := filepath.Join(c.Dir, "fix.patch")
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// Cases lists all cases of the test data, in the order of their names.
func Cases(testdata string) ([]Case, error) {
	cases := []Case{}
	root := filepath.Join(testdata, "data", "repos")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "expected.json" {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		parts := strings.Split(rel, string(filepath.Separator))
		if len(parts) != 3 {
			return fmt.Errorf("%s is not REPOSITORY/CHECK/KEYWORD: the test data has another form than this program knows", rel)
		}
		cases = append(cases, Case{parts[0], parts[1], parts[2], filepath.Dir(path)})
		return nil
	})
	return cases, err
}
