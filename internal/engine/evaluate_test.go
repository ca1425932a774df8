// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

const (
	baseCommit   = "1111111111111111111111111111111111111111"
	mergeCommit  = "2222222222222222222222222222222222222222"
	masterCommit = "3333333333333333333333333333333333333333"
)

func evaluated() plan.Plan {
	return plan.Plan{
		Version: plan.Version, Repository: "guru", Clock: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC),
		Revision: plan.Revision{Base: baseCommit, Head: mergeCommit, Merge: mergeCommit, Branch: "main"},
		Masters:  []plan.Master{{Name: "gentoo", Commit: masterCommit, Branch: "master"}},
		Scope:    plan.Scope{Kind: plan.ScopeFull},
		Snapshot: plan.Snapshot{Gate: []finding.Level{finding.LevelError}, Severities: map[string]finding.Level{}},
	}
}

// stream is a scan's results with what a test wants to be different.
type stream struct {
	commit   string
	pkgcheck string
	clock    string
	packages []string
	checks   []string
	skipped  []string // check/reason/detail
	findings []string // JSON records
	errors   []string // kinds
	noEnd    bool
	extra    string
}

func complete(commit string) stream {
	return stream{commit: commit, pkgcheck: "0.10.49", clock: "2026-11-21T00:00:00Z", packages: []string{"a/b", "a/c"}, checks: []string{"ACheck", "BCheck"}}
}

func (s stream) bytes() []byte {
	var out strings.Builder
	fmt.Fprintf(&out, `{"type":"start","protocol":1,"versions":{"pkgcheck":%q,"pkgcore":"1","snakeoil":"1","python":"3","bash":"5","git":"2","perlModule":false},"arguments":"x","hashSeed":0,"clock":%q,"repository":"guru","gentoo":false,"repositories":[{"name":"guru","history":%q,"historyReason":null},{"name":"gentoo","history":%q,"historyReason":null}]}`+"\n", s.pkgcheck, s.clock, s.commit, masterCommit)
	for _, c := range s.checks {
		fmt.Fprintf(&out, `{"type":"check","name":%q,"scope":"version","ran":true,"reason":"","detail":""}`+"\n", c)
	}
	for _, c := range s.skipped {
		words := strings.SplitN(c, "/", 3)
		fmt.Fprintf(&out, `{"type":"check","name":%q,"scope":"version","ran":false,"reason":%q,"detail":%q}`+"\n", words[0], words[1], words[2])
	}
	for _, p := range s.packages {
		category, name, _ := strings.Cut(p, "/")
		fmt.Fprintf(&out, `{"type":"package","category":%q,"package":%q,"versions":["1"],"seconds":0.1}`+"\n", category, name)
	}
	for _, f := range s.findings {
		out.WriteString(f + "\n")
	}
	for _, kind := range s.errors {
		fmt.Fprintf(&out, `{"type":"error","kind":%q,"check":"ACheck","category":"a","package":"b","version":"","message":"it raised","traceback":""}`+"\n", kind)
	}
	out.WriteString(s.extra)
	if !s.noEnd {
		fmt.Fprintf(&out, `{"type":"end","complete":%t,"packages":%d,"findings":%d,"errors":%d,"checks":%d,"seconds":1}`+"\n", len(s.errors) == 0, len(s.packages), len(s.findings), len(s.errors), len(s.checks)+len(s.skipped))
	}
	return []byte(out.String())
}

const badLicence = `{"type":"finding","rule":"UnknownLicense","level":"error","scope":"version","check":"ACheck","category":"a","package":"b","version":"1","attributes":{"licenses":["X"],"attr":"LICENSE"},"message":"unknown license: X","path":"a/b/b-1.ebuild","line":0}`

const noAdvisories = "GlsaCheck/skipped/no available glsa source"

