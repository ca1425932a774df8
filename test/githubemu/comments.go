// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"
)

const commentMost = 65536 // characters

func checkBody(body string) *apiError {
	switch {
	case body == "":
		return unprocessable("IssueComment", "body", "missing_field", "").named("empty-comment")
	case utf8.RuneCountInString(body) > commentMost:
		return unprocessable("IssueComment", "body", "unprocessable", fmt.Sprintf("body is too long (maximum is %d characters)", commentMost)).named("comment-too-long")
	}
	return nil
}

func createComment(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	var in struct{ Body string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkBody(in.Body); err != nil {
		return nil, err
	}
	if p.locked {
		return nil, &apiError{status: http.StatusForbidden, message: "Unable to create comment because issue is locked."}
	}
	cm := c.s.comment(c.ctx, c.repo, p, c.s.sender(c.actor), in.Body)
	if c.actor.app != nil {
		cm.app = c.actor.app
	}
	j := c.s.commentJSON(c.repo, cm)
	c.header.Set("Location", fmt.Sprint(j["url"]))
	return created(j)
}

// comment adds a comment and tells the hooks.
func (s *Server) comment(ctx context.Context, r *repo, p *pull, author *user, body string) *comment {
	now := s.now()
	cm := &comment{id: s.id(), pull: p, author: author, body: body, created: now, updated: now}
	p.comments = append(p.comments, cm)
	p.updated = now
	s.emitComment(ctx, r, cm, "created", author)
	return cm
}

func (c *call) commentsJSON(list []*comment) (*reply, error) {
	since := c.since()
	list = slices.DeleteFunc(slices.Clone(list), func(cm *comment) bool { return cm.updated.Before(since) })
	out := []any{}
	for _, cm := range paged(c, list) {
		out = append(out, c.s.commentJSON(c.repo, cm))
	}
	return ok(out)
}

func listComments(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	return c.commentsJSON(p.comments)
}

func (r *repo) allComments() []*comment {
	var all []*comment
	for _, p := range r.pulls {
		all = append(all, p.comments...)
	}
	slices.SortFunc(all, func(a, b *comment) int { return int(a.id - b.id) })
	return all
}

func listRepoComments(c *call) (*reply, error) {
	all := c.repo.allComments()
	q := c.r.URL.Query()
	if q.Get("sort") == "updated" {
		slices.SortStableFunc(all, func(a, b *comment) int { return a.updated.Compare(b.updated) })
	}
	if q.Get("sort") != "" && q.Get("direction") != "asc" {
		slices.Reverse(all)
	}
	return c.commentsJSON(all)
}

func (c *call) comment() (*comment, *apiError) {
	id := c.idParam("comment_id")
	for _, cm := range c.repo.allComments() {
		if cm.id == id {
			return cm, nil
		}
	}
	return nil, errNotFound
}

func getComment(c *call) (*reply, error) {
	cm, refusal := c.comment()
	if refusal != nil {
		return nil, refusal
	}
	return ok(c.s.commentJSON(c.repo, cm))
}

// ownComment refuses those that another one wrote: an App may edit only its own, a user needs write access.
func (c *call) ownComment() (*comment, *apiError) {
	cm, refusal := c.comment()
	if refusal != nil {
		return nil, refusal
	}
	if cm.author != c.s.sender(c.actor) && (c.actor.install != nil || !granted(c.actor.perms, "contents", "write")) {
		return nil, forbiddenFor(c.actor)
	}
	return cm, nil
}

func updateComment(c *call) (*reply, error) {
	cm, refusal := c.ownComment()
	if refusal != nil {
		return nil, refusal
	}
	var in struct{ Body string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := checkBody(in.Body); err != nil {
		return nil, err
	}
	cm.body, cm.updated = in.Body, c.s.now()
	c.s.emitComment(c.ctx, c.repo, cm, "edited", c.s.sender(c.actor))
	return ok(c.s.commentJSON(c.repo, cm))
}

func deleteComment(c *call) (*reply, error) {
	cm, refusal := c.ownComment()
	if refusal != nil {
		return nil, refusal
	}
	cm.pull.comments = slices.DeleteFunc(cm.pull.comments, func(o *comment) bool { return o == cm })
	return noContent()
}

func (s *Server) reactionJSON(r *reaction) obj {
	return obj{"id": r.id, "node_id": nodeID("Reaction", r.id), "user": s.userJSON(r.user), "content": r.content, "created_at": stamp(r.created)}
}

func listReactions(c *call) (*reply, error) {
	cm, refusal := c.comment()
	if refusal != nil {
		return nil, refusal
	}
	out := []any{}
	for _, r := range cm.reactions {
		out = append(out, c.s.reactionJSON(r))
	}
	return ok(paged(c, out))
}

func createReaction(c *call) (*reply, error) {
	cm, refusal := c.comment()
	if refusal != nil {
		return nil, refusal
	}
	var in struct{ Content string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	sender := c.s.sender(c.actor)
	for _, r := range cm.reactions {
		if r.user == sender && r.content == in.Content {
			return ok(c.s.reactionJSON(r))
		}
	}
	r := &reaction{id: c.s.id(), user: sender, content: in.Content, created: c.s.now()}
	cm.reactions = append(cm.reactions, r)
	return created(c.s.reactionJSON(r))
}
