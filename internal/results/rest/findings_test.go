// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/artifact"
	"github.com/prcheck/prcheck/internal/results/client"
)

// wholeBase is the record of a run that looks at the whole base of record(n).
func wholeBase(n int) results.RunRecord {
	r := baseline(n)
	r.Plan.Baseline = &plan.Baseline{Key: strings.Repeat("f", 64), Findings: true}
	return r
}

// TestWayOfFindings: what a run found on the whole base goes to the runs whose plan names it, and to no others.
func TestWayOfFindings(t *testing.T) {
	w := newWorld(t)
	comparing := record(2)
	comparing.Plan.BaseFindings = strings.Repeat("f", 64)
	w.register(wholeBase(1), comparing, record(3))
	id := strings.Repeat("ab", 32)
	found := result("fine")
	found["scan/base.jsonl"] = &fstest.MapFile{Data: []byte("the base's\n")}
	found["outcome/scan.json"] = &fstest.MapFile{Data: []byte(`{"stage":"scan","findings":"` + id + `"}`)}

	if err := w.as(publishing(1)).PutKit(t.Context(), kitKey(wholeBase(1).Plan).ID(), kitFiles); !errors.Is(err, client.ErrDenied) && !errors.Is(err, client.ErrUnavailable) {
		t.Errorf("it leaves a kit: %v", err)
	}
	if err := w.as(fetching(2)).Findings(t.Context(), &bytes.Buffer{}); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("before anything was found: %v", err)
	}
	summary, err := w.as(publishing(1)).PutResult(t.Context(), found)
	if err != nil || summary.Conclusion != "success" {
		t.Fatalf("%+v, %v", summary, err)
	}
	var got bytes.Buffer
	if err := w.as(fetching(2)).Findings(t.Context(), &got); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close() //nolint:errcheck // a test's
	if err := artifact.Unpack(&got, root, artifact.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	if data, err := root.ReadFile(id + "/base.jsonl"); err != nil || string(data) != "the base's\n" {
		t.Errorf("got %q, %v", data, err)
	}
	if err := w.as(fetching(3)).Findings(t.Context(), &bytes.Buffer{}); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("a run that looks at both sides: %v", err)
	}
}

// TestFindingsWithoutANameAreRefused: they could be taken for those of another scan.
func TestFindingsWithoutANameAreRefused(t *testing.T) {
	for _, outcome := range []string{`{}`, `{"findings":"../../x"}`, `no JSON`} {
		w := newWorld(t)
		w.register(wholeBase(1))
		found := result("fine")
		found["scan/base.jsonl"] = &fstest.MapFile{Data: []byte("x")}
		found["outcome/scan.json"] = &fstest.MapFile{Data: []byte(outcome)}
		if _, err := w.as(publishing(1)).PutResult(t.Context(), found); !errors.Is(err, client.ErrInvalid) {
			t.Errorf("%s: %v", outcome, err)
		}
	}
}
