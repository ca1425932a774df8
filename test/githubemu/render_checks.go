// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"fmt"
	"slices"
)

func (s *Server) statusJSON(r *repo, st *status) obj {
	j := s.simpleStatusJSON(r, st)
	j["creator"] = s.userJSON(st.creator)
	return j
}

// simpleStatusJSON is a status as the combined one shows it.
func (s *Server) simpleStatusJSON(r *repo, st *status) obj {
	return obj{
		"url": s.api("/repos/" + r.fullName() + "/statuses/" + st.sha), "avatar_url": s.html(fmt.Sprintf("/avatars/u/%d", st.creator.id)),
		"id": st.id, "node_id": nodeID("StatusContext", st.id), "state": st.state, "description": st.description, "target_url": st.target,
		"context": st.context, "created_at": stamp(st.created), "updated_at": stamp(st.created),
	}
}

func (s *Server) appJSON(a *app) obj {
	return obj{
		"id": a.id, "slug": a.slug, "client_id": a.clientID, "node_id": nodeID("App", a.id), "owner": s.userJSON(a.owner), "name": a.name,
		"description": "", "external_url": s.html("/apps/" + a.slug), "html_url": s.html("/apps/" + a.slug),
		"created_at": stamp(a.created), "updated_at": stamp(a.created), "permissions": a.perms, "events": a.events,
	}
}

func (s *Server) installationJSON(i *installation) obj {
	selection := "all"
	if i.repos != nil {
		selection = "selected"
	}
	api := s.api(fmt.Sprintf("/app/installations/%d", i.id))
	j := obj{
		"id": i.id, "client_id": i.app.clientID, "account": s.userJSON(i.account), "repository_selection": selection,
		"access_tokens_url": api + "/access_tokens", "repositories_url": s.api("/installation/repositories"),
		"html_url": s.html(fmt.Sprintf("/settings/installations/%d", i.id)), "app_id": i.app.id, "app_slug": i.app.slug,
		"target_id": i.account.id, "target_type": i.account.kind, "permissions": i.app.perms, "events": i.app.events,
		"created_at": stamp(i.created), "updated_at": stamp(i.created), "single_file_name": nil, "has_multiple_single_files": false,
		"single_file_paths": []string{}, "suspended_by": nil, "suspended_at": nil,
	}
	if i.suspended {
		j["suspended_by"], j["suspended_at"] = s.userJSON(i.account), stamp(i.created)
	}
	return j
}

// minimalPulls are the open pull requests of a check. GitHub leaves out those from forks.
func (s *Server) minimalPulls(r *repo, sha string) []any {
	out := []any{}
	api := s.api("/repos/" + r.fullName())
	short := obj{"id": r.id, "url": api, "name": r.name}
	for _, p := range r.openPulls(sha) {
		if p.headRepo != r {
			continue
		}
		out = append(out, obj{
			"url": fmt.Sprintf("%s/pulls/%d", api, p.number), "id": p.id, "number": p.number,
			"head": obj{"ref": p.head.ref, "sha": p.head.sha, "repo": short}, "base": obj{"ref": p.base.ref, "sha": p.base.sha, "repo": short},
		})
	}
	return out
}

func (s *Server) runJSON(r *repo, run *checkRun) obj {
	url := s.api(fmt.Sprintf("/repos/%s/check-runs/%d", r.fullName(), run.id))
	j := obj{
		"id": run.id, "name": run.name, "node_id": nodeID("CheckRun", run.id), "head_sha": run.suite.sha, "external_id": run.externalID,
		"url": url, "html_url": s.html(fmt.Sprintf("/%s/runs/%d", r.fullName(), run.id)), "details_url": textOrNull(run.details),
		"status": run.status, "conclusion": textOrNull(run.conclusion), "started_at": stampOrNull(run.started),
		"completed_at": stampOrNull(run.completed), "check_suite": obj{"id": run.suite.id}, "app": s.appJSON(run.suite.app),
		"pull_requests": s.minimalPulls(r, run.suite.sha),
	}
	output := obj{"title": nil, "summary": nil, "text": nil, "annotations_count": len(run.annotations), "annotations_url": url + "/annotations"}
	if run.hasOutput {
		output["title"], output["summary"], output["text"] = run.title, run.summary, textOrNull(run.text)
	}
	j["output"] = output
	return j
}

// state sums a suite's runs up: unfinished while one is, else the worst conclusion.
func (r *repo) state(su *suite) (state, conclusion string, count int) {
	rank := map[string]int{"success": 1, "neutral": 2, "skipped": 2, "cancelled": 3, "timed_out": 4, "action_required": 5, "failure": 6, "stale": 6}
	state = "completed"
	for _, run := range r.latestRuns(su) {
		count++
		if run.status != "completed" {
			state = "in_progress"
		}
		if rank[run.conclusion] > rank[conclusion] {
			conclusion = run.conclusion
		}
	}
	if count == 0 || su.reset {
		return "queued", "", count
	}
	if state != "completed" {
		conclusion = ""
	}
	return state, conclusion, count
}

// latestRuns gives the newest run of each name.
func (r *repo) latestRuns(su *suite) []*checkRun {
	var latest []*checkRun
	seen := map[string]bool{}
	for _, run := range slices.Backward(r.runs) {
		if run.suite == su && !seen[run.name] {
			seen[run.name] = true
			latest = append(latest, run)
		}
	}
	return latest
}

func (s *Server) suiteJSON(r *repo, su *suite, head gitCommit) obj {
	state, conclusion, count := r.state(su)
	url := s.api(fmt.Sprintf("/repos/%s/check-suites/%d", r.fullName(), su.id))
	return obj{
		"id": su.id, "node_id": nodeID("CheckSuite", su.id), "head_branch": textOrNull(su.branch), "head_sha": su.sha, "status": state,
		"conclusion": textOrNull(conclusion), "url": url, "before": textOrNull(su.before), "after": su.sha, "pull_requests": s.minimalPulls(r, su.sha),
		"app": s.appJSON(su.app), "repository": s.repoJSON(r), "created_at": stamp(su.created), "updated_at": stamp(su.updated),
		"head_commit": simpleCommitJSON(head), "latest_check_runs_count": count, "check_runs_url": url + "/check-runs",
		"rerequestable": true, "runs_rerequestable": true,
	}
}
