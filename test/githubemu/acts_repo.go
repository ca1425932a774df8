// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// NewRepo describes a repository to create.
type NewRepo struct {
	// Name is owner/name.
	Name string `json:"name"`
	// From is the path of a git repository or bundle whose branches and tags are taken; without it the repository
	// begins with one commit that holds a README.
	From string `json:"from,omitempty"`
	// DefaultBranch is by default the one that From's HEAD names, or master.
	DefaultBranch string `json:"default_branch,omitempty"`
	// Private hides it from those without a token for it.
	Private bool `json:"private,omitempty"`
	// OwnerType is Organization (the default) or User.
	OwnerType string `json:"owner_type,omitempty"`
}

// CreateRepo makes a repository and, when the server has a webhook address, its hook; the hook is pinged.
func (s *Server) CreateRepo(ctx context.Context, n NewRepo) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner, name, found := strings.Cut(n.Name, "/")
	if !found || owner == "" || name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("repository %q: write OWNER/NAME", n.Name)
	}
	if rp, _ := s.repo(owner, name); rp != nil {
		return fmt.Errorf("repository %s exists", n.Name)
	}
	if n.OwnerType == "" {
		n.OwnerType = "Organization"
	}
	rp := s.newRepo(s.user(owner, n.OwnerType), name)
	rp.private = n.Private
	if err := s.fillRepo(ctx, rp, n); err != nil {
		delete(s.repos, strings.ToLower(n.Name))
		return fmt.Errorf("creating %s: %w", n.Name, err)
	}
	if s.opts.WebhookURL != "" {
		h := &hook{id: s.id(), url: s.opts.WebhookURL, secret: s.opts.WebhookSecret, events: []string{"*"}, active: true, created: s.now()}
		rp.hooks = append(rp.hooks, h)
		s.emitPing(ctx, rp, h, rp.owner)
	}
	return nil
}

func (s *Server) fillRepo(ctx context.Context, rp *repo, n NewRepo) error {
	if _, err := rp.git.run(ctx, "init", "--quiet", "--bare", rp.git.path); err != nil {
		return err
	}
	if n.From == "" {
		return s.firstCommit(ctx, rp, n.DefaultBranch)
	}
	if _, err := rp.git.run(ctx, "fetch", "--quiet", "--update-head-ok", n.From, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"); err != nil {
		return err
	}
	if n.DefaultBranch == "" {
		n.DefaultBranch = sourceHead(ctx, rp, n.From)
	}
	tips, err := rp.git.branches(ctx)
	if err != nil {
		return err
	}
	if tips[n.DefaultBranch] == "" {
		return fmt.Errorf("the default branch %q is not among the branches of %s", n.DefaultBranch, n.From)
	}
	return rp.setDefault(ctx, n.DefaultBranch)
}

func (r *repo) setDefault(ctx context.Context, branch string) error {
	r.defaultBranch = branch
	_, err := r.git.run(ctx, "symbolic-ref", "HEAD", "refs/heads/"+branch)
	return err
}

func sourceHead(ctx context.Context, rp *repo, from string) string {
	out, err := rp.git.run(ctx, "ls-remote", "--symref", from, "HEAD")
	if line, _, _ := strings.Cut(out, "\t"); err == nil && strings.HasPrefix(line, "ref: refs/heads/") {
		return strings.TrimPrefix(line, "ref: refs/heads/")
	}
	return "master"
}

func (s *Server) firstCommit(ctx context.Context, rp *repo, branch string) error {
	if branch == "" {
		branch = "master"
	}
	blob, err := rp.git.runWith(ctx, gitCommand{stdin: []byte("# " + rp.name + "\n")}, "hash-object", "-w", "--stdin")
	if err != nil {
		return err
	}
	tree, err := rp.git.runWith(ctx, gitCommand{stdin: []byte("100644 blob " + blob + "\tREADME.md\n")}, "mktree")
	if err != nil {
		return err
	}
	sha, err := rp.git.run(ctx, "commit-tree", "-m", "Initial commit", tree)
	if err != nil {
		return err
	}
	if err := rp.git.setRef(ctx, "refs/heads/"+branch, sha); err != nil {
		return err
	}
	return rp.setDefault(ctx, branch)
}

// RenameRepo renames; the old name redirects from then on.
func (s *Server) RenameRepo(full, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return err
	}
	delete(s.repos, strings.ToLower(full))
	s.renamed[strings.ToLower(full)] = rp.id
	rp.name = name
	s.repos[strings.ToLower(rp.fullName())] = rp
	return nil
}

