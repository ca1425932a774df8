// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"slices"
	"time"
)

// Requests gives all API requests so far, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Violations gives those so far, oldest first, without the expected ones.
func (s *Server) Violations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Violation{}
	for _, v := range s.broken {
		if !slices.Contains(s.expected, v.Name) {
			out = append(out, v)
		}
	}
	return out
}

// AllViolations gives those so far, oldest first, the expected ones too.
func (s *Server) AllViolations() []Violation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.broken)
}

// ExpectViolation leaves violations of this name out of Violations, from the first request on: for tests that misbehave on purpose.
func (s *Server) ExpectViolation(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected = append(s.expected, name)
}

// Status is a commit status as it was posted.
type Status struct {
	Time        time.Time `json:"time"`
	SHA         string    `json:"sha"`
	State       string    `json:"state"`
	Context     string    `json:"context"`
	Description string    `json:"description,omitempty"`
	TargetURL   string    `json:"target_url,omitempty"`
	Creator     string    `json:"creator"`
}

// Statuses gives all statuses of a commit, oldest first; of all commits when sha is empty.
func (s *Server) Statuses(full, sha string) ([]Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return nil, err
	}
	out := []Status{}
	for _, key := range sortedKeys(rp.statuses) {
		if sha != "" && key != sha {
			continue
		}
		for _, st := range rp.statuses[key] {
			out = append(out, st.public())
		}
	}
	slices.SortStableFunc(out, func(a, b Status) int { return a.Time.Compare(b.Time) })
	return out, nil
}

func (st *status) public() Status {
	p := Status{Time: st.created, SHA: st.sha, State: st.state, Context: st.context, Creator: st.creator.login}
	set(&p.Description, st.description)
	set(&p.TargetURL, st.target)
	return p
}

// Comment is a comment of a pull request.
type Comment struct {
	ID      int64     `json:"id"`
	Author  string    `json:"author"`
	Body    string    `json:"body"`
	Created time.Time `json:"created"`
	Updated time.Time `json:"updated"`
}

// Comments gives a pull request's comments, oldest first.
func (s *Server) Comments(full string, number int) ([]Comment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, p, err := s.pull(full, number)
	if err != nil {
		return nil, err
	}
	out := []Comment{}
	for _, c := range p.comments {
		out = append(out, Comment{ID: c.id, Author: c.author.login, Body: c.body, Created: c.created, Updated: c.updated})
	}
	return out, nil
}

// Pull is what a pull request is at the moment.
type Pull struct {
	Number  int      `json:"number"`
	Title   string   `json:"title"`
	State   string   `json:"state"`
	Draft   bool     `json:"draft"`
	Merged  bool     `json:"merged"`
	Author  string   `json:"author"`
	Head    string   `json:"head"`
	HeadSHA string   `json:"head_sha"`
	Base    string   `json:"base"`
	BaseSHA string   `json:"base_sha"`
	Labels  []string `json:"labels"`
	URL     string   `json:"url"`
}

// Pulls gives all pull requests of a repository by number.
func (s *Server) Pulls(full string) ([]Pull, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return nil, err
	}
	out := []Pull{}
	for _, p := range rp.sortedPulls() {
		one := Pull{
			Number: p.number, Title: p.title, State: p.state, Draft: p.draft, Merged: p.merged, Author: p.author.login,
			Head: p.head.ref, HeadSHA: p.head.sha, Base: p.base.ref, BaseSHA: p.base.sha, Labels: []string{}, URL: s.pageURL(rp, p),
		}
		for _, l := range p.labels {
			one.Labels = append(one.Labels, l.name)
		}
		out = append(out, one)
	}
	return out, nil
}

// CheckRun is a check run as its App left it.
type CheckRun struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	SHA         string `json:"sha"`
	ExternalID  string `json:"external_id"`
	Status      string `json:"status"`
	Conclusion  string `json:"conclusion"`
	Title       string `json:"title"`
	Summary     string `json:"summary"`
	Text        string `json:"text"`
	Annotations []obj  `json:"annotations"`
}

// CheckRuns gives the check runs of a commit, oldest first; of all commits when sha is empty.
func (s *Server) CheckRuns(full, sha string) ([]CheckRun, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return nil, err
	}
	out := []CheckRun{}
	for _, r := range rp.runs {
		if sha == "" || r.suite.sha == sha {
			out = append(out, CheckRun{
				ID: r.id, Name: r.name, SHA: r.suite.sha, ExternalID: r.externalID, Status: r.status, Conclusion: r.conclusion,
				Title: r.title, Summary: r.summary, Text: r.text, Annotations: slices.Clone(r.annotations),
			})
		}
	}
	return out, nil
}

// Delivery is one attempt to deliver a webhook.
type Delivery struct {
	ID         int64     `json:"id"`
	Hook       int64     `json:"hook"`
	GUID       string    `json:"guid"`
	Event      string    `json:"event"`
	Action     string    `json:"action,omitempty"`
	Time       time.Time `json:"time"`
	StatusCode int       `json:"status_code"`
	Status     string    `json:"status"`
	Redelivery bool      `json:"redelivery"`
	Payload    string    `json:"payload,omitempty"`
}

// Deliveries gives every attempt of every hook, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Delivery{}
	for _, h := range s.allHooks() {
		for _, d := range h.deliveries {
			out = append(out, Delivery{
				ID: d.id, Hook: h.id, GUID: d.guid, Event: d.event, Action: d.action, Time: d.at, StatusCode: d.code, Status: d.status,
				Redelivery: d.redelivery, Payload: string(d.payload),
			})
		}
	}
	slices.SortFunc(out, func(a, b Delivery) int { return int(a.ID - b.ID) })
	return out
}

func (s *Server) allHooks() []*hook {
	var hooks []*hook
	for _, r := range s.sortedRepos() {
		hooks = append(hooks, r.hooks...)
	}
	for _, a := range s.apps {
		if a.hook != nil {
			hooks = append(hooks, a.hook)
		}
	}
	return hooks
}
