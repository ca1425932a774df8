// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const tokenLife = time.Hour

func needApp(c *call) *apiError {
	if c.actor == nil || c.actor.app == nil || c.actor.install != nil {
		return badJWT("A JSON web token could not be decoded")
	}
	return nil
}

func needInstallation(c *call) *apiError {
	switch {
	case c.actor == nil:
		return errAnonymous
	case c.actor.install == nil:
		return &apiError{status: http.StatusForbidden, message: "You must authenticate with an installation access token in order to list repositories for an installation."}
	}
	return nil
}

func getApp(c *call) (*reply, error) {
	j := c.s.appJSON(c.actor.app)
	j["installations_count"] = len(c.actor.app.installations)
	return ok(j)
}

func listInstallations(c *call) (*reply, error) {
	out := []any{}
	for _, i := range paged(c, c.actor.app.installations) {
		j := c.s.installationJSON(i)
		// Here the document wants an account to be a user and an enterprise at once; elsewhere one of them.
		account, _ := j["account"].(obj)
		account["name"], account["slug"], account["created_at"], account["updated_at"] = i.account.login, i.account.login, nil, nil
		out = append(out, j)
	}
	return ok(out)
}

func (c *call) installation() (*installation, *apiError) {
	id := c.idParam("installation_id")
	for _, i := range c.actor.app.installations {
		if i.id == id {
			return i, nil
		}
	}
	return nil, errNotFound
}

func getInstallation(c *call) (*reply, error) {
	i, refusal := c.installation()
	if refusal != nil {
		return nil, refusal
	}
	return ok(c.s.installationJSON(i))
}

func getOrgInstallation(c *call) (*reply, error) {
	for _, i := range c.actor.app.installations {
		if strings.EqualFold(i.account.login, c.params["org"]) {
			return ok(c.s.installationJSON(i))
		}
	}
	return nil, errNotFound
}

func getRepoInstallation(c *call) (*reply, error) {
	for _, i := range c.actor.app.installations {
		if i.covers(c.repo) {
			return ok(c.s.installationJSON(i))
		}
	}
	return nil, errNotFound
}

// createInstallationToken makes the long tokens with dots that GitHub gives since 2026.
func createInstallationToken(c *call) (*reply, error) {
	i, refusal := c.installation()
	if refusal != nil {
		return nil, refusal
	}
	if i.suspended {
		return nil, &apiError{status: http.StatusForbidden, message: "This installation has been suspended"}
	}
	var in struct {
		Repositories  []string
		RepositoryIDs []int64 `json:"repository_ids"`
		Permissions   map[string]string
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	perms := maps.Clone(i.app.perms)
	if in.Permissions != nil {
		for name, level := range in.Permissions {
			if !granted(i.app.perms, name, level) {
				return nil, &apiError{status: http.StatusUnprocessableEntity, message: "The permissions requested are not granted to this installation."}
			}
		}
		perms = in.Permissions
	}
	repos, refusal := c.s.narrow(i, in.Repositories, in.RepositoryIDs)
	if refusal != nil {
		return nil, refusal
	}
	a := &actor{
		login: i.app.slug + "[bot]", app: i.app, install: i, perms: perms, repos: repos,
		expires: c.s.now().Add(tokenLife), limit: fmt.Sprintf("installation %d", i.id),
	}
	token := "ghs_" + random(180) + "." + random(160) + "_" + random(40)
	c.s.tokens[token] = a
	return created(c.s.tokenJSON(token, a))
}

func (s *Server) tokenJSON(token string, a *actor) obj {
	j := obj{"token": token, "expires_at": stamp(a.expires), "permissions": a.perms, "repository_selection": "all"}
	if a.install.repos != nil || a.repos != nil {
		j["repository_selection"] = "selected"
	}
	if a.repos != nil {
		list := []any{}
		for _, r := range s.sortedRepos() {
			if slices.Contains(a.repos, r.id) {
				list = append(list, s.repoJSON(r))
			}
		}
		j["repositories"] = list
	}
	return j
}

// narrow turns the wanted names and ids into ids; nil when none are named.
func (s *Server) narrow(i *installation, names []string, ids []int64) ([]int64, *apiError) {
	if names == nil && ids == nil {
		return nil, nil
	}
	var out []int64
	for _, r := range s.sortedRepos() {
		if i.covers(r) && (slices.Contains(names, r.name) || slices.Contains(ids, r.id)) {
			out = append(out, r.id)
		}
	}
	if len(out) < max(len(names), len(ids)) {
		return nil, &apiError{
			status:  http.StatusUnprocessableEntity,
			message: "There is at least one repository that does not exist or is not accessible to the parent installation.",
		}
	}
	return out, nil
}

func (s *Server) sortedRepos() []*repo {
	return slices.SortedFunc(maps.Values(s.repos), func(a, b *repo) int { return int(a.id - b.id) })
}

func revokeInstallationToken(c *call) (*reply, error) {
	maps.DeleteFunc(c.s.tokens, func(_ string, a *actor) bool { return a == c.actor })
	return noContent()
}

func listInstallationRepos(c *call) (*reply, error) {
	list := []any{}
	for _, r := range c.s.sortedRepos() {
		if c.actor.reaches(r) {
			list = append(list, c.s.repoJSON(r))
		}
	}
	return ok(obj{"total_count": len(list), "repositories": paged(c, list)})
}
