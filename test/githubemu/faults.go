// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// When a fault drops the connection.
const (
	// DropBefore drops it before anything is done.
	DropBefore = "before"
	// DropAfter does the work and drops it instead of answering: an ambiguous write.
	DropAfter = "after"
)

// Fault spoils the next Count requests that match.
type Fault struct {
	// Method is an HTTP method; any, when empty.
	Method string `json:"method,omitempty"`
	// Path is a pattern as of path.Match over the path without /api/v3, where a final ** takes all that follows; any path, when empty.
	Path string `json:"path,omitempty"`
	// Count is how many requests; 1 when 0, without end when negative.
	Count int `json:"count,omitempty"`
	// Status answers with this status instead of working.
	Status int `json:"status,omitempty"`
	// Message is the answer's message.
	Message string `json:"message,omitempty"`
	// Secondary makes the answer a secondary rate limit (403, or Status); the actor must then pause for RetryAfter.
	Secondary bool `json:"secondary,omitempty"`
	// RetryAfter is sent as Retry-After, in seconds, when positive.
	RetryAfter int `json:"retry_after,omitempty"`
	// DelayMillis waits so long before anything else.
	DelayMillis int `json:"delay_ms,omitempty"`
	// Drop is DropBefore or DropAfter.
	Drop string `json:"drop,omitempty"`
	// HTML answers with a page of HTML, as proxies in front of a forge do; 200 unless Status is set.
	HTML bool `json:"html,omitempty"`
}

// AddFault arms a fault. The first armed one that matches is taken.
func (s *Server) AddFault(f Fault) error {
	if f.Drop != "" && f.Drop != DropBefore && f.Drop != DropAfter {
		return fmt.Errorf("fault: drop is %q: use %q or %q", f.Drop, DropBefore, DropAfter)
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("fault: path %q: %w", f.Path, err)
	}
	if f.Count == 0 {
		f.Count = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	return nil
}

// ClearFaults disarms all faults.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (f *Fault) matches(method, p string) bool {
	if f.Count == 0 || f.Method != "" && !strings.EqualFold(f.Method, method) {
		return false
	}
	if prefix, open := strings.CutSuffix(f.Path, "**"); open {
		return strings.HasPrefix(p, prefix)
	}
	hit, _ := path.Match(f.Path, p) // AddFault has refused bad patterns
	return f.Path == "" || hit
}

func (s *Server) takeFault(method, p string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.matches(method, p) {
			taken := *f
			if f.Count > 0 {
				f.Count--
			}
			return &taken
		}
	}
	return nil
}

// before does what comes before the work, and says whether the work is still to be done.
func (s *Server) before(f *Fault, c *call, w http.ResponseWriter) bool {
	if f.DelayMillis > 0 {
		select {
		case <-s.clock.After(time.Duration(f.DelayMillis) * time.Millisecond):
		case <-c.ctx.Done():
			return false
		}
	}
	if f.Drop == DropBefore {
		hangUp(w)
	}
	if f.Status == 0 && !f.HTML && !f.Secondary {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.route, c.params, _ = s.doc.find(c.r.Method, c.path)
	c.actor, _ = s.authenticate(c.r) // a fault answers everyone
	c.limit = s.limitOf(c.actor)
	c.limitHeaders()
	status, body := f.answer(c)
	c.record(status, true)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return false
}

func (f *Fault) answer(c *call) (int, []byte) {
	if f.RetryAfter > 0 {
		c.header.Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	status := f.Status
	switch {
	case f.HTML:
		if status == 0 {
			status = http.StatusOK
		}
		c.header.Set("Content-Type", "text/html; charset=utf-8")
		return status, []byte("<!DOCTYPE html><title>Unicorn!</title><p>We had issues producing the response to your request.")
	case f.Secondary:
		if status == 0 {
			status = http.StatusForbidden
		}
		c.limit.pausedUntil = c.s.clock.Now().Add(time.Duration(f.RetryAfter) * time.Second)
		e := secondary(status, f.RetryAfter)
		return status, c.render(&reply{status: status, body: e.body()})
	}
	message := f.Message
	if message == "" {
		message = http.StatusText(status)
	}
	e := &apiError{status: status, message: message}
	return status, c.render(&reply{status: status, body: e.body()})
}

// hangUp ends the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }
