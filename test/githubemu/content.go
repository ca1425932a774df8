// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Content says what a commit is made of. Exactly one of SHA, Files, Patch, Bundle and Dir is to be set.
type Content struct {
	// SHA is a branch or a commit that the repository already has.
	SHA string `json:"sha,omitempty"`
	// Files are laid over the parent's tree, as one new commit.
	Files map[string]File `json:"files,omitempty"`
	// Patch is applied to the parent's tree (git apply), as one new commit.
	Patch string `json:"patch,omitempty"`
	// Bundle is the path of a git bundle; its Rev is taken.
	Bundle string `json:"bundle,omitempty"`
	// Dir is the path of a local git repository; its Rev is taken.
	Dir string `json:"dir,omitempty"`
	// Rev is a branch or ref in Bundle or Dir; HEAD when empty.
	Rev string `json:"rev,omitempty"`
	// Parent is the commit or branch that Files and Patch start from; by default the pull request's head, or the branch's tip.
	Parent string `json:"parent,omitempty"`
	// Message is that of the new commit.
	Message string `json:"message,omitempty"`
	// Author is the new commit's, as NAME <MAIL>.
	Author string `json:"author,omitempty"`
}

// File is one file of Content.Files.
type File struct {
	// Text is what it holds.
	Text string `json:"text,omitempty"`
	// Base64 is what it holds, for what is not text.
	Base64 string `json:"base64,omitempty"`
	// Mode is 100644 by default; 100755 is executable, 120000 a link to Text.
	Mode string `json:"mode,omitempty"`
	// Delete takes the file away.
	Delete bool `json:"delete,omitempty"`
}

// commit makes the content a commit in the repository and gives its SHA.
func (s *Server) commit(ctx context.Context, r *repo, parent string, c Content) (string, error) {
	if c.Parent != "" {
		parent = c.Parent
	}
	switch {
	case c.SHA != "":
		if sha := r.resolve(ctx, c.SHA); sha != "" {
			return sha, nil
		}
		return "", fmt.Errorf("%s has no commit %q", r.fullName(), c.SHA)
	case c.Bundle != "":
		return r.fetch(ctx, c.Bundle, c.Rev)
	case c.Dir != "":
		return r.fetch(ctx, c.Dir, c.Rev)
	case c.Files == nil && c.Patch == "":
		return "", fmt.Errorf("no content: set one of sha, files, patch, bundle, dir")
	}
	base := r.resolve(ctx, parent)
	if base == "" {
		return "", fmt.Errorf("%s has no commit %q to start from", r.fullName(), parent)
	}
	tree, err := s.tree(ctx, r, base, c)
	if err != nil {
		return "", err
	}
	if c.Message == "" {
		c.Message = "Change"
	}
	env := []string{}
	if c.Author != "" {
		name, address, err := splitAuthor(c.Author)
		if err != nil {
			return "", err
		}
		env = []string{"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + address}
	}
	return r.git.runWith(ctx, gitCommand{env: env, stdin: []byte(c.Message + "\n")}, "commit-tree", "-p", base, "-F", "-", tree)
}

func splitAuthor(author string) (name, address string, err error) {
	parsed, err := mail.ParseAddress(author)
	if err != nil {
		return "", "", fmt.Errorf("author %q: write NAME <MAIL>: %w", author, err)
	}
	return parsed.Name, parsed.Address, nil
}

// fetch takes one commit out of a bundle or another repository.
func (r *repo) fetch(ctx context.Context, from, rev string) (string, error) {
	if rev == "" {
		rev = "HEAD"
	}
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	const temporary = "refs/githubemu/fetched"
	if _, err := r.git.run(ctx, "fetch", "--quiet", "--no-tags", "--update-head-ok", from, "+"+rev+":"+temporary); err != nil {
		return "", fmt.Errorf("taking %s from %s: %w", rev, from, err)
	}
	sha, err := r.git.run(ctx, "rev-parse", temporary+"^{commit}")
	if err != nil {
		return "", err
	}
	_, err = r.git.run(ctx, "update-ref", "-d", temporary)
	return sha, err
}

// tree lays files and a patch over a commit's tree, in an index of its own.
func (s *Server) tree(ctx context.Context, r *repo, base string, c Content) (string, error) {
	index, err := os.CreateTemp(s.opts.Dir, "index-")
	if err != nil {
		return "", fmt.Errorf("making an index: %w", err)
	}
	_ = index.Close()
	_ = os.Remove(index.Name()) // git wants none rather than an empty one
	defer func() { _ = os.Remove(index.Name()) }()
	env := []string{"GIT_INDEX_FILE=" + index.Name()}
	if _, err := r.git.runWith(ctx, gitCommand{env: env}, "read-tree", base); err != nil {
		return "", err
	}
	info, err := r.indexInfo(ctx, c.Files)
	if err != nil {
		return "", err
	}
	if _, err := r.git.runWith(ctx, gitCommand{env: env, stdin: []byte(info)}, "update-index", "-z", "--index-info"); err != nil {
		return "", err
	}
	if c.Patch != "" {
		if _, err := r.git.runWith(ctx, gitCommand{env: env, stdin: []byte(c.Patch)}, "apply", "--cached", "--whitespace=nowarn", "-"); err != nil {
			return "", err
		}
	}
	return r.git.runWith(ctx, gitCommand{env: env}, "write-tree")
}

func (r *repo) indexInfo(ctx context.Context, files map[string]File) (string, error) {
	var info strings.Builder
	for _, path := range slices.Sorted(maps.Keys(files)) {
		f := files[path]
		if f.Delete {
			fmt.Fprintf(&info, "0 %s\t%s\x00", zeroSHA, path)
			continue
		}
		raw := []byte(f.Text)
		if f.Base64 != "" {
			var err error
			if raw, err = base64.StdEncoding.DecodeString(f.Base64); err != nil {
				return "", fmt.Errorf("file %s: base64: %w", path, err)
			}
		}
		blob, err := r.git.runWith(ctx, gitCommand{stdin: raw}, "hash-object", "-w", "--stdin")
		if err != nil {
			return "", err
		}
		mode := f.Mode
		if mode == "" {
			mode = "100644"
		}
		fmt.Fprintf(&info, "%s %s\t%s\x00", mode, blob, path)
	}
	return info.String(), nil
}
