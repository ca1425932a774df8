// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

func getMeta(*call) (*reply, error) {
	return ok(obj{"verifiable_password_authentication": false})
}

func getRepo(c *call) (*reply, error) { return ok(c.s.fullRepoJSON(c.repo, c.actor)) }

func listBranches(c *call) (*reply, error) {
	tips, err := c.repo.git.branches(c.ctx)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, name := range slices.Sorted(maps.Keys(tips)) {
		url := c.s.api("/repos/" + c.repo.fullName() + "/commits/" + tips[name])
		out = append(out, obj{"name": name, "commit": obj{"sha": tips[name], "url": url}, "protected": false})
	}
	return ok(paged(c, out))
}

func getBranch(c *call) (*reply, error) {
	name := c.params["branch"]
	tips, err := c.repo.git.branches(c.ctx)
	if err != nil {
		return nil, err
	}
	sha, found := tips[name]
	if !found {
		return nil, &apiError{status: http.StatusNotFound, message: "Branch not found"}
	}
	commit, err := c.repo.git.commit(c.ctx, sha)
	if err != nil {
		return nil, err
	}
	self := c.s.api("/repos/" + c.repo.fullName() + "/branches/" + escapeSegment(name))
	return ok(obj{
		"name": name, "commit": c.s.commitJSON(c.repo, commit), "protected": false, "protection_url": self + "/protection",
		"_links":     obj{"self": self, "html": c.s.html("/" + c.repo.fullName() + "/tree/" + name)},
		"protection": obj{"enabled": false, "required_status_checks": obj{"enforcement_level": "off", "contexts": []any{}, "checks": []any{}}},
	})
}

func listCommits(c *call) (*reply, error) {
	rev := c.r.URL.Query().Get("sha")
	if rev == "" {
		rev = c.repo.defaultBranch
	}
	sha := c.repo.resolve(c.ctx, rev)
	if sha == "" {
		return nil, errNotFound
	}
	args := []string{"-n", "3000", sha}
	if p := c.r.URL.Query().Get("path"); p != "" {
		args = append(args, "--", p)
	}
	commits, err := c.repo.git.log(c.ctx, args...)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for _, one := range paged(c, commits) {
		out = append(out, c.s.commitJSON(c.repo, one))
	}
	return ok(out)
}

func getCommit(c *call) (*reply, error) {
	sha := c.repo.resolve(c.ctx, c.params["ref"])
	if sha == "" {
		return nil, noCommit(c.params["ref"])
	}
	if strings.Contains(c.r.Header.Get("Accept"), ".sha") {
		return &reply{status: http.StatusOK, text: []byte(sha), media: "application/vnd.github.sha; charset=utf-8"}, nil
	}
	commit, err := c.repo.git.commit(c.ctx, sha)
	if err != nil {
		return nil, err
	}
	parent := "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // git's empty tree
	if len(commit.parents) > 0 {
		parent = commit.parents[0]
	}
	changes, err := c.repo.git.diff(c.ctx, parent, sha)
	if err != nil {
		return nil, err
	}
	j := c.s.commitJSON(c.repo, commit)
	j["files"] = c.s.changesJSON(c.repo, sha, paged(c, changes))
	j["stats"] = statsJSON(changes)
	return ok(j)
}

func statsJSON(changes []change) obj {
	added, removed := 0, 0
	for _, f := range changes {
		added += f.additions
		removed += f.deletions
	}
	return obj{"additions": added, "deletions": removed, "total": added + removed}
}

func compareCommits(c *call) (*reply, error) {
	from, to, found := strings.Cut(c.params["basehead"], "...")
	base, head := c.repo.resolve(c.ctx, from), c.repo.resolve(c.ctx, to[strings.LastIndex(to, ":")+1:])
	if !found || base == "" || head == "" {
		return nil, errNotFound
	}
	fork := c.repo.git.mergeBase(c.ctx, base, head)
	if fork == "" {
		return nil, &apiError{status: http.StatusNotFound, message: "No common ancestor between " + from + " and " + to + "."}
	}
	ahead, err := c.repo.git.log(c.ctx, "--reverse", head, "^"+base)
	if err != nil {
		return nil, err
	}
	behind, err := c.repo.git.log(c.ctx, base, "^"+head)
	if err != nil {
		return nil, err
	}
	changes, err := c.repo.git.diff(c.ctx, fork, head)
	if err != nil {
		return nil, err
	}
	return c.comparison([2]string{base, fork}, ahead, len(behind), c.s.changesJSON(c.repo, head, changes))
}

