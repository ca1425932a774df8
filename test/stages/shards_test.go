// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/shard"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/stages"
)

const shards = 3

// divided is one pull request, scanned whole and in shards.
type divided struct {
	plan   plan.Plan
	whole  fstest.MapFS // bundle of the undivided run
	shards fstest.MapFS // of the divided one
}

// scanDivided makes a pull request that brings new problems, fixes one, renames nothing and touches what the tree's checks look at, and scans
// it both ways.
func scanDivided(t *testing.T) *divided {
	t.Helper()
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 21, Ebuilds: 120})
	if err != nil {
		t.Fatal(err)
	}
	repository := stages.NewRepository(t, t.TempDir())
	base := repository.Commit(t, "", repo.Tree())
	change(t, repo)
	head := repository.Commit(t, base, repo.Tree())

	d := &divided{}
	run := stages.New(t, repo.Name, repository, base, head)
	d.whole = taken(t, run)
	packages := []shard.Package{}
	for _, key := range repo.Keys() {
		packages = append(packages, shard.Package{Name: key, Versions: len(repo.Packages[key].Ebuilds), Sides: 2})
	}
	d.plan = run.Plan
	d.plan.Sharding = shard.Divide(packages, plan.Times{}, plan.ShardLimits{Most: shards})
	if d.plan.Sharding == nil || len(d.plan.Sharding.Shards) != shards {
		t.Fatalf("the division is %+v", d.plan.Sharding)
	}
	d.shards = fstest.MapFS{}
	for index := range shards {
		run := stages.New(t, repo.Name, repository, base, head)
		run.Plan.Sharding = d.plan.Sharding
		own, err := run.Plan.ForPod(index)
		if err != nil {
			t.Fatal(err)
		}
		run.Plan = *own
		for name, file := range taken(t, run) {
			d.shards[path.Join(plan.ShardDir(own.Shard), name)] = file
		}
	}
	return d
}

