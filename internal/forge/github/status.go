// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/internal/forge"
)

// maxDescription is how many characters GitHub takes.
const maxDescription = 140

// FindStatus returns the newest status of a context. GitHub lists the newest first, 100 a page, those of all contexts, which do not
// differ by case alone.
func (p *provider) FindStatus(ctx context.Context, repo forge.Repository, sha, name string) (*forge.Status, error) {
	opts := gogithub.ListOptions{PerPage: perPage, Page: 1}
	for range maxPages {
		var list []*gogithub.RepoStatus
		next := 0
		err := p.account.onRepo(ctx, p.account.read, repo, func(ctx context.Context, c *gogithub.Client, owner, repoName string) (*gogithub.Response, error) {
			page, resp, err := c.Repositories.ListStatuses(ctx, owner, repoName, sha, &opts)
			if err == nil {
				list, next = page, resp.NextPage
			}
			return resp, err
		})
		if err != nil {
			return nil, fmt.Errorf("reading the statuses of %s@%s: %w", repo, sha, err)
		}
		if newest := newestOf(list, name); newest != nil {
			return newest, nil
		}
		if next <= opts.Page {
			return nil, nil //nolint:nilnil // forge.Provider says so: there is none
		}
		opts.Page = next
	}
	return nil, fmt.Errorf("reading the statuses of %s@%s: %w: more than %d pages", repo, sha, forge.ErrUnavailable, maxPages)
}

// newestOf finds the newest status of a context on one page. Ids grow; the order within one second is not promised.
func newestOf(list []*gogithub.RepoStatus, name string) *forge.Status {
	var newest *gogithub.RepoStatus
	for _, status := range list {
		if status != nil && strings.EqualFold(status.GetContext(), name) && (newest == nil || status.GetID() > newest.GetID()) {
			newest = status
		}
	}
	if newest == nil {
		return nil
	}
	return &forge.Status{
		Context: newest.GetContext(), State: forge.State(newest.GetState()),
		Description: newest.GetDescription(), TargetURL: newest.GetTargetURL(),
	}
}

// PutStatus makes the status so, with at most one write: a status that is there already is not written again, and when the answer
// to a write does not come, GitHub is asked what it has before the write is repeated, once.
func (p *provider) PutStatus(ctx context.Context, repo forge.Repository, sha string, status forge.Status) error {
	if err := validate(status); err != nil {
		return fmt.Errorf("writing the status %s of %s@%s: %w", status.Context, repo, sha, err)
	}
	unlock, err := p.account.lockWriter(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for again := true; ; again = false {
		there, err := p.FindStatus(ctx, repo, sha, status.Context)
		if err != nil {
			return err
		}
		if there != nil && same(*there, status) {
			return nil
		}
		err = p.createStatus(ctx, repo, sha, status)
		if err == nil {
			return nil
		}
		if !again || !errors.Is(err, forge.ErrUnavailable) {
			return fmt.Errorf("writing the status %s of %s@%s: %w", status.Context, repo, sha, err)
		}
		p.account.opts.Logger.Info("No clear answer to a status; asking what GitHub has", "repository", repo.String(), "sha", sha)
	}
}

func (p *provider) createStatus(ctx context.Context, repo forge.Repository, sha string, status forge.Status) error {
	body := &gogithub.RepoStatus{State: new(string(status.State)), Context: &status.Context}
	if status.Description != "" {
		body.Description = &status.Description
	}
	if status.TargetURL != "" {
		body.TargetURL = &status.TargetURL
	}
	return p.account.onRepo(ctx, p.account.write, repo, func(ctx context.Context, c *gogithub.Client, owner, name string) (*gogithub.Response, error) {
		made, resp, err := c.Repositories.CreateStatus(ctx, owner, name, sha, body)
		if err == nil && (resp.StatusCode != http.StatusCreated || made.GetID() == 0) {
			err = fmt.Errorf("%w: it answered %d and no status", forge.ErrUnavailable, resp.StatusCode)
		}
		return resp, err
	})
}

// validate refuses what GitHub would refuse, or worse, take for something else.
func validate(s forge.Status) error {
	switch s.State {
	case forge.StatePending, forge.StateSuccess, forge.StateFailure, forge.StateError:
	default:
		return fmt.Errorf("%w: %q is no state", forge.ErrInvalid, s.State)
	}
	switch {
	case s.Context == "":
		return fmt.Errorf("%w: it has no context", forge.ErrInvalid)
	case !utf8.ValidString(s.Description):
		return fmt.Errorf("%w: the description is no UTF-8", forge.ErrInvalid)
	case utf8.RuneCountInString(s.Description) > maxDescription:
		return fmt.Errorf("%w: the description has %d characters, GitHub takes %d", forge.ErrInvalid, utf8.RuneCountInString(s.Description), maxDescription)
	}
	return nil
}

func same(a, b forge.Status) bool {
	return a.State == b.State && a.Description == b.Description && a.TargetURL == b.TargetURL
}
