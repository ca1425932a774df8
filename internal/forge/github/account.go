// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

	gogithub "github.com/google/go-github/v57/github"
	"golang.org/x/time/rate"

	"github.com/prcheck/prcheck/internal/forge"
)

const (
	readBurst = 20
	// maxConcurrent is how many requests of one account are under way at once; GitHub allows 100.
	maxConcurrent = 40
)

// account is one credential at one API: what all its Providers share.
type account struct {
	opts      Options
	base      *url.URL
	auth      tokenSource
	transport http.RoundTripper
	reads     *rate.Limiter
	writes    *rate.Limiter
	writer    chan struct{} // holds the one right to write
	slots     chan struct{}

	mu          sync.Mutex
	pausedUntil time.Time
	secondary   bool
	moved       map[forge.Repository]forge.Repository
}

func newAccount(opts Options, base *url.URL, c Credentials) (*account, error) {
	auth, err := newTokenSource(opts, base, c)
	if err != nil {
		return nil, err
	}
	every := rate.Inf
	if opts.WriteInterval > 0 {
		every = rate.Every(opts.WriteInterval)
	}
	return &account{
		opts: opts, base: base, auth: auth,
		transport: &bearer{auth: auth, next: newETags(&guard{next: opts.Transport, host: base.Host})},
		reads:     rate.NewLimiter(rate.Limit(opts.ReadsPerSecond), readBurst),
		writes:    rate.NewLimiter(every, 1),
		writer:    make(chan struct{}, 1),
		slots:     make(chan struct{}, maxConcurrent),
		moved:     map[forge.Repository]forge.Repository{},
	}, nil
}

// request is one call of go-github.
type request func(ctx context.Context, c *gogithub.Client) (*gogithub.Response, error)

// read sends a request at the account's pace; write does so with the pace of writes. The caller of write holds the writer.
func (a *account) read(ctx context.Context, do request) error  { return a.call(ctx, a.reads, do) }
func (a *account) write(ctx context.Context, do request) error { return a.call(ctx, a.writes, do) }

// lockWriter waits for the right to write; unlock gives it back.
func (a *account) lockWriter(ctx context.Context) (unlock func(), err error) {
	return acquire(ctx, a.writer)
}

func acquire(ctx context.Context, slots chan struct{}) (release func(), err error) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for other requests to the forge: %w", ctx.Err())
	}
}

// call sends a request, once more where the token had expired, and gives its outcome in forge's words.
func (a *account) call(ctx context.Context, pace *rate.Limiter, do request) error {
	release, err := acquire(ctx, a.slots)
	if err != nil {
		return err
	}
	defer release()
	for again := true; ; again = false {
		if err := a.wait(ctx, pace); err != nil {
			return err
		}
		used := ""
		resp, err := do(context.WithValue(ctx, usedToken{}, &used), newClient(a.base, a.transport, a.opts.Timeout))
		a.observe(resp)
		if ctx.Err() != nil && err != nil {
			return fmt.Errorf("asking the forge: %w", ctx.Err())
		}
		err = a.settle(err, used)
		if !again || used == "" || !errors.Is(err, forge.ErrUnauthorized) || !a.auth.renew(used) {
			return err
		}
	}
}

// wait returns when the pace allows the next request; at once, with *forge.RateLimitedError, while the account pauses.
func (a *account) wait(ctx context.Context, pace *rate.Limiter) error {
	if err := a.pause(); err != nil {
		return err
	}
	now := a.opts.Clock.Now()
	turn := pace.ReserveN(now, 1)
	if err := a.sleep(ctx, turn.DelayFrom(now)); err != nil {
		turn.CancelAt(a.opts.Clock.Now())
		return fmt.Errorf("waiting for the pace that the forge asks for: %w", err)
	}
	return a.pause() // another request may have hit the limit meanwhile
}

// sleep waits for d by the account's clock.
func (a *account) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := a.opts.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause says how long the account still pauses, nil where it does not.
func (a *account) pause() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := a.pausedUntil.Sub(a.opts.Clock.Now())
	if left <= 0 {
		return nil
	}
	return &forge.RateLimitedError{RetryAfter: left, Secondary: a.secondary}
}

// observe looks at the primary limit of an answer: where nothing is left, the account pauses before it is refused.
func (a *account) observe(resp *gogithub.Response) {
	if resp == nil || resp.Response == nil || resp.Header.Get("X-RateLimit-Remaining") != "0" {
		return
	}
	until := answer{header: resp.Header}.untilReset(a.opts.Clock.Now())
	a.rest(&forge.RateLimitedError{RetryAfter: until})
}

// rest makes the whole account pause. Some time is added, so that everybody who waits does not come back at once.
func (a *account) rest(limited *forge.RateLimitedError) {
	jitter := time.Duration(rand.Int64N(int64(time.Second))) //nolint:gosec // only spreads requests
	until := a.opts.Clock.Now().Add(limited.RetryAfter + jitter)
	a.mu.Lock()
	longer := until.After(a.pausedUntil)
	if longer {
		a.pausedUntil, a.secondary = until, limited.Secondary
	}
	a.mu.Unlock()
	if longer {
		a.opts.Logger.Warn("The forge asks to wait; all requests with these credentials pause",
			"host", a.base.Host, "pause", limited.RetryAfter.String(), "secondary", limited.Secondary)
	}
}

// settle puts the outcome of a call into forge's words, without secrets, and pauses where it must.
func (a *account) settle(err error, secrets ...string) error {
	if err = classify(err, a.opts.Clock.Now()); err == nil {
		return nil
	}
	if limited := (*forge.RateLimitedError)(nil); errors.As(err, &limited) {
		a.rest(limited)
	}
	return redact(err, secrets...)
}
