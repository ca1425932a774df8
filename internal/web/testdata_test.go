// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

var now = time.Date(2026, 11, 21, 14, 2, 0, 0, time.UTC)

const (
	baseSHA  = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"
	headSHA  = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"
	mergeSHA = "77ab00112233445566778899aabbccddeeff0011"
	treeSHA  = "c0ffee00112233445566778899aabbccddeeff00"
)

// fakeTree stands for mirrors and cluster.
type fakeTree map[string]string

func (f fakeTree) ReadFiles(_ context.Context, _ gitmirror.Source, _ string, paths []string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, path := range paths {
		if text, ok := f[path]; ok {
			files[path] = []byte(text)
		}
	}
	return files, nil
}

func (f fakeTree) Target(context.Context, string, string) (gitmirror.Source, error) {
	return gitmirror.Source{URL: "https://forge.example/o/guru.git"}, nil
}

func (f fakeTree) Masters(context.Context, string, string) ([]rest.Master, error) {
	return []rest.Master{{Name: "gentoo", Source: gitmirror.Source{URL: "https://forge.example/gentoo/gentoo.git"}}}, nil
}

type fixture struct {
	t       *testing.T
	site    *Site
	store   *store.Store
	handler http.Handler
	clock   *testclock.FakeClock
}

func newFixture(t *testing.T, files fakeTree) *fixture {
	t.Helper()
	clk := testclock.NewFakeClock(now)
	db, err := store.Open(t.Context(), t.TempDir(), clk)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	f := &fixture{t: t, store: db, clock: clk}
	f.site = &Site{
		Store: db, Files: files, Sources: files, ExternalURL: "https://prcheck.example", Log: slog.New(slog.DiscardHandler), Clock: clk,
		Progress: func(context.Context, results.RunRecord) (string, bool) { return "", false },
	}
	if f.handler, err = f.site.Handler(); err != nil {
		t.Fatal(err)
	}
	return f
}

func hashOf(n int) string { return fmt.Sprintf("%012x%052x", 0xab12cd34ef00+n, n) }

func record(n int) results.RunRecord {
	return results.RunRecord{
		Hash: hashOf(n), Namespace: "gentoo", Repository: "guru", Check: "guru-1234", CheckUID: "u", Number: 1234, Title: "dev-libs/a: bump to 1.1, drop old",
		Author: "larry", Profile: "strict", Context: "prcheck", Attempt: 1, Created: now.Add(-200 * time.Second),
		PullURL: "https://forge.example/o/guru/pull/1234", GitURL: "https://forge.example/o/guru.git",
		Plan: plan.Plan{
			Version: 1, Repository: "guru", Revision: plan.Revision{Base: baseSHA, Head: headSHA, Merge: mergeSHA, Tree: treeSHA, Branch: "main"},
			Masters: []plan.Master{{Name: "gentoo", Commit: strings.Repeat("5", 40), Branch: "master"}}, Clock: now,
			Scope: plan.Scope{Kind: plan.ScopePackages, Packages: []plan.ScopePackage{
				{Category: "dev-libs", Package: "a", Reason: "changed here (3 files)"},
				{Category: "app-misc", Package: "b", Reason: "needs dev-libs/a[ssl], and what dev-libs/a offers changes"},
			}},
			Snapshot: plan.Snapshot{Name: "strict", Image: "prcheck-pkgcheck@sha256:" + strings.Repeat("ab", 32), Profiles: []string{"stable", "dev"}, Gate: []finding.Level{"error"}, MemoryBytes: 2 << 30},
		},
	}
}

func (f *fixture) put(r results.RunRecord) {
	f.t.Helper()
	if _, err := f.store.PutRun(f.t.Context(), r); err != nil {
		f.t.Fatal(err)
	}
}

// settle stores a run with a verdict, and perhaps logs.
func (f *fixture) settle(r results.RunRecord, v *verdict.Verdict, logs map[plan.Stage]string) {
	f.t.Helper()
	f.put(r)
	v.Revision, v.Scope = r.Plan.Revision, r.Plan.Scope
	end := store.Settlement{State: results.RunFinished, Verdict: v, Logs: map[plan.Stage]store.Blob{}}
	if v.Conclusion == finding.ConclusionSuperseded {
		end.State = results.RunSuperseded
	}
	end.Summary = results.Summary{Conclusion: v.Conclusion, Reason: v.Reason, Message: v.Message, Problems: v.Problems, Counts: v.Counts, Line: report.Line(v, rest.NamesOf(v, r))}
	for stage, text := range logs {
		blob, err := f.store.PutBlob(strings.NewReader(text))
		if err != nil {
			f.t.Fatal(err)
		}
		end.Logs[stage] = blob
		end.Digest = "d"
	}
	if _, err := f.store.Settle(f.t.Context(), r.Hash, end); err != nil {
		f.t.Fatal(err)
	}
}

func item(class finding.Class, gates bool, rule string, level finding.Level, version, path string, line int, message string) verdict.Item {
	id := fmt.Sprintf("%012x", len(rule)*1000+line*7+len(message)+len(class)*100000)
	return verdict.Item{
		Class: class, Gates: gates, Problem: id,
		Fact: finding.Fact{Rule: rule, Level: level, Category: "dev-libs", Package: "a", Version: version, Path: path, Line: line, Message: message, Attributes: map[string]any{}, Fingerprint: "f" + id},
	}
}

