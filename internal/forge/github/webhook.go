// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// Signal is what a webhook delivery says: look at this. Nothing else of the payload is to be believed.
type Signal struct {
	DeliveryID string // the same when GitHub delivers again
	Event      string // X-GitHub-Event
	Action     string
	// Number of the pull request; 0 where the event is about the repository as a whole (push).
	Number       int64
	RepositoryID int64
	FullName     string // owner/name
}

// The errors of ParseWebhook; match with errors.Is.
var (
	// ErrSignature: no signature, or a wrong one, or no secret to check it with. Answer 401 and read nothing into the body.
	ErrSignature = errors.New("the webhook's signature is missing or wrong")
	// ErrMalformed: signed, and still not what GitHub sends as JSON: a form, or fields are missing. Answer 400.
	ErrMalformed = errors.New("the webhook cannot be read")
	// ErrIgnored: a delivery that does not concern prcheck. Answer 2xx. The Signal names delivery, event and action.
	ErrIgnored = errors.New("the webhook is about something else")
)

// payload are the fields of all events that matter.
type payload struct {
	Action     string `json:"action"`
	Repository *struct {
		ID       int64  `json:"id"`
		FullName string `json:"full_name"`
	} `json:"repository"`
	PullRequest *struct {
		Number int64 `json:"number"`
	} `json:"pull_request"`
	Issue *struct {
		Number      int64           `json:"number"`
		PullRequest json.RawMessage `json:"pull_request"`
	} `json:"issue"`
}

// maxDeliveryID bounds what is stored of a header.
const maxDeliveryID = 128

// ParseWebhook checks the signature of a delivery, in constant time and before anything else, and reads what it is about.
// body is the request's body as it came, which the caller has read with a limit.
func ParseWebhook(secret []byte, r *http.Request, body []byte) (Signal, error) {
	if err := verify(secret, r.Header.Get("X-Hub-Signature-256"), body); err != nil {
		return Signal{}, err
	}
	s := Signal{DeliveryID: r.Header.Get("X-GitHub-Delivery"), Event: r.Header.Get("X-GitHub-Event")}
	if s.DeliveryID == "" || len(s.DeliveryID) > maxDeliveryID || s.Event == "" || len(s.Event) > maxDeliveryID {
		return Signal{}, fmt.Errorf("%w: X-GitHub-Delivery or X-GitHub-Event is missing", ErrMalformed)
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Signal{}, fmt.Errorf("%w: set the webhook's content type to application/json on the forge", ErrMalformed)
	}
	switch s.Event {
	case "pull_request", "issue_comment", "push":
	default:
		return s, fmt.Errorf("%w: event %q", ErrIgnored, s.Event)
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return Signal{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return s.fill(p)
}

// fill takes over what the payload says.
func (s Signal) fill(p payload) (Signal, error) {
	s.Action = p.Action
	if p.Repository == nil || p.Repository.ID <= 0 || !strings.Contains(p.Repository.FullName, "/") {
		return Signal{}, fmt.Errorf("%w: it names no repository", ErrMalformed)
	}
	s.RepositoryID, s.FullName = p.Repository.ID, p.Repository.FullName
	switch s.Event {
	case "pull_request":
		if p.PullRequest == nil || p.PullRequest.Number <= 0 {
			return Signal{}, fmt.Errorf("%w: it names no pull request", ErrMalformed)
		}
		s.Number = p.PullRequest.Number
	case "issue_comment":
		if p.Issue == nil || p.Issue.Number <= 0 {
			return Signal{}, fmt.Errorf("%w: it names no issue", ErrMalformed)
		}
		if s.Number = p.Issue.Number; len(p.Issue.PullRequest) == 0 || string(p.Issue.PullRequest) == "null" {
			return s, fmt.Errorf("%w: a comment on an issue", ErrIgnored)
		}
	}
	return s, nil
}

func verify(secret []byte, header string, body []byte) error {
	if len(secret) == 0 {
		return fmt.Errorf("%w: no secret is configured", ErrSignature)
	}
	given, err := hex.DecodeString(strings.TrimPrefix(header, "sha256="))
	if err != nil || !strings.HasPrefix(header, "sha256=") {
		given = nil // and compare all the same
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	if !hmac.Equal(given, mac.Sum(nil)) {
		return ErrSignature
	}
	return nil
}
