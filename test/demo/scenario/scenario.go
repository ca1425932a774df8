// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package scenario is what the demo shows: a repository, the pull requests to it, and the verdict that each must get.
//
// Build makes the git repository; scenario.yaml says what is expected. The expected facts were found by full scans of
// both sides with pkgcheck alone, not by prcheck. Match compares them with what prcheck says.
package scenario

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/prcheck/prcheck/test/ebuildrepo"
	"github.com/prcheck/prcheck/test/hostile"
)

//go:embed scenario.yaml
var document []byte

// Scenario is the document: how the repository is made, and its pull requests.
type Scenario struct {
	Repository   Repository    `json:"repository"`
	PullRequests []PullRequest `json:"pullRequests"`
}

// Repository says what main is generated from. Beside the generated ebuilds it holds those of the pull requests.
type Repository struct {
	Name    string `json:"name"`
	Seed    uint64 `json:"seed"`
	Ebuilds int    `json:"ebuilds"`
}

// PullRequest is one pull request and what must become of it.
type PullRequest struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	// Branch is the head's branch at the end.
	Branch string `json:"branch"`
	// First is a branch whose tip is pushed first; Branch replaces it while its check runs. Usually empty.
	First  string `json:"first"`
	Author string `json:"author"`
	// State and Description are the final commit status. The description may stand for one scope only: see Descriptions.
	State       string `json:"state"`
	Description string `json:"description"`
	Conclusion  string `json:"conclusion"`
	// Conflicts are the files in conflict with main.
	Conflicts []string `json:"conflicts"`
	// Expected facts. What is in none of the lists must not be reported as any of these.
	New       []Fact `json:"new"`
	Fixed     []Fact `json:"fixed"`
	Inherited []Fact `json:"inherited"`
	Unveiled  []Fact `json:"unveiled"`
}

// Start is the time of the first commit. All others follow it, so the whole history lies in the past.
var Start = time.Date(2026, time.January, 12, 8, 0, 0, 0, time.UTC)

// Load reads the embedded document.
func Load() (*Scenario, error) {
	var s Scenario
	if err := yaml.UnmarshalStrict(document, &s); err != nil {
		return nil, fmt.Errorf("reading scenario.yaml: %w", err)
	}
	return &s, nil
}

// Build makes the bare git repository at dir, new or empty: main, and a branch per pull request.
func Build(ctx context.Context, dir string) (*Scenario, error) {
	return BuildWith(ctx, dir, hostile.Params{})
}

// BuildWith is Build with other bounds for the attacks of the hostile pull request.
func BuildWith(ctx context.Context, dir string, p hostile.Params) (*Scenario, error) {
	s, err := Load()
	if err != nil {
		return nil, err
	}
	h, err := s.history(p)
	if err != nil {
		return nil, err
	}
	if err := h.Write(ctx, dir); err != nil {
		return nil, fmt.Errorf("building the scenario: %w", err)
	}
	return s, nil
}

// history makes main and then the branches, each from main's tip but for the one that is in conflict.
func (s *Scenario) history(p hostile.Params) (*ebuildrepo.History, error) {
	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: s.Repository.Seed, Name: s.Repository.Name, Ebuilds: s.Repository.Ebuilds, Start: Start})
	if err != nil {
		return nil, fmt.Errorf("building the scenario: %w", err)
	}
	for _, pkg := range packages() {
		if err := repo.AddPackage(pkg); err != nil {
			return nil, fmt.Errorf("building the scenario: %w", err)
		}
	}
	h := ebuildrepo.NewHistory(repo)
	if err := conflict(h, repo); err != nil {
		return nil, fmt.Errorf("building the scenario: %w", err)
	}
	for _, c := range changes(p) {
		side := repo.Clone()
		if err := c.edit(side); err != nil {
			return nil, fmt.Errorf("building the branch %s: %w", c.branch, err)
		}
		tree := side.Tree()
		if c.tree != nil {
			c.tree(tree)
		}
		from := ebuildrepo.MainBranch
		if c.branch == "lanternfish-4.3" {
			from = lanternFirst
		}
		h.Commit(c.branch, from, c.message, tree)
	}
	return h, nil
}

// conflict makes a branch, and then a commit on main that changes the same line.
func conflict(h *ebuildrepo.History, repo *ebuildrepo.Repo) error {
	side := repo.Clone()
	if err := describeInkstone("ink that is always fresh")(side); err != nil {
		return err
	}
	h.Commit("inkstone-description", ebuildrepo.MainBranch, inkstone+": describe the ink", side.Tree())
	if err := describeInkstone("a bottomless well of ink")(repo); err != nil {
		return err
	}
	h.Commit(ebuildrepo.MainBranch, ebuildrepo.MainBranch, inkstone+": mention the well", repo.Tree())
	return nil
}
