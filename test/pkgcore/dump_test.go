// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcore

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/toolchain"
)

// tried is something that pkgcore may refuse: then Error says why.
type tried[T any] struct {
	Value T
	Error string
}

// UnmarshalJSON takes {"error": …} for a refusal and everything else for the value.
func (r *tried[T]) UnmarshalJSON(data []byte) error {
	var refused struct{ Error string }
	if json.Unmarshal(data, &refused) == nil && refused.Error != "" {
		r.Error = refused.Error
		return nil
	}
	return json.Unmarshal(data, &r.Value)
}

// dumpedAtom is an atom as pkgcore has it.
type dumpedAtom struct {
	Text, Key, Op, Version, Slot, Subslot, SlotOp, Repo string
	Glob                                                bool
	Use                                                 []string
	Block                                               int
	Matches                                             []bool
}

type dumpedEntry struct {
	Slot, Subslot, EAPI                        string
	Keywords, IUSE, Inherited, Inherit, Phases []string
	Depend, Rdepend, Pdepend, Bdepend, Idepend tried[[]dumpedAtom]
	License, Files, Restrict, Properties       tried[[]string]
	RequiredUse                                tried[[]string] `json:"required_use"`
	Manifest                                   tried[map[string]map[string]any]
	Text                                       tried[struct{ Atoms, Names []string }]
}

type dumpedMetadata struct {
	Maintainers [][3]string
	Flags       map[string]string
	Pkgs, Cats  []string
}

type dumpedProfile struct {
	Mask, Unmask, Deprecated, Provided, System tried[[][]string]
	Keywords                                   tried[[][2]any]
	AcceptKeywords                             tried[[][2]any] `json:"accept_keywords"`
	UseMask                                    tried[[]string] `json:"use_mask"`
	UseForce                                   tried[[]string] `json:"use_force"`
	Parents                                    tried[[]string]
	ParentPaths                                tried[[]string] `json:"parent_paths"`
}

type dumpedEclass struct {
	Name, Deprecated  string
	Dead              bool
	Provides, EAPIs   []string
	Functions         map[string]map[string]bool
	Variables         map[string]map[string]bool
	FunctionVariables map[string]map[string]bool `json:"function_variables"`
}

// dumpedTree is all that pkgcore said of a repository.
type dumpedTree struct {
	Name                         string
	Masters, Formats, Categories []string
	Packages                     map[string][]string
	Entries                      map[string]tried[dumpedEntry]
	Moves                        tried[map[string]string]
	Licenses, Arches             []string
	Groups, Mirrors              map[string][]string
	ArchStatus                   map[string]string      `json:"arch_status"`
	ProfileDescs                 [][3]string            `json:"profile_descs"`
	UseDesc                      [][2]string            `json:"use_desc"`
	UseExpand                    map[string][][2]string `json:"use_expand"`
	Metadata                     map[string]*dumpedMetadata
	Profiles                     map[string]dumpedProfile
	Eclasses                     map[string]tried[dumpedEclass]
}

// samples are texts to be read one by one.
type samples struct {
	Versions []string `json:"versions"` // all of them right
	Names    []string `json:"names"`
	Atoms    []string `json:"atoms"`
	Specs    []string `json:"specs"`
}

type sampled struct {
	Order  [][]int
	Splits []tried[[2]string]
	Atoms  []tried[dumpedAtom]
	Specs  []tried[[]string]
}

// dump is what pkgcore made of the repositories below In and of the samples; Out has the metadata entries.
type dump struct {
	In, Out string
	Trees   map[string]dumpedTree
	Sampled sampled
}

// ask writes the repositories and samples down and lets pkgcore read them.
func ask(t *testing.T, s samples) dump {
	t.Helper()
	top := t.TempDir()
	d := dump{In: filepath.Join(top, "in"), Out: filepath.Join(top, "out"), Trees: map[string]dumpedTree{}}
	writeTrees(t, d.In)
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(d.Out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(d.Out, "samples.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(here, "../../hack/toolchain-run.sh"), "--bind", top+":/dump", "--bind", here+":/source", "--",
		"python", "-I", "/source/dump.py", "/dump/in", "/dump/out")
	cmd.Env = append(os.Environ(), "PRCHECK_TOOLCHAIN="+toolchain.Root(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pkgcore inside the toolchain: %v\n%s", err, out)
	}
	entries, err := os.ReadDir(d.In)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		var tree dumpedTree
		load(t, filepath.Join(d.Out, entry.Name()+".json"), &tree)
		d.Trees[entry.Name()] = tree
	}
	load(t, filepath.Join(d.Out, "sampled.json"), &d.Sampled)
	return d
}

func load(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// writeTrees writes all repositories: pkgcheck's test data, two generated ones, and testdata/odd.
func writeTrees(t *testing.T, in string) {
	t.Helper()
	if err := os.CopyFS(in, os.DirFS(filepath.Join(toolchain.Corpus(t), "repos"))); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(in, "odd"), os.DirFS("testdata/odd")); err != nil {
		t.Fatal(err)
	}
	master, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 4, Ebuilds: 640, Name: "heath"})
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 5, Ebuilds: 120, Name: "moor", Master: master})
	if err != nil {
		t.Fatal(err)
	}
	for _, repo := range []*ebuildrepo.Repo{master, overlay} {
		if err := repo.Tree().WriteFiles(filepath.Join(in, repo.Name)); err != nil {
			t.Fatal(err)
		}
	}
}
