// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/local"
)

// contents are the digests of all files below a folder, with their modes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		found[name] = info.Mode().String()
		if !d.Type().IsRegular() {
			return nil
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		found[name] += " " + hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// kitOf makes the kit of a repository's main branch.
func kitOf(t *testing.T, bare string) string {
	t.Helper()
	maker := local.Pair(t, bare, "heath", "main", "main")
	dir := filepath.Join(t.TempDir(), "kit")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := maker.Engine.MakeKit(t.Context(), maker.Plan, maker.Remote, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestAKitChangesNothingButTheTime gives a run the base's kit and gets what a run without one gets; and the kit stays what it was although the
// head's ebuild tries to write everywhere, with an entry and a profile of its own besides.
func TestAKitChangesNothingButTheTime(t *testing.T) {
	t.Parallel()
	repo := small(t)
	key, version := sound(t, repo)
	bare := local.Change(t, repo, func(r *ebuildrepo.Repo) {
		edit(t, r, key, version, func(e *ebuildrepo.Ebuild) {
			e.License = "No-Such-Licence"
			appended(e, "for f in /prcheck/*/* /prcheck/*/*/* /tmp/"+t.Name()+"*/*/kit/*; do echo poison > \"$f\"; done 2>/dev/null\n")
		})
		r.EditFile("profiles/package.mask", func(text string) string { return text + "\n# poison\n" + key + "\n" })
	})
	kit := kitOf(t, bare)
	before := contents(t, kit)
	facts := map[string][]string{}
	for _, with := range []string{"", kit} {
		run := local.New(t, bare, "heath", "main", "topic")
		run.Plan.Scope = plan.Scope{Kind: plan.ScopeAuto}
		run.Engine.Kit = with
		v := run.Verdict()
		if v.Conclusion != finding.ConclusionFailure || len(v.Scope.Packages) == 0 && v.Scope.Kind != plan.ScopeFull {
			t.Errorf("with the kit %q: %s, scope %+v", with, v.Conclusion, v.Scope)
		}
		for _, i := range v.Items {
			facts[with] = append(facts[with], fmt.Sprint(i.Class, " ", i.Fact.Rule, " ", i.Fact.Fingerprint))
		}
	}
	if diff := cmp.Diff(facts[""], facts[kit]); diff != "" {
		t.Errorf("facts without (-) and with (+) a kit:\n%s", diff)
	}
	if diff := cmp.Diff(before, contents(t, kit)); diff != "" {
		t.Errorf("the run has left its mark in the kit:\n%s", diff)
	}
}

// TestTheDifferenceMakesWhatAWholePreparationMakes brings a base's metadata to the head's by what changed, and compares it byte for byte with
// metadata that were made from nothing.
func TestTheDifferenceMakesWhatAWholePreparationMakes(t *testing.T) {
	t.Parallel()
	repo := small(t)
	key, version := sound(t, repo)
	unsourceable, _ := planted(t, repo, "Unsourceable")
	for name, change := range map[string]func(r *ebuildrepo.Repo){
		"an ebuild": func(r *ebuildrepo.Repo) {
			edit(t, r, key, version, func(e *ebuildrepo.Ebuild) { e.Description = "Another one" })
		},
		"an eclass": func(r *ebuildrepo.Repo) {
			r.EditFile("eclass/xdg.eclass", func(s string) string { return s + "\nIUSE+=\" fresh\"\n" })
		},
		"a package is gone":   func(r *ebuildrepo.Repo) { must(t, r.RemovePackage(unsourceable)) },
		"a package has moved": func(r *ebuildrepo.Repo) { must(t, r.Rename(key, strings.Split(key, "/")[0]+"/moved-away")) },
		"a metadata.xml": func(r *ebuildrepo.Repo) {
			must(t, r.EditMetadata(key, func(m *ebuildrepo.Metadata) { m.LocalUse = map[string]string{"fresh": "A new one"} }))
		},
		"an ebuild does not run": func(r *ebuildrepo.Repo) {
			edit(t, r, key, version, func(e *ebuildrepo.Ebuild) { appended(e, "die broken\n") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bare := local.Change(t, repo, change)
			kit := kitOf(t, bare)
			run := local.Pair(t, bare, "heath", "main", "topic")
			run.Engine.Kit = kit
			run.Stages()
			whole := local.Pair(t, bare, "heath", "topic", "topic")
			fresh := filepath.Join(t.TempDir(), "kit")
			must(t, os.MkdirAll(fresh, 0o755))
			must(t, whole.Engine.MakeKit(t.Context(), whole.Plan, whole.Remote, fresh))
			want, _ := metadataOf(t, filepath.Join(fresh, basekit.Prepared))
			own, flags := metadataOf(t, run.Engine.Layout.Work("prepared-head"))
			for file, text := range want {
				got, ok := own[file]
				if !ok {
					data, err := os.ReadFile(filepath.Join(kit, basekit.Prepared, file))
					if err != nil {
						t.Errorf("%s is neither in the difference nor the base's: %v", file, err)
					}
					got = string(data)
				}
				if diff := cmp.Diff(text, got); diff != "" {
					t.Errorf("%s (-whole +difference):\n%s", file, diff)
				}
			}
			data, err := os.ReadFile(filepath.Join(fresh, basekit.Prepared, "use.local.desc"))
			must(t, err)
			if diff := cmp.Diff(string(data), flags); diff != "" {
				t.Errorf("local flags (-whole +difference):\n%s", diff)
			}
		})
	}
}

// metadataOf reads a prepared folder's entries, and its local flags.
func metadataOf(t *testing.T, dir string) (entries map[string]string, flags string) {
	t.Helper()
	entries = map[string]string{}
	for name := range contents(t, filepath.Join(dir, "md5-cache")) {
		if strings.Count(name, "/") == 1 {
			data, err := os.ReadFile(filepath.Join(dir, "md5-cache", name))
			must(t, err)
			entries[filepath.Join("md5-cache", name)] = string(data)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "use.local.desc"))
	must(t, err)
	return entries, string(data)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
