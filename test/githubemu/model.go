// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"crypto/rsa"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type user struct {
	id          int64
	login, kind string
}

type repo struct {
	id            int64
	owner         *user
	name          string
	private, fork bool
	parent        *repo // of a fork
	defaultBranch string
	created       time.Time
	pushed        time.Time
	git           gitDir
	numbers       int
	pulls         map[int]*pull
	labels        []*label
	statuses      map[string][]*status // by SHA, oldest first
	suites        []*suite
	runs          []*checkRun
	hooks         []*hook
	roles         map[string]string // login → read, triage, write, maintain, admin
	lost          map[string]bool   // commits that GitHub has forgotten
	known         map[string]bool   // full SHAs that are commits here
	issuesOff     bool
}

func (r *repo) fullName() string { return r.owner.login + "/" + r.name }

type label struct {
	id    int64
	name  string
	color string
}

type pull struct {
	id             int64
	number         int
	title, body    string
	author         *user
	state          string // open, closed
	draft, locked  bool
	merged         bool
	mergeSHA       string
	head, base     side
	headRepo       *repo // nil when the fork is gone
	labels         []*label
	comments       []*comment
	created        time.Time
	updated        time.Time
	closed         time.Time
	computed       *computed
	announcedStale bool // mergeability was answered with null once
}

type side struct{ ref, sha string }

// computed is what git says about a pull request at one pair of commits.
type computed struct {
	head, base          string
	mergeable           bool
	mergeCommit         string
	commits, files      int
	additions, deletion int
}

type comment struct {
	id               int64
	pull             *pull
	author           *user
	app              *app
	body             string
	created, updated time.Time
	reactions        []*reaction
}

type reaction struct {
	id      int64
	user    *user
	content string
	created time.Time
}

type status struct {
	id                  int64
	sha, state, context string
	description, target *string
	creator             *user
	created             time.Time
}

type suite struct {
	id               int64
	sha, branch      string
	app              *app
	before           string
	created, updated time.Time
	reset            bool // rerequested and not yet taken up
}

type checkRun struct {
	id                        int64
	suite                     *suite
	name, externalID, details string
	status, conclusion        string
	started, completed        time.Time
	title, summary, text      string
	hasOutput                 bool
	annotations               []obj
}

type app struct {
	id            int64
	slug, name    string
	clientID      string
	owner         *user
	key           *rsa.PublicKey
	perms         map[string]string
	events        []string
	created       time.Time
	hook          *hook
	installations []*installation
}

type installation struct {
	id        int64
	app       *app
	account   *user
	repos     []int64 // nil: all of the account's
	created   time.Time
	suspended bool
}

func (i *installation) covers(rp *repo) bool {
	return i.account.login == rp.owner.login && (i.repos == nil || slices.Contains(i.repos, rp.id))
}

// user gives the user of that login, new when unknown.
func (s *Server) user(login, kind string) *user {
	if login == "" {
		login = "ghost"
	}
	u := s.users[login]
	if u == nil {
		u = &user{id: s.id(), login: login, kind: kind}
		s.users[login] = u
	}
	return u
}

// sender is the user that an actor appears as.
func (s *Server) sender(a *actor) *user {
	switch {
	case a == nil:
		return s.user("ghost", "User")
	case a.app != nil:
		return s.user(a.app.slug+"[bot]", "Bot")
	}
	return s.user(a.login, "User")
}

// repo finds a repository by its present or a former name.
func (s *Server) repo(owner, name string) (rp *repo, moved bool) {
	key := strings.ToLower(owner + "/" + name)
	if rp := s.repos[key]; rp != nil {
		return rp, false
	}
	if id, old := s.renamed[key]; old {
		for _, rp := range s.repos {
			if rp.id == id {
				return rp, true
			}
		}
	}
	return nil, false
}

// byName finds a repository by its present owner/name.
func (s *Server) byName(full string) (*repo, error) {
	if rp := s.repos[strings.ToLower(full)]; rp != nil {
		return rp, nil
	}
	return nil, fmt.Errorf("no repository %q here: create it first", full)
}

func (s *Server) pull(full string, number int) (*repo, *pull, error) {
	rp, err := s.byName(full)
	if err != nil {
		return nil, nil, err
	}
	p := rp.pulls[number]
	if p == nil {
		return nil, nil, fmt.Errorf("no pull request %d in %s", number, full)
	}
	return rp, p, nil
}

func (s *Server) newRepo(owner *user, name string) *repo {
	now := s.now()
	rp := &repo{
		id: s.id(), owner: owner, name: name, created: now, pushed: now, defaultBranch: "master",
		pulls: map[int]*pull{}, statuses: map[string][]*status{}, roles: map[string]string{}, lost: map[string]bool{}, known: map[string]bool{},
	}
	rp.git = gitDir{path: filepath.Join(s.opts.Dir, "repos", fmt.Sprintf("%d.git", rp.id)), config: s.gitConfig()}
	s.repos[strings.ToLower(rp.fullName())] = rp
	return rp
}

// label gives the repository's label of that name, new when unknown.
func (s *Server) label(rp *repo, name string) *label {
	for _, l := range rp.labels {
		if strings.EqualFold(l.name, name) {
			return l
		}
	}
	l := &label{id: s.id(), name: name, color: "ededed"}
	rp.labels = append(rp.labels, l)
	return l
}

// openPulls are those of a head commit, in order.
func (r *repo) openPulls(sha string) []*pull {
	var found []*pull
	for _, p := range r.sortedPulls() {
		if p.state == "open" && p.head.sha == sha {
			found = append(found, p)
		}
	}
	return found
}

func (r *repo) sortedPulls() []*pull {
	list := make([]*pull, 0, len(r.pulls))
	for _, p := range r.pulls {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *pull) int { return a.number - b.number })
	return list
}
