// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

var secret = []byte("s3cret")

func sign(key, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// delivery makes a signed request; header overrides, "" removes.
func delivery(event, body string, header map[string]string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/x", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	r.Header.Set("X-Hub-Signature-256", sign(secret, []byte(body)))
	for name, value := range header {
		if value == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, value)
		}
	}
	return r
}

func TestParseWebhook(t *testing.T) {
	const (
		id   = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
		repo = `"repository":{"id":7,"full_name":"octo/overlay"}`
		pull = `{"action":"synchronize","pull_request":{"number":12,"state":"open","head":{"sha":"beef"},"base":{"ref":"main"},"labels":[{"name":"noci"},{"name":"x"}]},` + repo + `}`
	)
	signal := Signal{
		DeliveryID: id, Event: "pull_request", Action: "synchronize", Number: 12, RepositoryID: 7, FullName: "octo/overlay",
		Head: "beef", Branch: "main", Labels: []string{"noci", "x"},
	}
	tests := map[string]struct {
		event, body string
		header      map[string]string
		secret      []byte
		want        Signal
		err         error
	}{
		"a push to a pull request": {event: "pull_request", body: pull, want: signal},
		"a charset":                {event: "pull_request", body: pull, header: map[string]string{"Content-Type": "application/json; charset=utf-8"}, want: signal},
		"a closed draft without labels": {
			event: "pull_request", body: `{"action":"closed","pull_request":{"number":12,"state":"closed","draft":true,"head":{"sha":"cafe"},"base":{"ref":"stable"}},` + repo + `}`,
			want: Signal{DeliveryID: id, Event: "pull_request", Action: "closed", Number: 12, RepositoryID: 7, FullName: "octo/overlay", Closed: true, Draft: true, Head: "cafe", Branch: "stable", Labels: []string{}},
		},
		"a comment":                        {event: "issue_comment", body: `{}`, want: Signal{DeliveryID: id, Event: "issue_comment"}, err: ErrIgnored},
		"a push to a branch":               {event: "push", body: `{}`, want: Signal{DeliveryID: id, Event: "push"}, err: ErrIgnored},
		"an ignored event, wrongly signed": {event: "push", body: `{}`, header: map[string]string{"X-Hub-Signature-256": sign([]byte("other"), []byte(`{}`))}, err: ErrSignature},
		"ping":                             {event: "ping", body: `{"zen":"x"}`, want: Signal{DeliveryID: id, Event: "ping"}, err: ErrIgnored},
		"an event of tomorrow":             {event: "pull_request_2", body: `not even json`, want: Signal{DeliveryID: id, Event: "pull_request_2"}, err: ErrIgnored},
		"no signature":                     {event: "pull_request", body: pull, header: map[string]string{"X-Hub-Signature-256": ""}, err: ErrSignature},
		"only the old signature":           {event: "pull_request", body: pull, header: map[string]string{"X-Hub-Signature-256": "", "X-Hub-Signature": "sha1=00"}, err: ErrSignature},
		"a wrong signature":                {event: "pull_request", body: pull, header: map[string]string{"X-Hub-Signature-256": sign([]byte("other"), []byte(pull))}, err: ErrSignature},
		"a signature without kind":         {event: "pull_request", body: pull, header: map[string]string{"X-Hub-Signature-256": strings.TrimPrefix(sign(secret, []byte(pull)), "sha256=")}, err: ErrSignature},
		"a signature cut short":            {event: "pull_request", body: pull, header: map[string]string{"X-Hub-Signature-256": sign(secret, []byte(pull))[:40]}, err: ErrSignature},
		"a signature that is none":         {event: "pull_request", body: pull, header: map[string]string{"X-Hub-Signature-256": "sha256=zz"}, err: ErrSignature},
		"no secret configured":             {event: "pull_request", body: pull, secret: []byte{}, header: map[string]string{"X-Hub-Signature-256": sign(nil, []byte(pull))}, err: ErrSignature},
		"a form":                           {event: "pull_request", body: "payload=%7B%7D", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, err: ErrMalformed},
		"no content type":                  {event: "pull_request", body: pull, header: map[string]string{"Content-Type": ""}, err: ErrMalformed},
		"no delivery":                      {event: "pull_request", body: pull, header: map[string]string{"X-GitHub-Delivery": ""}, err: ErrMalformed},
		"a delivery of a megabyte":         {event: "pull_request", body: pull, header: map[string]string{"X-GitHub-Delivery": strings.Repeat("x", 1<<20)}, err: ErrMalformed},
		"no event":                         {body: pull, header: map[string]string{"X-GitHub-Event": ""}, err: ErrMalformed},
		"no JSON":                          {event: "pull_request", body: "{", err: ErrMalformed},
		"null":                             {event: "pull_request", body: "null", err: ErrMalformed},
		"no repository":                    {event: "pull_request", body: `{"pull_request":{"number":12,"base":{"ref":"main"}}}`, err: ErrMalformed},
		"no pull request":                  {event: "pull_request", body: `{` + repo + `}`, err: ErrMalformed},
		"a negative number":                {event: "pull_request", body: `{"pull_request":{"number":-1,"base":{"ref":"main"}},` + repo + `}`, err: ErrMalformed},
		"no target branch":                 {event: "pull_request", body: `{"pull_request":{"number":12},` + repo + `}`, err: ErrMalformed},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.secret == nil {
				tc.secret = secret
			}
			got, err := ParseWebhook(tc.secret, delivery(tc.event, tc.body, tc.header), []byte(tc.body))
			if !errors.Is(err, tc.err) || (tc.err == nil && err != nil) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("signal (-want +got):\n%s", diff)
			}
		})
	}
}

