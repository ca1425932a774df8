// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of commit statuses.
const (
	statusesMost    = 1000 // for one SHA and context
	descriptionMost = 140  // characters
)

func createStatus(c *call) (*reply, error) {
	var in struct {
		State       string
		Context     *string
		Description *string
		TargetURL   *string `json:"target_url"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	sha := c.params["sha"]
	if !c.repo.hasCommit(c.ctx, sha) {
		return nil, noCommit(sha)
	}
	st := &status{sha: sha, state: in.State, context: "default", description: in.Description, target: in.TargetURL, creator: c.s.sender(c.actor)}
	if in.Context != nil && *in.Context != "" {
		st.context = *in.Context
	}
	if err := checkStatus(st); err != nil {
		return nil, err
	}
	same := 0
	for _, other := range c.repo.statuses[sha] {
		if strings.EqualFold(other.context, st.context) {
			same++
		}
	}
	if same >= statusesMost {
		return nil, unprocessable("Status", "", "custom", "This SHA and context has reached the maximum number of statuses.").named("too-many-statuses")
	}
	st.id, st.created = c.s.id(), c.s.now()
	c.repo.statuses[sha] = append(c.repo.statuses[sha], st)
	c.header.Set("Location", c.s.api(fmt.Sprintf("/repos/%s/statuses/%s", c.repo.fullName(), sha)))
	return created(c.s.statusJSON(c.repo, st))
}

func checkStatus(st *status) *apiError {
	if st.description != nil && utf8.RuneCountInString(*st.description) > descriptionMost {
		return unprocessable("Status", "description", "custom", fmt.Sprintf("description is too long (maximum is %d characters)", descriptionMost)).named("description-too-long")
	}
	if st.target != nil && *st.target != "" {
		u, err := url.Parse(*st.target)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return unprocessable("Status", "target_url", "custom", "target_url must use http(s) scheme").named("bad-target-url")
		}
	}
	return nil
}

// listStatuses is newest first.
func listStatuses(c *call) (*reply, error) {
	sha := c.repo.resolve(c.ctx, c.params["ref"])
	if sha == "" {
		return nil, errNotFound
	}
	all := c.repo.statuses[sha]
	out := []any{}
	for _, st := range slices.Backward(all) {
		out = append(out, c.s.statusJSON(c.repo, st))
	}
	return ok(paged(c, out))
}

// latest gives the newest status of each context, newest first.
func latest(all []*status) []*status {
	var out []*status
	seen := map[string]bool{}
	for _, st := range slices.Backward(all) {
		if key := strings.ToLower(st.context); !seen[key] {
			seen[key] = true
			out = append(out, st)
		}
	}
	return out
}

func combine(list []*status) string {
	state := "success"
	if len(list) == 0 {
		return "pending"
	}
	for _, st := range list {
		switch st.state {
		case "error", "failure":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	return state
}

func combinedStatus(c *call) (*reply, error) {
	sha := c.repo.resolve(c.ctx, c.params["ref"])
	if sha == "" {
		return nil, errNotFound
	}
	list := latest(c.repo.statuses[sha])
	out := []any{}
	for _, st := range paged(c, list) {
		out = append(out, c.s.simpleStatusJSON(c.repo, st))
	}
	self := c.s.api("/repos/" + c.repo.fullName() + "/commits/" + sha)
	return ok(obj{
		"state": combine(list), "sha": sha, "total_count": len(list), "statuses": out, "repository": c.s.repoJSON(c.repo),
		"commit_url": self, "url": self + "/status",
	})
}
