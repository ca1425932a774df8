// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package stages_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/stages"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// records are a scan's lines without the times in them.
func records(t *testing.T, stream []byte) (findings [][]byte, all []map[string]any) {
	t.Helper()
	for line := range bytes.Lines(stream) {
		var r map[string]any
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		delete(r, "seconds")
		if r["type"] == "finding" {
			findings = append(findings, line)
		}
		all = append(all, r)
	}
	return findings, all
}

// TestScansOfOneTreeAreEqual scans one tree with one worker and with three, under other hash seeds of the caller: the same bytes, and
// nothing to tell apart.
func TestScansOfOneTreeAreEqual(t *testing.T) {
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 11, Ebuilds: 150})
	if err != nil {
		t.Fatal(err)
	}
	repository := stages.NewRepository(t, t.TempDir())
	commit := repository.Commit(t, "", repo.Tree())
	bundle := fstest.MapFS{}
	var p plan.Plan
	for _, c := range []struct {
		side, seed string
		jobs       int
	}{{engine.Base, "1", 1}, {engine.Head, "4711", 3}} {
		t.Setenv("PYTHONHASHSEED", c.seed)
		run := stages.New(t, repo.Name, repository, commit, commit)
		run.Plan.Snapshot.Jobs = c.jobs
		for _, o := range run.Go(t) {
			if !o.OK() {
				t.Fatalf("%s: %s: %s", o.Stage, o.Reason, o.Message)
			}
			data, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			bundle[engine.OutcomeName(o.Stage)] = &fstest.MapFile{Data: data}
		}
		data, err := os.ReadFile(run.Engine.Layout.Scanned(c.side + ".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		bundle[engine.StreamName(c.side)] = &fstest.MapFile{Data: data}
		p = run.Plan
	}
	one, oneAll := records(t, bundle[engine.StreamName(engine.Base)].Data)
	other, otherAll := records(t, bundle[engine.StreamName(engine.Head)].Data)
	if len(one) == 0 {
		t.Error("nothing was found: the tree tells nothing")
	}
	if diff := cmp.Diff(one, other); diff != "" {
		t.Errorf("the findings differ (-one worker +three):\n%s", diff)
	}
	if diff := cmp.Diff(oneAll, otherAll); diff != "" {
		t.Errorf("the records differ (-one worker +three):\n%s", diff)
	}
	v := engine.Evaluate(bundle, p)
	if v.Conclusion != finding.ConclusionSuccess || len(v.Items) == 0 || len(v.Of(finding.ClassExisting)) != len(v.Items) {
		t.Errorf("%s %s %s: %+v", v.Conclusion, v.Reason, v.Message, v.Counts)
	}
}