func side() verdict.SideEvidence {
	return verdict.SideEvidence{
		Tool: map[string]string{"pkgcheck": "0.10.49", "pkgcore": "0.12.34", "python": "3.11.2", "bash": "5.3"}, Packages: 2, PackagesExpected: 2,
		Checks: []string{"DependencyCheck", "MetadataXmlCheck", "PythonCheck", "VisibilityCheck", "WhitespaceCheck"}, Skipped: map[string]string{"GitCommitsCheck": "looks at commits, not at trees"},
		Findings: 40, Arguments: "3f1c", Seed: "0", Clock: now.Format(time.RFC3339), RepositoryName: "guru",
	}
}

func outcomes() []plan.Outcome {
	at := now.Add(-30 * time.Second)
	stage := func(s plan.Stage, from, to int, cpu float64, peak int64, steps ...plan.Step) plan.Outcome {
		return plan.Outcome{Stage: s, Started: at.Add(time.Duration(from) * time.Second), Finished: at.Add(time.Duration(to) * time.Second), CPUSeconds: cpu, PeakBytes: peak, Steps: steps, Sandbox: []string{"landlock", "no_new_privs", "rlimits", "seccomp"}}
	}
	return []plan.Outcome{
		stage(plan.StageFetch, 0, 2, 1.2, 80<<20, plan.Step{Name: "clone guru", Seconds: 1.4}, plan.Step{Name: "check out", Seconds: 0.3}),
		stage(plan.StagePrepare, 2, 7, 4.4, 190<<20, plan.Step{Name: "base regen", Seconds: 3.1}, plan.Step{Name: "head regen", Seconds: 0.9}),
		stage(plan.StageScan, 7, 28, 19.7, 612<<20, plan.Step{Name: "base scan", Seconds: 11}, plan.Step{Name: "head scan", Seconds: 9.2}),
	}
}

func failing() *verdict.Verdict {
	const ebuild = "dev-libs/a/a-1.1.ebuild"
	v := &verdict.Verdict{
		Conclusion: finding.ConclusionFailure, Base: side(), Head: side(), Outcomes: outcomes(),
		Counts: verdict.Counts{New: 5, Fixed: 1, Inherited: 2, Existing: 31}, Problems: verdict.Problems{Gating: 2, Notes: 1, Fixed: 1, Inherited: 1, Existing: 31},
	}
	dep := item(finding.ClassNew, true, "NonexistentDeps", "error", "1.1", ebuild, 14, "RDEPEND: nonexistent package: dev-libs/gone")
	dep.Fact.Attributes["profile"], dep.Fact.Attributes["keyword"] = "default/linux/amd64/23.0", "amd64"
	dep2 := dep
	dep2.Fact.Attributes = map[string]any{"profile": "default/linux/arm64/23.0", "keyword": "arm64"}
	dep2.Fact.Fingerprint = "other"
	other := item(finding.ClassNew, true, "NonsolvableDepsInStable", "error", "2", "app-misc/b/b-2.ebuild", 0, "nonsolvable depset(rdepend) keyword(~amd64) stable profile (default/linux/amd64/23.0) (12 total): solutions: [ dev-libs/a[ssl] ]")
	other.Fact.Category, other.Fact.Package = "app-misc", "b"
	inherited := item(finding.ClassInherited, false, "UnstableOnly", "warning", "1.1", ebuild, 5, "for arch: [ amd64 ], all versions are unstable: [ 1.0, 1.1 ]")
	inherited.From = "1.0"
	v.Items = []verdict.Item{
		dep, dep2, other,
		item(finding.ClassNew, false, "WhitespaceFound", "style", "1.1", ebuild, 9, "ebuild has trailing whitespace on line 9"),
		inherited,
		item(finding.ClassFixed, false, "DoubleEmptyLine", "style", "1.0", "dev-libs/a/a-1.0.ebuild", 4, "ebuild has unneeded empty line on line 4"),
	}
	for i := range 31 {
		v.Items = append(v.Items, item(finding.ClassExisting, false, "RedundantVersion", "info", "1.0", "", i+100, "slot(0) keywords are overshadowed by version: 1.1"))
	}
	return v
}

var ebuilds = fakeTree{
	"dev-libs/a/a-1.1.ebuild": "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n\nEAPI=8\n\nDESCRIPTION=\"A library that does a\"\nHOMEPAGE=\"https://example.org/a\"\n" +
		"LICENSE=\"MIT\"\nSLOT=\"0\" \t \nKEYWORDS=\"~amd64 ~arm64\"\nIUSE=\"ssl\"\n\nDEPEND=\"\n\tdev-libs/gone\n\tssl? ( dev-libs/openssl:= )\n\"\n",
	"dev-libs/a/a-1.0.ebuild": "a\nb\n\n\nc\n",
}

func succeeding() *verdict.Verdict {
	return &verdict.Verdict{Conclusion: finding.ConclusionSuccess, Base: side(), Head: side(), Outcomes: outcomes(), Counts: verdict.Counts{Existing: 31}, Problems: verdict.Problems{Existing: 31}}
}

func many(n int) *verdict.Verdict {
	v := succeeding()
	v.Conclusion, v.Problems.Gating, v.Counts.New = finding.ConclusionFailure, n, n
	for i := range n {
		it := item(finding.ClassNew, true, "SourcingError", "error", "1.1", "", i, fmt.Sprintf("failed sourcing ebuild number %d", i))
		it.Fact.Package, it.Problem = fmt.Sprintf("p%05d", i/3), fmt.Sprintf("%012x", i)
		v.Items = append(v.Items, it)
	}
	return v
}
