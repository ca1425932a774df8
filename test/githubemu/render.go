// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

func nodeID(kind string, id int64) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s:%d", kind, id))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// stampOrNull is null for a time that has not come.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

func textOrNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (s *Server) userJSON(u *user) any {
	if u == nil {
		return nil
	}
	api, name := s.api("/users/"+u.login), u.login
	return obj{
		"login": name, "id": u.id, "node_id": nodeID("User", u.id), "type": u.kind, "site_admin": false,
		"avatar_url": s.html(fmt.Sprintf("/avatars/u/%d", u.id)), "gravatar_id": "", "url": api, "html_url": s.html("/" + name),
		"followers_url": api + "/followers", "following_url": api + "/following{/other_user}", "gists_url": api + "/gists{/gist_id}",
		"starred_url": api + "/starred{/owner}{/repo}", "subscriptions_url": api + "/subscriptions", "organizations_url": api + "/orgs",
		"repos_url": api + "/repos", "events_url": api + "/events{/privacy}", "received_events_url": api + "/received_events",
	}
}

// repoLinks are the addresses below a repository's own; their names in JSON end in _url.
var repoLinks = map[string]string{
	"forks": "/forks", "keys": "/keys{/key_id}", "collaborators": "/collaborators{/collaborator}", "teams": "/teams",
	"hooks": "/hooks", "issue_events": "/issues/events{/number}", "events": "/events", "assignees": "/assignees{/user}",
	"branches": "/branches{/branch}", "tags": "/tags", "blobs": "/git/blobs{/sha}", "git_tags": "/git/tags{/sha}",
	"git_refs": "/git/refs{/sha}", "trees": "/git/trees{/sha}", "statuses": "/statuses/{sha}", "languages": "/languages",
	"stargazers": "/stargazers", "contributors": "/contributors", "subscribers": "/subscribers", "subscription": "/subscription",
	"commits": "/commits{/sha}", "git_commits": "/git/commits{/sha}", "comments": "/comments{/number}",
	"issue_comment": "/issues/comments{/number}", "contents": "/contents/{+path}", "compare": "/compare/{base}...{head}",
	"merges": "/merges", "archive": "/{archive_format}{/ref}", "downloads": "/downloads", "issues": "/issues{/number}",
	"pulls": "/pulls{/number}", "milestones": "/milestones{/number}", "notifications": "/notifications{?since,all,participating}",
	"labels": "/labels{/name}", "releases": "/releases{/id}", "deployments": "/deployments",
}

func (s *Server) repoJSON(r *repo) obj {
	api, html := s.api("/repos/"+r.fullName()), s.html("/"+r.fullName())
	open := 0
	for _, p := range r.pulls {
		if p.state == "open" {
			open++
		}
	}
	visibility := "public"
	if r.private {
		visibility = "private"
	}
	j := obj{
		"id": r.id, "node_id": nodeID("Repository", r.id), "name": r.name, "full_name": r.fullName(), "private": r.private,
		"owner": s.userJSON(r.owner), "html_url": html, "description": nil, "fork": r.fork, "url": api,
		"created_at": stamp(r.created), "updated_at": stamp(r.pushed), "pushed_at": stamp(r.pushed),
		"git_url": "git" + strings.TrimPrefix(strings.TrimPrefix(html, "https"), "http") + ".git",
		"ssh_url": "git@githubemu:" + r.fullName() + ".git", "clone_url": html + ".git", "svn_url": html, "homepage": nil,
		"size": 0, "stargazers_count": 0, "watchers_count": 0, "language": nil, "has_issues": !r.issuesOff, "has_projects": true,
		"has_downloads": true, "has_wiki": true, "has_pages": false, "has_discussions": false, "forks_count": 0, "mirror_url": nil,
		"archived": false, "disabled": false, "open_issues_count": open, "license": nil, "allow_forking": true, "is_template": false,
		"web_commit_signoff_required": false, "topics": []string{}, "visibility": visibility, "forks": 0, "open_issues": open,
		"watchers": 0, "default_branch": r.defaultBranch,
	}
	for name, path := range repoLinks {
		j[name+"_url"] = api + path
	}
	return j
}

// fullRepoJSON adds what only a repository's own address shows.
func (s *Server) fullRepoJSON(r *repo, a *actor) obj {
	j := s.repoJSON(r)
	j["network_count"], j["subscribers_count"] = 0, 0
	if a != nil {
		write := granted(a.perms, "contents", "write") && a.reaches(r)
		j["permissions"] = obj{"admin": false, "maintain": false, "push": write, "triage": write, "pull": true}
	}
	return j
}

func (s *Server) labelJSON(r *repo, l *label) obj {
	return obj{
		"id": l.id, "node_id": nodeID("Label", l.id), "url": s.api("/repos/" + r.fullName() + "/labels/" + escapeSegment(l.name)),
		"name": l.name, "color": l.color, "default": false, "description": "",
	}
}

func (s *Server) labelsJSON(r *repo, labels []*label) []any {
	out := []any{}
	for _, l := range labels {
		out = append(out, s.labelJSON(r, l))
	}
	return out
}

func (s *Server) sideJSON(sd side, rp *repo, owner *user) obj {
	j := obj{"label": owner.login + ":" + sd.ref, "ref": sd.ref, "sha": sd.sha, "user": s.userJSON(owner), "repo": nil}
	if rp != nil {
		j["repo"] = s.repoJSON(rp)
	}
	return j
}

