// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// NewPull describes a pull request to open.
type NewPull struct {
	// Repo is owner/name.
	Repo  string `json:"repo"`
	Title string `json:"title"`
	Body  string `json:"body,omitempty"`
	// Author is who opens it.
	Author string `json:"author"`
	// Base is the target branch; the default branch when empty.
	Base string `json:"base,omitempty"`
	// Head is the name of the head branch; made up when empty.
	Head string `json:"head,omitempty"`
	// SameRepo puts the head branch into the repository itself, not into a fork of the author's.
	SameRepo bool `json:"same_repo,omitempty"`
	Draft    bool `json:"draft,omitempty"`
	// Labels are on it from the start.
	Labels []string `json:"labels,omitempty"`
	// Content is its head commit; Files and Patch start from the target branch's tip.
	Content Content `json:"content"`
}

// OpenPull opens a pull request and gives its number.
func (s *Server) OpenPull(ctx context.Context, n NewPull) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(n.Repo)
	if err != nil {
		return 0, err
	}
	if n.Base == "" {
		n.Base = rp.defaultBranch
	}
	base := rp.resolve(ctx, "refs/heads/"+n.Base)
	if base == "" {
		return 0, fmt.Errorf("%s has no branch %q", n.Repo, n.Base)
	}
	sha, err := s.commit(ctx, rp, base, n.Content)
	if err != nil {
		return 0, err
	}
	rp.numbers++
	if n.Head == "" {
		n.Head = fmt.Sprintf("patch-%d", rp.numbers)
	}
	author, now := s.user(n.Author, "User"), s.now()
	p := &pull{
		id: s.id(), number: rp.numbers, title: n.Title, body: n.Body, author: author, state: "open", draft: n.Draft,
		head: side{n.Head, sha}, base: side{n.Base, base}, headRepo: rp, created: now, updated: now,
	}
	if !n.SameRepo {
		if p.headRepo, err = s.fork(ctx, rp, author); err != nil {
			return 0, err
		}
	}
	for _, name := range n.Labels {
		p.labels = append(p.labels, s.label(rp, name))
	}
	rp.pulls[p.number] = p
	if err := s.setHead(ctx, rp, p, sha, author); err != nil {
		return 0, err
	}
	s.emitPull(ctx, rp, p, "opened", author, nil)
	return p.number, nil
}

// fork gives the author's fork: a repository of its own that borrows the objects.
func (s *Server) fork(ctx context.Context, of *repo, author *user) (*repo, error) {
	if author == of.owner {
		return of, nil
	}
	if rp := s.repos[strings.ToLower(author.login+"/"+of.name)]; rp != nil {
		return rp, nil
	}
	rp := s.newRepo(author, of.name)
	rp.fork, rp.parent, rp.private, rp.defaultBranch = true, of, of.private, of.defaultBranch
	if _, err := rp.git.run(ctx, "clone", "--quiet", "--bare", "--shared", of.git.path, rp.git.path); err != nil {
		delete(s.repos, strings.ToLower(rp.fullName()))
		return nil, fmt.Errorf("forking %s for %s: %w", of.fullName(), author.login, err)
	}
	return rp, nil
}

// setHead moves the head branch and refs/pull/N/head. A branch in the repository itself also gives a push event.
func (s *Server) setHead(ctx context.Context, rp *repo, p *pull, sha string, sender *user) error {
	if err := rp.git.setRef(ctx, fmt.Sprintf("refs/pull/%d/head", p.number), sha); err != nil {
		return err
	}
	if p.headRepo == nil {
		return nil
	}
	old := p.headRepo.resolve(ctx, "refs/heads/"+p.head.ref)
	if err := p.headRepo.git.setRef(ctx, "refs/heads/"+p.head.ref, sha); err != nil {
		return err
	}
	if old == "" {
		old = zeroSHA
	}
	if p.headRepo != rp || old == sha {
		return nil
	}
	return s.emitPush(ctx, rp, p.head.ref, old, sha, sender)
}

// PushPull moves the head of a pull request, forced if need be, and gives the new head.
func (s *Server) PushPull(ctx context.Context, full string, number int, c Content) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, p, err := s.pull(full, number)
	if err != nil {
		return "", err
	}
	sha, err := s.commit(ctx, rp, p.head.sha, c)
	if err != nil {
		return "", err
	}
	if err := s.setHead(ctx, rp, p, sha, p.author); err != nil {
		return "", err
	}
	s.synchronize(ctx, rp, p, sha, p.author)
	return sha, nil
}