func change(t *testing.T, repo *ebuildrepo.Repo) {
	t.Helper()
	key := repo.Keys()[4]
	version := repo.Packages[key].Ebuilds[0].Version
	for _, err := range []error{
		repo.EditEbuild(key, version, func(e *ebuildrepo.Ebuild) { e.Description = "Short" }),
		repo.EditEbuild(key, version, func(e *ebuildrepo.Ebuild) { e.RDepend = append(e.RDepend, "dev-libs/is-not-there") }),
		repo.RemovePackage(repo.Keys()[17]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	repo.Mask("app-misc/never-was", "a mask that the checks of profiles complain of")
}

// taken takes a run through its stages and returns its bundle.
func taken(t *testing.T, run *stages.Run) fstest.MapFS {
	t.Helper()
	for _, o := range run.Go(t) {
		if !o.OK() {
			t.Fatalf("%s: %s: %s", o.Stage, o.Reason, o.Message)
		}
	}
	files := fstest.MapFS{}
	for _, name := range engine.BundleNames() {
		data, err := fs.ReadFile(run.Engine.Layout.Bundle(), name)
		if err == nil {
			files[name] = &fstest.MapFile{Data: data}
		}
	}
	return files
}

// TestShardsFindWhatOneScanFinds scans one pull request whole and in three shards: byte for byte the same findings, each package and check
// exactly once, and one verdict.
func TestShardsFindWhatOneScanFinds(t *testing.T) {
	d := scanDivided(t)
	for _, side := range engine.Sides {
		want, _ := records(t, d.whole[engine.StreamName(side)].Data)
		got := [][]byte{}
		for n := 1; n <= shards; n++ {
			found, _ := records(t, d.shards[path.Join(plan.ShardDir(n), engine.StreamName(side))].Data)
			got = append(got, found...)
			if len(found) == 0 {
				t.Errorf("shard %d found nothing on the %s: it tells nothing", n, side)
			}
		}
		slices.SortFunc(want, bytes.Compare)
		slices.SortFunc(got, bytes.Compare)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the findings of the %s differ (-whole +shards):\n%s", side, diff)
		}
	}
	whole := d.plan
	whole.Sharding = nil
	want, got := engine.Evaluate(d.whole, whole), engine.Evaluate(d.shards, d.plan)
	if want.Conclusion != finding.ConclusionFailure || want.Counts.New == 0 || want.Counts.Fixed == 0 {
		t.Errorf("the undivided verdict tells nothing: %s %s %+v", want.Conclusion, want.Message, want.Counts)
	}
	if len(got.Outcomes) != 3*shards || got.Times == nil || len(got.Times.Packages) != got.Head.PackagesExpected+1 {
		t.Errorf("%d outcomes, times %+v of %d packages", len(got.Outcomes), got.Times, got.Head.PackagesExpected)
	}
	if diff := cmp.Diff(timeless(t, want), timeless(t, got)); diff != "" {
		t.Errorf("the verdicts differ (-whole +shards):\n%s", diff)
	}
	t.Run("refused", func(t *testing.T) { refused(t, d) })
}

// timeless is a verdict without what differs from run to run.
func timeless(t *testing.T, v *verdict.Verdict) map[string]any {
	t.Helper()
	bare := *v
	bare.Outcomes, bare.Base.Slowest, bare.Head.Slowest = nil, nil, nil
	data, err := json.Marshal(bare)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// refused spoils the results of a shard in every way that could make a verdict of less than everything.
func refused(t *testing.T, d *divided) {
	t.Helper()
	second, first := path.Join(plan.ShardDir(2), engine.StreamName(engine.Head)), path.Join(plan.ShardDir(1), engine.StreamName(engine.Head))
	of2 := d.plan.Sharding.Shards[1]
	edit := func(name, from, to string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, files fstest.MapFS) {
			t.Helper()
			old := string(files[name].Data)
			edited := strings.ReplaceAll(old, from, to)
			if edited == old {
				t.Fatalf("%s has no %s", name, from)
			}
			files[name] = &fstest.MapFile{Data: []byte(edited)}
		}
	}
	scanOutcome := path.Join(plan.ShardDir(2), engine.OutcomeName(plan.StageScan))
	for sentence, test := range map[string]struct {
		spoil  func(*testing.T, fstest.MapFS)
		reason string
		says   []string
	}{
		"a shard is missing": {
			spoil: func(_ *testing.T, files fstest.MapFS) {
				maps.DeleteFunc(files, func(name string, _ *fstest.MapFile) bool { return strings.HasPrefix(name, plan.ShardDir(3)+"/") })
			},
			reason: plan.ReasonIncomplete, says: []string{"shard 3 of 3"},
		},
		"a shard is there twice, in another's place": {
			spoil: func(_ *testing.T, files fstest.MapFS) {
				for name, file := range maps.Clone(files) {
					if rest, ok := strings.CutPrefix(name, plan.ShardDir(1)+"/"); ok {
						files[path.Join(plan.ShardDir(2), rest)] = file
					}
				}
			},
			reason: plan.ReasonIncomplete, says: []string{"Shard 2 of 3", "of shard 1"},
		},
		"a shard's results break off": {
			spoil: func(_ *testing.T, files fstest.MapFS) {
				data := files[second].Data
				files[second] = &fstest.MapFile{Data: data[:len(data)/2]}
			},
			reason: plan.ReasonIncomplete, says: []string{"Shard 2 of 3", "head"},
		},
		"a shard has no results of a side": {
			spoil:  func(_ *testing.T, files fstest.MapFS) { delete(files, second) },
			reason: plan.ReasonIncomplete, says: []string{"Shard 2 of 3", "no results of the head"},
		},
		"a shard ran another toolchain": {
			spoil: edit(second, `"pkgcheck":"`, `"pkgcheck":"9.`), reason: plan.ReasonUnlike, says: []string{"shards 1 and 2", "toolchains", "9."},
		},
		"a shard ran at another instant": {
			spoil: edit(second, `"clock":"2026-01-06T12`, `"clock":"2026-01-06T13`), reason: plan.ReasonUnlike, says: []string{"shards 1 and 2", "clocks"},
		},
		"a shard ran with other arguments": {
			spoil: edit(second, `"arguments":"`, `"arguments":"0`), reason: plan.ReasonUnlike, says: []string{"shards 1 and 2", "arguments"},
		},
		"a check did not run in a shard": {
			spoil:  edit(second, `"name":"WhitespaceCheck","scope":"version","ran":true,"reason":""`, `"name":"WhitespaceCheck","scope":"version","ran":false,"reason":"skipped"`),
			reason: plan.ReasonUnlike, says: []string{"WhitespaceCheck", "shards 1 and 2"},
		},
		"a check of the tree ran in two shards": {
			spoil:  edit(second, `"name":"ProfilesCheck","scope":"profile_node","ran":false,"reason":"scope"`, `"name":"ProfilesCheck","scope":"profiles","ran":true,"reason":""`),
			reason: plan.ReasonIncomplete, says: []string{"ProfilesCheck", "shard 2"},
		},
		"a check of the tree ran in no shard": {
			spoil:  edit(first, `"name":"ProfilesCheck","scope":"profile_node","ran":true,"reason":""`, `"name":"ProfilesCheck","scope":"profiles","ran":false,"reason":"scope"`),
			reason: plan.ReasonIncomplete, says: []string{"ProfilesCheck", "no shard"},
		},
		"a package was counted by no shard": {
			spoil:  edit(scanOutcome, fmt.Sprintf("\"%s\"", of2[3]), `"none-such/package"`),
			reason: plan.ReasonIncomplete, says: []string{"none-such/package"},
		},
		"a package was seen by no shard": {
			spoil: func(t *testing.T, files fstest.MapFS) {
				t.Helper()
				category, name, _ := strings.Cut(of2[3], "/")
				kept := [][]byte{}
				for line := range bytes.Lines(files[second].Data) {
					var r map[string]any
					if err := json.Unmarshal(line, &r); err != nil {
						t.Fatal(err)
					}
					if r["type"] == "package" && r["category"] == category && r["package"] == name {
						continue
					}
					if r["type"] == "end" {
						line = fmt.Appendf(nil, `{"type":"end","complete":true,"packages":%d,"findings":%v,"errors":0,"checks":%v,"lost":[],"seconds":1}`+"\n",
							int(r["packages"].(float64))-1, r["findings"], r["checks"])
					}
					kept = append(kept, line)
				}
				files[second] = &fstest.MapFile{Data: bytes.Join(kept, nil)}
			},
			reason: plan.ReasonIncomplete, says: []string{"shard 2", of2[3]},
		},
		"a shard saw another tree": {
			spoil:  edit(scanOutcome, fmt.Sprintf("\"%s ", of2[3]), fmt.Sprintf("\"%s 99 ", of2[3])),
			reason: plan.ReasonUnlike, says: []string{"Shards 1 and 2", "different packages"},
		},
		"a stage of a shard failed": {
			spoil: func(t *testing.T, files fstest.MapFS) {
				t.Helper()
				data, err := json.Marshal(plan.Outcome{Stage: plan.StageScan, Shard: 2, Reason: plan.ReasonOutOfMemory, Message: "The scan stage needed more memory."})
				if err != nil {
					t.Fatal(err)
				}
				files[scanOutcome] = &fstest.MapFile{Data: data}
			},
			reason: plan.ReasonOutOfMemory, says: []string{"Shard 2 of 3: The scan stage needed more memory."},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			files := maps.Clone(d.shards)
			test.spoil(t, files)
			v := engine.Evaluate(files, d.plan)
			if v.Conclusion != finding.ConclusionError || v.Reason != test.reason || len(v.Items) != 0 || v.Times != nil {
				t.Errorf("%s %s: %s, with %d items", v.Conclusion, v.Reason, v.Message, len(v.Items))
			}
			for _, word := range test.says {
				if !strings.Contains(v.Message, word) {
					t.Errorf("%q does not say %q", v.Message, word)
				}
			}
		})
	}
}
