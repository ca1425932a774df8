// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

func getGitCommit(c *call) (*reply, error) {
	sha := c.params["commit_sha"]
	if !c.repo.hasCommit(c.ctx, sha) {
		return nil, errNotFound
	}
	commit, err := c.repo.git.commit(c.ctx, sha)
	if err != nil {
		return nil, err
	}
	return ok(c.s.gitCommitJSON(c.repo, commit))
}

func (c *call) refJSON(ref, sha string) obj {
	api := c.s.api("/repos/" + c.repo.fullName() + "/git/")
	return obj{
		"ref": ref, "node_id": nodeID("Ref "+ref, c.repo.id), "url": api + ref,
		"object": obj{"type": "commit", "sha": sha, "url": api + "commits/" + sha},
	}
}

func getRef(c *call) (*reply, error) {
	ref := "refs/" + c.params["ref"]
	sha, err := c.repo.git.run(c.ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref)
	if err != nil {
		return nil, errNotFound
	}
	return ok(c.refJSON(ref, sha))
}

// movingRef changes a branch or tag, and lets the repository's hooks know.
func (c *call) movingRef(change func() error) error {
	before, err := c.repo.git.branches(c.ctx)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		if _, is := errors.AsType[*gitError](err); is {
			return &apiError{status: http.StatusUnprocessableEntity, message: "Reference update failed"}
		}
		return err
	}
	return c.s.afterPush(c.ctx, c.repo, before)
}

func createRef(c *call) (*reply, error) {
	var in struct{ Ref, SHA string }
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	switch {
	case !strings.HasPrefix(in.Ref, "refs/heads/") && !strings.HasPrefix(in.Ref, "refs/tags/"):
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Reference name must start with 'refs/' and have at least two slashes."}
	case !c.repo.hasCommit(c.ctx, in.SHA):
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Object does not exist"}
	}
	if _, err := c.repo.git.run(c.ctx, "rev-parse", "--verify", "--quiet", in.Ref); err == nil {
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Reference already exists"}
	}
	if err := c.movingRef(func() error { return c.repo.git.setRef(c.ctx, in.Ref, in.SHA) }); err != nil {
		return nil, err
	}
	return created(c.refJSON(in.Ref, in.SHA))
}

func updateRef(c *call) (*reply, error) {
	var in struct {
		SHA   string
		Force bool
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	ref := "refs/" + c.params["ref"]
	old, err := c.repo.git.run(c.ctx, "rev-parse", "--verify", "--quiet", ref)
	switch {
	case err != nil:
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Reference does not exist"}
	case !c.repo.hasCommit(c.ctx, in.SHA):
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Object does not exist"}
	case !in.Force && c.repo.git.mergeBase(c.ctx, old, in.SHA) != old:
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Update is not a fast forward"}
	}
	if err := c.movingRef(func() error { return c.repo.git.setRef(c.ctx, ref, in.SHA) }); err != nil {
		return nil, err
	}
	return ok(c.refJSON(ref, in.SHA))
}

func deleteRef(c *call) (*reply, error) {
	ref := "refs/" + c.params["ref"]
	if _, err := c.repo.git.run(c.ctx, "rev-parse", "--verify", "--quiet", ref); err != nil {
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Reference does not exist"}
	}
	err := c.movingRef(func() error {
		_, err := c.repo.git.run(c.ctx, "update-ref", "-d", ref)
		if err != nil {
			return fmt.Errorf("deleting %s: %w", ref, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return noContent()
}