func TestEvaluate(t *testing.T) {
	t.Parallel()
	failed := func(stage plan.Stage, reason string) func(*bundled) {
		return func(b *bundled) {
			o := b.outcomes[stage]
			o.Reason, o.Message = reason, "in words"
			b.outcomes[stage] = o
		}
	}
	cases := map[string]struct {
		change     func(*bundled)
		conclusion finding.Conclusion
		reason     string
		message    string // part of it
	}{
		"nothing differs":         {func(*bundled) {}, finding.ConclusionSuccess, "", ""},
		"a new error":             {func(b *bundled) { b.head.findings = []string{badLicence} }, finding.ConclusionFailure, "", ""},
		"an error that was there": {func(b *bundled) { b.head.findings, b.base.findings = []string{badLicence}, []string{badLicence} }, finding.ConclusionSuccess, "", ""},
		"a new error that the profile calls a warning": {func(b *bundled) {
			b.head.findings = []string{badLicence}
			b.plan.Snapshot.Severities["UnknownLicense"] = finding.LevelWarning
		}, finding.ConclusionSuccess, "", ""},
		"a stage without an outcome":            {func(b *bundled) { delete(b.outcomes, plan.StageScan) }, finding.ConclusionError, plan.ReasonIncomplete, "scan stage left no outcome"},
		"a stage that timed out":                {failed(plan.StagePrepare, plan.ReasonTimeout), finding.ConclusionError, plan.ReasonTimeout, "in words"},
		"a scan out of memory":                  {failed(plan.StageScan, plan.ReasonOutOfMemory), finding.ConclusionError, plan.ReasonOutOfMemory, "in words"},
		"no results of the head":                {func(b *bundled) { b.without = engine.StreamName(engine.Head) }, finding.ConclusionError, plan.ReasonIncomplete, "no results of the head"},
		"a truncated stream":                    {func(b *bundled) { b.head.noEnd = true }, finding.ConclusionError, plan.ReasonIncomplete, "head"},
		"a truncated stream of the base":        {func(b *bundled) { b.base.noEnd = true }, finding.ConclusionError, plan.ReasonIncomplete, "base"},
		"an unknown line":                       {func(b *bundled) { b.head.extra = `{"type":"novel"}` + "\n" }, finding.ConclusionError, plan.ReasonIncomplete, "head"},
		"a line that is no JSON":                {func(b *bundled) { b.head.extra = "Killed\n" }, finding.ConclusionError, plan.ReasonIncomplete, "head"},
		"a package that nobody saw":             {func(b *bundled) { b.head.packages = []string{"a/b"} }, finding.ConclusionError, plan.ReasonIncomplete, "a/c"},
		"a package of the base that nobody saw": {func(b *bundled) { b.base.packages = []string{"a/b"} }, finding.ConclusionError, plan.ReasonIncomplete, "a/c"},
		"packages that nobody counted": {func(b *bundled) {
			o := b.outcomes[plan.StageScan]
			o.Packages = nil
			b.outcomes[plan.StageScan] = o
		}, finding.ConclusionError, plan.ReasonIncomplete, "counted"},
		"a check that raised on the head":  {func(b *bundled) { b.head.errors = []string{"check"} }, finding.ConclusionError, plan.ReasonIncomplete, "it raised"},
		"a check that raised on both":      {func(b *bundled) { b.base.errors, b.head.errors = []string{"check"}, []string{"check"} }, finding.ConclusionError, plan.ReasonIncomplete, "head"},
		"a base that does not scan":        {func(b *bundled) { b.base.errors = []string{"sourcing"} }, finding.ConclusionNeutral, plan.ReasonBrokenBase, "target branch itself"},
		"a worker of the base's scan died": {func(b *bundled) { b.base.errors = []string{"worker"} }, finding.ConclusionError, plan.ReasonIncomplete, "base"},
		"another version of the tool":      {func(b *bundled) { b.head.pkgcheck = "0.10.50" }, finding.ConclusionError, plan.ReasonUnlike, "versions"},
		"a version that there are no tables for": {func(b *bundled) {
			b.base.pkgcheck, b.head.pkgcheck = "0.10.50", "0.10.50"
		}, finding.ConclusionError, plan.ReasonIncomplete, "no rule table for pkgcheck 0.10.50"},
		"tables of that version": {func(b *bundled) {
			b.base.pkgcheck, b.head.pkgcheck = "0.10.50", "0.10.50"
			b.tables = smallTables()
		}, finding.ConclusionSuccess, "", ""},
		"tables of another installation": {func(b *bundled) {
			b.base.pkgcheck, b.head.pkgcheck = "0.10.50", "0.10.50"
			b.tables = strings.Replace(smallTables(), `"git":"2"`, `"git":"3"`, 1)
		}, finding.ConclusionError, plan.ReasonIncomplete, "none that fits"},
		"tables that are none": {func(b *bundled) { b.tables = `{"type":"tables"}` }, finding.ConclusionError, plan.ReasonIncomplete, "rule tables that the run brought"},
		"tables without end":   {func(b *bundled) { b.tables = strings.Repeat(" ", pkgcheck.TablesLimit+1) }, finding.ConclusionError, plan.ReasonIncomplete, "larger than"},
		"tables that nobody needs": {func(b *bundled) {
			b.tables = smallTables()
		}, finding.ConclusionSuccess, "", ""},
		"a check that ran on one side only": {func(b *bundled) { b.head.checks = []string{"ACheck"} }, finding.ConclusionError, plan.ReasonUnlike, "BCheck"},
		"the first advisories of a repository": {func(b *bundled) {
			b.base.skipped, b.head.checks = []string{noAdvisories}, append(b.head.checks, "GlsaCheck")
		}, finding.ConclusionSuccess, "", ""},
		"the last advisories go": {func(b *bundled) {
			b.base.checks, b.head.skipped = append(b.base.checks, "GlsaCheck"), []string{noAdvisories}
		}, finding.ConclusionSuccess, "", ""},
		"advisories that one side does not look at for another reason": {func(b *bundled) {
			b.base.skipped, b.head.checks = []string{"GlsaCheck/skipped/not running against gentoo repo"}, append(b.head.checks, "GlsaCheck")
		}, finding.ConclusionError, plan.ReasonUnlike, "GlsaCheck"},
		"advisories that are switched off on one side": {func(b *bundled) {
			b.base.skipped, b.head.checks = []string{"GlsaCheck/disabled/no available glsa source"}, append(b.head.checks, "GlsaCheck")
		}, finding.ConclusionError, plan.ReasonUnlike, "GlsaCheck"},
		"a check that is left out for want of a file, and finds more than that file says": {func(b *bundled) {
			b.base.skipped, b.head.checks = []string{"AcctCheck/skipped/failed loading 'metadata/qa-policy.conf'"}, append(b.head.checks, "AcctCheck")
		}, finding.ConclusionError, plan.ReasonUnlike, "AcctCheck"},
		"no check but one that has nothing to look at": {func(b *bundled) {
			b.base.checks, b.head.checks, b.base.skipped, b.head.skipped = nil, nil, []string{noAdvisories}, []string{noAdvisories}
		}, finding.ConclusionError, plan.ReasonIncomplete, "No check"},
		"no check at all":                {func(b *bundled) { b.head.checks, b.base.checks = nil, nil }, finding.ConclusionError, plan.ReasonIncomplete, "No check"},
		"another clock":                  {func(b *bundled) { b.head.clock = "2026-11-22T00:00:00Z" }, finding.ConclusionError, plan.ReasonUnlike, "scanned at"},
		"the history of another commit":  {func(b *bundled) { b.head.commit = baseCommit }, finding.ConclusionError, plan.ReasonUnlike, "history of guru"},
		"a master that was not planned":  {func(b *bundled) { b.plan.Masters = nil }, finding.ConclusionError, plan.ReasonUnlike, "repositories"},
		"another name of the repository": {func(b *bundled) { b.plan.Repository = "gentoo" }, finding.ConclusionError, plan.ReasonUnlike, "guru"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundled()
			c.change(b)
			v := engine.Evaluate(b.files(t), b.plan)
			if v.Conclusion != c.conclusion || v.Reason != c.reason || !strings.Contains(v.Message, c.message) {
				t.Errorf("%s, %s: %s; want %s, %s: …%s…", v.Conclusion, v.Reason, v.Message, c.conclusion, c.reason, c.message)
			}
			for _, o := range v.Outcomes {
				if o.Packages != nil {
					t.Error("the verdict repeats the list of packages")
				}
			}
		})
	}
}

