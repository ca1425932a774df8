// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Options configures a Server. Only Dir is required.
type Options struct {
	// Dir holds the bare repositories; it must exist and be ours alone.
	Dir string
	// ExternalURL is how clients reach the server, without a trailing slash. It may be set later, see SetExternalURL.
	ExternalURL string
	// WebhookURL, when set, receives every event of every repository, like a webhook set on each of them.
	WebhookURL string
	// WebhookSecret signs the deliveries to WebhookURL.
	WebhookSecret string
	// AdminToken, when set, is demanded as a bearer token by the admin API and as the password of git pushes.
	// When empty the admin API is open, and pushes need the password "admin".
	AdminToken string
	// Clock tells the time; the real one by default.
	Clock clock.Clock
	// Logger hears of deliveries and requests; silent by default.
	Logger *slog.Logger
	// ShowMergeableAtOnce computes mergeability before the first read. GitHub answers null then, and so do we by default.
	ShowMergeableAtOnce bool
}

// Server is one emulated GitHub. Its exported methods may be called at any time, from any goroutine.
type Server struct {
	opts  Options
	clock clock.Clock
	log   *slog.Logger
	doc   *document
	hooks *examples

	deliveries sync.WaitGroup
	client     *http.Client

	mu       sync.Mutex // guards all below, and the git repositories
	lastID   int64
	users    map[string]*user
	repos    map[string]*repo // by lower-case owner/name; also holds old names, see renamed
	renamed  map[string]int64 // old lower-case owner/name → repository id
	apps     map[int64]*app
	tokens   map[string]*actor
	limits   map[string]*limit
	faults   []*Fault
	web      delivery
	requests []Request
	broken   []Violation
	expected []string
}

// New makes a server with no repositories in it.
func New(opts Options) (*Server, error) {
	if opts.Dir == "" {
		return nil, fmt.Errorf("githubemu: Options.Dir is empty: name a directory for the bare repositories")
	}
	dir, err := filepath.Abs(opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("githubemu: %w", err)
	}
	opts.Dir = dir
	opts.ExternalURL = strings.TrimSuffix(opts.ExternalURL, "/")
	doc, err := loadDocument()
	if err != nil {
		return nil, err
	}
	hooks, err := loadExamples()
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts: opts, clock: opts.Clock, log: opts.Logger, doc: doc, hooks: hooks,
		client: &http.Client{Timeout: deliveryTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // GitHub does not follow redirects of a webhook's address
		}},
		lastID: 1000, users: map[string]*user{}, repos: map[string]*repo{}, renamed: map[string]int64{},
		apps: map[int64]*app{}, tokens: map[string]*actor{}, limits: map[string]*limit{},
	}
	if s.clock == nil {
		s.clock = clock.RealClock{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(filepath.Join(dir, "repos"), 0o755); err != nil {
		return nil, fmt.Errorf("githubemu: making the folder of the repositories: %w", err)
	}
	return s, s.writeGitConfig()
}

// SetExternalURL says how clients reach the server; needed before anything is created when the address is
// known only after listening.
func (s *Server) SetExternalURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.ExternalURL = strings.TrimSuffix(url, "/")
}

// WaitDeliveries returns when no webhook delivery is under way, or when ctx ends.
func (s *Server) WaitDeliveries(ctx context.Context) error {
	done := make(chan struct{})
	go func() { s.deliveries.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for webhook deliveries: %w", ctx.Err())
	}
}

// Handler serves everything: REST at / and at /api/v3/, git at /OWNER/NAME.git, the admin API at /_emu/, and
// the page of a pull request at /OWNER/NAME/pull/N.
func (s *Server) Handler() http.Handler {
	admin := s.adminHandler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "githubemu")
		path := r.URL.Path
		switch {
		case strings.HasPrefix(path, "/_emu/"):
			admin.ServeHTTP(w, r)
		case gitPath.MatchString(path):
			s.serveGit(w, r)
		case pagePath.MatchString(path):
			s.servePullPage(w, r)
		case path == "/" && strings.Contains(r.Header.Get("Accept"), "text/html"):
			s.serveIndexPage(w, r)
		default:
			s.serveAPI(w, r)
		}
	})
}

// id gives the next id; all kinds share one sequence, so that an id taken for another kind's is not found.
func (s *Server) id() int64 {
	s.lastID++
	return s.lastID
}

func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Second) }

func (s *Server) api(path string) string  { return s.opts.ExternalURL + "/api/v3" + path }
func (s *Server) html(path string) string { return s.opts.ExternalURL + path }
