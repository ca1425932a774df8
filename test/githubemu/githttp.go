// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"net/http/cgi" //nolint:gosec // the flaw was mended in Go 1.6.3
	"os/exec"
	"regexp"
	"strings"
)

// gitPath is /OWNER/NAME[.git]/… of smart HTTP.
var gitPath = regexp.MustCompile(`^/([^/]+)/([^/]+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)$`)

// serveGit hands the request to git http-backend. Reads of public repositories need nothing, those of private
// ones a token as the password; pushes need the admin's.
func (s *Server) serveGit(w http.ResponseWriter, r *http.Request) {
	m := gitPath.FindStringSubmatch(r.URL.Path)
	push := m[3] == "git-receive-pack" || r.URL.Query().Get("service") == "git-receive-pack"
	if f := s.takeFault(r.Method, r.URL.Path); f != nil {
		c := &call{s: s, ctx: r.Context(), r: r, header: w.Header(), path: r.URL.Path}
		if !s.before(f, c, w) {
			return
		}
	}
	rp, refused := s.enterGit(r, m[1], m[2], push)
	if refused != 0 {
		if refused == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		}
		http.Error(w, http.StatusText(refused), refused)
		return
	}
	if !push {
		s.backend(w, r, rp, m[3])
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before, err := rp.git.branches(r.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.backend(w, r, rp, m[3])
	ctx := context.WithoutCancel(r.Context()) // the client has its answer; its push still has effects
	if err := s.afterPush(ctx, rp, before); err != nil {
		s.log.ErrorContext(ctx, "Following a push failed", "repository", rp.fullName(), "error", err)
	}
}

// enterGit finds the repository and gives the status to refuse with, or 0.
func (s *Server) enterGit(r *http.Request, owner, name string, push bool) (*repo, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, _ := s.repo(owner, name)
	password, given := credentials(r)
	if push {
		want := s.opts.AdminToken
		if want == "" {
			want = "admin"
		}
		switch {
		case !given:
			return nil, http.StatusUnauthorized
		case subtle.ConstantTimeCompare([]byte(password), []byte(want)) != 1:
			return nil, http.StatusForbidden
		case rp == nil:
			return nil, http.StatusNotFound
		}
		return rp, 0
	}
	a, err := s.authenticate(r)
	switch {
	case err != nil && given && password != s.opts.AdminToken:
		return nil, http.StatusUnauthorized
	case rp == nil:
		return nil, http.StatusNotFound
	case rp.private && !given:
		return nil, http.StatusUnauthorized
	case rp.private && a != nil && (!a.sees(rp) || !granted(a.perms, "contents", "read")):
		return nil, http.StatusNotFound
	}
	return rp, 0
}

func (s *Server) backend(w http.ResponseWriter, r *http.Request, rp *repo, service string) {
	exe, err := exec.LookPath("git")
	if err != nil {
		http.Error(w, "githubemu needs git on PATH: "+err.Error(), http.StatusInternalServerError)
		return
	}
	body, err := io.ReadAll(r.Body) // CGI wants a length, large fetches come in chunks
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	in := r.Clone(r.Context())
	in.Body, in.ContentLength, in.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	in.URL.Path = fmt.Sprintf("/%d.git/%s", rp.id, service)
	in.Header.Del("Authorization")
	env := append(gitEnv(s.gitConfig()), "GIT_PROJECT_ROOT="+s.opts.Dir+"/repos", "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=admin")
	if p := r.Header.Get("Git-Protocol"); p != "" {
		env = append(env, "GIT_PROTOCOL="+p)
	}
	var stderr strings.Builder
	h := &cgi.Handler{Path: exe, Args: []string{"http-backend"}, Env: env, Stderr: &stderr, Dir: s.opts.Dir}
	h.ServeHTTP(w, in)
	if stderr.Len() > 0 {
		s.log.DebugContext(r.Context(), "git http-backend complained", "stderr", stderr.String())
	}
}
