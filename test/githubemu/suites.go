// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"net/http"
)

// suite gives an App's suite for a commit: there is only ever one.
func (s *Server) suite(r *repo, sha string, a *app) *suite {
	for _, su := range r.suites {
		if su.sha == sha && su.app == a {
			return su
		}
	}
	su := &suite{id: s.id(), sha: sha, app: a, created: s.now(), updated: s.now()}
	for _, p := range r.openPulls(sha) {
		if p.headRepo == r { // pushes to forks are not seen: such suites have no branch
			su.branch = p.head.ref
		}
	}
	r.suites = append(r.suites, su)
	return su
}

func (r *repo) suitesOf(sha string) []*suite {
	var out []*suite
	for _, su := range r.suites {
		if su.sha == sha {
			out = append(out, su)
		}
	}
	return out
}

func (c *call) suite() (*suite, *apiError) {
	id := c.idParam("check_suite_id")
	for _, su := range c.repo.suites {
		if su.id == id {
			return su, nil
		}
	}
	return nil, errNotFound
}

func (c *call) suiteJSON(su *suite) (obj, error) {
	head, err := c.repo.git.commit(c.ctx, su.sha)
	if err != nil {
		return nil, err
	}
	return c.s.suiteJSON(c.repo, su, head), nil
}

func getSuite(c *call) (*reply, error) {
	su, refusal := c.suite()
	if refusal != nil {
		return nil, refusal
	}
	j, err := c.suiteJSON(su)
	if err != nil {
		return nil, err
	}
	return ok(j)
}

func createSuite(c *call) (*reply, error) {
	var in struct {
		HeadSHA string `json:"head_sha"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !c.repo.hasCommit(c.ctx, in.HeadSHA) {
		return nil, noCommit(in.HeadSHA)
	}
	before := len(c.repo.suites)
	j, err := c.suiteJSON(c.s.suite(c.repo, in.HeadSHA, c.actor.app))
	if err != nil {
		return nil, err
	}
	if len(c.repo.suites) == before {
		return ok(j)
	}
	return created(j)
}

func listSuitesForRef(c *call) (*reply, error) {
	sha := c.repo.resolve(c.ctx, c.params["ref"])
	if sha == "" {
		return nil, noCommit(c.params["ref"])
	}
	out := []any{}
	for _, su := range c.repo.suitesOf(sha) {
		if !is(c.r.URL.Query().Get("app_id"), fmt.Sprint(su.app.id)) {
			continue
		}
		j, err := c.suiteJSON(su)
		if err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return ok(obj{"total_count": len(out), "check_suites": paged(c, out)})
}

func listRunsForSuite(c *call) (*reply, error) {
	su, refusal := c.suite()
	if refusal != nil {
		return nil, refusal
	}
	return c.listRuns([]*suite{su})
}

// rerequestSuite resets the suite only: its App must queue its runs itself.
func rerequestSuite(c *call) (*reply, error) {
	su, refusal := c.suite()
	if refusal != nil {
		return nil, refusal
	}
	su.reset = true
	if err := c.s.emitSuite(c.ctx, c.repo, su, "rerequested", c.s.sender(c.actor)); err != nil {
		return nil, err
	}
	return &reply{status: http.StatusCreated, body: obj{}}, nil
}
