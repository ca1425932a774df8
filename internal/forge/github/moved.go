// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	gogithub "github.com/google/go-github/v57/github"

	"github.com/prcheck/prcheck/internal/forge"
)

// repoRequest is one call about a repository under its present name.
type repoRequest func(ctx context.Context, c *gogithub.Client, owner, name string) (*gogithub.Response, error)

// onRepo sends a request about a repository. Where the repository has moved, its new name is looked up by id and the request sent
// there; a redirect itself is never followed, since that would turn a write into a read that looks like a success.
func (a *account) onRepo(ctx context.Context, send func(context.Context, request) error, repo forge.Repository, do repoRequest) error {
	at := a.address(repo)
	once := func() error {
		return send(ctx, func(ctx context.Context, c *gogithub.Client) (*gogithub.Response, error) {
			return do(ctx, c, at.Owner, at.Name)
		})
	}
	err := once()
	moved := (*movedError)(nil)
	if !errors.As(err, &moved) {
		if errors.Is(err, forge.ErrNotFound) && at != repo {
			a.forget(repo)
		}
		return err
	}
	if at, err = a.resolve(ctx, moved.location); err != nil {
		return fmt.Errorf("%s has moved; looking up its new name: %w", repo, err)
	}
	a.remember(repo, at)
	if err = once(); errors.As(err, &moved) {
		return fmt.Errorf("%w: %s has moved to %s, and that has moved too", forge.ErrUnavailable, repo, at)
	}
	return err
}

var (
	repositoryID   = regexp.MustCompile(`^/?repositories/([0-9]{1,18})(?:/|$)`)
	repositoryName = regexp.MustCompile(`^/?repos/([^/]+)/([^/]+)(?:/|$)`)
)

// resolve finds the present name of a repository in the address that GitHub redirects to: that of the repository's id, or of its
// new name. Nothing is sent to the address itself.
func (a *account) resolve(ctx context.Context, location string) (forge.Repository, error) {
	target, err := url.Parse(location)
	if err != nil || (target.Host != "" && target.Host != a.base.Host) {
		return forge.Repository{}, fmt.Errorf("%w: it redirects to another host", forge.ErrUnavailable)
	}
	path, below := strings.CutPrefix(target.Path, strings.TrimSuffix(a.base.Path, "/"))
	if name := repositoryName.FindStringSubmatch(path); below && name != nil {
		return forge.Repository{Owner: name[1], Name: name[2]}, nil
	}
	found := repositoryID.FindStringSubmatch(path)
	if !below || found == nil {
		return forge.Repository{}, fmt.Errorf("%w: it redirects to an address that names no repository", forge.ErrUnavailable)
	}
	id, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return forge.Repository{}, fmt.Errorf("reading the repository's id: %w", err)
	}
	var at forge.Repository
	err = a.read(ctx, func(ctx context.Context, c *gogithub.Client) (*gogithub.Response, error) {
		repo, resp, err := c.Repositories.GetByID(ctx, id)
		at = forge.Repository{Owner: repo.GetOwner().GetLogin(), Name: repo.GetName()}
		return resp, err
	})
	if err == nil && (at.Owner == "" || at.Name == "") {
		err = fmt.Errorf("%w: repository %d has no name", forge.ErrUnavailable, id)
	}
	return at, err
}

// address is the name under which a repository was found last.
func (a *account) address(repo forge.Repository) forge.Repository {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at, ok := a.moved[repo]; ok {
		return at
	}
	return repo
}

func (a *account) remember(repo, at forge.Repository) {
	a.mu.Lock()
	a.moved[repo] = at
	a.mu.Unlock()
	a.opts.Logger.Warn("A repository has moved; its Repository object should name it as it is called now",
		"repository", repo.String(), "now", at.String())
}

func (a *account) forget(repo forge.Repository) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.moved, repo)
}
