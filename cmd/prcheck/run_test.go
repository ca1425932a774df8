// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
	"github.com/prcheck/prcheck/test/toolchain"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// prcheck runs the command and returns its exit code and what it wrote.
func prcheck(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&stdout)
	cmd.SetErr(&stderr)
	err := cmd.ExecuteContext(t.Context())
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		code = exit.code
	case err != nil:
		code = exitUndecided
		stderr.WriteString(err.Error())
	}
	return code, stdout.String(), stderr.String()
}

// scratch is a repository with a sound change on "good", a broken one on "bad", one that pkgcheck does not survive on "crash", both on "both", and
// one on "clash" that conflicts with main.
func scratch(t *testing.T) (bare, key string) {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 2, Ebuilds: ebuildrepo.MinEbuilds})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range repo.Keys() {
		if !strings.HasPrefix(k, "virtual/") {
			key = k
		}
	}
	with := func(text string) ebuildrepo.Tree {
		r := repo.Clone()
		r.EditFile("README.md", func(string) string { return text + "\n" })
		return r.Tree()
	}
	bad := repo.Clone()
	p, err := bad.Package(key)
	if err != nil {
		t.Fatal(err)
	}
	p.Ebuilds[0].License = "No-Such-Licence"
	history := ebuildrepo.NewHistory(repo)
	history.Commit("good", "main", "good", with("good"))
	history.Commit("clash", "main", "clash", with("clash"))
	history.Commit("bad", "main", "bad", bad.Tree())
	history.Commit("moved", "main", "moved", with("moved"))
	history.Commit("crash", "main", "crash", crashing(repo, key))
	history.Commit("both", "main", "both", crashing(bad, repo.Keys()[0]))
	return local.Write(t, history), key
}

// crashing is a repository's tree in which the Manifest of a package is a folder. pkgcheck itself ends with a traceback and nothing else.
func crashing(repo *ebuildrepo.Repo, key string) ebuildrepo.Tree {
	tree := repo.Tree()
	delete(tree, key+"/Manifest")
	tree[key+"/Manifest/a"] = ebuildrepo.File{Text: "a\n", Mode: ebuildrepo.ModeFile}
	return tree
}

