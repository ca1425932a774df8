// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"maps"
	"strings"
)

// again delivers once more: a new delivery with the old GUID.
func (s *Server) again(ctx context.Context, h *hook, d *sent) {
	s.send(ctx, h, &sent{
		guid: d.guid, event: d.event, action: d.action, payload: d.payload, redelivery: true, repoID: d.repoID, installID: d.installID,
	})
}

func (s *Server) emitPing(ctx context.Context, r *repo, h *hook, sender *user) {
	payload := s.shaped("ping", "", obj{
		"zen": "Keep it logically awesome.", "hook_id": h.id, "hook": s.hookJSON(r, h), "repository": s.repoJSON(r), "sender": s.userJSON(sender),
	})
	s.emitTo(ctx, h, r, nil, "ping", "", payload)
}

// emitPull tells of a pull request. more holds what only this action has: label, before and after, changes.
func (s *Server) emitPull(ctx context.Context, r *repo, p *pull, action string, sender *user, more obj) {
	done, err := r.compute(ctx, p)
	if err != nil {
		s.log.ErrorContext(ctx, "Computing a pull request failed", "number", p.number, "error", err)
		done = &computed{}
	}
	p.announcedStale = false
	real := obj{
		"action": action, "number": p.number, "pull_request": s.fullPullJSON(r, p, done, false), "repository": s.repoJSON(r), "sender": s.userJSON(sender),
	}
	maps.Copy(real, more)
	s.emit(ctx, r, "pull_request", action, s.shaped("pull_request", action, real, sortedKeys(more)...), nil)
}

func (s *Server) emitComment(ctx context.Context, r *repo, c *comment, action string, sender *user) {
	payload := s.shaped("issue_comment", action, obj{
		"action": action, "issue": s.issueJSON(r, c.pull), "comment": s.commentJSON(r, c), "repository": s.repoJSON(r),
		"sender": s.userJSON(sender), "changes": obj{"body": obj{"from": ""}},
	})
	// The example is of an issue: of a pull request the issue says so.
	issue, _ := payload["issue"].(obj)
	issue["pull_request"] = s.issueJSON(r, c.pull)["pull_request"]
	s.emit(ctx, r, "issue_comment", action, payload, nil)
}

func (s *Server) emitRun(ctx context.Context, r *repo, run *checkRun, action string, sender *user, more obj) {
	j := s.runJSON(r, run)
	head, err := r.git.commit(ctx, run.suite.sha)
	if err != nil {
		s.log.ErrorContext(ctx, "Reading a check run's commit failed", "error", err)
		return
	}
	j["check_suite"] = s.suiteJSON(r, run.suite, head)
	real := obj{"action": action, "check_run": j, "repository": s.repoJSON(r), "sender": s.userJSON(sender), "organization": s.organization(r)}
	maps.Copy(real, more)
	s.emit(ctx, r, "check_run", action, s.shaped("check_run", action, real), run.suite.app)
}

func (s *Server) emitSuite(ctx context.Context, r *repo, su *suite, action string, sender *user) error {
	head, err := r.git.commit(ctx, su.sha)
	if err != nil {
		return err
	}
	s.emit(ctx, r, "check_suite", action, s.shaped("check_suite", action, obj{
		"action": action, "check_suite": s.suiteJSON(r, su, head), "repository": s.repoJSON(r), "sender": s.userJSON(sender),
	}), su.app)
	return nil
}

func (s *Server) organization(r *repo) obj {
	api := s.api("/orgs/" + r.owner.login)
	return obj{
		"login": r.owner.login, "id": r.owner.id, "node_id": nodeID("Organization", r.owner.id), "url": api, "repos_url": api + "/repos",
		"events_url": api + "/events", "hooks_url": api + "/hooks", "issues_url": api + "/issues", "members_url": api + "/members{/member}",
		"public_members_url": api + "/public_members{/member}", "avatar_url": s.html(fmt.Sprintf("/avatars/u/%d", r.owner.id)), "description": "",
	}
}

// emitPush tells of a moved branch; before or after may be all zeroes.
func (s *Server) emitPush(ctx context.Context, r *repo, branch, before, after string, sender *user) error {
	var commits []gitCommit
	var err error
	forced := false
	switch {
	case after == zeroSHA:
	case before == zeroSHA:
		commits, err = r.git.log(ctx, "-1", after)
	default:
		commits, err = r.git.log(ctx, "--reverse", "-n", "2048", after, "^"+before)
		forced = r.git.mergeBase(ctx, before, after) != before
	}
	if err != nil {
		return err
	}
	list := []any{}
	for _, c := range commits {
		j, err := s.pushedCommit(ctx, r, c)
		if err != nil {
			return err
		}
		list = append(list, j)
	}
	var head any
	if len(list) > 0 {
		head = list[len(list)-1]
	}
	rj := s.repoJSON(r)
	rj["stargazers"], rj["master_branch"], rj["url"] = 0, r.defaultBranch, s.html("/"+r.fullName())
	if owner, isObject := rj["owner"].(obj); isObject {
		owner["name"], owner["email"] = r.owner.login, noreply(r.owner)
	}
	s.emit(ctx, r, "push", "", s.shaped("push", "", obj{
		"ref": "refs/heads/" + branch, "before": before, "after": after, "created": before == zeroSHA, "deleted": after == zeroSHA,
		"forced": forced, "base_ref": nil, "compare": s.html(fmt.Sprintf("/%s/compare/%.12s...%.12s", r.fullName(), before, after)),
		"commits": list, "head_commit": head, "repository": rj, "pusher": obj{"name": sender.login, "email": noreply(sender)}, "sender": s.userJSON(sender),
	}), nil)
	return nil
}

func noreply(u *user) string { return fmt.Sprintf("%d+%s@users.noreply.github.com", u.id, u.login) }

func (s *Server) pushedCommit(ctx context.Context, r *repo, c gitCommit) (obj, error) {
	out, err := r.git.run(ctx, "diff-tree", "--root", "-r", "-m", "--first-parent", "--no-commit-id", "--name-status", "-z", c.sha)
	if err != nil {
		return nil, err
	}
	paths := map[string][]string{"A": {}, "D": {}, "M": {}}
	fields := strings.Split(out, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		kind := fields[i]
		if kind != "A" && kind != "D" {
			kind = "M"
		}
		paths[kind] = append(paths[kind], fields[i+1])
	}
	return obj{
		"id": c.sha, "tree_id": c.tree, "distinct": true, "message": c.message, "timestamp": c.authorDate,
		"url":       s.html("/" + r.fullName() + "/commit/" + c.sha),
		"author":    obj{"name": c.authorName, "email": c.authorMail, "username": c.authorName},
		"committer": obj{"name": c.committerName, "email": c.committerMail, "username": c.committerName},
		"added":     paths["A"], "removed": paths["D"], "modified": paths["M"],
	}, nil
}
