// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// prepareGit makes the settings with which git fetches: of the user's own, only the way to an SSH key is taken over.
func (s *session) prepareGit(dir string) error {
	// The helper that serves a local clone takes settings from files only. Whoever named the clone trusts it.
	config := filepath.Join(dir, "gitconfig")
	if err := os.WriteFile(config, []byte("[safe]\n\tdirectory = *\n[uploadpack]\n\tallowAnySHA1InWant = true\n"), 0o644); err != nil {
		return err
	}
	git := gitops.Git{Protocols: []string{"https", "http", "ssh", "git", "file"}, Env: []string{"GIT_CONFIG_GLOBAL=" + config}}
	for _, name := range []string{"SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "HOME"} {
		if value, ok := os.LookupEnv(name); ok {
			git.Env = append(git.Env, name+"="+value)
		}
	}
	s.engine.Git = git
	return nil
}

// repository is a copy of a repository that the run may write to, and where it comes from.
type repository struct {
	git  gitops.Git
	bare string // the run's own, which may borrow from where
	into string // what is fetched goes to
	flag string // that names it, for messages
	from string // folder or address
	dir  string // the local clone; empty for an address
	// fetching is held while something is fetched: git locks what it writes, and does not wait.
	fetching sync.Mutex
}

// openRepository makes the bare repository that holds what is taken from a clone or an address.
func (s *session) openRepository(ctx context.Context, bare, flag, from string) (*repository, error) {
	r := &repository{git: s.engine.Git, bare: bare, into: bare, flag: flag, from: from}
	if err := s.openMirror(ctx, r); err != nil {
		return nil, err
	}
	if info, err := os.Stat(from); err == nil && info.IsDir() {
		return r, r.openClone(ctx)
	}
	if !strings.Contains(from, "://") && !strings.Contains(from, ":") {
		return nil, fmt.Errorf("%s %s: there is no such folder, and it is no address", flag, from)
	}
	_, err := r.git.Run(ctx, r.into, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", from, "+refs/heads/*:refs/remotes/origin/*")
	if err != nil {
		return nil, fmt.Errorf("%s %s: it cannot be fetched; where it needs a password, clone it first and name the clone: %w", flag, from, err)
	}
	return r, nil
}

func (r *repository) openClone(ctx context.Context) error {
	dir, err := filepath.Abs(r.from)
	if err != nil {
		return err
	}
	said, err := r.git.Run(ctx, dir, "rev-parse", "--is-shallow-repository", "--show-cdup")
	if err != nil {
		return fmt.Errorf("%s %s: the folder is no git repository; pkgcheck's history checks need one", r.flag, r.from)
	}
	shallow, up, _ := strings.Cut(said, "\n")
	if shallow == "true" {
		return fmt.Errorf("%s %s: the clone is shallow, and history checks need all of it: run git -C %s fetch --unshallow", r.flag, r.from, r.from)
	}
	r.dir = filepath.Join(dir, strings.TrimSpace(up)) // git finds a clone from below it, but fetches from its top only
	return nil
}

// revision is a commit with the branch that named it, if one did.
type revision struct{ commit, branch string }

// resolve finds the commit that rev names and brings it into the copy.
func (r *repository) resolve(ctx context.Context, flag, rev string) (revision, error) {
	if strings.HasPrefix(rev, "-") || rev == "" {
		return revision{}, fmt.Errorf("%s %q: that is no revision", flag, rev)
	}
	if r.dir != "" {
		return r.resolveInClone(ctx, flag, rev)
	}
	for _, name := range []string{"refs/remotes/origin/" + rev, rev} {
		if found, err := r.lookUp(ctx, r.into, name); err == nil {
			return found, nil
		}
	}
	ref := "refs/prcheck/" + strings.TrimPrefix(flag, "--")
	if _, err := r.git.Run(ctx, r.into, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", r.from, "+"+rev+":"+ref); err != nil {
		return revision{}, fmt.Errorf("%s %s: there is no such revision at %s: %w", flag, rev, r.from, err)
	}
	return r.lookUp(ctx, r.into, ref)
}

func (r *repository) resolveInClone(ctx context.Context, flag, rev string) (revision, error) {
	found, err := r.lookUp(ctx, r.dir, rev)
	if err != nil {
		return revision{}, fmt.Errorf("%s %s: there is no such commit in %s; if it is on the forge, fetch it first (git -C %s fetch origin %s)", flag, rev, r.from, r.from, rev)
	}
	ref := "refs/prcheck/" + found.commit
	if has, err := r.git.Line(ctx, r.into, "rev-parse", "--verify", "--quiet", ref); err == nil && has == found.commit {
		return found, nil // an earlier run has fetched it
	}
	r.fetching.Lock()
	defer r.fetching.Unlock()
	_, err = r.git.Run(ctx, r.into, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", r.dir, "+"+found.commit+":"+ref)
	return found, err
}

func (r *repository) lookUp(ctx context.Context, dir, rev string) (revision, error) {
	var full string
	var unnamed error
	var naming sync.WaitGroup
	naming.Go(func() { full, unnamed = r.git.Line(ctx, dir, "rev-parse", "--symbolic-full-name", rev) })
	commit, err := r.git.Line(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	naming.Wait()
	if err != nil {
		return revision{}, err
	}
	// Later gits repeat the option in the output.
	commit = strings.TrimPrefix(commit, "--end-of-options\n")
	if unnamed != nil {
		return revision{commit: commit}, nil //nolint:nilerr // it has a commit but no name
	}
	branch, ok := strings.CutPrefix(full, "refs/heads/")
	if !ok {
		if rest, remote := strings.CutPrefix(full, "refs/remotes/"); remote {
			_, branch, _ = strings.Cut(rest, "/")
		}
	}
	return revision{commit, branch}, nil
}

// file reads a file of a commit; empty where there is none.
func (r *repository) file(ctx context.Context, commit, path string) (string, error) {
	out, err := r.git.Run(ctx, r.bare, "cat-file", "blob", commit+":"+path)
	var failed *gitops.Error
	if errors.As(err, &failed) && failed.ExitCode > 0 {
		return "", nil
	}
	return out, err
}

// resolveBoth finds base and head: side by side in a clone, where that is only reading.
func (s *session) resolveBoth(ctx context.Context, target *repository) (base, head revision, err error) {
	var beside sync.WaitGroup
	var headErr error
	find := func() { head, headErr = target.resolve(ctx, "--head", s.options.head) }
	if target.dir != "" {
		beside.Go(find)
	}
	base, err = target.resolve(ctx, "--base", s.options.base)
	beside.Wait()
	if err == nil && target.dir == "" {
		find()
	}
	return base, head, cmp.Or(err, headErr)
}

// merge fills in the plan's revision. A conflict, or histories that have nothing in common, are a verdict already.
func (s *session) merge(ctx context.Context, target *repository, p *plan.Plan) (*verdict.Verdict, error) {
	base, head, err := s.resolveBoth(ctx, target)
	if err != nil {
		return nil, err
	}
	p.Revision = plan.Revision{Base: base.commit, Head: head.commit, Branch: base.branch}
	if p.Revision.Branch == "" {
		p.Revision.Branch = "main"
	}
	merge, err := s.engine.Git.MergeInto(ctx, target.bare, base.commit, head.commit)
	switch {
	case errors.Is(err, gitops.ErrUnrelated):
		return &verdict.Verdict{Conclusion: finding.ConclusionNeutral, Message: "Base and head have no commit in common, so they cannot be merged.", Revision: p.Revision}, nil
	case err != nil:
		return nil, err
	case merge.Conflict:
		return &verdict.Verdict{
			Conclusion: finding.ConclusionNeutral, Conflicts: merge.Conflicts, Revision: p.Revision,
			Message: "Base and head changed the same lines: " + strings.Join(merge.Conflicts, ", "),
		}, nil
	}
	p.Revision.Merge, p.Revision.Tree = merge.Commit, merge.Tree
	changes, err := s.engine.Git.Changes(ctx, target.bare, base.commit, merge.Commit)
	p.Changed = gitops.Paths(changes)
	if err == nil {
		s.engine.Know(p.Revision, changes)
	}
	return nil, err
}

// complete fills in what else the plan needs: the repository's name, its masters, the scope.
func (s *session) complete(ctx context.Context, target *repository, p *plan.Plan) error {
	p.Repository = s.options.repositoryName
	if p.Repository == "" {
		text, err := target.file(ctx, p.Revision.Base, "profiles/repo_name")
		if err != nil {
			return err
		}
		p.Repository, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	}
	if p.Repository == "" {
		return errors.New("the base has no profiles/repo_name: name the repository with --repository-name")
	}
	if !engine.RepositoryName(p.Repository) {
		return fmt.Errorf("%q is no repository name; set another one with --repository-name", p.Repository)
	}
	switch {
	case s.options.scope == "full":
		p.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "asked for"}
	case p.Snapshot.FullScope:
		p.Scope = plan.Scope{Kind: plan.ScopeFull, Reason: "the profile asks for the whole repository"}
	default:
		p.Scope = plan.Scope{Kind: plan.ScopeAuto}
	}
	return s.addMasters(ctx, target, p)
}

// addMasters opens the masters that are given, checks that none is missing, and adds them to the plan: those that others build on first.
func (s *session) addMasters(ctx context.Context, target *repository, p *plan.Plan) error {
	given, err := parseMasters(s.options.masters)
	if err != nil {
		return err
	}
	var needed []string
	for _, commit := range []string{p.Revision.Base, p.Revision.Merge} {
		names, err := mastersOf(ctx, target, commit)
		if err != nil {
			return err
		}
		needed = append(needed, names...)
	}
	p.Masters = []plan.Master{}
	opened := &openMasters{session: s, plan: p, given: given, seen: map[string]bool{p.Repository: true}}
	if err := opened.add(ctx, p.Repository, needed); err != nil {
		return err
	}
	for name := range given {
		if !opened.seen[name] {
			fmt.Fprintf(s.err, "prcheck: --master %s is not used: no metadata/layout.conf names it\n", name)
		}
	}
	return nil
}

// openMasters adds masters to a plan.
type openMasters struct {
	session *session
	plan    *plan.Plan
	given   map[string]string
	seen    map[string]bool // added already or just being added: masters may name each other
}

// add adds the masters that the repository of names, each behind those that it builds on itself.
func (o *openMasters) add(ctx context.Context, of string, needed []string) error {
	for _, name := range needed {
		if o.seen[name] {
			continue
		}
		o.seen[name] = true
		from, ok := o.given[name]
		if !ok {
			return fmt.Errorf("metadata/layout.conf of %s names the master %s: add --master %s=DIR or --master %s=URL (a clone of that repository)", of, name, name, name)
		}
		master, names, err := o.session.addMaster(ctx, name, from)
		if err != nil {
			return err
		}
		if err := o.add(ctx, name, names); err != nil {
			return err
		}
		o.plan.Masters = append(o.plan.Masters, master)
	}
	return nil
}

func (s *session) addMaster(ctx context.Context, name, from string) (plan.Master, []string, error) {
	s.progress.step(plan.StageFetch, "master "+name)
	where, rev := splitRevision(from)
	flag := "--master " + name + "="
	r, err := s.openRepository(ctx, s.engine.Layout.Master(name), flag, where)
	s.keepStore(name, where)
	if err != nil {
		return plan.Master{}, nil, err
	}
	found, err := r.resolve(ctx, flag, rev)
	if err != nil {
		return plan.Master{}, nil, err
	}
	branch := found.branch
	if branch == "" {
		branch = "main"
	}
	names, err := mastersOf(ctx, r, found.commit)
	return plan.Master{Name: name, Commit: found.commit, Branch: branch}, names, err
}

// parseMasters reads the values of --master: NAME=DIR|URL[@REV].
func parseMasters(values []string) (map[string]string, error) {
	given := map[string]string{}
	for _, value := range values {
		name, from, ok := strings.Cut(value, "=")
		if !ok || from == "" || !engine.RepositoryName(name) {
			return nil, fmt.Errorf("--master %s: use NAME=DIR, NAME=URL or NAME=URL@REV", value)
		}
		if _, twice := given[name]; twice {
			return nil, fmt.Errorf("--master %s is given twice", name)
		}
		given[name] = from
	}
	return given, nil
}

// splitRevision takes a revision off the end of DIR@REV or URL@REV. What follows the @ of a user name holds a colon or belongs to
// the address's host.
func splitRevision(from string) (where, rev string) {
	i := strings.LastIndex(from, "@")
	if _, err := os.Stat(from); err == nil || i < 0 {
		return from, "HEAD"
	}
	where, rev = from[:i], from[i+1:]
	_, rest, url := strings.Cut(where, "://")
	if rev == "" || strings.Contains(rev, ":") || (url && !strings.Contains(rest, "/")) {
		return from, "HEAD"
	}
	return where, rev
}

// mastersOf reads masters from a commit's metadata/layout.conf.
func mastersOf(ctx context.Context, r *repository, commit string) ([]string, error) {
	text, err := r.file(ctx, commit, "metadata/layout.conf")
	if err != nil {
		return nil, err
	}
	names := []string{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(line, "=")
		if ok && strings.TrimSpace(key) == "masters" {
			names = strings.Fields(value)
		}
	}
	for _, name := range names {
		if !engine.RepositoryName(name) {
			return nil, fmt.Errorf("metadata/layout.conf in %s names the master %q, which is no repository name", r.from, name)
		}
	}
	return names, nil
}
