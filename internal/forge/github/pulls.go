// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/internal/forge"
)

const (
	perPage = 100
	// maxPages bounds every listing: 20,000 entries.
	maxPages = 200
	// maxReadings is how often a listing of several pages is read until it holds still.
	maxReadings = 4
)

// GetPull reads a pull request. GitHub may not know for a moment what it has just told in a webhook, so a 404 is believed the second time only.
func (p *provider) GetPull(ctx context.Context, repo forge.Repository, number int64) (*forge.Pull, error) {
	var found *gogithub.PullRequest
	get := func() error {
		return p.account.onRepo(ctx, p.account.read, repo, func(ctx context.Context, c *gogithub.Client, owner, name string) (*gogithub.Response, error) {
			pull, resp, err := c.PullRequests.Get(ctx, owner, name, int(number))
			found = pull
			return resp, err
		})
	}
	err := get()
	if errors.Is(err, forge.ErrNotFound) {
		if err = p.account.sleep(ctx, p.account.opts.LagDelay); err == nil {
			err = get()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading pull request %s#%d: %w", repo, number, err)
	}
	pull, ok := toPull(found)
	if !ok || pull.Number != number {
		return nil, fmt.Errorf("reading pull request %s#%d: %w: the answer is no pull request", repo, number, forge.ErrUnavailable)
	}
	return &pull, nil
}

// ListPulls lists the open pull requests, the last updated first. The cursor is a digest of the list and not GitHub's ETag: that
// changes with the token and with numbers nobody asked for, and the one of the first page does not change when a pull request
// on the second is closed. Every page is read conditionally, so that an idle repository costs nothing of the rate limit.
func (p *provider) ListPulls(ctx context.Context, repo forge.Repository, since string) (pulls []forge.Pull, cursor string, unchanged bool, err error) {
	for range maxReadings {
		var pages int
		last := cursor
		if pulls, pages, err = p.readPulls(ctx, repo); err != nil {
			return nil, "", false, fmt.Errorf("listing the open pull requests of %s: %w", repo, err)
		}
		if cursor, err = digest(pulls); err != nil {
			return nil, "", false, err
		}
		// While pages are read one after the other, a push or a close moves entries from one page to another, past the reader.
		// Two equal readings prove that none was missed.
		if pages == 1 || cursor == last {
			if cursor == since {
				return nil, cursor, true, nil
			}
			return pulls, cursor, false, nil
		}
	}
	return nil, "", false, fmt.Errorf("listing the open pull requests of %s: %w: the list changed during each of %d readings",
		repo, forge.ErrUnavailable, maxReadings)
}

// readPulls reads all pages once.
func (p *provider) readPulls(ctx context.Context, repo forge.Repository) (pulls []forge.Pull, pages int, err error) {
	opts := gogithub.PullRequestListOptions{
		State: "open", Sort: "updated", Direction: "desc", ListOptions: gogithub.ListOptions{PerPage: perPage, Page: 1},
	}
	pulls = []forge.Pull{}
	seen := map[int64]bool{}
	for pages = 1; pages <= maxPages; pages++ {
		list, next, err := p.pullsPage(ctx, repo, &opts)
		if err != nil {
			return nil, 0, err
		}
		for _, pull := range list {
			if !seen[pull.Number] {
				seen[pull.Number] = true
				pulls = append(pulls, pull)
			}
		}
		if next <= opts.Page { // the last page, or a server that turns in circles
			return pulls, pages, nil
		}
		opts.Page = next
	}
	return nil, 0, fmt.Errorf("%w: more than %d pages", forge.ErrUnavailable, maxPages)
}

// pullsPage reads one page and tells the number of the next, 0 where there is none.
func (p *provider) pullsPage(ctx context.Context, repo forge.Repository, opts *gogithub.PullRequestListOptions) (pulls []forge.Pull, next int, err error) {
	var list []*gogithub.PullRequest
	err = p.account.onRepo(ctx, p.account.read, repo, func(ctx context.Context, c *gogithub.Client, owner, name string) (*gogithub.Response, error) {
		page, resp, err := c.PullRequests.List(ctx, owner, name, opts)
		if err == nil {
			list, next = page, resp.NextPage
		}
		return resp, err
	})
	for _, entry := range list {
		pull, ok := toPull(entry)
		if !ok {
			p.account.opts.Logger.Warn("GitHub lists a pull request without number or head; leaving it out", "repository", repo.String())
			continue
		}
		pulls = append(pulls, pull)
	}
	return pulls, next, err
}

// digest names the contents of a list.
func digest(pulls []forge.Pull) (string, error) {
	data, err := json.Marshal(pulls)
	if err != nil {
		return "", fmt.Errorf("making the digest of a list of pull requests: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// toPull is false for what is no pull request: GitHub has been seen to list null.
func toPull(pull *gogithub.PullRequest) (forge.Pull, bool) {
	if pull == nil || pull.GetNumber() <= 0 || pull.GetHead().GetSHA() == "" {
		return forge.Pull{}, false
	}
	labels := make([]string, 0, len(pull.Labels))
	for _, label := range pull.Labels {
		if name := label.GetName(); name != "" {
			labels = append(labels, name)
		}
	}
	slices.Sort(labels)
	return forge.Pull{
		Number:       int64(pull.GetNumber()),
		Title:        pull.GetTitle(),
		Author:       pull.GetUser().GetLogin(),
		URL:          pull.GetHTMLURL(),
		Head:         pull.GetHead().GetSHA(),
		BaseBranch:   pull.GetBase().GetRef(),
		Draft:        pull.GetDraft(),
		Closed:       pull.GetState() == "closed",
		Merged:       pull.GetMerged() || pull.MergedAt != nil,
		Labels:       labels,
		Updated:      pull.GetUpdatedAt().UTC(),
		RepositoryID: pull.GetBase().GetRepo().GetID(),
	}, true
}