func TestRun(t *testing.T) {
	t.Parallel()
	bare, key := scratch(t)
	common := []string{"run", "--repo", bare, "--toolchain", "rootfs:" + toolchain.Root(t), "--clock", "2026-11-21T00:00:00Z", "--cache-dir", t.TempDir()}
	t.Run("a change that breaks nothing", func(t *testing.T) {
		t.Parallel()
		code, out, said := prcheck(t, append(common, "--base", "main", "--head", "good")...)
		if code != 0 || !strings.HasPrefix(out, "No new problems") || !strings.Contains(said, "scan: head scan") || strings.Contains(out, "\x1b") {
			t.Errorf("exit %d\n%s\n%s", code, out, said)
		}
	})
	t.Run("a change that breaks something, in JSON", func(t *testing.T) {
		t.Parallel()
		code, out, said := prcheck(t, append(common, "--base", "main", "--head", "bad", "-o", "json")...)
		var d document
		if err := json.Unmarshal([]byte(out), &d); err != nil {
			t.Fatalf("%v\n%s\n%s", err, out, said)
		}
		if code != 1 || d.Conclusion != "failure" || d.Counts.New != len(d.New) || len(d.New) == 0 || d.Revision.Tree == "" || d.Timings.Stages["scan"].Steps["head scan"] == 0 {
			t.Errorf("exit %d\n%s\n%s", code, out, said)
		}
		for _, f := range d.New {
			if f.Category+"/"+f.Package != key && f.Rule == "UnknownLicense" {
				t.Errorf("%+v", f)
			}
		}
	})
	t.Run("the same change again, the base's findings from the store", func(t *testing.T) {
		t.Parallel()
		args := slices.Concat(common, []string{"--base", "main", "--head", "moved", "-o", "json"})
		results := [2]map[string]any{}
		for i := range results {
			code, out, said := prcheck(t, args...)
			if err := json.Unmarshal([]byte(out), &results[i]); err != nil || code == 2 {
				t.Fatalf("%v, exit %d\n%s\n%s", err, code, out, said)
			}
			delete(results[i], "timings")
		}
		if !reflect.DeepEqual(results[0], results[1]) {
			t.Errorf("first %v\nthen %v", results[0], results[1])
		}
		kept, err := filepath.Glob(filepath.Join(common[len(common)-1], "kits", "*", "findings", "*", "base.jsonl"))
		if err != nil || len(kept) == 0 {
			t.Errorf("nothing of the base was kept (%v)", err)
		}
	})
	t.Run("a change that pkgcheck does not survive", func(t *testing.T) {
		t.Parallel()
		code, out, said := prcheck(t, append(common, "--base", "main", "--head", "crash")...)
		if code != 2 || !strings.Contains(out, key) || !strings.Contains(out, "ParseChksumError") || !strings.Contains(out, "Traceback") || !strings.Contains(said, "no new problems elsewhere") || strings.Contains(out, "our fault") {
			t.Errorf("exit %d\n%s\n%s", code, out, said)
		}
	})
	t.Run("a change that pkgcheck does not survive, and that breaks something elsewhere", func(t *testing.T) {
		t.Parallel()
		code, out, said := prcheck(t, append(common, "--base", "main", "--head", "both")...)
		if code != 1 || !strings.Contains(out, "No-Such-Licence") || !strings.Contains(out, key) || !strings.Contains(out, "ParseChksumError") || !strings.Contains(out, "Traceback") {
			t.Errorf("exit %d\n%s\n%s", code, out, said)
		}
	})
	t.Run("the change's own commits", func(t *testing.T) {
		t.Parallel()
		code, out, said := prcheck(t, append(common, "--base", "main", "--head", "bad", "--commits", "on")...)
		if code != 1 || !strings.Contains(out, "1 commit of the change's own was checked") || !strings.Contains(out, "BadCommitSummary") {
			t.Errorf("exit %d\n%s\n%s", code, out, said)
		}
	})
	t.Run("a conflict", func(t *testing.T) {
		t.Parallel()
		code, out, said := prcheck(t, append(common, "--base", "moved", "--head", "clash", "-o", "json")...)
		if code != 2 || !strings.Contains(out, `"neutral"`) || !strings.Contains(out, "README.md") || !strings.Contains(said, "merge conflict") {
			t.Errorf("exit %d\n%s\n%s", code, out, said)
		}
	})
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	bare, _ := scratch(t)
	dir := t.TempDir()
	profile := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("apiVersion: prcheck.dev/v1alpha1\nkind: CheckProfile\nmetadata: {name: strict}\nspec:\n"+text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root := "rootfs:" + toolchain.Root(t)
	overlay, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 3, Ebuilds: ebuildrepo.MinEbuilds, Name: "moor", Master: generated(t)})
	if err != nil {
		t.Fatal(err)
	}
	overlayBare := local.Write(t, ebuildrepo.NewHistory(overlay))
	cases := map[string]struct {
		args []string
		said []string
	}{
		"no revision":                {[]string{"--repo", bare, "--base", "main"}, []string{`"head"`}},
		"an unknown scope":           {[]string{"--repo", bare, "--base", "main", "--head", "good", "--scope", "half"}, []string{"--scope half", "auto or full"}},
		"commits now and then":       {[]string{"--repo", bare, "--base", "main", "--head", "good", "--commits", "sometimes"}, []string{"--commits sometimes", "auto, on or off"}},
		"a clock that is none":       {[]string{"--repo", bare, "--base", "main", "--head", "good", "--clock", "noon"}, []string{"--clock noon", "2026-"}},
		"an unknown toolchain":       {[]string{"--repo", bare, "--base", "main", "--head", "good", "--toolchain", "vm:x"}, []string{"rootfs:DIR"}},
		"a root without pkgcheck":    {[]string{"--repo", bare, "--base", "main", "--head", "good", "--toolchain", "rootfs:" + dir}, []string{"is no toolchain", "/opt/pkgcheck/bin/python"}},
		"an image that is nowhere":   {[]string{"--repo", bare, "--base", "main", "--head", "good", "--toolchain", "image:" + dir}, []string{"no OCI layout"}},
		"no repository":              {[]string{"--repo", dir, "--base", "main", "--head", "good", "--toolchain", root}, []string{"no git repository"}},
		"a repository nowhere":       {[]string{"--repo", "nowhere", "--base", "main", "--head", "good", "--toolchain", root}, []string{"no such folder"}},
		"an unknown revision":        {[]string{"--repo", bare, "--base", "main", "--head", "gone", "--toolchain", root}, []string{"--head gone", "no such commit"}},
		"an option as a revision":    {[]string{"--repo", bare, "--base", "main", "--head=--all", "--toolchain", root}, []string{"no revision"}},
		"a master that is not given": {[]string{"--repo", overlayBare, "--base", "main", "--head", "main", "--toolchain", root}, []string{"--master heath=DIR"}},
		"a master without a name":    {[]string{"--repo", overlayBare, "--base", "main", "--head", "main", "--toolchain", root, "--master", "/x"}, []string{"NAME=DIR"}},
		"a profile with an unknown field": {
			[]string{"--repo", bare, "--base", "main", "--head", "good", "--profile", profile("a.yaml", "  image: x\n  gates: [error]\n")}, []string{"a.yaml", "gates"},
		},
		"a profile with an invalid severity": {
			[]string{"--repo", bare, "--base", "main", "--head", "good", "--profile", profile("b.yaml", "  severities: {NonexistentDeps: fatal}\n")}, []string{"fatal", "use error, warning"},
		},
		"a folder to keep that is not empty": {[]string{"--repo", bare, "--base", "main", "--head", "good", "--keep", bare}, []string{"not empty"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, said := prcheck(t, append([]string{"run"}, c.args...)...)
			for _, want := range c.said {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in %q", want, said)
				}
			}
			if code != exitUndecided || out != "" {
				t.Errorf("exit %d, output %q", code, out)
			}
		})
	}
}

