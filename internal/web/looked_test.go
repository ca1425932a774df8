// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"strings"
	"testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

func TestReportSaysWhatWasLookedAt(t *testing.T) {
	f := newFixture(t, ebuilds)
	r, v := record(1), failing()
	r.Plan.Scope.WholeTree = []string{"ProfilesCheck", "UnusedLicensesCheck"}
	r.Plan.Scope.Skipped = []plan.ScopeSkip{{Package: "app-misc/c", Through: "dev-libs/a", Reason: "needs nothing of it that changes"}}
	r.Plan.Scope.SkippedCount = 41
	r.Plan.Scope.Unknown = []string{"FancyNewCheck"}
	v.SecondLook = &verdict.SecondLook{Packages: []string{"app-misc/z"}}
	v.Head.Slowest = []verdict.PackageTime{{Package: "dev-libs/a", Seconds: 73.4}, {Package: "app-misc/b", Seconds: 2}}
	v.Problems.Existing, v.Problems.Unveiled, v.Problems.Hidden, v.Problems.Unstable = 228, 12, 3, 1
	f.settle(r, v, nil)
	page := f.page("/run/" + hashOf(1)[:12])
	f.screen("looked", page)
	page = strings.NewReplacer("<bdi hx-ignore>", "", "</bdi>", "").Replace(page)
	for _, want := range []string{
		"The change can affect 2 packages, and these were scanned; 2 checks looked at the whole tree.", "changed here (3 files)", "ProfilesCheck, UnusedLicensesCheck",
		"41 packages refer to what changed and cannot be affected; they were left out.", "(the first 1 of 41)", "through dev-libs/a: needs nothing of it that changes",
		"For operators: the planner does not know FancyNewCheck", "1 package scanned twice", "Slowest packages: dev-libs/a, 1 min 13 s",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	twin := f.twin(hashOf(1))
	if len(twin.Looked) != 4 || twin.Scope.SkippedCount != 41 || len(twin.Slowest) == 0 || twin.SecondLook == nil || twin.Culprits == nil {
		t.Errorf("the JSON twin lacks something: %q, %+v, %v, %v", twin.Looked, twin.Scope, twin.Slowest, twin.SecondLook)
	}
}

func TestReportNamesWhatFailed(t *testing.T) {
	f := newFixture(t, ebuilds)
	f.settle(record(2), &verdict.Verdict{
		Conclusion: finding.ConclusionError, Reason: plan.ReasonIncomplete, Message: "The scan of the head is incomplete: 1 error.", Outcomes: outcomes(),
		Culprits: []verdict.Culprit{
			{Side: "head", Kind: "check", Package: "dev-libs/a", Version: "1.1", Check: "PythonCheck", Message: "ValueError: <b>bad</b>", Traceback: "Traceback:\n  File x\nValueError\u202e"},
			{Side: "base", Kind: "worker", Package: "dev-libs/b", Message: "killed"},
		},
	}, nil)
	page := f.page("/run/" + hashOf(2)[:12])
	f.screen("culprits", page)
	for _, want := range []string{
		"What failed on the way", "dev-libs/a-1.1 on the head made PythonCheck fail.", "ValueError: &lt;b&gt;bad&lt;/b&gt;", "Traceback:\n  File x\n", "U&#43;202E",
		"dev-libs/b on the base killed the process that looked at it.", "The tool left no traceback.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
