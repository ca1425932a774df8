// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/internal/forge"
)

// ErrTooManyStatuses is GitHub's limit of 1,000 statuses for one commit and context. It wraps forge.ErrGone: nothing more can be
// written there, and that so many were is a defect of ours to be looked into.
var ErrTooManyStatuses = fmt.Errorf("the commit has 1000 statuses of this context, GitHub takes no more: %w", forge.ErrGone)

// movedError says that what was asked for has another address now.
type movedError struct{ location string }

func (e *movedError) Error() string { return "moved to another address" }

// minSecondaryPause is how long to wait where GitHub says that it is too much but not how long.
const minSecondaryPause = time.Minute

// answer is what of a response decides its meaning.
type answer struct {
	status  int
	header  http.Header
	message string
}

// classify turns the outcome of a call into one of forge's errors; nil stays nil. This is reporting.md's table: every row is a
// case here, and a case of the test.
func classify(err error, now time.Time) error {
	if err == nil {
		return nil
	}
	if limited := (*forge.RateLimitedError)(nil); errors.As(err, &limited) {
		return err
	}
	for _, known := range []error{
		forge.ErrNotFound, forge.ErrUnauthorized, forge.ErrForbidden, forge.ErrGone, forge.ErrInvalid, forge.ErrUnavailable,
		context.Canceled, errOtherHost,
	} {
		if errors.Is(err, known) {
			return err
		}
	}
	a, ok := answerOf(err)
	if !ok { // no answer at all, or one that is no JSON
		return fmt.Errorf("%w: %w", forge.ErrUnavailable, err)
	}
	sort := a.sort(now)
	if token := (*tokenError)(nil); errors.As(err, &token) && errors.Is(sort, forge.ErrNotFound) {
		return fmt.Errorf("%w: the GitHub App has no such installation", forge.ErrUnauthorized)
	}
	return sort
}

// sort tells what an answer other than a success means.
func (a answer) sort(now time.Time) error {
	switch {
	case a.status == http.StatusForbidden || a.status == http.StatusTooManyRequests:
		return a.refused(now)
	case a.status == http.StatusUnauthorized:
		return a.wrap(forge.ErrUnauthorized)
	case a.status == http.StatusNotFound:
		return a.wrap(forge.ErrNotFound)
	case a.status == http.StatusGone || a.status == http.StatusUnavailableForLegalReasons:
		return a.wrap(forge.ErrGone)
	case a.status == http.StatusUnprocessableEntity && strings.Contains(a.message, "No commit found for SHA"):
		return a.wrap(forge.ErrGone)
	case a.status == http.StatusUnprocessableEntity && strings.Contains(a.message, "maximum number of statuses"):
		return ErrTooManyStatuses
	case a.status >= 300 && a.status < 400 && a.status != http.StatusNotModified: // a 304 answers no question of ours
		return &movedError{location: a.header.Get("Location")}
	case a.status == http.StatusRequestTimeout || a.status < 400 || a.status >= 500:
		return a.wrap(forge.ErrUnavailable)
	default:
		return a.wrap(forge.ErrInvalid)
	}
}

// refused tells the rate limits from a missing permission.
func (a answer) refused(now time.Time) error {
	after, said := a.retryAfter()
	switch {
	case said:
		return &forge.RateLimitedError{RetryAfter: after, Secondary: true}
	case a.header.Get("X-RateLimit-Remaining") == "0":
		return &forge.RateLimitedError{RetryAfter: a.untilReset(now)}
	case a.status == http.StatusTooManyRequests || strings.Contains(a.message, "secondary rate limit"):
		return &forge.RateLimitedError{RetryAfter: minSecondaryPause, Secondary: true}
	default:
		return a.wrap(forge.ErrForbidden)
	}
}

func (a answer) retryAfter() (after time.Duration, said bool) {
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}

// untilReset is the time until the primary limit starts anew, and a second more; a minute where the header makes no sense.
func (a answer) untilReset(now time.Time) time.Duration {
	reset, err := strconv.ParseInt(a.header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return minSecondaryPause
	}
	return min(max(time.Unix(reset, 0).Sub(now), 0)+time.Second, 2*time.Hour)
}

func (a answer) wrap(err error) error {
	if a.message == "" {
		return fmt.Errorf("%w (%d)", err, a.status)
	}
	return fmt.Errorf("%w (%d: %s)", err, a.status, a.message)
}

// answerOf finds the response in go-github's errors.
func answerOf(err error) (answer, bool) {
	var (
		plain     *gogithub.ErrorResponse
		primary   *gogithub.RateLimitError
		secondary *gogithub.AbuseRateLimitError
		otp       *gogithub.TwoFactorAuthError
		accepted  *gogithub.AcceptedError
	)
	switch {
	case errors.As(err, &plain):
		return newAnswer(plain.Response, details(plain)), plain.Response != nil
	case errors.As(err, &primary):
		return newAnswer(primary.Response, primary.Message), primary.Response != nil
	case errors.As(err, &secondary):
		a := newAnswer(secondary.Response, secondary.Message)
		if a.message == "" || !strings.Contains(a.message, "secondary rate limit") {
			a.message += " (secondary rate limit)"
		}
		return a, secondary.Response != nil
	case errors.As(err, &otp):
		return newAnswer(otp.Response, otp.Message), otp.Response != nil
	case errors.As(err, &accepted):
		return answer{status: http.StatusAccepted, header: http.Header{}, message: "accepted, and not answered"}, true
	default:
		return answer{}, false
	}
}

func newAnswer(resp *http.Response, message string) answer {
	if resp == nil {
		return answer{header: http.Header{}}
	}
	return answer{status: resp.StatusCode, header: resp.Header, message: tidy(message)}
}

// details is the message with what GitHub says about single fields.
func details(e *gogithub.ErrorResponse) string {
	parts := []string{e.Message}
	for _, field := range e.Errors {
		switch {
		case field.Message != "":
			parts = append(parts, field.Message)
		case field.Field != "":
			parts = append(parts, field.Field+" is "+field.Code)
		}
	}
	return strings.Join(parts, "; ")
}
