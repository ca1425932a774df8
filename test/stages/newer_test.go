// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/stages"
	"github.com/prcheck/prcheck/test/toolchain"
)

// futureCheck is a check that no pkgcheck has: its keywords hold a position, a list that is the defect, and, the second one, something
// that prcheck's policy cannot know.
const futureCheck = `"""What a later pkgcheck might look for."""

from .. import results, sources
from . import Check


class FutureWord(results.VersionResult, results.Error):
    """Ebuild uses words of the future."""

    def __init__(self, lineno, flags, **kwargs):
        super().__init__(**kwargs)
        self.lineno = lineno
        self.flags = tuple(flags)

    @property
    def desc(self):
        return f"words of the future on line {self.lineno}: " + ", ".join(self.flags)


class FutureRiddle(results.VersionResult, results.Warning):
    """Ebuild poses a riddle."""

    def __init__(self, riddle, **kwargs):
        super().__init__(**kwargs)
        self.riddle = riddle

    @property
    def desc(self):
        return f"riddle: {self.riddle}"


class FutureCheck(Check):
    """Scan ebuilds for the future."""

    _source = sources.EbuildFileRepoSource
    known_results = frozenset({FutureWord, FutureRiddle})

    def feed(self, pkg):
        for lineno, line in enumerate(pkg.lines, 1):
            if line.startswith("# future: "):
                yield FutureWord(lineno, line.split()[2:], pkg=pkg)
                yield FutureRiddle("why", pkg=pkg)
`

const registerFuture = `
import pkgcheck.checks.future
CHECKS += (('FutureCheck', pkgcheck.checks.future.FutureCheck),)
KEYWORDS += (('FutureRiddle', pkgcheck.checks.future.FutureRiddle), ('FutureWord', pkgcheck.checks.future.FutureWord))
`

// newer is a toolchain with that check, of a version that prcheck has no tables for.
func newer(t *testing.T) engine.Toolchain {
	t.Helper()
	root := toolchain.Variant(t, "0.10.50", func(site string) {
		if err := os.WriteFile(filepath.Join(site, "pkgcheck", "checks", "future.py"), []byte(futureCheck), 0o644); err != nil {
			t.Fatal(err)
		}
		toolchain.Edit(t, filepath.Join(site, "pkgcheck", "_objects.py"), "\nREPORTERS = (", registerFuture+"\nREPORTERS = (")
	})
	return chain(t, root)
}

func chain(t *testing.T, root string) engine.Toolchain {
	t.Helper()
	c, err := engine.RootToolchain(root, "rootfs")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// futures commits a generated repository with some words of the future in one ebuild, and a change that moves that line and adds a word.
func futures(t *testing.T) (repo *ebuildrepo.Repo, repository *stages.Repository, base, head string) {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 5, Ebuilds: ebuildrepo.MinEbuilds})
	if err != nil {
		t.Fatal(err)
	}
	file := ""
	for name := range repo.Tree() {
		if strings.HasSuffix(name, ".ebuild") && (file == "" || name < file) {
			file = name
		}
	}
	with := func(text string) ebuildrepo.Tree {
		tree := repo.Tree()
		f := tree[file]
		f.Text += text
		tree[file] = f
		return tree
	}
	repository = stages.NewRepository(t, t.TempDir())
	base = repository.Commit(t, "", with("# future: one two\n"))
	head = repository.Commit(t, base, with("# a line more\n# future: one two three\n"))
	return repo, repository, base, head
}

// TestNewerToolRunsWithItsOwnTables: what a newer pkgcheck finds is taken apart by what that pkgcheck says of itself.
func TestNewerToolRunsWithItsOwnTables(t *testing.T) {
	t.Parallel()
	repo, repository, base, head := futures(t)
	r := stages.New(t, repo.Name, repository, base, head)
	r.Engine.Toolchain = newer(t)
	for _, o := range r.Go(t) {
		if !o.OK() {
			t.Fatalf("%s: %s: %s", o.Stage, o.Reason, o.Message)
		}
	}
	v := r.Verdict()
	if v.Conclusion != finding.ConclusionFailure || v.Rules.Source != verdict.RulesGenerated || v.Rules.Pkgcheck != "0.10.50" {
		t.Errorf("%s %s %s, rules %+v", v.Conclusion, v.Reason, v.Message, v.Rules)
	}
	found := map[finding.Class][]any{}
	for _, item := range v.Items {
		if item.Fact.Rule == "FutureWord" {
			found[item.Class] = append(found[item.Class], item.Fact.Attributes["flags"])
		}
	}
	want := map[finding.Class][]any{finding.ClassNew: {[]any{"three"}}, finding.ClassExisting: {[]any{"one"}, []any{"two"}}}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("what became of the new keyword (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"FutureRiddle"}, v.Rules.Whole); diff != "" {
		t.Errorf("keywords that are compared whole (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"FutureRiddle"}, v.Head.UnknownRules); diff != "" {
		t.Errorf("rules without a row that were found (-want +got):\n%s", diff)
	}

	// Without them nothing is guessed.
	if err := os.Remove(r.Engine.Layout.Scanned("tables.json")); err != nil {
		t.Fatal(err)
	}
	v = r.Verdict()
	if v.Conclusion != finding.ConclusionError || v.Reason != plan.ReasonIncomplete || !strings.Contains(v.Message, "0.10.50") || len(v.Items) > 0 {
		t.Errorf("without tables: %s %s: %s", v.Conclusion, v.Reason, v.Message)
	}
}

func TestOlderToolIsRefusedByName(t *testing.T) {
	t.Parallel()
	repo, repository, base, head := futures(t)
	r := stages.New(t, repo.Name, repository, base, head)
	r.Engine.Toolchain = chain(t, toolchain.Variant(t, "0.10.48", nil))
	outcomes := r.Go(t)
	last := outcomes[len(outcomes)-1]
	if last.Stage != plan.StagePrepare || last.Reason != plan.ReasonToolFailed || !strings.Contains(last.Message, "pkgcheck 0.10.48") || !strings.Contains(last.Message, "0.10.49 or newer") {
		t.Errorf("%s: %s: %s", last.Stage, last.Reason, last.Message)
	}
	if v := r.Verdict(); v.Conclusion != finding.ConclusionError || !strings.Contains(v.Message, "0.10.48") {
		t.Errorf("%s: %s", v.Conclusion, v.Message)
	}
}

// TestOwnTablesSuffice: with the image's own version the driver is not asked, and the run brings nothing.
func TestOwnTablesSuffice(t *testing.T) {
	t.Parallel()
	repo, repository, base, head := futures(t)
	r := stages.New(t, repo.Name, repository, base, head)
	for _, o := range r.Go(t) {
		for _, step := range o.Steps {
			if step.Name == "rules" {
				t.Error("the driver was asked for tables that are there")
			}
		}
	}
	if _, err := os.Stat(r.Engine.Layout.Scanned("tables.json")); err == nil {
		t.Error("the run brings tables that nobody needs")
	}
	if v := r.Verdict(); v.Conclusion != finding.ConclusionSuccess || v.Rules.Source != verdict.RulesBuiltIn || v.Rules.Pkgcheck != "0.10.49" {
		t.Errorf("%s %s %s, rules %+v", v.Conclusion, v.Reason, v.Message, v.Rules)
	}
}