// SetRole gives a user a role in a repository: read, triage, write, maintain or admin.
func (s *Server) SetRole(full, login, role string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return err
	}
	rp.roles[s.user(login, "User").login] = role
	return nil
}

// ForgetCommit makes the forge deny that a commit exists, as after a force push and garbage collection.
func (s *Server) ForgetCommit(full, sha string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return err
	}
	rp.lost[sha] = true
	return nil
}

// Branch gives the tip of a branch, "" when there is none.
func (s *Server) Branch(ctx context.Context, full, branch string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return "", err
	}
	return rp.resolve(ctx, "refs/heads/"+branch), nil
}

// PushBranch puts a commit on a branch, new or old, as an allowed (forced) push would. It gives the new tip.
func (s *Server) PushBranch(ctx context.Context, full, branch, sender string, c Content) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rp, err := s.byName(full)
	if err != nil {
		return "", err
	}
	parent := "refs/heads/" + branch
	if rp.resolve(ctx, parent) == "" {
		parent = "refs/heads/" + rp.defaultBranch
	}
	sha, err := s.commit(ctx, rp, parent, c)
	if err != nil {
		return "", err
	}
	before, err := rp.git.branches(ctx)
	if err != nil {
		return "", err
	}
	if err := rp.git.setRef(ctx, "refs/heads/"+branch, sha); err != nil {
		return "", err
	}
	return sha, s.afterPushBy(ctx, rp, before, s.user(sender, "User"))
}

// NewApp describes a GitHub App and where it is installed.
type NewApp struct {
	// Slug names it; its comments and statuses come from SLUG[bot].
	Slug string `json:"slug"`
	// PublicKey is the PEM text of its RSA key.
	PublicKey string `json:"public_key"`
	// Permissions maps a permission to read or write.
	Permissions map[string]string `json:"permissions"`
	// Events are those that its webhook hears of.
	Events []string `json:"events,omitempty"`
	// WebhookURL and WebhookSecret are the App's own.
	WebhookURL    string `json:"webhook_url,omitempty"`
	WebhookSecret string `json:"webhook_secret,omitempty"`
	// Account is where it is installed, and Repositories (owner/name) on what; on everything of the account, when nil.
	Account      string   `json:"account"`
	Repositories []string `json:"repositories,omitempty"`
}

// AppIDs are what an App's program has to know.
type AppIDs struct {
	AppID          int64 `json:"app_id"`
	InstallationID int64 `json:"installation_id"`
}

// AddApp makes an App known and installs it.
func (s *Server) AddApp(n NewApp) (AppIDs, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := publicKey(n.PublicKey)
	if err != nil {
		return AppIDs{}, fmt.Errorf("app %s: %w", n.Slug, err)
	}
	owner := s.user(n.Account, "Organization")
	a := &app{id: s.id(), slug: n.Slug, name: n.Slug, clientID: "Iv23" + random(12), owner: owner, key: key, perms: n.Permissions, events: n.Events, created: s.now()}
	if a.events == nil {
		a.events = []string{}
	}
	if a.perms == nil {
		a.perms = map[string]string{}
	}
	i := &installation{id: s.id(), app: a, account: owner, created: s.now()}
	for _, name := range n.Repositories {
		rp, err := s.byName(name)
		if err != nil {
			return AppIDs{}, fmt.Errorf("app %s: %w", n.Slug, err)
		}
		i.repos = append(i.repos, rp.id)
	}
	if n.WebhookURL != "" {
		a.hook = &hook{id: s.id(), app: a, url: n.WebhookURL, secret: n.WebhookSecret, events: n.Events, active: true, created: s.now()}
	}
	a.installations = append(a.installations, i)
	s.apps[a.id] = a
	return AppIDs{AppID: a.id, InstallationID: i.id}, nil
}

// SuspendInstallation makes an installation's requests fail, or lets them succeed again.
func (s *Server) SuspendInstallation(id int64, suspended bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apps {
		for _, i := range a.installations {
			if i.id == id {
				i.suspended = suspended
				return nil
			}
		}
	}
	return fmt.Errorf("no installation %d", id)
}

func publicKey(text string) (*rsa.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("the public key is not PEM")
	}
	if key, err := x509.ParsePKCS1PublicKey(block.Bytes); err == nil {
		return key, nil
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the public key: %w", err)
	}
	key, isRSA := parsed.(*rsa.PublicKey)
	if !isRSA {
		return nil, fmt.Errorf("the public key is not RSA, but App tokens are signed with RS256")
	}
	return key, nil
}
