// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/trees"
)

// The files of a call of the driver, in its folder.
const (
	requestFile = "request.json"
	outFile     = "out"
)

// Remote is where a stage fetches a repository from.
type Remote struct {
	// Target and the masters, by name: addresses that git can fetch from.
	Target  string
	Masters map[string]string
}

// Fetch lays out everything that the later stages read: plan, runner, driver, repositories and trees. Repositories that are
// there already (prcheck run merges in them) are not fetched again.
func (e *Engine) Fetch(ctx context.Context, p plan.Plan, from Remote) (plan.Outcome, error) {
	s := e.begin(p, plan.StageFetch)
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err := s.fetch(ctx, from)
	if errors.Is(err, context.DeadlineExceeded) {
		err = &failure{plan.ReasonTimeout, "Fetching the trees took longer than the " + s.timeout().String() + " that it may.", err}
	}
	return s.end(e.Layout.Source(), err)
}

// bounded limits ctx to the stage's time.
func (s *stage) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if limit := time.Duration(s.timeout()); limit > 0 {
		return context.WithTimeout(ctx, limit)
	}
	return context.WithCancel(ctx)
}

func (s *stage) fetch(ctx context.Context, from Remote) error {
	e, p := s.engine, s.plan
	if err := checkPlan(p); err != nil {
		return err
	}
	if err := s.step("tools", s.installTools); err != nil {
		return err
	}
	if err := s.step("clone "+p.Repository, func() error {
		return s.clone(ctx, e.Layout.Target(), from.Target, p.Revision.Base, p.Revision.Merge)
	}); err != nil {
		return err
	}
	for _, m := range p.Masters {
		if err := s.step("clone "+m.Name, func() error {
			return s.clone(ctx, e.Layout.Master(m.Name), from.Masters[m.Name], m.Commit)
		}); err != nil {
			return err
		}
	}
	if err := s.step("commits", func() (err error) {
		s.outcome.Commits, err = s.planCommits(ctx)
		return err
	}); err != nil {
		return fmt.Errorf("looking for the pull request's own commits: %w", err)
	}
	return s.step("check out", func() error { return s.checkOut(ctx) })
}

// PlanVersionError is returned for a plan of another version than this program understands.
type PlanVersionError struct{ Version int }

// Error says which version was met and what to do.
func (e *PlanVersionError) Error() string {
	return fmt.Sprintf("the plan is of version %d, this runner understands %d: server and runner must be of the same release", e.Version, plan.Version)
}

