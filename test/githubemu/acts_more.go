// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
)

// MergePull merges by a merge commit: the target branch moves, the pull request closes.
func (s *Server) MergePull(ctx context.Context, full string, number int, sender string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error {
		done, err := r.compute(ctx, p)
		if err != nil {
			return err
		}
		if !done.mergeable || p.state != "open" {
			return fmt.Errorf("%s#%d is not open and mergeable", full, number)
		}
		before := r.resolve(ctx, "refs/heads/"+p.base.ref)
		if err := r.git.setRef(ctx, "refs/heads/"+p.base.ref, done.mergeCommit); err != nil {
			return err
		}
		p.merged, p.mergeSHA = true, done.mergeCommit
		if err := s.emitPush(ctx, r, p.base.ref, before, done.mergeCommit, u); err != nil {
			return err
		}
		s.setState(ctx, r, p, u, "closed")
		return nil
	})
}

// Retarget changes the target branch.
func (s *Server) Retarget(ctx context.Context, full string, number int, sender, base string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error { return s.retarget(ctx, r, p, u, base) })
}

func (s *Server) retarget(ctx context.Context, r *repo, p *pull, sender *user, base string) error {
	tip := r.resolve(ctx, "refs/heads/"+base)
	if tip == "" {
		return fmt.Errorf("%s has no branch %q", r.fullName(), base)
	}
	old := p.base
	p.base, p.updated = side{base, tip}, s.now()
	changes := obj{"base": obj{"ref": obj{"from": old.ref}, "sha": obj{"from": old.sha}}}
	s.emitPull(ctx, r, p, "edited", sender, obj{"changes": changes})
	return nil
}

// EditPull changes title and body where they are not nil.
func (s *Server) EditPull(ctx context.Context, full string, number int, sender string, title, body *string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error { s.edit(ctx, r, p, u, title, body); return nil })
}

func (s *Server) edit(ctx context.Context, r *repo, p *pull, sender *user, title, body *string) {
	changes := obj{}
	if title != nil && *title != p.title {
		changes["title"] = obj{"from": p.title}
		p.title = *title
	}
	if body != nil && *body != p.body {
		changes["body"] = obj{"from": p.body}
		p.body = *body
	}
	if len(changes) > 0 {
		p.updated = s.now()
		s.emitPull(ctx, r, p, "edited", sender, obj{"changes": changes})
	}
}

// SetDraft makes a pull request a draft, or ready for review.
func (s *Server) SetDraft(ctx context.Context, full string, number int, sender string, draft bool) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error {
		if p.draft == draft {
			return nil
		}
		p.draft, p.updated = draft, s.now()
		action := "ready_for_review"
		if draft {
			action = "converted_to_draft"
		}
		s.emitPull(ctx, r, p, action, u, nil)
		return nil
	})
}

// SetLocked locks or unlocks the conversation: comments are refused while it is locked.
func (s *Server) SetLocked(full string, number int, locked bool) error {
	return s.change(full, number, "", func(_ *repo, p *pull, _ *user) error { p.locked = locked; return nil })
}

// DeleteHead deletes the head's fork, or its branch in the repository: what is left is refs/pull/N/head.
func (s *Server) DeleteHead(ctx context.Context, full string, number int) error {
	return s.change(full, number, "", func(r *repo, p *pull, u *user) error {
		if p.headRepo != r {
			p.headRepo = nil
			return nil
		}
		if _, err := r.git.run(ctx, "update-ref", "-d", "refs/heads/"+p.head.ref); err != nil {
			return err
		}
		return s.emitPush(ctx, r, p.head.ref, p.head.sha, zeroSHA, u)
	})
}

// Comment writes a comment as a user.
func (s *Server) Comment(ctx context.Context, full string, number int, sender, body string) error {
	return s.change(full, number, sender, func(r *repo, p *pull, u *user) error { s.comment(ctx, r, p, u, body); return nil })
}

// RerequestRun presses Re-run at one check run.
func (s *Server) RerequestRun(ctx context.Context, full string, id int64, sender string) error {
	return s.withRun(full, id, func(r *repo, run *checkRun) {
		run.suite.reset = true
		s.emitRun(ctx, r, run, "rerequested", s.user(sender, "User"), nil)
	})
}

// RequestAction presses a button that a check run offers.
func (s *Server) RequestAction(ctx context.Context, full string, id int64, sender, identifier string) error {
	return s.withRun(full, id, func(r *repo, run *checkRun) {
		s.emitRun(ctx, r, run, "requested_action", s.user(sender, "User"), obj{"requested_action": obj{"identifier": identifier}})
	})
}

func (s *Server) withRun(full string, id int64, act func(*repo, *checkRun)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return err
	}
	for _, run := range rp.runs {
		if run.id == id {
			act(rp, run)
			return nil
		}
	}
	return fmt.Errorf("%s has no check run %d", full, id)
}

// RerequestSuite presses Re-run all checks.
func (s *Server) RerequestSuite(ctx context.Context, full, sha, sender string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return err
	}
	list := rp.suitesOf(sha)
	for _, su := range list {
		su.reset = true
		if err := s.emitSuite(ctx, rp, su, "rerequested", s.user(sender, "User")); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return fmt.Errorf("%s has no check suite at %s", full, sha)
	}
	return nil
}
