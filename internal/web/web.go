// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package web is what people see of prcheck in a browser: the report on a run, its logs, and the newest runs. A page is one Go
// struct; ?format=json is that struct, and the template sees nothing else. Pages work without JavaScript; there is none.
package web

import (
	"context"
	"html/template"
	"log/slog"
	"net/http"
	"strings"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/rest"
	"github.com/prcheck/prcheck/internal/results/store"
)

// Files reads files of trees: the mirrors.
type Files interface {
	ReadFiles(ctx context.Context, src gitmirror.Source, tree string, paths []string) (map[string][]byte, error)
}

// Progress says where an open run stands: its line as the manager last wrote it, and whether its Job exists. An empty line
// means that nothing is known.
type Progress func(ctx context.Context, record results.RunRecord) (line string, running bool)

// Site is all pages and the public API.
type Site struct {
	Store    *store.Store
	Files    Files
	Sources  rest.Sources
	Progress Progress
	// BasePath is the path of the external address, "" at the root of a host.
	BasePath string
	// ExternalURL is where people reach the site.
	ExternalURL string
	Log         *slog.Logger
	Clock       clock.PassiveClock

	templates *template.Template
}

// Handler returns the handler of all pages.
func (s *Site) Handler() (http.Handler, error) {
	s.BasePath, s.ExternalURL = strings.TrimRight(s.BasePath, "/"), strings.TrimRight(s.ExternalURL, "/")
	templates, err := parseTemplates()
	if err != nil {
		return nil, err
	}
	s.templates = templates
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.index)
	mux.HandleFunc("GET /run/{hash}", s.run)
	mux.HandleFunc("GET /run/{hash}/profile.yaml", s.profile)
	mux.HandleFunc("GET /run/{hash}/log/{stage}", s.log)
	mux.HandleFunc("GET /static/{file}", s.static)
	mux.HandleFunc("/", s.nothing)
	s.registerAPI(mux)
	return headers(mux), nil
}

// policy lets a page load its own style sheet and nothing else; there are no scripts.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
