// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
	"github.com/prcheck/prcheck/test/githubemu/spec"
)

const secret = "s3cret"

func itoa(n int64) string { return fmt.Sprint(n) }

type received struct {
	event, guid string
	header      http.Header
	payload     map[string]any
}

func (r received) action() string {
	action, _ := r.payload["action"].(string)
	return action
}

// receiver is a webhook's address. It validates as go-github does.
type receiver struct {
	url    string
	mu     sync.Mutex
	list   []received
	status int
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusAccepted}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := gogithub.ValidatePayload(req, []byte(secret))
		if err != nil {
			t.Errorf("the delivery does not validate: %v", err)
			body, _ = io.ReadAll(req.Body)
		}
		if _, err := gogithub.ParseWebHook(gogithub.WebHookType(req), body); err != nil {
			t.Errorf("go-github cannot read the payload of %s: %v", gogithub.WebHookType(req), err)
		}
		one := received{event: gogithub.WebHookType(req), guid: gogithub.DeliveryID(req), header: req.Header}
		if err := json.Unmarshal(body, &one.payload); err != nil {
			t.Errorf("payload: %v", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.list = append(r.list, one)
		w.WriteHeader(r.status)
	}))
	t.Cleanup(web.Close)
	r.url = web.URL
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

func wait(t *testing.T, e *emutest.Emulator) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := e.WaitDeliveries(ctx); err != nil {
		t.Fatal(err)
	}
}

// sameShape compares the keys with those of the published example, at every depth.
func (r *receiver) sameShape(t *testing.T, d received) {
	t.Helper()
	var all map[string][]map[string]any
	if err := json.Unmarshal(spec.Webhooks, &all); err != nil {
		t.Fatal(err)
	}
	for _, example := range all[d.event] {
		if example["action"] == d.payload["action"] || example["action"] == "opened" && d.action() == "edited" {
			compareKeys(t, d.event+"."+d.action(), example, d.payload)
			return
		}
	}
	t.Errorf("no published example of %s %s", d.event, d.action())
}

// mayDiffer are keys that depend on how the event is delivered, or that our examples of other subjects lack.
var mayDiffer = map[string]bool{"installation": true, "permissions": true, "changes": true, "organization": true}

func compareKeys(t *testing.T, at string, example, got map[string]any) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(example)) {
		have, present := got[key]
		if !present && !mayDiffer[key] {
			t.Errorf("%s: the published example has %q", at, key)
		}
		exObject, a := example[key].(map[string]any)
		gotObject, b := have.(map[string]any)
		if a && b && key != "permissions" { // those are a map, not a shape
			compareKeys(t, at+"."+key, exObject, gotObject)
		}
		exList, a := example[key].([]any)
		gotList, b := have.([]any)
		if a && b && len(exList) > 0 && len(gotList) > 0 {
			if first, is := exList[0].(map[string]any); is {
				element, _ := gotList[0].(map[string]any)
				compareKeys(t, at+"."+key, first, element)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, known := example[key]; !known && !mayDiffer[key] && key != "pull_request" {
			t.Errorf("%s: the published example has no %q", at, key)
		}
	}
}

// life does everything that a pull request can go through.
func life(t *testing.T, e *emutest.Emulator) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	e.Repo(t, full, "")
	n := e.Pull(t, full, "Bump", map[string]githubemu.File{"a": {Text: "1\n"}})
	_, err := e.PushPull(ctx, full, n, githubemu.Content{Files: map[string]githubemu.File{"a": {Text: "2\n"}}})
	must(err)
	must(e.Label(ctx, full, n, "maintainer", "noci"))
	must(e.Unlabel(ctx, full, n, "maintainer", "noci"))
	must(e.SetDraft(ctx, full, n, "", true))
	must(e.SetDraft(ctx, full, n, "", false))
	must(e.EditPull(ctx, full, n, "", new("Bump a"), nil))
	_, err = e.PushBranch(ctx, full, "next", "maintainer", githubemu.Content{Files: map[string]githubemu.File{"n": {Text: "n"}}})
	must(err)
	must(e.Retarget(ctx, full, n, "", "next"))
	must(e.Comment(ctx, full, n, "ann", "/retest"))
	must(e.ClosePull(ctx, full, n, ""))
	must(e.ReopenPull(ctx, full, n, ""))
	must(e.MergePull(ctx, full, n, "maintainer"))
	wait(t, e)
}