// TestParseWebhookOfTheEmulator parses what GitHub's published examples look like.
func TestParseWebhookOfTheEmulator(t *testing.T) {
	var (
		mu   sync.Mutex
		seen []string
	)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s, err := ParseWebhook(secret, r, body)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			seen = append(seen, strings.TrimSpace(s.Event+" "+s.Action))
			if s.FullName != full || s.DeliveryID == "" || s.Number == 0 || s.Head == "" || s.Branch == "" || s.Closed {
				t.Errorf("signal %+v", s)
			}
		case !errors.Is(err, ErrIgnored):
			t.Errorf("%s: %v", r.Header.Get("X-GitHub-Event"), err)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer receiver.Close()
	e := emutest.Start(t, emutest.WithWebhook(receiver.URL, string(secret)))
	e.Repo(t, full, "")
	n := e.Pull(t, full, "Add a file", map[string]githubemu.File{"a": {Text: "b"}})
	if err := e.Label(t.Context(), full, n, "maintainer", "noci"); err != nil {
		t.Fatal(err)
	}
	if err := e.Comment(t.Context(), full, n, "maintainer", "hello"); err != nil { // is ignored
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := e.WaitDeliveries(ctx); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"pull_request opened", "pull_request labeled"} {
		if !slices.Contains(seen, want) {
			t.Errorf("%s was not seen: %v", want, seen)
		}
	}
}

func FuzzParseWebhook(f *testing.F) {
	f.Add("pull_request", `{"action":"x","pull_request":{"number":1,"base":{"ref":"b"},"labels":[{"name":"x"}]},"repository":{"id":1,"full_name":"a/b"}}`, "application/json", true)
	f.Add("issue_comment", `{"issue":{"number":1,"pull_request":null},"repository":{"id":1,"full_name":"a/b"}}`, "application/json", true)
	f.Add("push", `[]`, "application/json;", false)
	f.Fuzz(func(t *testing.T, event, body, media string, signed bool) {
		r := delivery(event, body, map[string]string{"Content-Type": media})
		if !signed {
			r.Header.Set("X-Hub-Signature-256", sign([]byte("other"), []byte(body)))
		}
		s, err := ParseWebhook(secret, r, []byte(body))
		switch {
		case !signed && (!errors.Is(err, ErrSignature) || !reflect.DeepEqual(s, Signal{})):
			t.Errorf("unsigned, and still %+v, %v", s, err)
		case err == nil && (s.RepositoryID <= 0 || s.DeliveryID == "" || s.Number <= 0 || s.Branch == "" || s.Event != "pull_request"):
			t.Errorf("half a signal: %+v", s)
		case err != nil && !errors.Is(err, ErrSignature) && !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrIgnored):
			t.Errorf("untyped error %v", err)
		}
	})
}
