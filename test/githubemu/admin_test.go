// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

func TestTheAdminAPIDoesWhatTheMethodsDo(t *testing.T) {
	e := emutest.Start(t)
	call := func(method, path, body string) map[string]any {
		t.Helper()
		status, answer, _ := raw(t, e, method, "/_emu/"+path, body, nil)
		if status != http.StatusOK {
			t.Fatalf("%s %s: %d %v", method, path, status, answer)
		}
		return answer
	}
	const pr = "repos/octo/overlay/pulls/1/"
	call("POST", "repos", `{"name":"octo/overlay"}`)
	if n := call("POST", "pulls", `{"repo":"octo/overlay","title":"T","author":"ann","content":{"files":{"a":{"text":"1"}}}}`)["number"]; n != 1.0 {
		t.Fatalf("number %v", n)
	}
	sha := call("POST", pr+"push", `{"files":{"a":{"text":"2"},"b":{"base64":"AA==","mode":"100755"}},"message":"m"}`)["sha"]
	if sha != e.Head(t, full, 1) {
		t.Errorf("pushed %v", sha)
	}
	call("POST", "repos/octo/overlay/branches/next", `{"sender":"bob","files":{"README.md":{"delete":true}}}`)
	for path, body := range map[string]string{
		"label": `{"name":"noci"}`, "edit": `{"title":"U"}`, "comment": `{"sender":"bob","body":"hi"}`, "draft": "", "retarget": `{"base":"next"}`, "lock": "",
	} {
		call("POST", pr+path, body)
	}
	call("POST", pr+"close", "")
	call("POST", "faults", `{"method":"GET","status":500}`)
	call("DELETE", "faults", "")
	call("POST", "webhooks", `{"drop":1}`)
	call("POST", "ratelimit", `{"actor":"checker","limit":10,"remaining":9,"reset_in":60}`)
	token := call("POST", "tokens", `{"login":"carol"}`)["token"]
	call("DELETE", fmt.Sprintf("tokens/%v", token), "")
	p, err := e.Pulls(full)
	if err != nil || len(p) != 1 || p[0].Title != "U" || p[0].State != "closed" || p[0].Base != "next" || !p[0].Draft || len(p[0].Labels) != 1 {
		t.Errorf("%v, %v", p, err)
	}
	for _, list := range []string{"violations", "requests", "deliveries", "repos/octo/overlay/pulls", "repos/octo/overlay/statuses", "repos/octo/overlay/check-runs", pr + "comments"} {
		call("GET", list, "")
	}
}

func TestTheAdminAPIRefusesWhatItDoesNotUnderstand(t *testing.T) {
	e := emutest.Start(t, emutest.With(func(o *githubemu.Options) { o.AdminToken = "root" }))
	admin := map[string]string{"Authorization": "Bearer root"}
	for sentence, tc := range map[string]struct {
		path, body string
		header     map[string]string
		want       int
	}{
		"no token":             {"repos", `{"name":"a/b"}`, nil, http.StatusUnauthorized},
		"a field of its own":   {"repos", `{"title":"a/b"}`, admin, http.StatusBadRequest},
		"a name without owner": {"repos", `{"name":"b"}`, admin, http.StatusUnprocessableEntity},
		"an unknown drop":      {"faults", `{"drop":"sometimes"}`, admin, http.StatusUnprocessableEntity},
		"a good one":           {"repos", `{"name":"a/b"}`, admin, http.StatusOK},
	} {
		t.Run(sentence, func(t *testing.T) {
			if status, answer, _ := raw(t, e, "POST", "/_emu/"+tc.path, tc.body, tc.header); status != tc.want {
				t.Errorf("got %d %v", status, answer)
			}
		})
	}
}

func TestThePageOfAPullRequest(t *testing.T) {
	e, _, head := withPull(t)
	raw(t, e, "POST", "/repos/"+full+"/statuses/"+head, `{"state":"failure","context":"prcheck","description":"2 new <b>findings</b>","target_url":"https://example.org/r/1"}`, nil)
	for path, wanted := range map[string][]string{
		"/octo/overlay/pull/1": {"Add a file", "✗ failure", "2 new &lt;b&gt;findings", `href="https://example.org/r/1"`, head, `name="viewport"`},
		"/":                    {"octo/overlay", "Add a file", "✗ failure"},
	} {
		page := text(t, e, path)
		for _, part := range wanted {
			if !strings.Contains(page, part) {
				t.Errorf("%s lacks %q:\n%s", path, part, page)
			}
		}
	}
}

func TestOwnRepliesAreChecked(t *testing.T) {
	e, number, _ := withPull(t)
	if err := e.EditPull(t.Context(), full, number, "", new("ok"), nil); err != nil {
		t.Fatal(err)
	}
	e.ExpectViolation("own-reply:repos/get")
	e.SetExternalURL("::not an address::")
	status, answer, _ := raw(t, e, "GET", "/repos/"+full, "", nil)
	if status != http.StatusInternalServerError || !named(e, "own-reply:repos/get") {
		t.Errorf("a reply with broken addresses went out: %d %v", status, answer["html_url"])
	}
}
