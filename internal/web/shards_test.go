// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/store"
)

// dividedRun registers a run of two shards, of which the first has been handed over.
func dividedRun(t *testing.T, f *fixture, n int) results.RunRecord {
	t.Helper()
	r := record(n)
	p := r.Plan
	p.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "asked for"}
	p.Sharding = &plan.Sharding{Shards: [][]string{{"dev-libs/a"}, {"app-misc/b"}}, Scan: []int{1, 2}}
	blob, err := f.store.PutBlob(strings.NewReader("bundle"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.store.PutDivided(t.Context(), r, p, []store.Part{{Shard: 1, Digest: "d", Blob: blob.ID, Size: blob.Size}}); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnOpenRunSaysHowManyShardsAreThere(t *testing.T) {
	f := newFixture(t, ebuilds)
	dividedRun(t, f, 1)
	if page := f.page("/run/" + hashOf(1)[:12]); !strings.Contains(page, "The packages are divided among 2 pods; the results of 1 are there.") {
		t.Error("the page does not say how far the run is")
	}
}

func TestADividedRunHasTimesAndLogsOfEachShard(t *testing.T) {
	f := newFixture(t, ebuilds)
	r, v := dividedRun(t, f, 1), failing()
	v.Outcomes = nil
	logs := map[plan.Stage]string{}
	for n := 1; n <= 2; n++ {
		for _, o := range outcomes() {
			o.Shard = n
			v.Outcomes = append(v.Outcomes, o)
			logs[o.Stage.OfShard(n)] = "this is " + string(o.Stage.OfShard(n)) + "\n"
		}
	}
	f.settle(r, v, logs)
	page := f.page("/run/" + hashOf(1)[:12])
	f.screen("shards", page)
	for _, want := range []string{"scan of shard 1", "scan of shard 2", "/log/scan-2", "prepare of shard 2"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if page := f.page("/run/" + hashOf(1)[:12] + "/log/scan-2"); !strings.Contains(page, "this is scan-2") || !strings.Contains(page, "/log/prepare-1") {
		t.Error("the log of the second shard's scan is not shown, or leads to no other")
	}
	twin := f.twin(hashOf(1))
	if twin.Shards != 2 || len(twin.Timings) != 6 || twin.Timings[5].Shard != 2 || len(twin.Logs) != 6 {
		t.Errorf("the JSON twin has %d shards, %d timings, %d logs", twin.Shards, len(twin.Timings), len(twin.Logs))
	}
}
