// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"
	"time"
)

// actor is who sends a request: nobody (nil), a user's token, an App, or an App's installation.
type actor struct {
	login   string
	app     *app          // set for an App and for an installation
	install *installation // set for an installation
	perms   map[string]string
	repos   []int64 // nil: every repository
	expires time.Time
	limit   string // key of the rate limit
}

func (a *actor) name() string {
	switch {
	case a == nil:
		return ""
	case a.install != nil:
		return a.app.slug + "[bot]"
	case a.app != nil:
		return "app " + a.app.slug
	}
	return a.login
}

func (a *actor) sees(rp *repo) bool {
	if a == nil || a.app != nil && a.install == nil {
		return !rp.private
	}
	return a.repos == nil && a.install == nil || a.reaches(rp) || !rp.private
}

// reaches says whether a token was given for the repository.
func (a *actor) reaches(rp *repo) bool {
	if a.install != nil && !a.install.covers(rp) {
		return false
	}
	return a.repos == nil || slices.Contains(a.repos, rp.id)
}

// authenticate finds the actor. Unknown and expired credentials are refused even where none are needed.
func (s *Server) authenticate(r *http.Request) (*actor, *apiError) {
	token, given := credentials(r)
	if !given {
		return nil, nil
	}
	if strings.Count(token, ".") == 2 && strings.HasPrefix(token, "eyJ") {
		return s.verifyJWT(token)
	}
	a := s.tokens[token]
	if a == nil || !a.expires.IsZero() && !s.clock.Now().Before(a.expires) {
		return nil, errBadCreds
	}
	if a.install != nil && a.install.suspended {
		return nil, &apiError{status: http.StatusForbidden, message: "This installation has been suspended"}
	}
	return a, nil
}

func credentials(r *http.Request) (token string, given bool) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false
	}
	scheme, rest, _ := strings.Cut(header, " ")
	switch strings.ToLower(scheme) {
	case "bearer", "token":
		return strings.TrimSpace(rest), true
	case "basic":
		_, password, _ := r.BasicAuth()
		return password, true
	}
	return "", true
}

// allowed asks for the operation's permission on the repository.
func (c *call) allowed(op operation) *apiError {
	write := op.level == "write"
	a := c.actor
	switch {
	case op.perm == "":
		return nil
	case a == nil:
		if write {
			return errAnonymous
		}
		return nil // sees() has let through public repositories only
	case a.app != nil && a.install == nil:
		return &apiError{status: http.StatusForbidden, message: "You must authenticate with an installation access token in order to ..."}
	case !a.reaches(c.repo) && write, a.install != nil && !a.reaches(c.repo):
		return forbiddenFor(a)
	case op.perm == "checks" && write && a.install == nil:
		return &apiError{status: http.StatusForbidden, message: "You must authenticate via a GitHub App."}
	case !granted(a.perms, op.perm, op.level) && !granted(a.perms, op.orPerm, op.level):
		return forbiddenFor(a)
	}
	return nil
}

func forbiddenFor(a *actor) *apiError {
	if a.install != nil {
		return errForbidden
	}
	return errForbidden2
}

// granted says whether permissions hold one at a level. A token without any list may do everything.
func granted(perms map[string]string, name, level string) bool {
	if perms == nil {
		return name != ""
	}
	if name == "metadata" && level == "read" {
		return true // every token has it
	}
	rank := map[string]int{"": 0, "read": 1, "write": 2, "admin": 3}
	return name != "" && rank[perms[name]] >= rank[level]
}

// Token is a user's access token.
type Token struct {
	// Value is the token itself; one is made up when empty.
	Value string `json:"token"`
	// Login is the user's name.
	Login string `json:"login"`
	// Permissions maps a permission (statuses, contents, issues, pull_requests, …) to read or write; all, when nil.
	Permissions map[string]string `json:"permissions,omitempty"`
	// Repositories limits the token to these (owner/name); all, when nil.
	Repositories []string `json:"repositories,omitempty"`
	// Expires ends it; never, when zero.
	Expires time.Time `json:"expires,omitzero"`
}

// AddToken makes a token known and returns its value.
func (s *Server) AddToken(t Token) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.Value == "" {
		t.Value = "ghp_" + random(27)
	}
	a := &actor{login: s.user(t.Login, "User").login, perms: t.Permissions, expires: t.Expires, limit: "user " + t.Login}
	if t.Repositories != nil {
		a.repos = []int64{}
	}
	for _, name := range t.Repositories {
		rp, err := s.byName(name)
		if err != nil {
			return "", err
		}
		a.repos = append(a.repos, rp.id)
	}
	s.tokens[t.Value] = a
	return t.Value, nil
}

// RevokeToken makes a token unknown: the next request with it gets 401.
func (s *Server) RevokeToken(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, value)
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
