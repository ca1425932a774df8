// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // GitHub still sends this signature beside the better one
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"
)

const (
	deliveryTimeout = 10 * time.Second
	deliveriesMost  = 2000 // a hook remembers no more
)

// hook is a webhook of a repository, or of an App.
type hook struct {
	id          int64
	app         *app
	url, secret string
	events      []string
	active      bool
	created     time.Time
	deliveries  []*sent
}

// sent is one attempt to deliver.
type sent struct {
	id, repoID, installID int64
	guid, event, action   string
	payload               []byte
	at                    time.Time
	redelivery            bool
	code                  int
	status                string
	duration              float64
	headers, answer       map[string]string
	body                  string
}

// delivery is how deliveries go, as the admin has set it.
type delivery struct {
	drop  int // how many more are lost; without end when negative
	delay time.Duration
	late  int // how many more are delayed
}

// DropWebhooks loses the next n deliveries, all when n is negative. They are listed as failed, like those to a receiver that was down.
func (s *Server) DropWebhooks(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.web.drop = n
}

// DelayWebhooks delivers the next n late by d, all when n is negative.
func (s *Server) DelayWebhooks(n int, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.web.late, s.web.delay = n, d
}

// less counts one down and says whether there was one; a negative number has no end.
func less(n *int) bool {
	if *n > 0 {
		*n--
		return true
	}
	return *n < 0
}

// emit delivers an event to the repository's hooks and to the Apps that are installed on it. The server is locked.
func (s *Server) emit(ctx context.Context, r *repo, event, action string, payload obj, only *app) {
	if only == nil {
		for _, h := range r.hooks {
			s.emitTo(ctx, h, r, nil, event, action, payload)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.apps)) {
		a := s.apps[id]
		if a.hook == nil || only != nil && only != a {
			continue
		}
		for _, i := range a.installations {
			if i.covers(r) && !i.suspended {
				s.emitTo(ctx, a.hook, r, i, event, action, payload)
			}
		}
	}
}

func (s *Server) emitTo(ctx context.Context, h *hook, r *repo, i *installation, event, action string, payload obj) {
	if !h.active || event != "ping" && !slices.Contains(h.events, "*") && !slices.Contains(h.events, event) {
		return
	}
	payload = maps.Clone(payload)
	d := &sent{guid: newGUID(), event: event, action: action}
	if r != nil {
		d.repoID = r.id
	}
	if delete(payload, "installation"); i != nil { // only Apps learn of an installation
		d.installID = i.id
		payload["installation"] = obj{"id": i.id, "node_id": nodeID("Integration Installation", i.id)}
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		s.broken = append(s.broken, Violation{Name: "own-payload:" + event, Reason: err.Error()})
		return
	}
	d.payload = raw
	s.send(ctx, h, d)
}

// send records the delivery and starts it; nothing waits for it, and nothing tries again.
func (s *Server) send(ctx context.Context, h *hook, d *sent) {
	d.id, d.at, d.status = s.id(), s.clock.Now().UTC(), "pending"
	h.deliveries = append(h.deliveries, d)
	if len(h.deliveries) > deliveriesMost {
		h.deliveries = h.deliveries[1:]
	}
	if less(&s.web.drop) {
		d.code, d.status = http.StatusBadGateway, "failed to connect to host"
		return
	}
	var delay time.Duration
	if less(&s.web.late) {
		delay = s.web.delay
	}
	url, secret := h.url, h.secret
	ctx = context.WithoutCancel(ctx) // outlives the request that caused it
	s.deliveries.Go(func() {
		if delay > 0 {
			<-s.clock.After(delay)
		}
		s.post(ctx, h.id, url, secret, d)
	})
}

func (s *Server) post(ctx context.Context, hookID int64, url, secret string, d *sent) {
	ctx, cancel := context.WithTimeout(ctx, deliveryTimeout)
	defer cancel()
	start := s.clock.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(d.payload))
	code, status, answer, body := http.StatusBadGateway, "", map[string]string{}, ""
	var resp *http.Response
	if err == nil {
		d.sign(req.Header, hookID, secret)
		resp, err = s.client.Do(req)
	}
	if err == nil {
		code, status = resp.StatusCode, "OK"
		if code >= http.StatusMultipleChoices {
			status = "Invalid HTTP Response: " + resp.Status
		}
		raw, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // what came is enough
		body = string(raw)
		for k := range resp.Header {
			answer[k] = resp.Header.Get(k)
		}
		_ = resp.Body.Close()
	} else {
		status = err.Error()
		if ctx.Err() != nil {
			status = "timed out"
			code = http.StatusGatewayTimeout
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.code, d.status, d.answer, d.body = code, status, answer, body
	d.duration = s.clock.Since(start).Seconds()
	if req != nil {
		d.headers = map[string]string{}
		for k := range req.Header {
			d.headers[k] = req.Header.Get(k)
		}
	}
	s.log.DebugContext(ctx, "Delivered a webhook", "event", d.event, "action", d.action, "url", url, "status", code)
}

func (d *sent) sign(h http.Header, hookID int64, secret string) {
	h.Set("User-Agent", "GitHub-Hookshot/6c1b3e8")
	h.Set("Accept", "*/*")
	h.Set("Content-Type", "application/json")
	h.Set("X-Github-Event", d.event)
	h.Set("X-Github-Delivery", d.guid)
	h.Set("X-Github-Hook-Id", fmt.Sprint(hookID))
	h.Set("X-Github-Hook-Installation-Target-Type", "repository")
	h.Set("X-Github-Hook-Installation-Target-Id", fmt.Sprint(d.repoID))
	if d.installID != 0 {
		h.Set("X-Github-Hook-Installation-Target-Type", "integration")
		h.Set("X-Github-Hook-Installation-Target-Id", fmt.Sprint(d.installID))
	}
	if secret != "" {
		h.Set("X-Hub-Signature", "sha1="+signature(sha1.New, secret, d.payload))
		h.Set("X-Hub-Signature-256", "sha256="+signature(sha256.New, secret, d.payload))
	}
}

func signature(algorithm func() hash.Hash, secret string, payload []byte) string {
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write(payload)
	return hex.EncodeToString(mac.Sum(nil))
}

func newGUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
