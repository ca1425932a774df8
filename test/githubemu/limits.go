// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The hourly limits of GitHub's documentation.
const (
	userLimit      = 5000
	anonymousLimit = 60
	window         = time.Hour
)

const (
	primaryDocs   = docsURL + "/overview/rate-limits-for-the-rest-api"
	secondaryDocs = docsURL + "/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
)

// limit is the rate limit of one actor.
type limit struct {
	limit, used int
	reset       time.Time
	// pausedUntil is when the last secondary limit's retry-after ends.
	pausedUntil time.Time
}

// LimitState sets the rate limit of an actor.
type LimitState struct {
	// Actor is a user's login, "app SLUG", "installation ID" or, for requests without credentials, "".
	Actor string `json:"actor"`
	// Limit is the number of requests in an hour.
	Limit int `json:"limit"`
	// Remaining is what is left of it.
	Remaining int `json:"remaining"`
	// ResetIn is how long until the window starts anew, in seconds.
	ResetIn int `json:"reset_in"`
}

// SetLimit changes the rate limit of an actor.
func (s *Server) SetLimit(l LimitState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := l.Actor
	if _, isUser := s.users[l.Actor]; isUser {
		key = "user " + l.Actor
	}
	s.limits[key] = &limit{limit: l.Limit, used: l.Limit - l.Remaining, reset: s.now().Add(time.Duration(l.ResetIn) * time.Second)}
}

func (s *Server) limitOf(a *actor) *limit {
	key, most := "", anonymousLimit
	if a != nil {
		key, most = a.limit, userLimit
	}
	l := s.limits[key]
	if l == nil {
		l = &limit{limit: most}
		s.limits[key] = l
	}
	if now := s.clock.Now(); !now.Before(l.reset) {
		l.used, l.reset = 0, s.now().Add(window)
	}
	return l
}

// takeLimit counts the request, and refuses it when nothing is left. Asking for the limit itself is free.
func (c *call) takeLimit() *apiError {
	c.limit = c.s.limitOf(c.actor)
	now := c.s.clock.Now()
	if now.Before(c.limit.pausedUntil) {
		left := int(c.limit.pausedUntil.Sub(now).Seconds()) + 1
		return secondary(http.StatusForbidden, left).named("ignored-retry-after")
	}
	if c.path == "/rate_limit" {
		return nil
	}
	if c.limit.used >= c.limit.limit {
		who := c.actor.name()
		if who == "" {
			who = c.r.RemoteAddr
		}
		return &apiError{status: http.StatusForbidden, message: fmt.Sprintf("API rate limit exceeded for %s.", who), docs: primaryDocs}
	}
	c.limit.used++
	return nil
}

// refund takes the cost of a 304 back; only those with credentials are free.
func (c *call) refund() {
	if c.actor != nil && c.limit.used > 0 && c.path != "/rate_limit" {
		c.limit.used--
	}
}

func (c *call) limitHeaders() {
	l := c.limit
	if l == nil {
		l = c.s.limitOf(nil)
	}
	c.header.Set("X-Ratelimit-Limit", strconv.Itoa(l.limit))
	c.header.Set("X-Ratelimit-Remaining", strconv.Itoa(l.limit-l.used))
	c.header.Set("X-Ratelimit-Used", strconv.Itoa(l.used))
	c.header.Set("X-Ratelimit-Reset", strconv.FormatInt(l.reset.Unix(), 10))
	c.header.Set("X-Ratelimit-Resource", "core")
}

// secondary is the refusal of a client that is too fast.
func secondary(status, retryAfter int) *apiError {
	e := &apiError{
		status: status, docs: secondaryDocs,
		message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
	}
	if retryAfter > 0 {
		e.header = http.Header{"Retry-After": {strconv.Itoa(retryAfter)}}
	}
	return e
}

func getRateLimit(c *call) (*reply, error) {
	core := obj{"limit": c.limit.limit, "used": c.limit.used, "remaining": c.limit.limit - c.limit.used, "reset": c.limit.reset.Unix()}
	other := obj{"limit": 30, "used": 0, "remaining": 30, "reset": c.limit.reset.Unix()}
	return ok(obj{"rate": core, "resources": obj{"core": core, "search": other, "graphql": other, "integration_manifest": other}})
}
