// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"encoding/json"
	"errors"
)

// seen is what is kept of a pull_request payload.
type seen struct {
	Repository string   `json:"repository"` // OWNER/NAME
	Number     int64    `json:"number"`
	Closed     bool     `json:"closed"`
	Draft      bool     `json:"draft"`
	Head       string   `json:"head"`
	Branch     string   `json:"branch"`
	Labels     []string `json:"labels"`
}

// payload is the part of a pull_request event that is read.
type payload struct {
	Number      int64 `json:"number"`
	PullRequest struct {
		State string `json:"state"`
		Draft bool   `json:"draft"`
		Head  struct {
			SHA string `json:"sha"`
		} `json:"head"`
		Base struct {
			Ref string `json:"ref"`
		} `json:"base"`
		Labels []struct {
			Name string `json:"name"`
		} `json:"labels"`
	} `json:"pull_request"`
	Repository struct {
		FullName string `json:"full_name"`
	} `json:"repository"`
}

func parse(body []byte) (seen, error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return seen{}, errors.New("the payload is no JSON object of a pull_request event")
	}
	if p.Number <= 0 || p.Repository.FullName == "" || p.PullRequest.Base.Ref == "" {
		return seen{}, errors.New("the payload lacks number, repository.full_name or pull_request.base.ref")
	}
	s := seen{
		Repository: p.Repository.FullName, Number: p.Number, Closed: p.PullRequest.State == "closed", Draft: p.PullRequest.Draft,
		Head: p.PullRequest.Head.SHA, Branch: p.PullRequest.Base.Ref, Labels: []string{},
	}
	for _, label := range p.PullRequest.Labels {
		s.Labels = append(s.Labels, label.Name)
	}
	return s, nil
}
