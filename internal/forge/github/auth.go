// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gogithub "github.com/google/go-github/v57/github"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/forge"
)

// tokenSource gives the token of an account.
type tokenSource interface {
	// token returns a valid token, making one where needed.
	token(ctx context.Context) (string, error)
	// renew drops a token that GitHub refused; false where there can be no other.
	renew(refused string) bool
}

// staticToken is a personal access token.
type staticToken string

func (s staticToken) token(context.Context) (string, error) { return string(s), nil }
func (s staticToken) renew(string) bool                     { return false }

// earlyRefresh is how long before its end a token is replaced.
const earlyRefresh = time.Minute

// installation makes tokens of a GitHub App's installation, narrowed to what prcheck does.
type installation struct {
	id     int64
	client func() *gogithub.Client // signs as the App
	clock  clock.Clock

	mu      sync.Mutex
	current string
	expires time.Time
}

// permissions are all that the tokens may do; the App may have more.
var permissions = gogithub.InstallationPermissions{
	Contents:     new("read"),
	Metadata:     new("read"),
	PullRequests: new("read"),
	Statuses:     new("write"),
}

func newTokenSource(opts Options, base *url.URL, c Credentials) (tokenSource, error) {
	app := c.AppID != 0 || c.InstallationID != 0 || len(c.PrivateKey) > 0
	switch {
	case c.Token != "" && app:
		return nil, fmt.Errorf("%w: the Secret has both a token and a GitHub App; keep one of them", forge.ErrUnauthorized)
	case c.Token != "":
		return staticToken(c.Token), nil
	case !app:
		return nil, fmt.Errorf("%w: the Secret has neither token nor appID, installationID and privateKey", forge.ErrUnauthorized)
	case c.AppID <= 0 || c.InstallationID <= 0 || len(c.PrivateKey) == 0:
		return nil, fmt.Errorf("%w: a GitHub App needs all of appID, installationID and privateKey", forge.ErrUnauthorized)
	}
	signer, err := ghinstallation.NewAppsTransport(&guard{next: opts.Transport, host: base.Host}, c.AppID, c.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("%w: privateKey is no RSA key in PEM form", forge.ErrUnauthorized) // err may quote the key
	}
	return &installation{
		id: c.InstallationID, clock: opts.Clock,
		client: func() *gogithub.Client { return newClient(base, signer, opts.Timeout) },
	}, nil
}

func (i *installation) token(ctx context.Context) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current != "" && i.clock.Now().Before(i.expires.Add(-earlyRefresh)) {
		return i.current, nil
	}
	made, _, err := i.client().Apps.CreateInstallationToken(ctx, i.id, &gogithub.InstallationTokenOptions{Permissions: &permissions})
	if err != nil {
		return "", &tokenError{fmt.Errorf("making a token of installation %d: %w", i.id, err)}
	}
	i.current, i.expires = made.GetToken(), made.GetExpiresAt().Time
	if i.current == "" {
		return "", &tokenError{fmt.Errorf("making a token of installation %d: %w: the answer holds no token", i.id, forge.ErrUnavailable)}
	}
	return i.current, nil
}

func (i *installation) renew(refused string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current == refused {
		i.current = ""
	}
	return true
}

// tokenError says that it is the token which could not be made: a 404 or 401 then is about the App, not about what was asked for.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }

// guard lets requests to one host pass, so that no credential goes anywhere else, whatever an answer says.
type guard struct {
	next http.RoundTripper
	host string
}

var errOtherHost = errors.New("refusing to send credentials to another host")

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != g.host {
		return nil, fmt.Errorf("%w than %s", errOtherHost, g.host)
	}
	return g.next.RoundTrip(r)
}

// usedToken is where a call learns which token it was sent with.
type usedToken struct{}

// bearer adds the account's token.
type bearer struct {
	next http.RoundTripper
	auth tokenSource
}

func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := b.auth.token(r.Context())
	if err != nil {
		closeBody(r)
		return nil, err
	}
	if used, ok := r.Context().Value(usedToken{}).(*string); ok {
		*used = token
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return b.next.RoundTrip(r)
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close() // nothing was read from it
	}
}

// newClient makes a go-github client. One is made for each call: a client keeps the rate limits that it saw, by the wall clock
// and for some answers only, and would refuse calls that the account's own pause allows.
func newClient(base *url.URL, transport http.RoundTripper, timeout time.Duration) *gogithub.Client {
	c := gogithub.NewClient(&http.Client{
		Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	c.BaseURL = base
	c.UserAgent = "prcheck"
	return c
}
