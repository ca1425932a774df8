// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	gogithub "github.com/google/go-github/v57/github"
)

// Replies are validated by the emulator: a status of 2xx means that the reply fits GitHub's document.
func TestRepliesOfUsersOperationsFitTheDocument(t *testing.T) {
	hooks := newReceiver(t)
	e, number, head := withPull(t)
	if err := e.Comment(t.Context(), full, number, "checker", "mine"); err != nil {
		t.Fatal(err)
	}
	list, err := e.Comments(full, number)
	if err != nil {
		t.Fatal(err)
	}
	comment := fmt.Sprintf("/issues/comments/%d", list[0].ID)
	for _, step := range []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/git/refs", `{"ref":"refs/heads/x","sha":"HEAD"}`, 201},
		{"POST", "/git/refs", `{"ref":"refs/heads/x","sha":"HEAD"}`, 422},
		{"PATCH", "/git/refs/heads/x", `{"sha":"HEAD","force":true}`, 200},
		{"DELETE", "/git/refs/heads/x", "", 204},
		{"POST", "/labels", `{"name":"noci","color":"ff0000"}`, 201},
		{"POST", "/labels", `{"name":"noci"}`, 422},
		{"POST", "/issues/1/labels", `{"labels":["noci","other"]}`, 200},
		{"DELETE", "/issues/1/labels/other", "", 200},
		{"DELETE", "/issues/1/labels/other", "", 404},
		{"PUT", "/issues/1/labels", `{"labels":["x"]}`, 200},
		{"DELETE", "/issues/1/labels", "", 204},
		{"GET", comment, "", 200},
		{"PATCH", comment, `{"body":"edited"}`, 200},
		{"POST", comment + "/reactions", `{"content":"eyes"}`, 201},
		{"POST", comment + "/reactions", `{"content":"eyes"}`, 200},
		{"GET", comment + "/reactions", "", 200},
		{"DELETE", comment, "", 204},
		{"GET", comment, "", 404},
		{"PATCH", "/pulls/1", `{"title":"T","body":"B"}`, 200},
		{"PATCH", "/pulls/1", `{"state":"closed"}`, 200},
		{"PATCH", "/pulls/1", `{"base":"none"}`, 422},
		{"GET", "/pulls/99", "", 404},
		{"POST", "/hooks", `{"events":["push"],"config":{"url":"` + hooks.url + `","secret":"` + secret + `"}}`, 201},
		{"GET", "/commits/none", "", 422},
		{"GET", "/branches/none", "", 404},
		{"GET", "/contents/none", "", 404},
	} {
		status, answer, _ := raw(t, e, step.method, "/repos/"+full+step.path, strings.ReplaceAll(step.body, "HEAD", head), nil)
		if status != step.want {
			t.Errorf("%s %s: %d %v, want %d", step.method, step.path, status, answer, step.want)
		}
	}
	wait(t, e)
	if got := hooks.all(); len(got) != 1 || got[0].event != "ping" {
		t.Errorf("the new hook got %v", got)
	}
}

func TestRepliesOfAppsOperationsFitTheDocument(t *testing.T) {
	hooks := newReceiver(t)
	e, number, head := withPull(t)
	key, _, public := appKey(t)
	app := checker(public)
	app.Events, app.WebhookURL, app.WebhookSecret = []string{"pull_request"}, hooks.url, secret
	ids, err := e.AddApp(app)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Label(t.Context(), full, number, "", "noci"); err != nil {
		t.Fatal(err)
	}
	wait(t, e)
	as := map[string]string{"Authorization": "Bearer " + sign(t, key, jwt.MapClaims{
		"iss": ids.AppID, "iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(5 * time.Minute).Unix(),
	})}
	id := e.Deliveries()[0].ID
	step := func(method, path string, want int) map[string]any {
		t.Helper()
		status, answer, _ := raw(t, e, method, path, "", as)
		if status != want {
			t.Errorf("%s %s: %d %v, want %d", method, path, status, answer, want)
		}
		return answer
	}
	for _, path := range []string{
		"/app", "/app/installations", "/app/installations/" + itoa(ids.InstallationID), "/orgs/octo/installation", "/repos/" + full + "/installation",
		"/app/hook/config", "/app/hook/deliveries", "/app/hook/deliveries/" + itoa(id),
	} {
		step("GET", path, http.StatusOK)
	}
	step("POST", "/app/hook/deliveries/"+itoa(id)+"/attempts", http.StatusAccepted)
	step("GET", "/app/installations/1", http.StatusNotFound)
	token := step("POST", "/app/installations/"+itoa(ids.InstallationID)+"/access_tokens", http.StatusCreated)["token"]
	as["Authorization"] = fmt.Sprintf("Bearer %v", token)
	step("GET", "/installation/repositories", http.StatusOK)
	gh := client(t, e, fmt.Sprint(token))
	run, _, err := gh.Checks.CreateCheckRun(t.Context(), owner, name, gogithub.CreateCheckRunOptions{Name: "x", HeadSHA: head})
	if err != nil {
		t.Fatal(err)
	}
	suite := fmt.Sprintf("/repos/%s/check-suites/%d", full, run.GetCheckSuite().GetID())
	step("GET", suite, http.StatusOK)
	step("GET", suite+"/check-runs", http.StatusOK)
	step("POST", suite+"/rerequest", http.StatusCreated)
	step("POST", fmt.Sprintf("/repos/%s/check-runs/%d/rerequest", full, run.GetID()), http.StatusCreated)
	step("GET", fmt.Sprintf("/repos/%s/check-runs/%d", full, run.GetID()), http.StatusOK)
	step("DELETE", "/installation/token", http.StatusNoContent)
	step("GET", "/installation/repositories", http.StatusUnauthorized)
}
