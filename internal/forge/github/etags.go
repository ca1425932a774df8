// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"container/list"
	"fmt"
	"io"
	"net/http"
	"sync"
)

const (
	// maxBody is the largest answer that is read at all.
	maxBody = 32 << 20
	// maxCached is how many bytes of answers an account keeps.
	maxCached = 32 << 20
)

// etags answers reads from memory after GitHub has confirmed that they are unchanged. Nothing is ever answered without asking:
// GitHub's max-age would hide a push for a minute.
type etags struct {
	next http.RoundTripper

	mu      sync.Mutex
	entries map[string]*list.Element
	recent  *list.List // of *cached, the most recently used first
	size    int
}

type cached struct {
	key, etag string
	header    http.Header
	body      []byte
}

func newETags(next http.RoundTripper) *etags {
	return &etags{next: next, entries: map[string]*list.Element{}, recent: list.New()}
}

// RoundTrip makes reads conditional. It also reads every answer to its end, so that a connection that breaks in the middle is an
// error here and not half an answer later.
func (e *etags) RoundTrip(r *http.Request) (*http.Response, error) {
	key, known := r.URL.String(), (*cached)(nil)
	if r.Method == http.MethodGet {
		if known = e.get(key); known != nil {
			r = r.Clone(r.Context())
			r.Header.Set("If-None-Match", known.etag)
		}
	}
	resp, err := e.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusNotModified && known != nil:
		body = known.body
		resp.StatusCode, resp.Status = http.StatusOK, "200 OK"
		for name, values := range known.header {
			if resp.Header.Get(name) == "" {
				resp.Header[name] = values
			}
		}
	case resp.StatusCode == http.StatusOK && r.Method == http.MethodGet && resp.Header.Get("ETag") != "":
		e.put(&cached{key: key, etag: resp.Header.Get("ETag"), header: resp.Header.Clone(), body: body})
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func readAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }() // what matters was read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	}
	return body, nil
}

func (e *etags) get(key string) *cached {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := e.entries[key]
	if found == nil {
		return nil
	}
	e.recent.MoveToFront(found)
	return entry(found)
}

func (e *etags) put(c *cached) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.entries[c.key]; old != nil {
		e.drop(old)
	}
	e.entries[c.key] = e.recent.PushFront(c)
	e.size += len(c.body)
	for e.size > maxCached && e.recent.Len() > 0 {
		e.drop(e.recent.Back())
	}
}

func (e *etags) drop(old *list.Element) {
	c := entry(old)
	e.recent.Remove(old)
	delete(e.entries, c.key)
	e.size -= len(c.body)
}

func entry(element *list.Element) *cached {
	c, _ := element.Value.(*cached) // nothing else is put in
	return c
}
