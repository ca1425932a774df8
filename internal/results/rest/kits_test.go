// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/artifact"
	"github.com/prcheck/prcheck/internal/results/client"
)

func kitKey(p plan.Plan) basekit.Key {
	return basekit.Key{Repository: p.Repository, Base: p.Revision.Base, Branch: p.Revision.Branch, Toolchain: p.Snapshot.Image}
}

// baseline is the record of a run that makes the kit of the base of record(n).
func baseline(n int) results.RunRecord {
	r := record(n)
	r.Number, r.Check, r.Plan.Changed = 0, "", nil
	r.Plan = plan.OfBase(r.Plan)
	r.Plan.Baseline = &plan.Baseline{Key: kitKey(r.Plan).ID()}
	return r
}

func (w *world) register(records ...results.RunRecord) {
	w.t.Helper()
	for _, r := range records {
		if _, err := w.as("manager").PutRun(w.t.Context(), r); err != nil {
			w.t.Fatal(err)
		}
	}
}

func fetching(n int) string   { return "pod:" + plan.AudienceFetch + ":" + hash(n) }
func publishing(n int) string { return "pod:" + plan.AudiencePublish + ":" + hash(n) }

var kitFiles = fstest.MapFS{"kit.json": {Data: []byte("{}")}, "prepared/md5-cache/a/b-1": {Data: []byte("EAPI=8\n")}}

func unpacked(t *testing.T, packed []byte) fstest.MapFS {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // a test's
	if err := artifact.Unpack(bytes.NewReader(packed), root, artifact.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	found := fstest.MapFS{}
	for name := range kitFiles {
		data, err := fs.ReadFile(root.FS(), name)
		if err != nil {
			t.Fatal(err)
		}
		found[name] = &fstest.MapFile{Data: data}
	}
	return found
}

// TestWayOfAKit: what a baseline run hands over is what pods of pull requests with that base get, and nobody else.
func TestWayOfAKit(t *testing.T) {
	w := newWorld(t)
	elsewhere := record(3)
	elsewhere.Repository = "other"
	later, earlier := record(4), baseline(5)
	later.Plan.Revision.Base, earlier.Plan.Revision.Base = strings.Repeat("9", 40), strings.Repeat("8", 40)
	earlier.Plan.Baseline.Key = kitKey(earlier.Plan).ID()
	w.register(baseline(1), record(2), elsewhere, later, earlier)
	id := kitKey(record(2).Plan).ID()

	var got bytes.Buffer
	if err := w.as(fetching(2)).Kit(t.Context(), id, &got); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("before there is a kit: %v", err)
	}
	for range 2 {
		if err := w.as(publishing(1)).PutKit(t.Context(), id, kitFiles); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.as(fetching(2)).Kit(t.Context(), id, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kitFiles, unpacked(t, got.Bytes())); diff != "" {
		t.Error(diff)
	}
	for sentence, err := range map[string]error{
		"a run of another repository":     w.as(fetching(3)).Kit(t.Context(), id, &got),
		"a run on another base":           w.as(fetching(4)).Kit(t.Context(), kitKey(later.Plan).ID(), &got),
		"a run that asks for another kit": w.as(fetching(4)).Kit(t.Context(), id, &got),
	} {
		if !errors.Is(err, client.ErrNotFound) {
			t.Errorf("%s: %v", sentence, err)
		}
	}
	got.Reset()
	if err := w.as(fetching(5)).Seed(t.Context(), &got); err != nil || got.Len() == 0 {
		t.Errorf("a baseline of another base is not seeded: %v", err)
	}
}

// TestOnlyBaselineRunsLeaveAnything: no token of a pull request's run stores a kit, or takes another base's.
func TestOnlyBaselineRunsLeaveAnything(t *testing.T) {
	w := newWorld(t)
	w.register(baseline(1), record(2))
	id := kitKey(record(2).Plan).ID()
	put := func(token string) error { return w.as(token).PutKit(t.Context(), id, kitFiles) }
	for _, token := range []string{"", "x", "manager", fetching(1), fetching(2), publishing(2)} {
		if err := put(token); !errors.Is(err, client.ErrDenied) && !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("%q stores a kit: %v", token, err)
		}
		if err := w.as(fetching(2)).Kit(t.Context(), id, &bytes.Buffer{}); !errors.Is(err, client.ErrNotFound) {
			t.Errorf("after %q tried, there is a kit: %v", token, err)
		}
	}
	for _, token := range []string{"", "x", "manager", fetching(2), publishing(1)} {
		if err := w.as(token).Seed(t.Context(), &bytes.Buffer{}); !errors.Is(err, client.ErrDenied) {
			t.Errorf("%q takes a seed: %v", token, err)
		}
	}
	for _, token := range []string{"", "x", fetching(1), publishing(1)} {
		if _, err := w.as(token).Baseline(t.Context(), results.BaselineRequest{Namespace: "ns", Repository: "guru"}); !errors.Is(err, client.ErrDenied) {
			t.Errorf("%q asks for a baseline: %v", token, err)
		}
	}
}

func TestKitsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	w.register(baseline(1), baseline(2))
	id := kitKey(baseline(1).Plan).ID()
	if err := w.as(publishing(1)).PutKit(t.Context(), hash(7), kitFiles); !errors.Is(err, client.ErrConflict) {
		t.Errorf("under another name: %v", err)
	}
	w.service.MaxKit = 10
	if err := w.as(publishing(1)).PutKit(t.Context(), id, kitFiles); !errors.Is(err, client.ErrInvalid) && !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("too large: %v", err)
	}
	w.service.MaxKit = 1 << 20
	if _, err := w.as("manager").Conclude(t.Context(), hash(2), results.Conclude{Conclusion: "error"}); err != nil {
		t.Fatal(err)
	}
	if err := w.as(publishing(2)).PutKit(t.Context(), id, kitFiles); !errors.Is(err, client.ErrConflict) {
		t.Errorf("of a settled run: %v", err)
	}
	if err := w.as(fetching(1)).Kit(t.Context(), id, &bytes.Buffer{}); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a refused kit is given: %v", err)
	}
	if left, err := os.ReadDir(w.service.ScratchDir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestABaselineThatLeavesNothingFailed: its result alone is no success.
func TestABaselineThatLeavesNothingFailed(t *testing.T) {
	for sentence, test := range map[string]struct {
		kit  bool
		want string
	}{"with a kit": {true, "success"}, "without": {false, "error"}} {
		t.Run(sentence, func(t *testing.T) {
			w := newWorld(t)
			w.register(baseline(1))
			if test.kit {
				if err := w.as(publishing(1)).PutKit(t.Context(), kitKey(baseline(1).Plan).ID(), kitFiles); err != nil {
					t.Fatal(err)
				}
			}
			got, err := w.as(publishing(1)).PutResult(t.Context(), result("fine"))
			if err != nil || string(got.Conclusion) != test.want {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestADamagedKitIsNotGiven: what the server's disk changed does not reach a pod as if it were whole, and can be made anew.
func TestADamagedKitIsNotGiven(t *testing.T) {
	w := newWorld(t)
	w.register(baseline(1), record(2))
	id := kitKey(record(2).Plan).ID()
	if err := w.as(publishing(1)).PutKit(t.Context(), id, kitFiles); err != nil {
		t.Fatal(err)
	}
	stored, err := filepath.Glob(filepath.Join(w.data, "artifacts", "??", "*"))
	if err != nil || len(stored) != 1 {
		t.Fatalf("%v, %v", stored, err)
	}
	data, err := os.ReadFile(stored[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(stored[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.as(fetching(2)).Kit(t.Context(), id, &bytes.Buffer{}); !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("the damaged kit: %v", err)
	}
	if err := w.as(fetching(2)).Kit(t.Context(), id, &bytes.Buffer{}); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("after that: %v", err)
	}
}
