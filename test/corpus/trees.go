// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/prcheck/prcheck/test/stages"
)

// masters names the repositories of the test data that others build on.
var masters = map[string][]string{"overlay": {"overlayed"}}

// trees are one repository of the test data: as it is, and with each of its fixes.
type trees struct {
	repository *stages.Repository
	base       string
	heads      map[string]string // by the case's name
	masters    []stages.Master
}

// commits lists the base and the heads that differ from it, each once, in the order of their cases.
func (t *trees) commits(cases []Case) []string {
	list := []string{t.base}
	for _, c := range cases {
		if head := t.heads[c.Name()]; head != "" && !slices.Contains(list, head) {
			list = append(list, head)
		}
	}
	return list
}

// repositories lists the repositories of the test data.
func repositories(tb testing.TB, testdata string) []string {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Join(testdata, "repos"))
	if err != nil {
		tb.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// allTrees commits every repository of the test data and each of its fixes.
func allTrees(tb testing.TB, testdata string, cases []Case) map[string]*trees {
	tb.Helper()
	all := map[string]*trees{}
	for _, name := range repositories(tb, testdata) {
		repository := stages.NewRepository(tb, tb.TempDir())
		if err := os.CopyFS(repository.Work(), os.DirFS(filepath.Join(testdata, "repos", name))); err != nil {
			tb.Fatal(err)
		}
		t := &trees{repository: repository, base: repository.CommitWork(tb, ""), heads: map[string]string{}}
		for _, c := range cases {
			if c.Repository != name || c.Fix() == "" {
				continue
			}
			if err := mend(tb, c, repository.Work()); err != nil {
				tb.Fatal(err)
			}
			t.heads[c.Name()] = repository.CommitWork(tb, t.base)
			repository.Restore(tb, t.base)
		}
		all[name] = t
	}
	for name, needed := range masters {
		for _, m := range needed {
			all[name].masters = append(all[name].masters, stages.Master{Name: m, Repository: all[m].repository, Commit: all[m].base})
		}
	}
	return all
}

// mend applies a case's fix to a tree. The patches need the program patch: many are older than what they are applied to, and only
// fit with some fuzz.
func mend(tb testing.TB, c Case, tree string) error {
	tb.Helper()
	data, err := os.ReadFile(c.Fix())
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(tb.Context(), "patch", "-p1", "--batch", "--no-backup-if-mismatch", "--reject-file=-")
	if filepath.Ext(c.Fix()) == ".sh" {
		cmd = exec.CommandContext(tb.Context(), "bash", "-s")
	}
	cmd.Dir, cmd.Stdin = tree, bytes.NewReader(data)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w: run make setup", err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", c.Fix(), err, out)
	}
	return nil
}
