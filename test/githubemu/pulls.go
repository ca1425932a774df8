// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const filesMost = 3000 // GitHub lists no more files of a pull request

func (c *call) pull() (*pull, *apiError) {
	name := "pull_number"
	if c.params[name] == "" {
		name = "issue_number"
	}
	p := c.repo.pulls[int(c.idParam(name))]
	if p == nil {
		return nil, errNotFound
	}
	return p, nil
}

func listPulls(c *call) (*reply, error) {
	q := c.r.URL.Query()
	list := c.repo.sortedPulls()
	list = slices.DeleteFunc(list, func(p *pull) bool { return !wanted(p, q) })
	if q.Get("sort") == "updated" {
		slices.SortStableFunc(list, func(a, b *pull) int { return a.updated.Compare(b.updated) })
	}
	direction := q.Get("direction")
	if direction == "desc" || direction == "" && (q.Get("sort") == "" || q.Get("sort") == "created") {
		slices.Reverse(list)
	}
	out := []any{}
	for _, p := range paged(c, list) {
		out = append(out, c.s.pullJSON(c.repo, p))
	}
	return ok(out)
}

func wanted(p *pull, q url.Values) bool {
	state := q.Get("state")
	if state == "" {
		state = "open"
	}
	if state != "all" && p.state != state {
		return false
	}
	if base := q.Get("base"); base != "" && p.base.ref != base {
		return false
	}
	head := q.Get("head")
	owner, ref, qualified := strings.Cut(head, ":")
	if !qualified { // GitHub ignores a head without an owner
		return true
	}
	return p.headRepo != nil && strings.EqualFold(p.headRepo.owner.login, owner) && p.head.ref == ref
}

func getPull(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	if text, media, asked := c.pullText(p); asked {
		return &reply{status: http.StatusOK, text: text, media: media}, nil
	}
	j, err := c.s.pullWithGit(c, p)
	if err != nil {
		return nil, err
	}
	return ok(j)
}

// pullWithGit is the full pull request; the first read after a change leaves mergeability open.
func (s *Server) pullWithGit(c *call, p *pull) (obj, error) {
	fresh := p.computed
	done, err := c.repo.compute(c.ctx, p)
	if err != nil {
		return nil, err
	}
	if fresh != done {
		p.announcedStale = false
	}
	known := s.opts.ShowMergeableAtOnce || p.announcedStale
	p.announcedStale = true
	return s.fullPullJSON(c.repo, p, done, known), nil
}

// pullText answers the media types diff and patch.
func (c *call) pullText(p *pull) (text []byte, media string, asked bool) {
	accept := c.r.Header.Get("Accept")
	var out string
	var err error
	switch {
	case strings.Contains(accept, ".diff"):
		media = "application/vnd.github.v3.diff; charset=utf-8"
		out, err = c.repo.git.run(c.ctx, "diff", p.base.sha+"..."+p.head.sha)
	case strings.Contains(accept, ".patch"):
		media = "application/vnd.github.v3.patch; charset=utf-8"
		out, err = c.repo.git.run(c.ctx, "format-patch", "--stdout", p.base.sha+".."+p.head.sha)
	default:
		return nil, "", false
	}
	if err != nil {
		out = err.Error()
	}
	return []byte(out + "\n"), media, true
}

func listPullFiles(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	fork := c.repo.git.mergeBase(c.ctx, p.base.sha, p.head.sha)
	if fork == "" {
		fork = p.base.sha
	}
	changes, err := c.repo.git.diff(c.ctx, fork, p.head.sha)
	if err != nil {
		return nil, err
	}
	changes = changes[:min(len(changes), filesMost)]
	return ok(c.s.changesJSON(c.repo, p.head.sha, paged(c, changes)))
}

func listPullCommits(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	commits, err := c.repo.git.log(c.ctx, "--reverse", "-n", "250", p.head.sha, "^"+p.base.sha)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, one := range paged(c, commits) {
		out = append(out, c.s.commitJSON(c.repo, one))
	}
	return ok(out)
}

func listPullsOfCommit(c *call) (*reply, error) {
	out := []any{}
	for _, p := range c.repo.openPulls(c.repo.resolve(c.ctx, c.params["commit_sha"])) {
		out = append(out, c.s.pullJSON(c.repo, p))
	}
	return ok(paged(c, out))
}

func updatePull(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	var in struct{ Title, Body, State, Base *string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	sender := c.s.sender(c.actor)
	if in.Base != nil && *in.Base != p.base.ref {
		if err := c.s.retarget(c.ctx, c.repo, p, sender, *in.Base); err != nil {
			return nil, unprocessable("PullRequest", "base", "invalid", "")
		}
	}
	if in.Title != nil || in.Body != nil {
		c.s.edit(c.ctx, c.repo, p, sender, in.Title, in.Body)
	}
	if in.State != nil && *in.State != p.state {
		c.s.setState(c.ctx, c.repo, p, sender, *in.State)
	}
	j, err := c.s.pullWithGit(c, p)
	if err != nil {
		return nil, err
	}
	return ok(j)
}

func getIssue(c *call) (*reply, error) {
	p, refusal := c.pull()
	if refusal != nil {
		return nil, refusal
	}
	return ok(c.s.issueJSON(c.repo, p))
}

// since reads the query parameter of that name.
func (c *call) since() time.Time {
	t, err := time.Parse(time.RFC3339, c.r.URL.Query().Get("since"))
	if err != nil {
		return time.Time{}
	}
	return t
}