// pullJSON is a pull request as lists show it.
func (s *Server) pullJSON(r *repo, p *pull) obj {
	api, html := s.api("/repos/"+r.fullName()), s.html("/"+r.fullName())
	self, issue := fmt.Sprintf("%s/pulls/%d", api, p.number), fmt.Sprintf("%s/issues/%d", api, p.number)
	page, statuses := fmt.Sprintf("%s/pull/%d", html, p.number), api+"/statuses/"+p.head.sha
	href := func(to string) obj { return obj{"href": to} }
	owner := p.author
	if p.headRepo != nil {
		owner = p.headRepo.owner
	}
	var merged any
	if p.merged {
		merged = stamp(p.closed)
	}
	return obj{
		"url": self, "id": p.id, "node_id": nodeID("PullRequest", p.id), "html_url": page, "diff_url": page + ".diff",
		"patch_url": page + ".patch", "issue_url": issue, "number": p.number, "state": p.state, "locked": p.locked, "title": p.title,
		"user": s.userJSON(p.author), "body": textOrNull(p.body), "created_at": stamp(p.created), "updated_at": stamp(p.updated),
		"closed_at": stampOrNull(p.closed), "merged_at": merged, "merge_commit_sha": textOrNull(p.mergeSHA), "assignee": nil,
		"assignees": []any{}, "requested_reviewers": []any{}, "requested_teams": []any{}, "labels": s.labelsJSON(r, p.labels),
		"milestone": nil, "draft": p.draft, "commits_url": self + "/commits", "review_comments_url": self + "/comments",
		"review_comment_url": api + "/pulls/comments{/number}", "comments_url": issue + "/comments", "statuses_url": statuses,
		"head": s.sideJSON(p.head, p.headRepo, owner), "base": s.sideJSON(p.base, r, r.owner),
		"_links": obj{
			"self": href(self), "html": href(page), "issue": href(issue), "comments": href(issue + "/comments"),
			"review_comments": href(self + "/comments"), "review_comment": href(api + "/pulls/comments{/number}"),
			"commits": href(self + "/commits"), "statuses": href(statuses),
		},
		"author_association": "CONTRIBUTOR", "auto_merge": nil, "active_lock_reason": nil,
	}
}

// fullPullJSON adds what git has to say. Mergeability is null until it has been asked for once after a change.
func (s *Server) fullPullJSON(r *repo, p *pull, c *computed, known bool) obj {
	j := s.pullJSON(r, p)
	j["merged"], j["merged_by"], j["comments"], j["review_comments"] = p.merged, nil, len(p.comments), 0
	j["maintainer_can_modify"] = p.headRepo != nil && p.headRepo != r
	j["commits"], j["additions"], j["deletions"], j["changed_files"] = c.commits, c.additions, c.deletion, c.files
	j["mergeable"], j["rebaseable"], j["mergeable_state"] = nil, nil, "unknown"
	if p.merged {
		j["merged_by"] = s.userJSON(r.owner)
	}
	if !known || p.state != "open" {
		return j
	}
	j["mergeable"], j["rebaseable"], j["mergeable_state"] = c.mergeable, c.mergeable, "clean"
	switch {
	case !c.mergeable:
		j["mergeable_state"] = "dirty"
	case p.draft:
		j["mergeable_state"] = "draft"
	}
	j["merge_commit_sha"] = textOrNull(c.mergeCommit)
	return j
}

// issueJSON is a pull request seen as the issue that it also is.
func (s *Server) issueJSON(r *repo, p *pull) obj {
	pr := s.pullJSON(r, p)
	api := fmt.Sprintf("%s/issues/%d", s.api("/repos/"+r.fullName()), p.number)
	j := obj{
		"url": api, "repository_url": s.api("/repos/" + r.fullName()), "labels_url": api + "/labels{/name}", "comments_url": api + "/comments",
		"events_url": api + "/events", "timeline_url": api + "/timeline", "comments": len(p.comments), "state_reason": nil, "performed_via_github_app": nil,
		"reactions":    s.reactionsJSON(api+"/reactions", nil),
		"pull_request": obj{"url": pr["url"], "html_url": pr["html_url"], "diff_url": pr["diff_url"], "patch_url": pr["patch_url"], "merged_at": pr["merged_at"]},
	}
	for _, key := range []string{
		"html_url", "id", "node_id", "number", "title", "user", "labels", "state", "locked", "assignee", "assignees", "milestone",
		"created_at", "updated_at", "closed_at", "author_association", "active_lock_reason", "body", "draft",
	} {
		j[key] = pr[key]
	}
	return j
}

func (s *Server) reactionsJSON(url string, list []*reaction) obj {
	j := obj{"url": url, "total_count": len(list)}
	for _, name := range []string{"+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"} {
		n := 0
		for _, r := range list {
			if r.content == name {
				n++
			}
		}
		j[name] = n
	}
	return j
}

func (s *Server) commentJSON(r *repo, c *comment) obj {
	api := s.api("/repos/" + r.fullName())
	url := fmt.Sprintf("%s/issues/comments/%d", api, c.id)
	j := obj{
		"url": url, "id": c.id, "node_id": nodeID("IssueComment", c.id), "user": s.userJSON(c.author), "body": c.body,
		"html_url":   s.html(fmt.Sprintf("/%s/pull/%d#issuecomment-%d", r.fullName(), c.pull.number, c.id)),
		"issue_url":  fmt.Sprintf("%s/issues/%d", api, c.pull.number),
		"created_at": stamp(c.created), "updated_at": stamp(c.updated), "author_association": "CONTRIBUTOR",
		"reactions": s.reactionsJSON(url+"/reactions", c.reactions), "performed_via_github_app": nil,
	}
	if c.app != nil {
		j["performed_via_github_app"] = s.appJSON(c.app)
	}
	return j
}