// checkPlan refuses plans whose names would lead out of the folders.
func checkPlan(p plan.Plan) error {
	if p.Version != plan.Version {
		return &PlanVersionError{p.Version}
	}
	names := []string{p.Repository}
	commits := []string{p.Revision.Base, p.Revision.Merge}
	for _, m := range p.Masters {
		names, commits = append(names, m.Name), append(commits, m.Commit)
	}
	for _, name := range names {
		if !RepositoryName(name) {
			return fmt.Errorf("%q is no name of a repository: letters, digits, _ and - are allowed, and it starts with none of the last", name)
		}
	}
	for _, id := range commits {
		if !gitops.IsCommitID(id) {
			return fmt.Errorf("the plan names %q, which is no whole commit id", id)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(p.Masters)+1 {
		return fmt.Errorf("two repositories of the plan share a name: %s", strings.Join(names, ", "))
	}
	return nil
}

// RepositoryName says whether a name is one that PMS allows for repositories.
func RepositoryName(name string) bool {
	return packageName.MatchString(name) && !strings.Contains(name, "+")
}

func (s *stage) installTools() error {
	l := s.engine.Layout
	if err := os.MkdirAll(l.Source("masters"), 0o755); err != nil {
		return err
	}
	if err := writeJSON(l.Source(plan.PlanFile), s.plan); err != nil {
		return err
	}
	if len(s.engine.started) == 0 { // who was started ahead reads it
		if err := l.installDriver(s.engine.Driver); err != nil {
			return err
		}
	}
	if s.engine.Runner == "" {
		return nil
	}
	self, err := os.ReadFile(s.engine.Runner)
	if err != nil {
		return fmt.Errorf("copying the runner: %w", err)
	}
	return os.WriteFile(l.Tools("runner"), self, 0o755) //nolint:gosec // a folder of the engine
}

// clone makes the bare repository dir with everything that commits need. A later check looks at the history, so it is
// neither shallow nor filtered.
func (s *stage) clone(ctx context.Context, dir, from string, commits ...string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if from == "" {
		return fmt.Errorf("no address is known for %s", filepath.Base(dir))
	}
	git := s.engine.Git
	if err := git.InitBare(ctx, dir); err != nil {
		return err
	}
	args := []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", from}
	for _, id := range commits {
		args = append(args, "+"+id+":refs/prcheck/"+id)
	}
	_, err := git.Run(ctx, dir, args...)
	return err
}

// checkOut lays out all trees: at a cost of what changed, where the store has the rest.
func (s *stage) checkOut(ctx context.Context) error {
	e, p := s.engine, s.plan
	changes, err := s.changes(ctx)
	if err != nil {
		return err
	}
	ignore, err := trees.Ignore(ctx, e.Git, e.Layout.Target(), p.Revision.Base)
	if err != nil {
		return err
	}
	for _, side := range Sides {
		if err := s.layTree(ctx, e.Layout.Tree(side), p.Repository, s.treeOf(side, ignore, gitops.Paths(changes))); err != nil {
			return fmt.Errorf("laying out the %s: %w", side, err)
		}
	}
	if err := s.layRequest(ctx, ignore); err != nil {
		return err
	}
	for _, m := range p.Masters {
		bare := e.Layout.Master(m.Name)
		if ignore, err = trees.Ignore(ctx, e.Git, bare, m.Commit); err != nil {
			return err
		}
		tree := trees.Side{Repo: bare, Commit: m.Commit, Branch: branchName(m.Branch), Role: trees.Master, Ignore: ignore, Trust: e.trusted()}
		if err := s.layTree(ctx, e.Layout.MasterTree(m.Name), m.Name, tree); err != nil {
			return fmt.Errorf("laying out the master %s: %w", m.Name, err)
		}
	}
	return nil
}

// treeOf is what a side's tree is made of. Both sides get the base's ignore file. What the head changes is real on both, so that nothing of a
// pull request goes into the store.
func (s *stage) treeOf(side string, ignore []byte, changed []string) trees.Side {
	e, p := s.engine, s.plan
	return trees.Side{
		Repo: e.Layout.Target(), Commit: commitOf(p, side), Branch: branchName(p.Revision.Branch), Role: trees.Target,
		Ignore: ignore, Real: changed, Trust: e.trusted(),
	}
}

func (e *Engine) trusted() trees.Trust {
	return trees.Trust{Generated: e.Trust.Generated, Ignore: e.Trust.Ignore, Links: e.Trust.Links}
}

// layTree lays out one tree.
func (s *stage) layTree(ctx context.Context, dst, repository string, side trees.Side) error {
	store, err := trees.Open(s.engine.storeOf(repository), s.engine.Git)
	if err != nil {
		return err
	}
	report, err := store.Farm(ctx, dst, side)
	if err != nil {
		return err
	}
	if report.Plain != "" {
		fmt.Fprintf(s.log, "prcheck: %s was checked out as a whole: %s\n", side.Commit, report.Plain)
	}
	for _, entry := range store.Healed() {
		fmt.Fprintf(s.log, "prcheck: the store of trees had a damaged entry, which was made anew: %s\n", entry)
	}
	return nil
}

// storeOf is the folder of a repository's store of trees. Each has its own: who may read one tree of a store may read all.
func (e *Engine) storeOf(repository string) string {
	if dir, ok := e.Stores[repository]; ok {
		return dir
	}
	return e.Layout.Source("trees", repository)
}

// stores are the folders that links of the plan's trees lead into. Links name them by the paths that they have here.
func (s *stage) stores() []string {
	dirs := []string{trees.Dir(s.engine.storeOf(s.plan.Repository))}
	for _, m := range s.plan.Masters {
		dirs = append(dirs, trees.Dir(s.engine.storeOf(m.Name)))
	}
	return dirs
}

// branchName is what the checked-out branch is called. pkgcheck takes the last part of origin/HEAD's name for the default
// branch's, so a name with a slash would make every history empty.
func branchName(branch string) string {
	if branch == "" {
		return "main"
	}
	return path.Base(branch)
}

// jobs is the number of worker processes: the profile's, or as many as the CPU limit allows.
func (s *stage) jobs() int {
	if n := s.plan.Snapshot.Jobs; n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}
