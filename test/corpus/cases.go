// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"os"
	"path/filepath"
	"strings"
)

// Case is one keyword of one check in one repository of the test data.
type Case struct {
	Repository string // of repos/
	Check      string
	Keyword    string
	// Dir holds the case's files: expected.json, expected-verbose.json, fix.patch or fix.sh, as far as it has them.
	Dir string
}

// Name is the case's path: repository, check, keyword.
func (c Case) Name() string { return c.Repository + "/" + c.Check + "/" + c.Keyword }

// Fix is the patch or the script that mends the case's mistake; empty where there is none.
func (c Case) Fix() string {
	for _, name := range []string{"fix.patch", "fix.sh"} {
		file := filepath.Join(c.Dir, name)
		if _, err := os.Stat(file); err == nil {
			return file
		}
	}
	return ""
}

// Cases lists all cases of the test data, in the order of their names.
func Cases(testdata string) ([]Case, error) {
	root := filepath.Join(testdata, "data", "repos")
	dirs, err := filepath.Glob(filepath.Join(root, "*", "*", "*"))
	if err != nil {
		return nil, err
	}
	cases := []Case{}
	for _, dir := range dirs {
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			return nil, err
		}
		parts := strings.Split(rel, string(filepath.Separator))
		cases = append(cases, Case{parts[0], parts[1], parts[2], dir})
	}
	return cases, nil
}
