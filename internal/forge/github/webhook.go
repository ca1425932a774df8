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

// Signal is what a webhook delivery about a pull request says: look at this. What else it holds of the pull request may be
// outdated by the time it is read, and serves to tell whether a look is of use, for nothing more.
type Signal struct {
	DeliveryID   string `json:"deliveryID"` // the same when GitHub delivers again
	Event        string `json:"event"`      // X-GitHub-Event
	Action       string `json:"action"`
	RepositoryID int64  `json:"repositoryID"`
	FullName     string `json:"fullName"` // owner/name
	Number       int64  `json:"number"`

	Closed bool     `json:"closed"`
	Draft  bool     `json:"draft"`
	Head   string   `json:"head"`   // commit
	Branch string   `json:"branch"` // the pull request's target
	Labels []string `json:"labels"`
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

// payload are the fields of a pull_request event that matter.
type payload struct {
	Action     string `json:"action"`
	Repository *struct {
		ID       int64  `json:"id"`
		FullName string `json:"full_name"`
	} `json:"repository"`
	PullRequest *struct {
		Number int64  `json:"number"`
		State  string `json:"state"`
		Draft  bool   `json:"draft"`
		Head   struct {
			SHA string `json:"sha"`
		} `json:"head"`
		Base struct {
			Ref string `json:"ref"`
		} `json:"base"`
		Labels []struct {
			Name string `json:"name"`
		} `json:"labels"`
	} `json:"pull_request"`
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
	if s.Event != "pull_request" {
		return s, fmt.Errorf("%w: event %q", ErrIgnored, s.Event)
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return Signal{}, fmt.Errorf("%w: set the webhook's content type to application/json on the forge", ErrMalformed)
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return Signal{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return s.fill(p)
}

// fill takes over what the payload says.
func (s Signal) fill(p payload) (Signal, error) {
	if p.Repository == nil || p.Repository.ID <= 0 || !strings.Contains(p.Repository.FullName, "/") {
		return Signal{}, fmt.Errorf("%w: it names no repository", ErrMalformed)
	}
	pull := p.PullRequest
	if pull == nil || pull.Number <= 0 || pull.Base.Ref == "" {
		return Signal{}, fmt.Errorf("%w: it names no pull request with its target branch", ErrMalformed)
	}
	s.Action, s.RepositoryID, s.FullName, s.Number = p.Action, p.Repository.ID, p.Repository.FullName, pull.Number
	s.Closed, s.Draft, s.Head, s.Branch, s.Labels = pull.State == "closed", pull.Draft, pull.Head.SHA, pull.Base.Ref, []string{}
	for _, label := range pull.Labels {
		s.Labels = append(s.Labels, label.Name)
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
