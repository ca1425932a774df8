// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/mutation"
)

// TestMasterThatDiffers plans a change of a master (R16), which pull requests do not have: both of their sides use one commit of it.
func TestMasterThatDiffers(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	p, err := lab.otherMaster(t.Context(), "over", func(tree mutation.Tree) (mutation.Tree, error) {
		return edited(tree, func(b builder) { b.drop("named/slotted/") }), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	renames := map[compare.Package]compare.Package{}
	oracle, err := p.Oracle(renames)
	if err != nil {
		t.Fatal(err)
	}
	namedCase{want: []string{"new: named/over-user-1: NonexistentDeps "}}.holds(t, oracle)
	if d := replayed(t, p, oracle, renames, lab.Scope()); !d.None() {
		t.Errorf("the planned scope gives something else:\n%s", d)
	}
	if d := replayed(t, p, oracle, renames, lab.Scope("R16")); d.None() {
		t.Error("without R16 nothing is missed")
	}
}

// TestScansThatAreDoneWrong shows that each of the rules for scans is needed (R18 to R20): done wrong, the same tree says something
// else.
func TestScansThatAreDoneWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		head func(b builder)
		odd  func(p *Pair) oddity
		want string // a finding that only one of the two scans has
	}{
		"origin/HEAD is left at the base (R18)": {
			head: func(b builder) { b.drop("named/doomed/") },
			odd:  func(p *Pair) oddity { return oddity{Origin: p.Base.Commit} },
			want: "NonexistentBlocker",
		},
		"the head is scanned on another day (R19)": {
			head: func(b builder) { b.add("README", "More words.") },
			odd:  func(*Pair) oddity { return oddity{Clock: Clock.Add(-20 * 24 * time.Hour)} },
			want: "OutdatedProfilePackage",
		},
		"local flags are not there (R20)": {
			head: func(b builder) { b.put("profiles/amd64/use.mask", "feature\n") },
			odd:  func(*Pair) oddity { return oddity{Without: "use.local.desc"} },
			want: "UnknownProfileUse",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lab := newLab(t)
			p, _ := namedCase{head: c.head}.pair(t, lab)
			o := lab.oracle(p.Base, p.Configured)
			o.odd = c.odd(p)
			wrong, err := o.full(t.Context(), p.HeadCommit, p.HeadTree)
			if err != nil {
				t.Fatal(err)
			}
			one, other := rulesOf(t, p.HeadScan), rulesOf(t, wrong)
			if slices.Equal(one, other) {
				t.Error("nothing is found in another way")
			}
			count := func(list []string) (n int) {
				for _, rule := range list {
					if strings.HasPrefix(rule, c.want+" ") {
						n++
					}
				}
				return n
			}
			if count(one) == count(other) {
				t.Errorf("both scans have %d of %s", count(one), c.want)
			}
		})
	}
}

// TestForeignOwnedTree scans a tree that belongs to another user, as all trees in pods do: git does not say anything of the history of one
// that it was not told to trust, and what the history decides is silently found in another way (R18).
func TestForeignOwnedTree(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	p, _ := namedCase{head: func(b builder) { b.drop("named/doomed/") }}.pair(t, lab)
	scanned := func(change func(o *oracle)) []string {
		o := lab.oracle(p.Base, p.Configured)
		o.odd.Owner = 4242
		change(o)
		found, err := o.full(t.Context(), p.HeadCommit, p.HeadTree)
		if err != nil {
			t.Fatal(err)
		}
		return rulesOf(t, found)
	}
	own := rulesOf(t, p.HeadScan)
	if foreign := scanned(func(*oracle) {}); !slices.Equal(own, foreign) {
		t.Errorf("the tree of another user is scanned in another way: %v and %v", own, foreign)
	}
	distrustful := scanned(func(o *oracle) { o.tools.Driver = withoutSetting(t, "safe.directory") })
	if slices.Equal(own, distrustful) {
		t.Error("a driver that does not have git trust the tree finds the same: nothing needs the rule")
	}
	if i := slices.IndexFunc(distrustful, func(line string) bool { return strings.HasPrefix(line, "NonexistentBlocker named/blocker") }); i < 0 {
		t.Errorf("without history the blocker of a removed package is not reported: %v", distrustful)
	}
}

// withoutSetting is the driver without one of its settings for git.
func withoutSetting(t *testing.T, name string) []byte {
	t.Helper()
	whole := driver.Archive()
	files, err := zip.NewReader(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	writer, replaced := zip.NewWriter(&packed), 0
	for _, f := range files.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "prcheck_driver/environment.py" {
			replaced = bytes.Count(text, []byte(`"`+name+`"`))
			text = bytes.ReplaceAll(text, []byte(`"`+name+`"`), []byte(`"prcheck.nothing"`))
		}
		out, err := writer.Create(f.Name)
		if err == nil {
			_, err = out.Write(text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil || replaced == 0 {
		t.Fatalf("the driver sets %s %d times: %v", name, replaced, err)
	}
	return packed.Bytes()
}

// TestTimesOfFilesDoNotMatter delivers a changed mask in trees all of whose files have one time, which pkgcheck's own caches believe.
func TestTimesOfFilesDoNotMatter(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	p, renames := namedCases["a mask hides a dependency"].pair(t, lab)
	oracle, err := p.Oracle(renames)
	if err != nil {
		t.Fatal(err)
	}
	touched := 0
	run, err := lab.stages(t.Context(), p, plan.Scope{Kind: plan.ScopeAuto}, tampering{fetched: func(dir string) error {
		return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.Type()&fs.ModeSymlink != 0 {
				return err
			}
			touched++
			return os.Chtimes(path, Clock, Clock)
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(oracle, run.Changes); !d.None() {
		t.Errorf("the engine's run gives something else:\n%s", d)
	}
	if touched < len(p.HeadTree)/4 {
		t.Errorf("only %d files were touched: the trees are not there", touched)
	}
}

// TestOverlayRunsNoOptionalChecks fails where whole-tree checks are asked for by their scope, as pkgcheck's -s does: then an overlay's new
// package is compared with all packages of its masters.
func TestOverlayRunsNoOptionalChecks(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	c, err := ParseCase("overlay-1,new-package:3")
	if err != nil {
		t.Fatal(err)
	}
	r := Runner{Lab: lab, Planner: lab.Scope(), Engine: true}
	result := r.One(t.Context(), c)
	if !result.OK() {
		var said strings.Builder
		result.Explain(&said)
		t.Error(said.String())
	}
	if slices.Contains(result.Chosen.WholeTree, "UnusedInMastersCheck") {
		t.Error("UnusedInMastersCheck is in scope, which nobody asked for")
	}
}

// rulesOf are the rules of a scan's findings with where each was found, sorted.
func rulesOf(t *testing.T, s *Scanned) []string {
	t.Helper()
	stream, err := s.stream()
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for _, f := range stream.Findings {
		found = append(found, f.Rule+" "+f.Category+"/"+f.Package)
	}
	slices.Sort(found)
	return found
}
