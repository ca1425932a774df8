// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

const (
	mergeBase   = "4444444444444444444444444444444444444444"
	firstCommit = "5555555555555555555555555555555555555555"
	otherCommit = "6666666666666666666666666666666666666666"
)

func unsigned(commit string) string {
	return fmt.Sprintf(`{"type":"finding","rule":"MissingSignOff","level":"error","scope":"commit","check":"GitCommitMessageCheck","category":"","package":"","version":"","attributes":{"commit":%q,"missing_sign_offs":["A <a@b>"]},"message":"commit %s, missing sign-off: A <a@b>","path":"","line":0}`, commit, commit)
}

func badSummary(commit string) string {
	return fmt.Sprintf(`{"type":"finding","rule":"BadCommitSummary","level":"style","scope":"commit","check":"GitCommitMessageCheck","category":"","package":"","version":"","attributes":{"commit":%q,"error":"e","summary":"s"},"message":"m","path":"","line":0}`, commit)
}

// committed is a bundle with results of checks of commits.
type committed struct {
	*bundled
	commits *plan.Commits
	stream  stream
	missing bool
}

func newCommitted() *committed {
	c := &committed{
		bundled: newBundled(), stream: complete(mergeBase),
		commits: &plan.Commits{State: plan.CommitsChecked, Base: mergeBase, Count: 2, Reason: "why", Checks: []string{"GitCommitMessageCheck"}},
	}
	c.stream.packages, c.stream.checks = nil, []string{"GitCommitMessageCheck"}
	return c
}

func (c *committed) files(t *testing.T) fstest.MapFS {
	t.Helper()
	c.outcomes[plan.StageFetch] = plan.Outcome{Stage: plan.StageFetch, Commits: c.commits}
	files := c.bundled.files(t)
	if !c.missing {
		files[engine.CommitsName()] = &fstest.MapFile{Data: c.stream.bytes()}
	}
	return files
}

