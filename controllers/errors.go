// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package controllers holds what prcheck's controllers share: what becomes of an error. The controllers themselves are in
// the folders below, one each.
package controllers

import (
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/status"
)

// RecheckStalled is how often something that somebody must put right outside the cluster is looked at again. It is why
// such an error is not a reconcile.TerminalError: nothing in the cluster would tell that a permission was granted.
const RecheckStalled = 10 * time.Minute

// Peer says whom an error came from.
type Peer string

// The peers.
const (
	PeerForge  Peer = "forge"
	PeerServer Peer = "server"
)

// PeerError is an error of a call to a peer.
type PeerError struct {
	Peer Peer
	Err  error
}

// From wraps an error of a call to a peer, with what was attempted; nil stays nil.
func From(peer Peer, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &PeerError{Peer: peer, Err: fmt.Errorf(format+": %w", append(args, err)...)}
}

// Error says what was attempted and what came of it.
func (e *PeerError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *PeerError) Unwrap() error { return e.Err }

// Verdict says what becomes of an error. At most one of Waiting and Stalled is set.
type Verdict struct {
	// Waiting: it passes by itself.
	Waiting *status.Note
	// Stalled: somebody must act.
	Stalled *status.Note
	// After is when to look again.
	After time.Duration
	// Err is what the queue is told, so that it backs off; nil where After says when.
	Err error
}

// Classify decides once for all controllers what becomes of an error. Texts are the same for the same kind of error, so
// that a condition does not change while nothing does; the error itself is in the log.
func Classify(err error) Verdict {
	var limited *forge.RateLimitedError
	var peer *PeerError
	switch {
	case err == nil:
		return Verdict{}
	case apierrors.IsConflict(err):
		return Verdict{After: time.Second} // someone else wrote; the cache will show it
	case errors.As(err, &limited):
		return Verdict{
			Waiting: &status.Note{Reason: prcheckv1.ReasonForgeUnavailable, Message: "The forge's rate limit is used up; prcheck goes on when the forge allows it."},
			After:   max(limited.RetryAfter, time.Second),
		}
	case errors.Is(err, forge.ErrUnauthorized):
		return stalled(prcheckv1.ReasonCredentialsInvalid, "The forge refuses the credentials: put a valid token, or a GitHub App's key, into the Secret that spec.credentialsRef of the Repository names.")
	case errors.Is(err, forge.ErrForbidden):
		return stalled(prcheckv1.ReasonForbidden, "The credentials lack a permission: they must be able to read pull requests and contents and to write commit statuses.")
	case errors.As(err, &peer) && peer.Peer == PeerForge:
		return Verdict{Waiting: &status.Note{Reason: prcheckv1.ReasonForgeUnavailable, Message: "The forge does not answer as it should; prcheck tries again by itself."}, Err: err}
	case errors.As(err, &peer):
		return server(err)
	}
	return Verdict{Err: err}
}

func server(err error) Verdict {
	if errors.Is(err, results.ErrInvalid) {
		return stalled(prcheckv1.ReasonServerUnavailable, "prcheck's server refuses what the manager asks; run the same version of both, and read the manager's log.")
	}
	return Verdict{
		Waiting: &status.Note{Reason: prcheckv1.ReasonServerUnavailable, Message: "prcheck's server does not answer as it should; prcheck tries again by itself."},
		Err:     err,
	}
}

func stalled(reason, message string) Verdict {
	return Verdict{Stalled: &status.Note{Reason: reason, Message: message}, After: RecheckStalled}
}

// Dropped says whether the forge will never take a write, however often it is tried: the commit is gone, or has had too many statuses.
func Dropped(err error) bool {
	return errors.Is(err, forge.ErrGone) || errors.Is(err, forge.ErrNotFound) || errors.Is(err, forge.ErrInvalid)
}
