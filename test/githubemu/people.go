// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import "net/http"

func needUser(c *call) *apiError {
	switch {
	case c.actor == nil:
		return errAnonymous
	case c.actor.app != nil:
		return errForbidden
	}
	return nil
}

func getUser(c *call) (*reply, error) {
	u := c.s.user(c.actor.login, "User")
	j := c.s.publicUser(u)
	j["user_view_type"] = "private"
	j["collaborators"], j["disk_usage"], j["owned_private_repos"] = 0, 0, 0
	j["private_gists"], j["total_private_repos"], j["two_factor_authentication"] = 0, 0, true
	return ok(j)
}

func getUserByName(c *call) (*reply, error) {
	u := c.s.users[c.params["username"]]
	if u == nil {
		return nil, errNotFound
	}
	return ok(c.s.publicUser(u))
}

func (s *Server) publicUser(u *user) obj {
	j, _ := s.userJSON(u).(obj) // of a user it always is one
	for _, field := range []string{"name", "company", "location", "email", "hireable", "bio", "twitter_username", "notification_email"} {
		j[field] = nil
	}
	j["user_view_type"] = "public"
	j["blog"], j["public_repos"], j["public_gists"], j["followers"], j["following"] = "", 0, 0, 0, 0
	j["created_at"], j["updated_at"] = "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
	return j
}

// role gives a user's role in a repository: its owner is admin, everyone may read what is public.
func (r *repo) role(login string) string {
	switch role := r.roles[login]; {
	case role != "":
		return role
	case login == r.owner.login:
		return "admin"
	case r.private:
		return "none"
	}
	return "read"
}

// getPermission answers with the four old words; role_name has the finer ones.
func getPermission(c *call) (*reply, error) {
	if c.actor == nil {
		return nil, errAnonymous
	}
	u := c.s.users[c.params["username"]]
	if u == nil {
		return nil, &apiError{status: http.StatusNotFound, message: c.params["username"] + " is not a user"}
	}
	role := c.repo.role(u.login)
	old := map[string]string{"triage": "read", "maintain": "write"}[role]
	if old == "" {
		old = role
	}
	j, _ := c.s.userJSON(u).(obj) // of a user it always is one
	j["role_name"] = role
	return ok(obj{"permission": old, "role_name": role, "user": j})
}

func checkCollaborator(c *call) (*reply, error) {
	if c.repo.roles[c.params["username"]] == "" && c.params["username"] != c.repo.owner.login {
		return nil, errNotFound
	}
	return noContent()
}
