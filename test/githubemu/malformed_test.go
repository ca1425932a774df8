// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

// raw sends one request without any client's help and gives status and body.
func raw(t *testing.T, e *emutest.Emulator, method, path, body string, header map[string]string) (status int, answer map[string]any, h http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+e.Token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirects
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal(text, &answer) // lists and pages stay nil
	return resp.StatusCode, answer, resp.Header
}

func TestMalformedRequestsAreRefusedByName(t *testing.T) {
	const repo = "/repos/" + full
	long := strings.Repeat("x", 141)
	for sentence, tc := range map[string]struct {
		method, path, body string
		header             map[string]string
		status             int
		name               string
	}{
		"a status with a state that does not exist":     {"POST", repo + "/statuses/HEAD", `{"state":"passed"}`, nil, 422, "bad-field:state"},
		"a status without a state":                      {"POST", repo + "/statuses/HEAD", `{"context":"x"}`, nil, 422, "missing-field:state"},
		"a status with a field that does not exist":     {"POST", repo + "/statuses/HEAD", `{"state":"success","details_url":"https://x.org"}`, nil, 422, "unknown-field:details_url"},
		"a status whose description is a number":        {"POST", repo + "/statuses/HEAD", `{"state":"success","description":7}`, nil, 422, "bad-field:description"},
		"a status with 141 characters of description":   {"POST", repo + "/statuses/HEAD", `{"state":"success","description":"` + long + `"}`, nil, 422, "description-too-long"},
		"a status that links to another scheme":         {"POST", repo + "/statuses/HEAD", `{"state":"success","target_url":"ftp://x.org/"}`, nil, 422, "bad-target-url"},
		"a body that is not JSON":                       {"POST", repo + "/statuses/HEAD", `{"state":`, nil, 400, "bad-json"},
		"a body that is a list":                         {"POST", repo + "/statuses/HEAD", `["success"]`, nil, 400, "body-not-object"},
		"a body without a body's type":                  {"POST", repo + "/statuses/HEAD", `{"state":"success"}`, map[string]string{"Content-Type": "text/plain"}, 415, "bad-content-type"},
		"no body where one is needed":                   {"POST", repo + "/statuses/HEAD", "", nil, 422, "bad-body"},
		"a body where none belongs":                     {"POST", "/app/hook/deliveries/1/attempts", `{"a":1}`, nil, 422, "unexpected-body"},
		"a pull request's number that is no number":     {"GET", repo + "/pulls/one", "", nil, 404, "bad-parameter:pull_number"},
		"a list of pull requests in a state of its own": {"GET", repo + "/pulls?state=merged", "", nil, 422, "bad-parameter:state"},
		"a page that is no number":                      {"GET", repo + "/pulls?page=two", "", nil, 422, "bad-parameter:page"},
		"a query parameter that does not exist":         {"GET", repo + "/pulls?labels=noci", "", nil, 422, "unknown-parameter:labels"},
		"an address that does not exist":                {"GET", repo + "/pullrequests", "", nil, 404, "unknown-operation"},
		"a method that does not exist":                  {"PUT", repo + "/statuses/HEAD", `{"state":"success"}`, nil, 404, "unknown-method"},
		"a version that does not exist":                 {"GET", repo, "", map[string]string{"X-Github-Api-Version": "2021-01-01"}, 400, "bad-api-version"},
		"an answer in a type that GitHub lacks":         {"GET", repo, "", map[string]string{"Accept": "application/xml"}, 415, "bad-accept"},
		"no user agent":                                 {"GET", repo, "", map[string]string{"User-Agent": ""}, 403, "missing-user-agent"},
		"a comment without a body":                      {"POST", repo + "/issues/1/comments", `{}`, nil, 422, "missing-field:body"},
		"a comment that is empty":                       {"POST", repo + "/issues/1/comments", `{"body":""}`, nil, 422, "empty-comment"},
		"a comment that is too long":                    {"POST", repo + "/issues/1/comments", `{"body":"` + strings.Repeat("x", 65537) + `"}`, nil, 422, "comment-too-long"},
		"a check run without a name":                    {"POST", repo + "/check-runs", `{"head_sha":"HEAD"}`, nil, 422, "missing-field:name"},
		"a check run's output without a summary":        {"POST", repo + "/check-runs", `{"name":"x","head_sha":"HEAD","output":{"title":"x"}}`, nil, 422, "missing-field:output.summary"},
		"a check run with 51 annotations":               {"POST", repo + "/check-runs", `{"name":"x","head_sha":"HEAD","output":{"title":"x","summary":"y","annotations":[` + annotations(51) + `]}}`, nil, 422, "bad-field:output.annotations"},
		"a check run with four actions":                 {"POST", repo + "/check-runs", `{"name":"x","head_sha":"HEAD","actions":[` + strings.TrimSuffix(strings.Repeat(`{"label":"a","description":"b","identifier":"c"},`, 4), ",") + `]}`, nil, 422, "bad-field:actions"},
		"a reaction that does not exist":                {"POST", repo + "/issues/comments/1/reactions", `{"content":"thumbs"}`, nil, 422, "bad-field:content"},
	} {
		t.Run(sentence, func(t *testing.T) {
			e, _, head := withPull(t)
			e.ExpectViolation(tc.name)
			status, answer, _ := raw(t, e, tc.method, strings.ReplaceAll(tc.path, "HEAD", head), strings.ReplaceAll(tc.body, "HEAD", head), tc.header)
			if status != tc.status || answer["message"] == nil || answer["documentation_url"] == nil {
				t.Errorf("answered %d %v, want %d with message and documentation_url", status, answer, tc.status)
			}
			seen := e.Requests()
			if len(seen) == 0 || seen[len(seen)-1].Valid {
				t.Error("the request is listed as valid")
			}
			if !named(e, tc.name) {
				t.Errorf("no violation %q; all: %v", tc.name, e.AllViolations())
			}
		})
	}
}

func annotations(n int) string {
	one := `{"path":"a","start_line":1,"end_line":1,"annotation_level":"failure","message":"m"},`
	return strings.TrimSuffix(strings.Repeat(one, n), ",")
}

func named(e *emutest.Emulator, name string) bool {
	for _, v := range e.AllViolations() {
		if v.Name == name {
			return true
		}
	}
	return false
}

func TestPageSizeAboveAHundredIsCutAndRecorded(t *testing.T) {
	e, _, _ := withPull(t)
	e.ExpectViolation("per-page-above-100")
	if status, _, _ := raw(t, e, "GET", "/repos/"+full+"/pulls?per_page=500", "", nil); status != http.StatusOK {
		t.Errorf("GitHub cuts it silently, got %d", status)
	}
	if !named(e, "per-page-above-100") {
		t.Error("not recorded")
	}
}

func TestWhatIsNotEmulatedSaysSo(t *testing.T) {
	e, _, _ := withPull(t)
	const name = "not-emulated:repos/list-deployments"
	e.ExpectViolation(name)
	status, _, _ := raw(t, e, "GET", "/repos/"+full+"/deployments", "", nil)
	if status != http.StatusNotImplemented || !named(e, name) {
		t.Errorf("got %d, %v", status, e.AllViolations())
	}
}
