// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package forge is what prcheck asks of a forge, whichever it is, with typed errors. Implementations live in folders below.
package forge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Repository names a repository on a forge.
type Repository struct {
	Owner string
	Name  string
}

// String returns OWNER/NAME.
func (r Repository) String() string { return r.Owner + "/" + r.Name }

// Pull is a pull request as the forge tells it now.
type Pull struct {
	Number       int64
	Title        string
	Author       string
	URL          string // its page on the forge
	Head         string // commit
	BaseBranch   string
	Draft        bool
	Closed       bool
	Merged       bool
	Labels       []string
	Updated      time.Time
	RepositoryID int64 // of the base repository: survives a rename
}

// State is a commit status's state.
type State string

// The states of a commit status.
const (
	StatePending State = "pending"
	StateSuccess State = "success"
	StateFailure State = "failure"
	StateError   State = "error"
)

// Status is a commit status: one per commit and context, the newest counts.
type Status struct {
	Context     string
	State       State
	Description string // at most 140 characters
	TargetURL   string
}

// Provider is one forge with the credentials of one Repository.
type Provider interface {
	// GetPull reads a pull request afresh. ErrNotFound where there is none.
	GetPull(ctx context.Context, repo Repository, number int64) (*Pull, error)
	// ListPulls lists the open pull requests, complete or an error, never half. since is the cursor that an earlier call returned, "" at first;
	// where nothing changed since then, unchanged is true and the list is empty.
	ListPulls(ctx context.Context, repo Repository, since string) (pulls []Pull, cursor string, unchanged bool, err error)
	// FindStatus returns the newest status of a context on a commit, nil where there is none, whoever wrote it.
	FindStatus(ctx context.Context, repo Repository, sha, name string) (*Status, error)
	// PutStatus makes the status so. Writing what is already there is no write. A timeout is resolved by reading back.
	PutStatus(ctx context.Context, repo Repository, sha string, status Status) error
	// GitCredentials returns user and password for git over HTTPS to the forge's own host.
	GitCredentials(ctx context.Context) (user, password string, err error)
}

// The errors that an implementation wraps; match with errors.Is and errors.As.
var (
	// ErrNotFound: no such repository, pull request or commit, also after a second look.
	ErrNotFound = errors.New("not found on the forge")
	// ErrUnauthorized: the forge refuses the credentials.
	ErrUnauthorized = errors.New("the forge refuses the credentials")
	// ErrForbidden: the credentials lack a permission.
	ErrForbidden = errors.New("the credentials lack a permission")
	// ErrGone: the commit, issue or repository is gone for good; drop what was to be written.
	ErrGone = errors.New("gone from the forge")
	// ErrInvalid: the forge rejects what we sent; sending it again would not help.
	ErrInvalid = errors.New("the forge rejects the request as invalid")
	// ErrUnavailable: no answer, or none that means anything (5xx, a page of HTML). Trying again later helps; a write may have
	// been done all the same.
	ErrUnavailable = errors.New("the forge does not answer as it should")
)

// RateLimitedError says that the forge asks to wait; the whole installation pauses until then.
type RateLimitedError struct {
	RetryAfter time.Duration
	Secondary  bool
}

// Error says how long to wait.
func (e *RateLimitedError) Error() string {
	kind := "primary"
	if e.Secondary {
		kind = "secondary"
	}
	return fmt.Sprintf("the forge's %s rate limit is used up; it asks to wait %s", kind, e.RetryAfter)
}