func (c *call) comparison(baseAndFork [2]string, ahead []gitCommit, behind int, files []any) (*reply, error) {
	word := map[[2]bool]string{{false, false}: "identical", {true, false}: "ahead", {false, true}: "behind", {true, true}: "diverged"}
	base, err := c.repo.git.commit(c.ctx, baseAndFork[0])
	if err != nil {
		return nil, err
	}
	fork, err := c.repo.git.commit(c.ctx, baseAndFork[1])
	if err != nil {
		return nil, err
	}
	commits := []any{}
	for _, one := range paged(c, ahead) {
		commits = append(commits, c.s.commitJSON(c.repo, one))
	}
	html := c.s.html("/" + c.repo.fullName() + "/compare/" + c.params["basehead"])
	return ok(obj{
		"url": c.s.api(c.path), "html_url": html, "permalink_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"base_commit": c.s.commitJSON(c.repo, base), "merge_base_commit": c.s.commitJSON(c.repo, fork),
		"status": word[[2]bool{len(ahead) > 0, behind > 0}], "ahead_by": len(ahead), "behind_by": behind, "total_commits": len(ahead),
		"commits": commits, "files": files,
	})
}

// getContent answers files; folders are listed by their names.
func getContent(c *call) (*reply, error) {
	rev := c.r.URL.Query().Get("ref")
	if rev == "" {
		rev = c.repo.defaultBranch
	}
	sha := c.repo.resolve(c.ctx, rev)
	if sha == "" {
		return nil, &apiError{status: http.StatusNotFound, message: "No commit found for the ref " + rev}
	}
	name := strings.Trim(c.params["path"], "/")
	kind, err := c.repo.git.run(c.ctx, "cat-file", "-t", sha+":"+name)
	if err != nil {
		return nil, errNotFound
	}
	if kind == "tree" {
		return c.folder(sha, name)
	}
	blob, err := c.repo.git.run(c.ctx, "rev-parse", sha+":"+name)
	if err != nil {
		return nil, err
	}
	text, err := c.repo.git.run(c.ctx, "cat-file", "blob", blob)
	if err != nil {
		return nil, err
	}
	if size, _ := c.repo.git.run(c.ctx, "cat-file", "-s", blob); size != fmt.Sprint(len(text)) {
		text += "\n" // runWith has cut it off
	}
	j := c.entry(sha, name, blob, "file", len(text))
	j["encoding"], j["content"] = "base64", base64.StdEncoding.EncodeToString([]byte(text))
	return ok(j)
}

func (c *call) folder(sha, name string) (*reply, error) {
	out, err := c.repo.git.run(c.ctx, "ls-tree", "-z", "--format=%(objecttype) %(objectname) %(path)", sha+":"+name)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for line := range strings.SplitSeq(out, "\x00") {
		f := strings.SplitN(line, " ", 3)
		if len(f) < 3 {
			continue
		}
		kind := map[string]string{"blob": "file", "tree": "dir", "commit": "submodule"}[f[0]]
		list = append(list, c.entry(sha, path.Join(name, f[2]), f[1], kind, 0))
	}
	return ok(list)
}

func (c *call) entry(commit, name, sha, kind string, size int) obj {
	self := c.s.api("/repos/" + c.repo.fullName() + "/contents/" + name + "?ref=" + commit)
	html := c.s.html("/" + c.repo.fullName() + "/blob/" + commit + "/" + name)
	git := c.s.api("/repos/" + c.repo.fullName() + "/git/blobs/" + sha)
	return obj{
		"type": kind, "size": size, "name": path.Base(name), "path": name, "sha": sha, "url": self, "git_url": git, "html_url": html,
		"download_url": html, "_links": obj{"self": self, "git": git, "html": html},
	}
}
