// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package github implements forge.Provider for github.com and GitHub Enterprise Server. It is the only importer of go-github.
//
// One Registry serves a process. Providers of the same credential share an account: one transport, one token, one ETag cache
// (every read is conditional and always revalidated; a 304 costs nothing), and one pace, because GitHub counts by installation
// and not by repository. Writes go one at a time and some time apart. When GitHub asks to wait, the whole account pauses: calls
// then return *forge.RateLimitedError at once, instead of blocking a worker.
//
//	registry := github.NewRegistry(github.Options{Logger: log})
//	provider, err := registry.Provider(github.APIURL("https://github.com"), github.Credentials{Token: token})
//	err = provider.PutStatus(ctx, repo, sha, forge.Status{Context: "prcheck", State: forge.StatePending, Description: "Waiting for a free slot"})
//
// No credential is sent to another host than the API's, redirects are not followed but resolved by repository id, and no token
// gets into an error or a log.
package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/forge"
)

// Options configure a Registry. The zero value is right for GitHub.
type Options struct {
	// Transport under all requests; http.DefaultTransport when nil.
	Transport http.RoundTripper
	// Clock for pace, pauses and token expiry; the real one when nil.
	Clock clock.Clock
	// Logger hears of pauses, renamed repositories and odd answers; silent when nil.
	Logger *slog.Logger
	// WriteInterval is the least time between two writes of one account: 1 s when 0, as GitHub asks; negative for none.
	WriteInterval time.Duration
	// ReadsPerSecond bounds the reads of one account: 10 when 0 (GitHub allows 900 points a minute).
	ReadsPerSecond float64
	// Timeout of one request: 30 s when 0.
	Timeout time.Duration
	// LagDelay is how long to wait before a 404 is believed: 1 s when 0; negative for none.
	LagDelay time.Duration
}

func (o Options) withDefaults() Options {
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.WriteInterval == 0 {
		o.WriteInterval = time.Second
	}
	if o.ReadsPerSecond == 0 {
		o.ReadsPerSecond = 10
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	if o.LagDelay == 0 {
		o.LagDelay = time.Second
	}
	return o
}

// Credentials of one Repository: a token, or an installation of a GitHub App.
type Credentials struct {
	Token          string
	AppID          int64
	InstallationID int64
	PrivateKey     []byte // PEM
}

// Registry holds the accounts of a process.
type Registry struct {
	opts Options

	mu       sync.Mutex
	accounts map[string]*account
	order    []string // keys, the least recently used first
}

// maxAccounts bounds the accounts kept; a rotated credential is a new account, and the old one is never asked for again.
const maxAccounts = 256

// NewRegistry makes a registry without accounts.
func NewRegistry(opts Options) *Registry {
	return &Registry{opts: opts.withDefaults(), accounts: map[string]*account{}}
}

// Provider returns the provider for an API address (see APIURL) and credentials. The same ones give providers that share an account.
func (r *Registry) Provider(apiURL string, credentials Credentials) (forge.Provider, error) {
	base, err := parseAPIURL(apiURL)
	if err != nil {
		return nil, err
	}
	key := credentials.key(base)
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.accounts[key]
	if found == nil {
		if found, err = newAccount(r.opts, base, credentials); err != nil {
			return nil, err
		}
		r.accounts[key] = found
	}
	r.use(key)
	return &provider{account: found}, nil
}

// use makes key the most recently used one, and forgets the least recently used one where there are too many.
func (r *Registry) use(key string) {
	r.order = slices.DeleteFunc(r.order, func(other string) bool { return other == key })
	r.order = append(r.order, key)
	if len(r.order) > maxAccounts {
		delete(r.accounts, r.order[0])
		r.order = r.order[1:]
	}
}

// key names the account without holding its secret.
func (c Credentials) key(base *url.URL) string {
	h := sha256.New()
	for _, part := range []string{base.String(), c.Token, fmt.Sprint(c.AppID), fmt.Sprint(c.InstallationID), string(c.PrivateKey)} {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// APIURL is the address of the REST API of a forge: api.github.com for github.com, else /api/v3 below it.
func APIURL(forgeURL string) string {
	trimmed := strings.TrimRight(forgeURL, "/")
	if u, err := url.Parse(trimmed); err == nil && (u.Host == "github.com" || u.Host == "www.github.com") {
		return "https://api.github.com/"
	}
	return trimmed + "/api/v3/"
}

func parseAPIURL(text string) (*url.URL, error) {
	base, err := url.Parse(strings.TrimRight(text, "/") + "/")
	switch {
	case err != nil:
		return nil, errors.New("the forge's API address is no URL: write http(s)://HOST[:PORT][/PATH]")
	case (base.Scheme != "http" && base.Scheme != "https") || base.Host == "":
		return nil, fmt.Errorf("the forge's API address %q: write http(s)://HOST[:PORT][/PATH]", base.Redacted())
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("the forge's API address %q: leave out user, query and fragment; credentials belong into the Secret", base.Redacted())
	}
	return base, nil
}

// provider is one credential's view of GitHub.
type provider struct{ account *account }

// GitCredentials returns what git over HTTPS takes: any user name with a token, "x-access-token" by convention.
func (p *provider) GitCredentials(ctx context.Context) (user, password string, err error) {
	token, err := p.account.auth.token(ctx)
	if err != nil {
		return "", "", p.account.settle(err)
	}
	return "x-access-token", token, nil
}
