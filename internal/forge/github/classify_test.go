// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/internal/forge"
)

// TestClassify is reporting.md's table of errors, row by row, through the real go-github.
func TestClassify(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	reset := fmt.Sprint(now.Add(10 * time.Minute).Unix())
	const secondaryDocs = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
	tests := map[string]struct {
		status  int
		header  map[string]string
		body    string
		want    error
		limited *forge.RateLimitedError
		moved   bool
	}{
		"200":                               {status: 200, body: `{"id":1}`},
		"201":                               {status: 201, body: `{"id":1}`},
		"200 with a page of HTML":           {status: 200, body: "<!DOCTYPE html>", want: forge.ErrUnavailable},
		"202: accepted and not answered":    {status: 202, body: `{}`, want: forge.ErrUnavailable},
		"401":                               {status: 401, body: `{"message":"Bad credentials"}`, want: forge.ErrUnauthorized},
		"401 that wants a second factor":    {status: 401, header: map[string]string{"X-GitHub-OTP": "required; app"}, body: `{}`, want: forge.ErrUnauthorized},
		"403 with retry-after":              {status: 403, header: map[string]string{"Retry-After": "90"}, body: `{}`, limited: &forge.RateLimitedError{RetryAfter: 90 * time.Second, Secondary: true}},
		"403 secondary, with retry-after":   {status: 403, header: map[string]string{"Retry-After": "90"}, body: `{"message":"You have exceeded a secondary rate limit","documentation_url":"` + secondaryDocs + `"}`, limited: &forge.RateLimitedError{RetryAfter: 90 * time.Second, Secondary: true}},
		"403 secondary, without":            {status: 403, body: `{"message":"You have exceeded a secondary rate limit"}`, limited: &forge.RateLimitedError{RetryAfter: time.Minute, Secondary: true}},
		"403 secondary by its document":     {status: 403, body: `{"message":"slow down","documentation_url":"https://docs.github.com/x#secondary-rate-limits"}`, limited: &forge.RateLimitedError{RetryAfter: time.Minute, Secondary: true}},
		"429 with retry-after":              {status: 429, header: map[string]string{"Retry-After": "5"}, body: `{}`, limited: &forge.RateLimitedError{RetryAfter: 5 * time.Second, Secondary: true}},
		"429 bare":                          {status: 429, body: ``, limited: &forge.RateLimitedError{RetryAfter: time.Minute, Secondary: true}},
		"403 primary":                       {status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, body: `{"message":"API rate limit exceeded"}`, limited: &forge.RateLimitedError{RetryAfter: 10*time.Minute + time.Second}},
		"429 primary":                       {status: 429, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, body: `{}`, limited: &forge.RateLimitedError{RetryAfter: 10*time.Minute + time.Second}},
		"403 primary, reset already past":   {status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, body: `{}`, limited: &forge.RateLimitedError{RetryAfter: time.Second}},
		"403 primary, reset is nonsense":    {status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "x"}, body: `{}`, limited: &forge.RateLimitedError{RetryAfter: time.Minute}},
		"403 primary, reset in a year":      {status: 403, header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": fmt.Sprint(now.AddDate(1, 0, 0).Unix())}, body: `{}`, limited: &forge.RateLimitedError{RetryAfter: 2 * time.Hour}},
		"403 otherwise":                     {status: 403, body: `{"message":"Resource not accessible by integration"}`, want: forge.ErrForbidden},
		"404":                               {status: 404, body: `{"message":"Not Found"}`, want: forge.ErrNotFound},
		"410":                               {status: 410, body: `{}`, want: forge.ErrGone},
		"451":                               {status: 451, body: `{}`, want: forge.ErrGone},
		"422 no commit":                     {status: 422, body: `{"message":"No commit found for SHA: 1a2b3c4"}`, want: forge.ErrGone},
		"422 1000 statuses":                 {status: 422, body: `{"message":"Validation Failed","errors":[{"resource":"Status","code":"custom","message":"This SHA and context has reached the maximum number of statuses."}]}`, want: ErrTooManyStatuses},
		"422 too long":                      {status: 422, body: `{"message":"Validation Failed","errors":[{"resource":"Status","field":"description","code":"custom","message":"description is too long (maximum is 140 characters)"}]}`, want: forge.ErrInvalid},
		"422 other":                         {status: 422, body: `{"message":"Validation Failed","errors":["text"]}`, want: forge.ErrInvalid},
		"400":                               {status: 400, body: `{"message":"Problems parsing JSON"}`, want: forge.ErrInvalid},
		"409":                               {status: 409, body: `{}`, want: forge.ErrInvalid},
		"408":                               {status: 408, body: ``, want: forge.ErrUnavailable},
		"500":                               {status: 500, body: `{}`, want: forge.ErrUnavailable},
		"502 with a page of HTML":           {status: 502, body: "<html>", want: forge.ErrUnavailable},
		"503":                               {status: 503, header: map[string]string{"Retry-After": "30"}, body: ``, want: forge.ErrUnavailable},
		"301":                               {status: 301, header: map[string]string{"Location": "/repositories/1"}, body: `{}`, moved: true},
		"302":                               {status: 302, header: map[string]string{"Location": "/repositories/1"}, body: `{}`, moved: true},
		"307":                               {status: 307, header: map[string]string{"Location": "/repositories/1"}, body: `{}`, moved: true},
		"308":                               {status: 308, header: map[string]string{"Location": "/repositories/1"}, body: `{}`, moved: true},
		"304 to a request that knew no tag": {status: 304, want: forge.ErrUnavailable},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := classify(ask(t, tc.status, tc.header, tc.body), now)
			limited, moved := (*forge.RateLimitedError)(nil), (*movedError)(nil)
			switch {
			case tc.limited != nil:
				if !errors.As(err, &limited) || *limited != *tc.limited {
					t.Errorf("got %v, want %v", err, tc.limited)
				}
			case tc.moved:
				if !errors.As(err, &moved) {
					t.Errorf("got %v, want a move", err)
				}
			case !errors.Is(err, tc.want) || (tc.want == nil && err != nil):
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	t.Run("no answer at all", func(t *testing.T) {
		if err := classify(io.ErrUnexpectedEOF, now); !errors.Is(err, forge.ErrUnavailable) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the client's own time-out", func(t *testing.T) {
		if err := classify(context.DeadlineExceeded, now); !errors.Is(err, forge.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
}

// ask gives the error of a call that gets an answer.
func ask(t *testing.T, status int, header map[string]string, body string) error {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	defer web.Close()
	base, err := parseAPIURL(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = newClient(base, http.DefaultTransport, time.Minute).Repositories.CreateStatus(t.Context(), "o", "r", "s", &gogithub.RepoStatus{})
	return err
}

// TestNoSecretInAnError lets the server repeat what it was sent, in every place that gets into an error.
func TestNoSecretInAnError(t *testing.T) {
	const secret = "a.token-of_no-known.form"
	for _, status := range []int{301, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			echo := r.Header.Get("Authorization") + " ghs_" + strings.Repeat("x.y-z_", 80) + " github_pat_0123456789abcdef eyJhbGciOi.eyJpc3.sig"
			w.Header().Set("Location", "/nowhere/"+secret)
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(map[string]any{"message": echo, "errors": []map[string]string{{"message": echo}}})
		}))
		p := newProvider(t, quick(), web.URL, Credentials{Token: secret})
		_, getErr := p.GetPull(t.Context(), repo, 1)
		putErr := p.(*provider).createStatus(t.Context(), repo, "s", forge.Status{Context: "c", State: forge.StateSuccess})
		web.Close()
		for _, err := range []error{getErr, putErr} {
			if err == nil {
				t.Errorf("%d: no error", status)
				continue
			}
			for text := err; text != nil; text = errors.Unwrap(text) {
				for _, leak := range []string{secret, "ghs_x", "github_pat_0", "eyJhb"} {
					if strings.Contains(text.Error(), leak) {
						t.Errorf("%d: the error holds %s: %v", status, leak, text)
					}
				}
			}
		}
	}
}

func TestBadAddressesAndCredentials(t *testing.T) {
	for name, address := range map[string]string{
		"no scheme": "api.github.com", "a file": "file:///etc/passwd", "with a password": "https://user:hunter2@api.github.com",
		"with a query": "https://api.github.com/?x=y", "empty": "", "control character": "https://a\x7f.example",
	} {
		if _, err := NewRegistry(quick()).Provider(address, Credentials{Token: "x"}); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]Credentials{
		"nothing": {}, "both": {Token: "x", AppID: 1}, "half an App": {AppID: 1}, "no key": {AppID: 1, InstallationID: 2},
		"a key that is none": {AppID: 1, InstallationID: 2, PrivateKey: []byte("very secret")},
	} {
		_, err := NewRegistry(quick()).Provider("https://api.github.com", c)
		if !errors.Is(err, forge.ErrUnauthorized) || strings.Contains(err.Error(), "very secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPIURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://github.com": "https://api.github.com/", "https://github.com/": "https://api.github.com/",
		"https://ghe.example": "https://ghe.example/api/v3/", "http://127.0.0.1:8080/forge/": "http://127.0.0.1:8080/forge/api/v3/",
	} {
		if got := APIURL(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
