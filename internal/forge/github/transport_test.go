// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prcheck/prcheck/internal/forge"
)

// pullJSON is as much of a pull request as is read.
func pullJSON(number int) string {
	return fmt.Sprintf(`{"number":%d,"state":"open","head":{"sha":"%040d"},"base":{"ref":"main","repo":{"id":7}},"updated_at":"2026-11-21T12:00:00Z"}`, number, number)
}

// pagesServer lists pull requests; pages gives the JSON of all pages for each reading.
func pagesServer(t *testing.T, pages func(reading int) []string) *httptest.Server {
	t.Helper()
	var readings atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := 1
		_, _ = fmt.Sscanf(r.URL.Query().Get("page"), "%d", &page)
		if page == 1 {
			readings.Add(1)
		}
		all := pages(int(readings.Load()))
		if page < len(all) {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, page+1))
		}
		_, _ = io.WriteString(w, all[min(page, len(all))-1])
	}))
	t.Cleanup(web.Close)
	return web
}

func TestListPullsOfSeveralPages(t *testing.T) {
	list := func(numbers ...int) string {
		entries := make([]string, len(numbers))
		for i, n := range numbers {
			entries[i] = pullJSON(n)
		}
		return "[" + strings.Join(entries, ",") + "]"
	}
	tests := map[string]struct {
		pages func(reading int) []string
		want  int
		err   error
	}{
		"one page":               {func(int) []string { return []string{list(1, 2)} }, 2, nil},
		"none":                   {func(int) []string { return []string{"[]"} }, 0, nil},
		"three pages":            {func(int) []string { return []string{list(5, 4), list(3, 2), list(1)} }, 5, nil},
		"null among them":        {func(int) []string { return []string{`[null,` + pullJSON(1) + `,{"number":2}]`} }, 1, nil},
		"one on two pages":       {func(int) []string { return []string{list(3, 2), list(2, 1)} }, 3, nil},
		"a page that is no list": {func(int) []string { return []string{list(1), `{"message":"x"}`} }, 0, forge.ErrUnavailable},
		"a push moves one past the reader, once": {func(reading int) []string {
			if reading == 1 { // 1 was pushed after the first page had been read
				return []string{list(3, 2), list(2)}
			}
			return []string{list(1, 3), list(2)}
		}, 3, nil},
		"it never holds still": {func(reading int) []string { return []string{list(reading), list(1000)} }, 0, forge.ErrUnavailable},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, quick(), pagesServer(t, tc.pages).URL, Credentials{Token: "x"})
			pulls, _, unchanged, err := p.ListPulls(t.Context(), repo, "")
			if !errors.Is(err, tc.err) || unchanged || len(pulls) != tc.want {
				t.Errorf("%d pull requests, unchanged %v, error %v; want %d, %v", len(pulls), unchanged, err, tc.want, tc.err)
			}
			if err != nil && pulls != nil {
				t.Error("half a list beside an error")
			}
		})
	}
}

func TestAServerThatTurnsInCircles(t *testing.T) {
	var asked atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Link", fmt.Sprintf(`<http://%s/x?page=1>; rel="next"`, r.Host))
		_, _ = io.WriteString(w, "[]")
	}))
	defer web.Close()
	p := newProvider(t, quick(), web.URL, Credentials{Token: "x"})
	if _, _, _, err := p.ListPulls(t.Context(), repo, ""); err != nil {
		t.Error(err)
	}
	if got, err := p.FindStatus(t.Context(), repo, "s", "c"); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if asked.Load() > 4 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// TestRedirects: a redirect is looked up by id at our own API and nowhere else, whatever the status and the method.