func generated(t *testing.T) *ebuildrepo.Repo {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 2, Ebuilds: 60})
	if err != nil {
		t.Fatal(err)
	}
	return repo
}

func TestAFolderOfACloneStandsForIt(t *testing.T) {
	t.Parallel()
	bare, _ := scratch(t)
	clone := filepath.Join(t.TempDir(), "clone")
	git := gitops.Git{Protocols: []string{"file"}}
	if _, err := git.Run(t.Context(), bare, "clone", "--quiet", "file://"+bare, clone); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{clone, filepath.Join(clone, "profiles", "default"), filepath.Join(clone, ".git"), bare} {
		r := &repository{git: git, from: dir}
		if err := r.openClone(t.Context()); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		if _, err := git.Run(t.Context(), r.dir, "ls-remote", "--quiet", r.dir); err != nil {
			t.Errorf("git takes nothing from %s, which stands for %s: %v", r.dir, dir, err)
		}
	}
}

func TestSplitRevision(t *testing.T) {
	t.Parallel()
	for from, want := range map[string][2]string{
		"/srv/gentoo":                           {"/srv/gentoo", "HEAD"},
		"/srv/gentoo@v1":                        {"/srv/gentoo", "v1"},
		"https://example.org/gentoo.git":        {"https://example.org/gentoo.git", "HEAD"},
		"https://example.org/gentoo.git@a/b":    {"https://example.org/gentoo.git", "a/b"},
		"https://user@example.org/gentoo.git":   {"https://user@example.org/gentoo.git", "HEAD"},
		"https://user@example.org/gentoo.git@x": {"https://user@example.org/gentoo.git", "x"},
		"git@example.org:gentoo.git":            {"git@example.org:gentoo.git", "HEAD"},
		"git@example.org:gentoo.git@x":          {"git@example.org:gentoo.git", "x"},
	} {
		if where, rev := splitRevision(from); where != want[0] || rev != want[1] {
			t.Errorf("%s: %s at %s, want %v", from, where, rev, want)
		}
	}
}