func TestDeliveriesAreSignedAndShapedLikeThePublishedExamples(t *testing.T) {
	hooks := newReceiver(t)
	e := emutest.Start(t, emutest.WithWebhook(hooks.url, secret))
	life(t, e)
	counts := map[string]int{}
	for _, d := range hooks.all() {
		counts[strings.TrimSpace(d.event+" "+d.action())]++
		hooks.sameShape(t, d)
		text, _ := json.Marshal(d.payload)
		for _, lender := range []string{"Codertocat", "Octocoders", "octocoders", "api.github.com"} {
			if strings.Contains(string(text), lender) {
				at := strings.Index(string(text), lender)
				t.Errorf("%s %s still names %s: …%s…", d.event, d.action(), lender, text[max(0, at-60):min(len(text), at+40)])
			}
		}
		if !strings.HasPrefix(d.header.Get("User-Agent"), "GitHub-Hookshot/") || d.header.Get("X-Github-Hook-Id") == "" || d.guid == "" {
			t.Errorf("%s: headers %v", d.event, d.header)
		}
	}
	want := map[string]int{
		"ping": 1, "pull_request opened": 1, "pull_request synchronize": 1, "pull_request labeled": 1, "pull_request unlabeled": 1,
		"pull_request converted_to_draft": 1, "pull_request ready_for_review": 1, "pull_request edited": 2, "issue_comment created": 1,
		"pull_request closed": 2, "pull_request reopened": 1, "push": 2,
	}
	if !maps.Equal(counts, want) {
		t.Errorf("got %v, want %v", counts, want)
	}
}

func TestDeliveriesAreNeverRetriedButCanBeSentAgain(t *testing.T) {
	hooks := newReceiver(t)
	hooks.status = http.StatusInternalServerError
	e := emutest.Start(t, emutest.WithWebhook(hooks.url, secret))
	e.Repo(t, full, "") // pings
	wait(t, e)
	if got := hooks.all(); len(got) != 1 {
		t.Fatalf("%d deliveries of one event", len(got))
	}
	gh := client(t, e, e.Token)
	list, _, err := gh.Repositories.ListHooks(t.Context(), owner, name, nil)
	if err != nil || len(list) != 1 {
		t.Fatalf("hooks: %v, %v", list, err)
	}
	failed, _, err := gh.Repositories.ListHookDeliveries(t.Context(), owner, name, list[0].GetID(), nil)
	if err != nil || len(failed) != 1 || failed[0].GetStatusCode() != 500 || failed[0].GetRedelivery() {
		t.Fatalf("deliveries: %v, %v", failed, err)
	}
	hooks.status = http.StatusOK
	_, _, err = gh.Repositories.RedeliverHookDelivery(t.Context(), owner, name, list[0].GetID(), failed[0].GetID())
	if _, accepted := err.(*gogithub.AcceptedError); !accepted { //nolint:errorlint // go-github returns it bare
		t.Fatalf("redeliver: %v", err)
	}
	wait(t, e)
	got := hooks.all()
	if len(got) != 2 || got[0].guid != got[1].guid {
		t.Fatalf("sent again with another GUID: %v", got)
	}
	again, _, err := gh.Repositories.ListHookDeliveries(t.Context(), owner, name, list[0].GetID(), nil)
	if err != nil || len(again) != 2 || !again[0].GetRedelivery() || again[0].GetStatusCode() != 200 {
		t.Errorf("deliveries: %v, %v", again, err)
	}
}

func TestDeliveriesCanBeDroppedAndDelayed(t *testing.T) {
	hooks := newReceiver(t)
	e := emutest.Start(t, emutest.WithWebhook(hooks.url, secret))
	e.DropWebhooks(1)
	e.Repo(t, full, "")
	e.DelayWebhooks(1, time.Millisecond)
	e.Pull(t, full, "Bump", map[string]githubemu.File{"a": {Text: "1\n"}})
	wait(t, e)
	if got := hooks.all(); len(got) != 1 || got[0].event != "pull_request" {
		t.Errorf("got %v", got)
	}
	if listed := e.Deliveries(); len(listed) != 2 || listed[0].StatusCode != http.StatusBadGateway || listed[1].StatusCode != http.StatusAccepted {
		t.Errorf("listed %v", listed)
	}
}

// text gives a page as a browser gets it.
func text(t *testing.T, e *emutest.Emulator, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	page, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
	}
	return string(page)
}
