// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	testclock "k8s.io/utils/clock/testing"

	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/test/githubemu"
	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

// withClock runs an emulator and a provider by one clock that stands still.
func withClock(t *testing.T, change func(*Options)) (p forge.Provider, e *emutest.Emulator, clock *testclock.FakeClock, number int64, head string) {
	t.Helper()
	clock = testclock.NewFakeClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	_, e, number, head = start(t, emutest.With(func(o *githubemu.Options) { o.Clock = clock }))
	opts := quick()
	opts.Clock = clock
	if change != nil {
		change(&opts)
	}
	return newProvider(t, opts, e.URL, Credentials{Token: e.Token}), e, clock, number, head
}

func TestSecondaryLimitPausesTheWholeAccount(t *testing.T) {
	p, e, clock, number, head := withClock(t, nil)
	fault(t, e, githubemu.Fault{Method: "POST", Secondary: true, RetryAfter: 120})
	status := forge.Status{Context: "prcheck", State: forge.StateSuccess}
	limited := (*forge.RateLimitedError)(nil)
	if err := p.PutStatus(t.Context(), repo, head, status); !errors.As(err, &limited) || !limited.Secondary || limited.RetryAfter != 2*time.Minute {
		t.Fatalf("got %v", err)
	}
	before := len(e.Requests())
	if _, err := p.GetPull(t.Context(), repo, number); !errors.As(err, &limited) || limited.RetryAfter < 2*time.Minute {
		t.Errorf("a read in the pause: %v", err)
	}
	if err := p.PutStatus(t.Context(), repo, head, status); !errors.As(err, &limited) {
		t.Errorf("a write in the pause: %v", err)
	}
	if n := len(e.Requests()) - before; n != 0 {
		t.Errorf("%d requests in the pause", n)
	}
	clock.Step(2*time.Minute + time.Second)
	if err := p.PutStatus(t.Context(), repo, head, status); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestPrimaryLimit(t *testing.T) {
	p, e, clock, number, _ := withClock(t, nil)
	e.SetLimit(githubemu.LimitState{Actor: "checker", Limit: 5000, Remaining: 1, ResetIn: 600})
	if _, err := p.GetPull(t.Context(), repo, number); err != nil {
		t.Fatalf("the last request: %v", err)
	}
	before := len(e.Requests())
	limited := (*forge.RateLimitedError)(nil)
	if _, err := p.GetPull(t.Context(), repo, number); !errors.As(err, &limited) || limited.Secondary || limited.RetryAfter < 10*time.Minute {
		t.Errorf("got %v", err)
	}
	if len(e.Requests()) != before {
		t.Error("asked although nothing was left")
	}
	clock.Step(11 * time.Minute)
	if _, err := p.GetPull(t.Context(), repo, number); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestWritesKeepTheirDistance(t *testing.T) {
	p, e, clock, _, head := withClock(t, func(o *Options) { o.WriteInterval = time.Second })
	put := func(context string) chan error {
		done := make(chan error, 1)
		go func() {
			done <- p.PutStatus(t.Context(), repo, head, forge.Status{Context: context, State: forge.StateSuccess})
		}()
		return done
	}
	if err := <-put("one"); err != nil {
		t.Fatal(err)
	}
	second := put("two")
	for !clock.HasWaiters() { // it waits for its turn
		select {
		case err := <-second:
			t.Fatalf("the second write did not wait: %v", err)
		default:
			runtime.Gosched()
		}
	}
	if n := posts(e); n != 1 {
		t.Errorf("%d writes at once", n)
	}
	clock.Step(time.Second)
	if err := <-second; err != nil || posts(e) != 2 {
		t.Errorf("%v, %d writes", err, posts(e))
	}
}

func TestProvidersOfOneCredentialShareTheAccount(t *testing.T) {
	registry := NewRegistry(quick())
	get := func(address string, c Credentials) *account {
		p, err := registry.Provider(address, c)
		if err != nil {
			t.Fatal(err)
		}
		return p.(*provider).account
	}
	one := get("https://ghe.example/api/v3", Credentials{Token: "a"})
	if one != get("https://ghe.example/api/v3/", Credentials{Token: "a"}) {
		t.Error("not shared")
	}
	if one == get("https://ghe.example/api/v3", Credentials{Token: "b"}) || one == get("https://other.example/api/v3", Credentials{Token: "a"}) {
		t.Error("shared with another credential or host")
	}
	for i := range maxAccounts {
		get("https://ghe.example", Credentials{Token: strings.Repeat("x", i+1)})
	}
	if len(registry.accounts) != maxAccounts || len(registry.order) != maxAccounts {
		t.Errorf("%d accounts, %d in order", len(registry.accounts), len(registry.order))
	}
}

// app installs an App that may do more than prcheck needs.
func app(t *testing.T, e *emutest.Emulator) Credentials {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := e.AddApp(githubemu.NewApp{
		Slug: "prcheck", Account: "octo", PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		Permissions: map[string]string{"statuses": "write", "pull_requests": "write", "contents": "write", "metadata": "read", "checks": "write"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return Credentials{
		AppID: ids.AppID, InstallationID: ids.InstallationID,
		PrivateKey: pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
	}
}

// minted are the requests for a token.
func minted(e *emutest.Emulator) (bodies []string) {
	for _, r := range e.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/access_tokens") {
			bodies = append(bodies, r.Body)
		}
	}
	return bodies
}

func TestApp(t *testing.T) {
	_, e, number, head := start(t)
	credentials := app(t, e)
	clock := testclock.NewFakeClock(time.Now())
	opts := quick()
	opts.Clock = clock
	p := newProvider(t, opts, e.URL, credentials)
	if err := p.PutStatus(t.Context(), repo, head, forge.Status{Context: "prcheck", State: forge.StateSuccess}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.GetPull(t.Context(), repo, number); err != nil {
		t.Fatal(err)
	}
	bodies := minted(e)
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"statuses":"write"`) || strings.Contains(bodies[0], "checks") || strings.Contains(bodies[0], `"contents":"write"`) {
		t.Fatalf("the token is not made once and narrowed: %q", bodies)
	}
	_, first, err := p.GitCredentials(t.Context())
	if err != nil || first == "" {
		t.Fatal(err)
	}
	clock.Step(time.Hour - 30*time.Second)
	_, second, err := p.GitCredentials(t.Context())
	if err != nil || second == first || len(minted(e)) != 2 {
		t.Errorf("a token that is about to expire is not replaced: %v", err)
	}
	e.RevokeToken(second)
	if _, err := p.GetPull(t.Context(), repo, number); err != nil || len(minted(e)) != 3 {
		t.Errorf("a refused token is not replaced once: %v, %d tokens", err, len(minted(e)))
	}
	if err := e.SuspendInstallation(credentials.InstallationID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := p.GetPull(t.Context(), repo, number); !errors.Is(err, forge.ErrForbidden) {
		t.Errorf("a suspended installation: %v", err)
	}
}

func TestAppThatIsRefused(t *testing.T) {
	_, e, number, _ := start(t)
	good := app(t, e)
	unknown, foreign := good, good
	unknown.InstallationID = 1
	foreign.PrivateKey = app(t, e).PrivateKey
	for name, c := range map[string]Credentials{"no such installation": unknown, "another App's key": foreign} {
		var log bytes.Buffer
		opts := quick()
		opts.Logger = slog.New(slog.NewTextHandler(&log, nil))
		p := newProvider(t, opts, e.URL, c)
		_, err := p.GetPull(t.Context(), repo, number)
		if !errors.Is(err, forge.ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, err := p.GitCredentials(t.Context()); !errors.Is(err, forge.ErrUnauthorized) {
			t.Errorf("%s: %v", name, err)
		}
		if text := log.String() + err.Error(); strings.Contains(text, "eyJ") || strings.Contains(text, "PRIVATE") {
			t.Errorf("%s: a secret in %s", name, text)
		}
	}
	if n := len(minted(e)); n > 6 {
		t.Errorf("%d attempts: it hammers", n)
	}
}
