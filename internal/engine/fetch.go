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
	"strconv"
	"strings"
	"time"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
)

// outFile is what the driver writes in a call's folder.
const outFile = "out"

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
	if err := os.WriteFile(l.driverFile(), driver.Archive(), 0o644); err != nil {
		return err
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

// checkOut writes all trees. Those of the target are tamed, and both get the base's ignore file.
func (s *stage) checkOut(ctx context.Context) error {
	e, p := s.engine, s.plan
	branch := branchName(p.Revision.Branch)
	for _, side := range []struct{ name, commit string }{{Base, p.Revision.Base}, {Head, p.Revision.Merge}} {
		if err := e.Git.CheckOut(ctx, e.Layout.Target(), side.commit, branch, e.Layout.Tree(side.name)); err != nil {
			return err
		}
	}
	ignore, err := readIgnore(e.Layout.Tree(Base))
	if err != nil {
		return err
	}
	for _, side := range Sides {
		if err := tame(e.Layout.Tree(side), ignore, e.Trust); err != nil {
			return fmt.Errorf("preparing the check-out of %s: %w", side, err)
		}
		if err := e.stamp(ctx, e.Layout.Tree(side), targetEpoch); err != nil {
			return err
		}
	}
	for _, m := range p.Masters {
		if err := e.checkOutMaster(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// checkOutMaster writes a master's tree, tamed, with its own ignore file.
func (e *Engine) checkOutMaster(ctx context.Context, m plan.Master) error {
	tree := e.Layout.MasterTree(m.Name)
	if err := e.Git.CheckOut(ctx, e.Layout.Master(m.Name), m.Commit, branchName(m.Branch), tree); err != nil {
		return err
	}
	ignore, err := readIgnore(tree)
	if err != nil {
		return err
	}
	if err := tame(tree, ignore, e.Trust); err != nil {
		return fmt.Errorf("preparing the check-out of %s: %w", m.Name, err)
	}
	return e.stamp(ctx, tree, masterEpoch)
}

// branchName is what the checked-out branch is called. pkgcheck takes the last part of origin/HEAD's name for the default
// branch's, so a name with a slash would make every history empty.
func branchName(branch string) string {
	if branch == "" {
		return "main"
	}
	return path.Base(branch)
}

// Times of files are made from git ids, so that pkgcheck's caches, which believe times, are used for the same content and
// for no other. Only the newest file of a stack of profiles counts there, so the target's times are later than any master's.
const (
	masterEpoch = 900_000_000
	targetEpoch = 1_200_000_000
	stampBits   = 28
)

// stampedFolders are those whose times the tool believes.
var stampedFolders = []string{"profiles", "eclass"}

// stamp sets the times of files below the stamped folders by what git calls the folder.
func (e *Engine) stamp(ctx context.Context, tree string, epoch int64) error {
	for _, folder := range stampedFolders {
		id, err := e.Git.Line(ctx, tree, "rev-parse", "--verify", "--quiet", "HEAD:"+folder)
		var failed *gitops.Error
		if errors.As(err, &failed) && failed.ExitCode == 1 {
			continue // there is no such folder
		}
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(id[:8], 16, 64)
		if err != nil {
			return fmt.Errorf("git names %s %q: %w", folder, id, err)
		}
		if err := setTimes(tree, folder, time.Unix(epoch+n&(1<<stampBits-1), 0)); err != nil {
			return fmt.Errorf("setting times in %s: %w", tree, err)
		}
	}
	return nil
}

// jobs is the number of worker processes: the profile's, or as many as the CPU limit allows.
func (s *stage) jobs() int {
	if n := s.plan.Snapshot.Jobs; n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}
