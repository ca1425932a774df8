// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

const image = "example.org/pkgcheck@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func minimal(edit func(*prcheckv1.CheckProfileSpec)) *prcheckv1.CheckProfile {
	profile := &prcheckv1.CheckProfile{
		ObjectMeta: metav1.ObjectMeta{Name: "standard"},
		Spec:       prcheckv1.CheckProfileSpec{Image: image, Pkgcheck: &prcheckv1.Pkgcheck{}},
	}
	edit(&profile.Spec)
	return profile
}

func TestSnapshotFillsInWhatTheAPIServerWould(t *testing.T) {
	want := plan.Snapshot{
		Name: "standard", Image: image, Profiles: []string{"dev", "stable"}, Keywords: []string{},
		Severities: map[string]finding.Level{}, Gate: []finding.Level{finding.LevelError},
		Timeouts:    plan.Timeouts{Fetch: 10 * time.Minute, Prepare: 20 * time.Minute, Scan: 45 * time.Minute, Publish: 10 * time.Minute, Package: 10 * time.Minute},
		MemoryBytes: 2 << 30, OutputBytes: OutputBytes,
	}
	got, err := Snapshot(minimal(func(*prcheckv1.CheckProfileSpec) {}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshotOfCommitChecks(t *testing.T) {
	for given, want := range map[prcheckv1.CommitChecks]plan.CommitChecks{
		"": plan.CommitsAuto, prcheckv1.CommitChecksAuto: plan.CommitsAuto, prcheckv1.CommitChecksOn: plan.CommitsOn, prcheckv1.CommitChecksOff: plan.CommitsOff,
	} {
		got, err := Snapshot(minimal(func(s *prcheckv1.CheckProfileSpec) { s.Pkgcheck = &prcheckv1.Pkgcheck{CommitChecks: given} }))
		if err != nil || got.CommitChecks != want {
			t.Errorf("%q is %q (%v), not %q", given, got.CommitChecks, err, want)
		}
	}
}

func TestSnapshotOfInheritedRules(t *testing.T) {
	got, err := Snapshot(minimal(func(s *prcheckv1.CheckProfileSpec) {
		s.GateInheritedRules = []string{"error", "UnknownLicense", "-EmptyFile", "error"}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"-EmptyFile", "UnknownLicense", "error"}, got.GateInheritedRules); diff != "" {
		t.Error(diff)
	}
}

func TestSnapshotDigestIgnoresTheOrderOfSets(t *testing.T) {
	digest := func(edit func(*prcheckv1.CheckProfileSpec)) string {
		snapshot, err := Snapshot(minimal(edit))
		if err != nil {
			t.Fatal(err)
		}
		sum, err := plan.Digest(snapshot)
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	one := digest(func(s *prcheckv1.CheckProfileSpec) {
		s.Pkgcheck.Keywords = []string{"B1", "-A1"}
		s.Gate = []prcheckv1.Severity{"warning", "error"}
	})
	other := digest(func(s *prcheckv1.CheckProfileSpec) {
		s.Pkgcheck.Keywords = []string{"-A1", "B1"}
		s.Gate = []prcheckv1.Severity{"error", "warning"}
	})
	third := digest(func(s *prcheckv1.CheckProfileSpec) { s.Gate = []prcheckv1.Severity{"error", "warning"} })
	if one != other {
		t.Error("the digest depends on the order of a set")
	}
	if one == third {
		t.Error("two different profiles have one digest")
	}
}

func TestSnapshotSaysWhatIsWrong(t *testing.T) {
	for sentence, test := range map[string]struct {
		edit func(*prcheckv1.CheckProfileSpec)
		want string
	}{
		"a keyword in lower case": {func(s *prcheckv1.CheckProfileSpec) {
			s.Severities = map[string]prcheckv1.Severity{"nonexistentDeps": "error"}
		}, `spec.severities: "nonexistentDeps"`},
		"a level that does not exist": {func(s *prcheckv1.CheckProfileSpec) {
			s.Severities = map[string]prcheckv1.Severity{"NonexistentDeps": "fatal"}
		}, `spec.severities.NonexistentDeps: "fatal" is no level`},
		"ignored facts cannot gate": {func(s *prcheckv1.CheckProfileSpec) { s.Gate = []prcheckv1.Severity{"ignored"} }, `spec.gate: "ignored"`},
		"an inherited rule in lower case": {func(s *prcheckv1.CheckProfileSpec) {
			s.GateInheritedRules = []string{"emptyFile"}
		}, `spec.gateInheritedRules: "emptyFile" is neither`},
		"an inherited level that does not gate": {func(s *prcheckv1.CheckProfileSpec) {
			s.GateInheritedRules = []string{"warning"}
		}, `spec.gateInheritedRules: "warning" must be in spec.gate`},
		"a keyword with and without a minus": {func(s *prcheckv1.CheckProfileSpec) {
			s.GateInherited, s.GateInheritedRules = true, []string{"EmptyFile", "-EmptyFile"}
		}, "spec.gateInheritedRules: EmptyFile is in the list with and without"},
		"an exception from nothing": {func(s *prcheckv1.CheckProfileSpec) {
			s.GateInheritedRules = []string{"EmptyFile", "-UnknownLicense"}
		}, "there is neither"},
		"commits that are checked now and then": {func(s *prcheckv1.CheckProfileSpec) {
			s.Pkgcheck = &prcheckv1.Pkgcheck{CommitChecks: "Sometimes"}
		}, `spec.pkgcheck.commitChecks: "Sometimes" is no choice`},
		"a negative time limit": {func(s *prcheckv1.CheckProfileSpec) {
			s.Timeouts.Scan = metav1.Duration{Duration: -time.Second}
		}, "spec.timeouts.scan: -1s"},
		"a time limit of days": {func(s *prcheckv1.CheckProfileSpec) {
			s.Timeouts.Fetch = metav1.Duration{Duration: 48 * time.Hour}
		}, "spec.timeouts.fetch: 48h0m0s"},
		"memory that nothing can run in": {func(s *prcheckv1.CheckProfileSpec) { s.Resources.Memory = resource.MustParse("2M") }, "spec.resources.memory: 2M"},
		"an unknown profile status":      {func(s *prcheckv1.CheckProfileSpec) { s.Pkgcheck.Profiles = []string{"beta"} }, `spec.pkgcheck.profiles: "beta"`},
		"a keyword that would be an option": {func(s *prcheckv1.CheckProfileSpec) {
			s.Pkgcheck.Keywords = []string{"--net"}
		}, `spec.pkgcheck.keywords: "--net"`},
	} {
		t.Run(sentence, func(t *testing.T) {
			_, err := Snapshot(minimal(test.edit))
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("got %v, want an error that wraps ErrInvalid", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, want it to say %q", err, test.want)
			}
		})
	}
}

func TestUnknownKeywords(t *testing.T) {
	t.Parallel()
	spec := &prcheckv1.CheckProfileSpec{
		Severities: map[string]prcheckv1.Severity{"NonexistentDeps": "error", "NonexistentDep": "error", "Alpha": "info"},
		Pkgcheck:   &prcheckv1.Pkgcheck{Keywords: []string{"-Beta", "-SourcingError", "SourcingError"}},
	}
	fields, version := UnknownKeywords(spec)
	want := []string{"spec.pkgcheck.keywords: -Beta", "spec.severities.Alpha", "spec.severities.NonexistentDep"}
	if !slices.Equal(fields, want) || version == "" {
		t.Errorf("got %q of version %q, want %q", fields, version, want)
	}
	if fields, _ := UnknownKeywords(&prcheckv1.CheckProfileSpec{}); len(fields) != 0 {
		t.Errorf("an empty profile: %q", fields)
	}
}