func (s *Server) synchronize(ctx context.Context, rp *repo, p *pull, sha string, sender *user) {
	before := p.head.sha
	if before == sha {
		return
	}
	p.head.sha, p.updated = sha, s.now()
	if tip := rp.resolve(ctx, "refs/heads/"+p.base.ref); tip != "" {
		p.base.sha = tip
	}
	if p.state == "open" {
		s.emitPull(ctx, rp, p, "synchronize", sender, obj{"before": before, "after": sha})
	}
}

// afterPush does what follows from moved branches: push events, moved pull requests.
func (s *Server) afterPush(ctx context.Context, rp *repo, before map[string]string) error {
	return s.afterPushBy(ctx, rp, before, rp.owner)
}

func (s *Server) afterPushBy(ctx context.Context, rp *repo, before map[string]string, sender *user) error {
	now, err := rp.git.branches(ctx)
	if err != nil {
		return err
	}
	rp.pushed = s.now()
	names := map[string]bool{}
	for name := range before {
		names[name] = true
	}
	for name := range now {
		names[name] = true
	}
	for _, name := range sortedKeys(names) {
		from, to := before[name], now[name]
		if from == to {
			continue
		}
		if from == "" {
			from = zeroSHA
		}
		if to == "" {
			to = zeroSHA
		}
		if err := s.emitPush(ctx, rp, name, from, to, sender); err != nil {
			return err
		}
		if err := s.follow(ctx, rp, name, to, sender); err != nil {
			return err
		}
	}
	return nil
}

// follow moves the open pull requests whose head is the pushed branch.
func (s *Server) follow(ctx context.Context, from *repo, branch, sha string, sender *user) error {
	target := from
	if from.parent != nil {
		target = from.parent
	}
	if sha == zeroSHA {
		return nil
	}
	for _, p := range target.sortedPulls() {
		if p.headRepo != from || p.head.ref != branch || p.state != "open" {
			continue
		}
		if target != from { // the objects came into the fork: take them over
			if _, err := target.git.run(ctx, "fetch", "--quiet", from.git.path, sha); err != nil {
				return err
			}
		}
		if err := target.git.setRef(ctx, fmt.Sprintf("refs/pull/%d/head", p.number), sha); err != nil {
			return err
		}
		s.synchronize(ctx, target, p, sha, sender)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// change runs one act on a pull request under the lock.
func (s *Server) change(full string, number int, sender string, act func(*repo, *pull, *user) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, p, err := s.pull(full, number)
	if err != nil {
		return err
	}
	who := p.author
	if sender != "" {
		who = s.user(sender, "User")
	}
	return act(rp, p, who)
}

// Label puts a label on a pull request. The sender of this and of all acts below is the author when empty.
func (s *Server) Label(ctx context.Context, full string, number int, sender, name string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error { s.addLabel(ctx, r, p, u, name); return nil })
}

// Unlabel takes a label off.
func (s *Server) Unlabel(ctx context.Context, full string, number int, sender, name string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error {
		if !s.dropLabel(ctx, r, p, u, name) {
			return fmt.Errorf("%s#%d has no label %q", full, number, name)
		}
		return nil
	})
}

func (s *Server) addLabel(ctx context.Context, r *repo, p *pull, sender *user, name string) {
	l := s.label(r, name)
	if slices.Contains(p.labels, l) {
		return
	}
	p.labels = append(p.labels, l)
	p.updated = s.now()
	s.emitPull(ctx, r, p, "labeled", sender, obj{"label": s.labelJSON(r, l)})
}

func (s *Server) dropLabel(ctx context.Context, r *repo, p *pull, sender *user, name string) bool {
	i := slices.IndexFunc(p.labels, func(l *label) bool { return strings.EqualFold(l.name, name) })
	if i < 0 {
		return false
	}
	l := p.labels[i]
	p.labels = slices.Delete(p.labels, i, i+1)
	p.updated = s.now()
	s.emitPull(ctx, r, p, "unlabeled", sender, obj{"label": s.labelJSON(r, l)})
	return true
}

// ClosePull closes without merging.
func (s *Server) ClosePull(ctx context.Context, full string, number int, sender string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error { s.setState(ctx, r, p, u, "closed"); return nil })
}

// ReopenPull opens a closed pull request again.
func (s *Server) ReopenPull(ctx context.Context, full string, number int, sender string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error {
		if p.merged {
			return fmt.Errorf("%s#%d is merged: it cannot be reopened", full, number)
		}
		s.setState(ctx, r, p, u, "open")
		return nil
	})
}

func (s *Server) setState(ctx context.Context, r *repo, p *pull, sender *user, state string) {
	if p.state == state {
		return
	}
	p.state, p.updated = state, s.now()
	if state == "closed" {
		p.closed = p.updated
		s.emitPull(ctx, r, p, "closed", sender, nil)
		return
	}
	p.closed = time.Time{}
	s.emitPull(ctx, r, p, "reopened", sender, nil)
}