func TestEvaluateCommits(t *testing.T) {
	t.Parallel()
	const failed, neutral, success, broken = finding.ConclusionFailure, finding.ConclusionNeutral, finding.ConclusionSuccess, finding.ConclusionError
	cases := map[string]struct {
		change     func(*committed)
		conclusion finding.Conclusion
		reason     string
		message    string // part of it
		items      int    // new
	}{
		"nothing found":                {func(*committed) {}, success, "", "", 0},
		"a missing sign-off":           {func(c *committed) { c.stream.findings = []string{unsigned(firstCommit)} }, failed, "", "", 1},
		"two commits with one mistake": {func(c *committed) { c.stream.findings = []string{unsigned(firstCommit), unsigned(otherCommit)} }, failed, "", "", 2},
		"what does not gate":           {func(c *committed) { c.stream.findings = []string{badSummary(firstCommit)} }, success, "", "", 1},
		"what the profile lets gate": {func(c *committed) {
			c.stream.findings = []string{badSummary(firstCommit)}
			c.plan.Snapshot.Severities["BadCommitSummary"] = finding.LevelError
		}, failed, "", "", 1},
		"what the profile ignores": {func(c *committed) {
			c.stream.findings = []string{unsigned(firstCommit)}
			c.plan.Snapshot.Severities["MissingSignOff"] = finding.LevelIgnored
		}, success, "", "", 0},
		"what the target branch has": {func(c *committed) {
			c.stream.findings, c.commits.Foreign = []string{unsigned(firstCommit)}, []string{firstCommit}
		}, success, "", "", 0},
		"a finding of no commit": {func(c *committed) { c.stream.findings = []string{unsigned("HEAD; rm")} }, broken, plan.ReasonIncomplete, "which is no commit", 0},
		"no results":             {func(c *committed) { c.missing = true }, broken, plan.ReasonIncomplete, "commits", 0},
		"cut off results":        {func(c *committed) { c.stream.noEnd = true }, broken, plan.ReasonIncomplete, "commits", 0},
		"a check that raised":    {func(c *committed) { c.stream.errors = []string{"check"} }, broken, plan.ReasonIncomplete, "it raised", 0},
		"a check that raised, and a sign-off": {func(c *committed) {
			c.stream.errors, c.stream.findings = []string{"check"}, []string{unsigned(firstCommit)}
		}, failed, "", "", 1},
		"a check that did not run": {func(c *committed) { c.stream.checks = []string{"GitEclassCommitsCheck"} }, broken, plan.ReasonIncomplete, "GitCommitMessageCheck did not run", 0},
		"one of all did not run": {func(c *committed) {
			c.commits.Checks, c.stream.skipped = nil, []string{"GitPkgCommitsCheck/skipped/no git"}
		}, broken, plan.ReasonIncomplete, "GitPkgCommitsCheck did not run (skipped: no git)", 0},
		"another clock":                {func(c *committed) { c.stream.clock = "2026-11-22T00:00:00Z" }, broken, plan.ReasonUnlike, "commits", 0},
		"another version":              {func(c *committed) { c.stream.pkgcheck = "0.10.50" }, broken, plan.ReasonUnlike, "versions", 0},
		"another merge base":           {func(c *committed) { c.stream.commit = baseCommit }, broken, plan.ReasonUnlike, "merge base", 0},
		"nobody said anything":         {func(c *committed) { c.commits = nil }, broken, plan.ReasonIncomplete, "Nobody said", 0},
		"switched off by nobody":       {func(c *committed) { c.commits = &plan.Commits{State: plan.CommitsDisabled} }, broken, plan.ReasonIncomplete, "wish", 0},
		"not switched off":             {func(c *committed) { c.plan.Snapshot.CommitChecks = plan.CommitsOff }, broken, plan.ReasonIncomplete, "wish", 0},
		"unused although it is wanted": {func(c *committed) { c.plan.Snapshot.CommitChecks, c.commits.State = plan.CommitsOn, plan.CommitsUnused }, broken, plan.ReasonIncomplete, "wish", 0},
		"no commits":                   {func(c *committed) { c.commits, c.missing = &plan.Commits{State: plan.CommitsNone}, true }, success, "", "", 0},
		"too many commits": {func(c *committed) {
			c.commits, c.missing = &plan.Commits{State: plan.CommitsTooMany, Reason: "it has more"}, true
		}, neutral, plan.ReasonTooManyCommits, "it has more", 0},
		"too many commits, and a new error": {func(c *committed) {
			c.commits, c.missing, c.head.findings = &plan.Commits{State: plan.CommitsTooMany, Reason: "it has more"}, true, []string{badLicence}
		}, failed, "", "", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCommitted()
			c.change(b)
			v := engine.Evaluate(b.files(t), b.plan)
			if v.Conclusion != c.conclusion || v.Reason != c.reason || !strings.Contains(v.Message, c.message) {
				t.Errorf("%s, %s: %s; want %s, %s: …%s…", v.Conclusion, v.Reason, v.Message, c.conclusion, c.reason, c.message)
			}
			if len(v.Items) != c.items || v.Counts.New != c.items && c.conclusion != broken {
				t.Errorf("%d items, %+v; want %d", len(v.Items), v.Counts, c.items)
			}
			problems := map[string]bool{}
			for _, item := range v.Items {
				problems[item.Problem] = true
				if item.Class != finding.ClassNew {
					t.Errorf("%s is %s", item.Fact.Rule, item.Class)
				}
				if rest := item.Fact.Message; item.Fact.Rule == "MissingSignOff" && rest != "missing sign-off: A <a@b>" {
					t.Errorf("it says %q", rest)
				}
			}
			if len(problems) != len(v.Items) {
				t.Errorf("%d items are %d problems", len(v.Items), len(problems))
			}
		})
	}
}

func TestEvaluateNamesTheCommitsThatWereChecked(t *testing.T) {
	t.Parallel()
	b := newCommitted()
	b.stream.findings, b.stream.errors = []string{unsigned(firstCommit)}, []string{"check"}
	v := engine.Evaluate(b.files(t), b.plan)
	c := v.Commits
	if c == nil || c.State != plan.CommitsChecked || c.Count != 2 || c.Base != mergeBase || len(c.Checks) != 1 || c.Findings != 1 {
		t.Errorf("%+v", c)
	}
	if v.Items[0].Fact.Commit != firstCommit {
		t.Errorf("the commit is %q", v.Items[0].Fact.Commit)
	}
	if len(v.Culprits) != 1 || v.Culprits[0].Side != "commits" {
		t.Errorf("culprits %+v", v.Culprits)
	}
	for _, o := range v.Outcomes {
		if o.Commits != nil {
			t.Error("the verdict has the decision twice")
		}
	}
}
