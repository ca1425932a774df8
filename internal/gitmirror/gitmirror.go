// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package gitmirror keeps bare mirrors of the watched repositories and of their masters, merges heads into bases in them,
// and serves them to pods. A mirror holds nothing that cannot be fetched again: a broken one is thrown away and made anew.
// It knows git over HTTP only, neither forges nor Kubernetes; credentials come from its caller and are sent to the host of
// the source's own address, in git's environment, and nowhere else.
package gitmirror

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/gitops"
)

// Source says where a mirror is fetched from.
type Source struct {
	// Name tells mirrors apart, together with URL: NAMESPACE/NAME of a Repository, "" for masters.
	Name string
	// URL to fetch from, http or https, without credentials.
	URL string
	// Credentials for URL's host; nil where anybody may read.
	Credentials func(context.Context) (user, password string, err error)
}

// Errors of this package; match with errors.Is.
var (
	// ErrNoBranch: the source has no such branch.
	ErrNoBranch = errors.New("the repository has no such branch")
	// ErrHeadGone: the pull request's ref is gone or names another commit.
	ErrHeadGone = errors.New("the pull request's head is gone")
	// ErrNotMirrored: the commit cannot be had from the source.
	ErrNotMirrored = errors.New("the commit cannot be fetched")
)

// Options of Open.
type Options struct {
	// Dir holds the mirrors; it is made where it does not exist.
	Dir string
	Log *slog.Logger
	// Clock; nil: the real one.
	Clock clock.WithTicker
	// FetchTimeout bounds one fetch; 0: 30 minutes. The first fetch of a big repository takes long.
	FetchTimeout time.Duration
	// Recheck is the wait before a head that the forge does not show is looked for once more; 0: 2 seconds.
	Recheck time.Duration
}

// Mirrors are all mirrors of one server.
type Mirrors struct {
	dir          string
	log          *slog.Logger
	clock        clock.WithTicker
	fetchTimeout time.Duration
	recheck      time.Duration
	life         context.Context //nolint:containedctx // fetches outlive the requests that start them, and end with the server
	flights      singleflight.Group
	serving      chan struct{} // one slot for each running upload-pack

	mu      sync.Mutex
	mirrors map[string]*mirror // by folder
}

// maxServing is how many pods are served at once; the others wait.
const maxServing = 16

// Open makes the folder and returns the mirrors in it. Work in the background ends with ctx.
func Open(ctx context.Context, o Options) (*Mirrors, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of mirrors: %w", err)
	}
	m := &Mirrors{
		dir: o.Dir, log: o.Log, clock: o.Clock, fetchTimeout: o.FetchTimeout, recheck: o.Recheck, life: ctx,
		serving: make(chan struct{}, maxServing), mirrors: map[string]*mirror{},
	}
	if m.clock == nil {
		m.clock = clock.RealClock{}
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if m.fetchTimeout == 0 {
		m.fetchTimeout = 30 * time.Minute
	}
	if m.recheck == 0 {
		m.recheck = 2 * time.Second
	}
	return m, nil
}

// of returns the mirror of a source. Its folder follows from name and address: a Repository that is pointed elsewhere gets another mirror.
func (m *Mirrors) of(src Source) (*mirror, error) {
	u, err := url.Parse(src.URL)
	if err != nil {
		return nil, fmt.Errorf("the repository's address cannot be read: %w", err)
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("the repository's address %s must be http(s)://HOST/PATH without user and password", u.Redacted())
	}
	sum := sha256.Sum256([]byte(src.Name + "\x00" + src.URL))
	dir := filepath.Join(m.dir, hex.EncodeToString(sum[:12])+".git")
	m.mu.Lock()
	defer m.mu.Unlock()
	mir, ok := m.mirrors[dir]
	if !ok {
		mir = &mirror{owner: m, dir: dir, host: u.Scheme + "://" + u.Host + "/", lock: make(chan struct{}, 1)}
		m.mirrors[dir] = mir
	}
	mir.mu.Lock()
	mir.src = src // newest credentials
	mir.mu.Unlock()
	return mir, nil
}

// remote returns git with the source's credentials in its environment. Redirects are not followed: a forge that answers for
// another host must not be given, or forge, anything.
func (mir *mirror) remote(ctx context.Context) (gitops.Git, string, error) {
	mir.mu.Lock()
	src := mir.src
	mir.mu.Unlock()
	git := gitops.Git{Config: []gitops.Setting{
		{Key: "http.followRedirects", Value: "false"},
		{Key: "protocol.version", Value: "2"},
		{Key: "http.lowSpeedLimit", Value: "1000"},
		{Key: "http.lowSpeedTime", Value: "60"},
		{Key: "submodule.recurse", Value: "false"},
		{Key: "fetch.recurseSubmodules", Value: "false"},
	}}
	if src.Credentials == nil {
		return git, src.URL, nil
	}
	user, password, err := src.Credentials(ctx)
	if err != nil {
		return git, "", fmt.Errorf("getting credentials for %s: %w", src.URL, err)
	}
	if password != "" {
		basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
		git.Config = append(git.Config, gitops.Setting{Key: "http." + mir.host + ".extraHeader", Value: "Authorization: Basic " + basic})
	}
	return git, src.URL, nil
}
