// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

//go:build cluster

package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/test/demo/rig"
	"github.com/prcheck/prcheck/test/kube/binary"
	"github.com/prcheck/prcheck/test/toolchain"
)

// outcome is what the report page and prcheck run both say of a run, facts kept as the bytes that they came as.
type outcome struct {
	Conclusion string                       `json:"conclusion"`
	Line       string                       `json:"line"`
	Counts     map[string]int               `json:"counts"`
	Facts      map[string][]json.RawMessage `json:"-"`
}

var shownClasses = []string{"new", "fixed", "inherited", "unveiled"}

// podAndCommandAgree pastes the command that each report offers for repeating it at home, and compares the two byte for byte.
func podAndCommandAgree(t *testing.T, r *rig.Rig, repository string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "prcheck")
	root, err := binary.Root()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/prcheck")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building prcheck: %v: %s", err, out)
	}
	statuses, err := r.Emulator.Statuses(t.Context(), repository)
	if err != nil {
		t.Fatal(err)
	}
	repeated := 0
	for _, status := range statuses {
		if !strings.Contains(status.Description, "anvilkit") && !strings.Contains(status.Description, "inherited") {
			continue // two of them will do: one with facts by profile, one with an inherited fact
		}
		repeated++
		pod, command := fromPage(t, status.TargetURL)
		if diff := cmp.Diff(pod, fromCommand(t, program, command)); diff != "" {
			t.Errorf("%s: the pod and the command differ (-pod +command):\n%s", status.Description, diff)
		}
	}
	if repeated < 2 {
		t.Errorf("repeated %d runs, want 2 or more", repeated)
	}
}

func fromPage(t *testing.T, page string) (pod outcome, command string) {
	t.Helper()
	var report struct {
		outcome

		Run    string            `json:"run"`
		Repeat map[string]string `json:"repeat"`
	}
	if err := rig.GetJSON(t.Context(), page+"?format=json", &report); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	report.Facts = map[string][]json.RawMessage{}
	for _, class := range shownClasses {
		u.Path, u.RawQuery = "/api/v1/runs/"+report.Run+"/facts", "class="+class
		var list struct {
			Items []struct {
				Fact json.RawMessage `json:"fact"`
			} `json:"items"`
		}
		if err := rig.GetJSON(t.Context(), u.String(), &list); err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			report.Facts[class] = append(report.Facts[class], item.Fact)
		}
	}
	return report.outcome, report.Repeat["prcheck"]
}

func fromCommand(t *testing.T, program, command string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euc", command+" --toolchain rootfs:"+toolchain.Root(t)+" -o json")
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%s: %v: %s", command, err, stderr.String())
	}
	var result outcome
	members := map[string]json.RawMessage{}
	for _, into := range []any{&result, &members} {
		if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	result.Facts = map[string][]json.RawMessage{}
	for _, class := range shownClasses {
		var facts []json.RawMessage
		if err := json.Unmarshal(members[class], &facts); err != nil {
			t.Fatalf("%s: %v", class, err)
		}
		if len(facts) > 0 {
			result.Facts[class] = slices.Collect(compacted(t, facts))
		}
	}
	return result
}

// compacted takes the indentation out that -o json is read with.
func compacted(t *testing.T, facts []json.RawMessage) func(yield func(json.RawMessage) bool) {
	t.Helper()
	return func(yield func(json.RawMessage) bool) {
		for _, fact := range facts {
			var out bytes.Buffer
			if err := json.Compact(&out, fact); err != nil {
				t.Fatal(err)
			}
			if !yield(out.Bytes()) {
				return
			}
		}
	}
}
