// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v57/github"
	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

// The tests of this file are facts about GitHub that others learned the hard way, and that the emulator claims to model.

func TestFactAThousandStatusesOfACommitAndContext(t *testing.T) {
	e, _, head := withPull(t)
	e.ExpectViolation("too-many-statuses")
	e.SetLimit(githubemu.LimitState{Actor: "checker", Limit: 5000, Remaining: 5000, ResetIn: 3600})
	path, body := "/repos/"+full+"/statuses/"+head, `{"state":"pending","context":"prcheck"}`
	for i := range 1000 {
		if status, answer, _ := raw(t, e, "POST", path, body, nil); status != http.StatusCreated {
			t.Fatalf("status %d: %d %v", i, status, answer)
		}
	}
	status, answer, _ := raw(t, e, "POST", path, body, nil)
	if status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(answer["errors"]), "reached the maximum number of statuses") {
		t.Errorf("the 1001st: %d %v", status, answer)
	}
	if status, _, _ := raw(t, e, "POST", path, `{"state":"pending","context":"other"}`, nil); status != http.StatusCreated {
		t.Errorf("another context: %d", status)
	}
}

func TestFactCombinedState(t *testing.T) {
	for sentence, tc := range map[string]struct {
		states []string // one context each
		want   string
	}{
		"none is pending":                 {nil, "pending"},
		"all green":                       {[]string{"success", "success"}, "success"},
		"one pending":                     {[]string{"success", "pending"}, "pending"},
		"an error is a failure":           {[]string{"success", "error"}, "failure"},
		"a failure beats what is pending": {[]string{"pending", "failure"}, "failure"},
	} {
		t.Run(sentence, func(t *testing.T) {
			e, _, head := withPull(t)
			for i, state := range tc.states {
				raw(t, e, "POST", "/repos/"+full+"/statuses/"+head, fmt.Sprintf(`{"state":%q,"context":"c%d"}`, state, i), nil)
			}
			if _, answer, _ := raw(t, e, "GET", "/repos/"+full+"/commits/"+head+"/status", "", nil); answer["state"] != tc.want {
				t.Errorf("got %v", answer["state"])
			}
		})
	}
}

func TestFactStatusesWithoutContextAreDefault(t *testing.T) {
	e, _, head := withPull(t)
	_, answer, _ := raw(t, e, "POST", "/repos/"+full+"/statuses/"+head, `{"state":"success"}`, nil)
	if answer["context"] != "default" {
		t.Errorf("context %v", answer["context"])
	}
}

func TestFactCheckRunsOfForksNameNoPullRequest(t *testing.T) {
	e, _, head := withPull(t) // the contributor has a fork
	gh, _, _ := installed(t, e, nil)
	suite, _, err := gh.Checks.CreateCheckSuite(t.Context(), owner, name, suiteOf(head))
	if err != nil || len(suite.PullRequests) != 0 || suite.HeadBranch != nil {
		t.Errorf("%v, %v", suite, err)
	}
	again, _, err := gh.Checks.CreateCheckSuite(t.Context(), owner, name, suiteOf(head))
	if err != nil || again.GetID() != suite.GetID() {
		t.Errorf("an App has one suite for a commit: %v, %v", again, err)
	}
}

func TestFactTheBaseOfAPullRequestDoesNotFollowItsBranch(t *testing.T) {
	e, number, _ := withPull(t)
	before, err := e.Pulls(full)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.PushBranch(t.Context(), full, "master", "ann", githubemu.Content{Files: map[string]githubemu.File{"z": {Text: "z"}}}); err != nil {
		t.Fatal(err)
	}
	after, err := e.Pulls(full)
	if err != nil || after[0].BaseSHA != before[0].BaseSHA {
		t.Errorf("%s#%d: %s, %s, %v", full, number, before[0].BaseSHA, after[0].BaseSHA, err)
	}
}

func TestFactDeletedForksLeaveNoHeadRepository(t *testing.T) {
	e, number, head := withPull(t)
	if err := e.DeleteHead(t.Context(), full, number); err != nil {
		t.Fatal(err)
	}
	p, _, err := client(t, e, e.Token).PullRequests.Get(t.Context(), owner, name, number)
	if err != nil || p.GetHead().Repo != nil || p.GetHead().GetSHA() != head {
		t.Fatalf("%v, %v", p, err)
	}
	if got := mustGit(t, t.TempDir(), "ls-remote", e.URL+"/"+full+".git", "refs/pull/1/head"); !strings.HasPrefix(got, head) {
		t.Errorf("the ref stays: %s", got)
	}
}

func TestFactLockedConversationsTakeNoComments(t *testing.T) {
	e, number, _ := withPull(t)
	if err := e.SetLocked(full, number, true); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := raw(t, e, "POST", "/repos/"+full+"/issues/1/comments", `{"body":"x"}`, nil); status != http.StatusForbidden {
		t.Errorf("got %d", status)
	}
}

func TestFactDeliveriesAreForgottenAfterThreeDays(t *testing.T) {
	hooks := newReceiver(t)
	clock := testclock.NewFakeClock(time.Now())
	e := emutest.Start(t, emutest.WithWebhook(hooks.url, secret), emutest.With(func(o *githubemu.Options) { o.Clock = clock }))
	e.Repo(t, full, "")
	wait(t, e)
	gh := client(t, e, e.Token)
	list, _, err := gh.Repositories.ListHooks(t.Context(), owner, name, nil)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	clock.Step(73 * time.Hour)
	old, _, err := gh.Repositories.ListHookDeliveries(t.Context(), owner, name, list[0].GetID(), nil)
	if err != nil || len(old) != 0 {
		t.Errorf("%v, %v", old, err)
	}
}

func TestFactCommentsSayNothingOfTheHead(t *testing.T) {
	hooks := newReceiver(t)
	e, number, head := withPull(t, emutest.WithWebhook(hooks.url, secret))
	if err := e.Comment(t.Context(), full, number, "ann", "/ok-to-test"); err != nil {
		t.Fatal(err)
	}
	wait(t, e)
	all := hooks.all()
	at := slices.IndexFunc(all, func(d received) bool { return d.event == "issue_comment" })
	if at < 0 || strings.Contains(fmt.Sprint(all[at].payload), head) {
		t.Errorf("delivery %d holds the head's SHA", at)
	}
	issue, _ := all[at].payload["issue"].(map[string]any)
	if issue["pull_request"] == nil {
		t.Error("the issue does not say that it is a pull request")
	}
}

func TestFactAppsEditTheirOwnCommentsOnly(t *testing.T) {
	e, number, _ := withPull(t)
	if err := e.Comment(t.Context(), full, number, "ann", "hers"); err != nil {
		t.Fatal(err)
	}
	list, err := e.Comments(full, number)
	if err != nil {
		t.Fatal(err)
	}
	_, tr, _ := installed(t, e, nil)
	token, err := tr.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/repos/%s/issues/comments/%d", full, list[0].ID)
	if status, _, _ := raw(t, e, "PATCH", path, `{"body":"x"}`, map[string]string{"Authorization": "Bearer " + token}); status != http.StatusForbidden {
		t.Errorf("got %d", status)
	}
}

func suiteOf(sha string) gogithub.CreateCheckSuiteOptions {
	return gogithub.CreateCheckSuiteOptions{HeadSHA: sha}
}
