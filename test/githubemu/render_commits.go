// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import "net/url"

func escapeSegment(s string) string { return url.PathEscape(s) }

func simpleCommitJSON(c gitCommit) obj {
	return obj{
		"id": c.sha, "tree_id": c.tree, "message": c.message, "timestamp": c.authorDate,
		"author":    obj{"name": c.authorName, "email": c.authorMail},
		"committer": obj{"name": c.committerName, "email": c.committerMail},
	}
}

func (s *Server) commitJSON(r *repo, c gitCommit) obj {
	api := s.api("/repos/" + r.fullName())
	return obj{
		"url": api + "/commits/" + c.sha, "sha": c.sha, "node_id": nodeID("Commit "+c.sha, r.id), "html_url": s.html("/" + r.fullName() + "/commit/" + c.sha),
		"comments_url": api + "/commits/" + c.sha + "/comments", "author": nil, "committer": nil, "parents": s.parentsJSON(r, c),
		"commit": obj{
			"url": api + "/git/commits/" + c.sha, "message": c.message, "comment_count": 0,
			"author":       obj{"name": c.authorName, "email": c.authorMail, "date": c.authorDate},
			"committer":    obj{"name": c.committerName, "email": c.committerMail, "date": c.commitAt},
			"tree":         obj{"sha": c.tree, "url": api + "/git/trees/" + c.tree},
			"verification": unverified(),
		},
	}
}

// gitCommitJSON is a commit as the git database's own operations show it.
func (s *Server) gitCommitJSON(r *repo, c gitCommit) obj {
	api := s.api("/repos/" + r.fullName())
	return obj{
		"sha": c.sha, "node_id": nodeID("Commit "+c.sha, r.id), "url": api + "/git/commits/" + c.sha, "message": c.message,
		"html_url":  s.html("/" + r.fullName() + "/commit/" + c.sha),
		"author":    obj{"name": c.authorName, "email": c.authorMail, "date": c.authorDate},
		"committer": obj{"name": c.committerName, "email": c.committerMail, "date": c.commitAt},
		"tree":      obj{"sha": c.tree, "url": api + "/git/trees/" + c.tree},
		"parents":   s.parentsJSON(r, c), "verification": unverified(),
	}
}

func unverified() obj {
	return obj{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}

func (s *Server) parentsJSON(r *repo, c gitCommit) []any {
	parents := []any{}
	for _, p := range c.parents {
		parents = append(parents, obj{
			"sha": p, "url": s.api("/repos/" + r.fullName() + "/commits/" + p), "html_url": s.html("/" + r.fullName() + "/commit/" + p),
		})
	}
	return parents
}

func (s *Server) changesJSON(r *repo, sha string, changes []change) []any {
	out := []any{}
	for _, c := range changes {
		path := (&url.URL{Path: c.path}).EscapedPath()
		j := obj{
			"sha": c.blob, "filename": c.path, "status": c.status, "additions": c.additions, "deletions": c.deletions,
			"changes": c.additions + c.deletions, "blob_url": s.html("/" + r.fullName() + "/blob/" + sha + "/" + path),
			"raw_url":      s.html("/" + r.fullName() + "/raw/" + sha + "/" + path),
			"contents_url": s.api("/repos/" + r.fullName() + "/contents/" + path + "?ref=" + sha),
		}
		if c.patch != "" {
			j["patch"] = c.patch
		}
		if c.previous != "" {
			j["previous_filename"] = c.previous
		}
		out = append(out, j)
	}
	return out
}