func TestRedirects(t *testing.T) {
	var stolen atomic.Int64
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	defer thief.Close()
	tests := map[string]struct {
		location string
		want     error
	}{
		"by id, whole":          {"HOST/api/v3/repositories/7/statuses/s", nil},
		"by id, without host":   {"/api/v3/repositories/7", nil},
		"by name":               {"HOST/api/v3/repos/new/name/statuses/s", nil},
		"to another host":       {thief.URL + "/api/v3/repositories/7", forge.ErrUnavailable},
		"to another host, bare": {"//" + strings.TrimPrefix(thief.URL, "http://") + "/repositories/7", forge.ErrUnavailable},
		"to nothing":            {"", forge.ErrUnavailable},
		"to another path":       {"/login", forge.ErrUnavailable},
		"in a circle":           {"HOST/api/v3/repos/octo/overlay/statuses/s", forge.ErrUnavailable},
	}
	for name, tc := range tests {
		for _, status := range []int{301, 302, 307, 308} {
			t.Run(fmt.Sprintf("%s, %d", name, status), func(t *testing.T) {
				var posted atomic.Int64
				web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch r.URL.Path {
					case "/api/v3/repositories/7":
						_, _ = io.WriteString(w, `{"id":7,"name":"name","owner":{"login":"new"}}`)
					case "/api/v3/repos/new/name/statuses/s":
						posted.Add(1)
						w.WriteHeader(http.StatusCreated)
						_, _ = io.WriteString(w, `{"id":1}`)
					default:
						w.Header().Set("Location", strings.Replace(tc.location, "HOST", "http://"+r.Host, 1))
						w.WriteHeader(status)
					}
				}))
				defer web.Close()
				p := newProvider(t, quick(), web.URL, Credentials{Token: "x"})
				err := p.(*provider).createStatus(t.Context(), repo, "s", forge.Status{Context: "c", State: forge.StateSuccess})
				if !errors.Is(err, tc.want) || (tc.want == nil) != (posted.Load() == 1) {
					t.Errorf("error %v, %d written; want %v", err, posted.Load(), tc.want)
				}
			})
		}
	}
	if stolen.Load() > 0 {
		t.Errorf("%d requests went to another host", stolen.Load())
	}
}

func TestGuard(t *testing.T) {
	g := &guard{next: http.DefaultTransport, host: "api.github.com"}
	r := httptest.NewRequest(http.MethodGet, "https://evil.example/", http.NoBody)
	if resp, err := g.RoundTrip(r); !errors.Is(err, errOtherHost) {
		_ = resp.Body.Close()
		t.Errorf("got %v", err)
	}
}

func TestETagsForgetTheOldest(t *testing.T) {
	e := newETags(nil)
	half := bytes.Repeat([]byte("x"), maxCached/2)
	e.put(&cached{key: "a", body: half})
	e.put(&cached{key: "b", body: half})
	if e.get("a") == nil || e.get("b") == nil {
		t.Fatal("forgotten too early")
	}
	e.get("a")
	e.put(&cached{key: "c", body: []byte("y")})
	if e.get("a") == nil || e.get("b") != nil || e.get("c") == nil {
		t.Error("not the least recently used one is forgotten")
	}
	e.put(&cached{key: "a", body: []byte("z")})
	if e.size != 2 || e.recent.Len() != 2 || len(e.entries) != 2 {
		t.Errorf("size %d, %d entries", e.size, len(e.entries))
	}
	e.put(&cached{key: "huge", body: append(half, append(half, 'x')...)})
	if e.size != 0 || len(e.entries) != 0 {
		t.Errorf("an answer larger than the whole cache is kept: %d", e.size)
	}
}

func TestAnAnswerThatBreaksOffIsNotCached(t *testing.T) {
	var asked atomic.Int64
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			t.Error("asked with the tag of half an answer")
		}
		w.Header().Set("ETag", `"x"`)
		body := pullJSON(1)
		if asked.Add(1) == 1 {
			w.Header().Set("Content-Length", "10000")
			_, _ = io.WriteString(w, body[:20])
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	defer web.Close()
	p := newProvider(t, quick(), web.URL, Credentials{Token: "x"})
	if _, err := p.GetPull(t.Context(), repo, 1); !errors.Is(err, forge.ErrUnavailable) {
		t.Errorf("half an answer: %v", err)
	}
	if _, err := p.GetPull(t.Context(), repo, 1); err != nil {
		t.Error(err)
	}
}

func TestAnotherPullRequestThanAskedFor(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, pullJSON(2)) }))
	defer web.Close()
	if _, err := newProvider(t, quick(), web.URL, Credentials{Token: "x"}).GetPull(t.Context(), repo, 1); !errors.Is(err, forge.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}