func TestEvaluateNamesSeveritiesOfNoKeyword(t *testing.T) {
	t.Parallel()
	b := newBundled()
	for _, name := range []string{"UnknownLicense", "UnknownLicence", "Nonsense"} {
		b.plan.Snapshot.Severities[name] = finding.LevelWarning
	}
	v := engine.Evaluate(b.files(t), b.plan)
	if diff := cmp.Diff([]string{"Nonsense", "UnknownLicence"}, v.Rules.NoKeyword); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// bundled is a bundle under test.
type bundled struct {
	plan       plan.Plan
	outcomes   map[plan.Stage]plan.Outcome
	base, head stream
	tables     string
	without    string
}

func newBundled() *bundled {
	b := &bundled{plan: evaluated(), base: complete(baseCommit), head: complete(mergeCommit), outcomes: map[plan.Stage]plan.Outcome{}}
	for _, s := range []plan.Stage{plan.StageFetch, plan.StagePrepare, plan.StageScan} {
		b.outcomes[s] = plan.Outcome{Stage: s}
	}
	b.outcomes[plan.StageFetch] = plan.Outcome{Stage: plan.StageFetch, Commits: &plan.Commits{State: plan.CommitsUnused}}
	packages := []string{"a/b", "a/c"}
	b.outcomes[plan.StageScan] = plan.Outcome{Stage: plan.StageScan, Packages: map[string][]string{engine.Base: packages, engine.Head: packages}}
	return b
}

func (b *bundled) files(tb testing.TB) fstest.MapFS {
	tb.Helper()
	files := fstest.MapFS{
		engine.StreamName(engine.Base): {Data: b.base.bytes()},
		engine.StreamName(engine.Head): {Data: b.head.bytes()},
	}
	for s, o := range b.outcomes {
		data, err := json.Marshal(o)
		if err != nil {
			tb.Fatal(err)
		}
		files[engine.OutcomeName(s)] = &fstest.MapFile{Data: data}
	}
	if b.tables != "" {
		files[engine.TablesName()] = &fstest.MapFile{Data: []byte(b.tables)}
	}
	delete(files, b.without)
	return files
}

// smallTables are tables as the driver of a small pkgcheck 0.10.50 writes them.
func smallTables() string {
	return `{"type":"tables","protocol":1,"versions":{"pkgcheck":"0.10.50","pkgcore":"1","snakeoil":"1","python":"3","bash":"5","git":"2","perlModule":false},
 "keywords":[{"name":"UnknownLicense","level":"error","scope":"version","checks":["ACheck"],"summary":"","attributes":[{"name":"attr","kind":"value"},{"name":"licenses","kind":"list"}],"metadataError":""}],
 "checks":[{"name":"ACheck","scope":"version","sources":["RepoSource"],"keywords":["UnknownLicense"]}]}`
}

// Tables are a run's word. However they look, they make no success of a run that found something, and no panic.
func FuzzEvaluateTables(f *testing.F) {
	f.Add([]byte(smallTables()))
	f.Add([]byte(strings.ReplaceAll(smallTables(), "list", "text")))
	f.Fuzz(func(t *testing.T, tables []byte) {
		b := newBundled()
		b.base.pkgcheck, b.head.pkgcheck = "0.10.50", "0.10.50"
		b.head.findings = []string{badLicence}
		files := b.files(t)
		files[engine.TablesName()] = &fstest.MapFile{Data: tables}
		if v := engine.Evaluate(files, b.plan); v.Conclusion != finding.ConclusionFailure && v.Conclusion != finding.ConclusionError {
			t.Errorf("%s: %s", v.Conclusion, v.Message)
		}
	})
}

// Whatever a scan writes, a verdict comes of it, and none but of what is understood is a success.
func FuzzEvaluate(f *testing.F) {
	f.Add(complete(mergeCommit).bytes())
	broken := complete(mergeCommit)
	broken.errors, broken.findings = []string{"check"}, []string{badLicence}
	f.Add(broken.bytes())
	f.Fuzz(func(t *testing.T, head []byte) {
		b := newBundled()
		files := b.files(t)
		files[engine.StreamName(engine.Head)].Data = head
		v := engine.Evaluate(files, b.plan)
		if v.Conclusion == finding.ConclusionSuccess && !strings.Contains(string(head), `"end"`) {
			t.Errorf("success without an end")
		}
		if v.Conclusion == "" {
			t.Error("no conclusion")
		}
	})
}
