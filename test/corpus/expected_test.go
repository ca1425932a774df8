// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package corpus

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/test/toolchain"
)

// expected is how many cases have an expected.json; the test must not shrink unseen.
const expected = 283

// TestExpectedResultsParseWithoutLoss reads what pkgcheck itself expects of its test data and writes it again.
func TestExpectedResultsParseWithoutLoss(t *testing.T) {
	t.Parallel()
	all, err := Cases(toolchain.Corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, c := range all {
		for _, name := range []string{"expected.json", "expected-verbose.json"} {
			data, err := os.ReadFile(filepath.Join(c.Dir, name))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if name == "expected.json" {
				count++
			}
			roundTrip(t, c.Name()+"/"+name, data)
		}
	}
	if count != expected {
		t.Errorf("%d cases have an expected.json, want %d", count, expected)
	}
}

func roundTrip(t *testing.T, name string, data []byte) {
	t.Helper()
	findings, err := pkgcheck.DefaultTables().ParseJSONStream(bytes.NewReader(data), pkgcheck.DefaultLimits)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	got := []map[string]any{}
	for i := range findings {
		if findings[i].Level == "" || findings[i].Scope == "" {
			t.Errorf("%s: %s has level %q, scope %q", name, findings[i].Rule, findings[i].Level, findings[i].Scope)
		}
		got = append(got, pkgcheck.JSONStreamObject(&findings[i]))
	}
	want := []map[string]any{}
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		var object map[string]any
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want = append(want, object)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s changed on the way (-want +got):\n%s", name, diff)
	}
}
