// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

const runLong = `Check one change without a cluster.

prcheck merges --head into --base, scans both the base and the merge result with pkgcheck, and reports only
what differs: what is new, what is fixed, what a new version inherits from an old one. It makes the same merge
and gives the same findings as the operator does in a pod.

The repository can be a local clone or an address. Revisions are whatever git understands there: a branch, a tag,
a commit, refs/pull/7/head. Nothing is written to a local clone.

The change's ebuilds are run (sourced), as pkgcheck does: in a sandbox without network that may write only to
its own folder. --toolchain says which pkgcheck does it:

  local        the one on PATH or in /opt/pkgcheck/bin, 0.10.49 or newer
  rootfs:DIR   the one in an unpacked root file system, at /opt/pkgcheck/bin; needs root or user namespaces
  image:REF    the one in an image: a name for podman or docker, an OCI layout folder, or an archive (docker save)

Exit code: 0 no new problem that gates, 1 some, 2 it could not be decided (standard error says why).`

const runExample = `  # What would merging the checked-out branch into main change?
  prcheck run --repo . --base main --head HEAD --master gentoo=/var/db/repos/gentoo

  # A pull request on a forge, with the toolchain that the cluster uses
  prcheck run --repo https://github.com/gentoo/guru.git --base dev --head refs/pull/7/head \
      --master gentoo=https://github.com/gentoo/gentoo.git --toolchain rootfs:/srv/toolchain -o json`

// options are the flags of prcheck run.
type options struct {
	repo, base, head string
	masters          []string
	profile          string
	toolchain        string
	scope            string
	commits          string
	output           string
	clock            string
	repositoryName   string
	keep             string
	jobs             int
	verbose          bool
	noCache          bool
	cacheDir         string
	existing         bool
}

func newRunCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:     "run --repo DIR|URL --base REV --head REV [--master NAME=DIR|URL[@REV]]…",
		Short:   "Check one change without a cluster",
		Long:    runLong,
		Example: runExample,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.execute(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.repo, "repo", "", "the repository: a local clone, or an address that git can fetch from")
	f.StringVar(&o.base, "base", "", "revision to compare with: the target branch")
	f.StringVar(&o.head, "head", "", "revision to check: the pull request's head")
	f.StringArrayVar(&o.masters, "master", nil, "a repository that this one builds on, `NAME=DIR|URL[@REV]`; once for each name in masters of metadata/layout.conf")
	f.StringVar(&o.profile, "profile", "", "`FILE` with a CheckProfile (YAML); default: profiles stable and dev, new errors gate")
	f.StringVar(&o.toolchain, "toolchain", "local", "pkgcheck to use: `local|rootfs:DIR|image:REF`")
	f.StringVar(&o.scope, "scope", "auto", "how much to scan: `auto|full`")
	f.StringVar(&o.commits, "commits", "", "check the change's own commits (sign-off, message, dropped keywords …): `auto|on|off`; default: what the profile says, which is auto where it says nothing")
	f.StringVarP(&o.output, "output", "o", "text", "form of the result: `text|json`")
	f.StringVar(&o.clock, "clock", "", "the instant that age-dependent checks take for now (`RFC3339`); default: the beginning of this day, UTC")
	f.StringVar(&o.repositoryName, "repository-name", "", "configured name of the repository (\"gentoo\" turns ::gentoo's own checks on); default: profiles/repo_name of the base")
	f.IntVarP(&o.jobs, "jobs", "j", 0, "worker processes; default: the profile's, else one for each CPU")
	f.StringVar(&o.keep, "keep", "", "new or empty `DIR` to keep everything in: trees, metadata, logs, raw results; default: a temporary folder that is removed")
	f.BoolVar(&o.noCache, "no-cache", false, "neither use nor leave anything: each run then makes the base's metadata and caches anew")
	f.StringVar(&o.cacheDir, "cache-dir", "", "`DIR` for what runs leave for later runs: mirrors, trees, kits of bases; default: prcheck in the user's cache folder")
	f.BoolVar(&o.existing, "existing", false, "list what was there before, too (text)")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "show the tool's own output while it works")
	for _, name := range []string{"repo", "base", "head"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a misspelled name, here
		}
	}
	return cmd
}

// session is one prcheck run at work.
type session struct {
	options  options
	err      io.Writer
	engine   *engine.Engine
	progress *progress
	began    time.Time
	cache    *cache // nil: none
	// beforeScan is called when the scan stage begins; nil: nothing is to be done then.
	beforeScan func()
}

func (o options) execute(ctx context.Context, out, errOut io.Writer) error {
	clk := clock.RealClock{}
	began := clk.Now()
	instant, err := o.check(began)
	if err != nil {
		return err
	}
	snapshot, err := o.snapshot()
	if err != nil {
		return err
	}
	dir, done, err := o.folder()
	if err != nil {
		return err
	}
	var removing sync.WaitGroup
	defer removing.Wait()
	s := &session{options: o, err: errOut, began: began, progress: newProgress(errOut, clk, o.verbose)}
	s.engine = &engine.Engine{
		Layout: engine.Layout{Root: filepath.Join(dir, "run"), Temporary: filepath.Join(dir, "tmp")},
		Clock:  clk, Started: s.progress.step,
	}
	if o.verbose {
		s.engine.Live = errOut
	}
	p, v, err := s.run(ctx, dir, snapshot, instant)
	s.progress.end()
	removing.Go(done) // while the report is made
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		return err
	}
	if o.keep != "" {
		fmt.Fprintf(errOut, "prcheck: everything is kept in %s\n", dir)
	}
	return s.report(out, p, v, clk.Since(began))
}

// check refuses flags that cannot be meant, before any work, and returns the instant of the scans.
func (o options) check(now time.Time) (time.Time, error) {
	switch {
	case o.scope != "auto" && o.scope != "full":
		return now, fmt.Errorf("--scope %s: use auto or full", o.scope)
	case o.commits != "" && o.commits != "auto" && o.commits != "on" && o.commits != "off":
		return now, fmt.Errorf("--commits %s: use auto, on or off", o.commits)
	case o.output != "text" && o.output != "json":
		return now, fmt.Errorf("--output %s: use text or json", o.output)
	case o.jobs < 0:
		return now, fmt.Errorf("--jobs %d: use 0 (one for each CPU) or more", o.jobs)
	case o.clock == "":
		return now.UTC().Truncate(24 * time.Hour), nil
	}
	instant, err := time.Parse(time.RFC3339, o.clock)
	if err != nil {
		return now, fmt.Errorf("--clock %s: use the form 2026-11-21T14:00:00Z", o.clock)
	}
	return instant.UTC().Truncate(time.Second), nil
}

// folder makes the folder that the run works in. done removes it, unless it is to be kept.
func (o options) folder() (dir string, done func(), err error) {
	if o.keep == "" {
		dir, err = os.MkdirTemp("", "prcheck-run-")
		return dir, func() { remove(dir) }, err
	}
	if dir, err = filepath.Abs(o.keep); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", nil, err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("--keep %s: the folder is not empty", o.keep)
	}
	return dir, func() {}, err
}

// remove removes a run's folder, whose trees are most of it, several parts at once. Where it cannot, nothing is lost but space.
func remove(dir string) {
	parts, err := filepath.Glob(filepath.Join(dir, "run", "source", "*"))
	if err == nil {
		var removing sync.WaitGroup
		for _, part := range parts {
			removing.Go(func() { _ = os.RemoveAll(part) })
		}
		removing.Wait()
	}
	_ = os.RemoveAll(dir)
}

// run goes from flags to verdict.
func (s *session) run(ctx context.Context, dir string, snapshot plan.Snapshot, instant time.Time) (plan.Plan, *verdict.Verdict, error) {
	p := plan.Plan{Version: plan.Version, Clock: instant, Snapshot: snapshot}
	var err error
	if s.engine.Toolchain, err = s.findToolchain(ctx); err != nil {
		return p, nil, err
	}
	p.Snapshot.Image = s.engine.Toolchain.Name
	if err := s.engine.Layout.Make(); err != nil {
		return p, nil, err
	}
	if err := s.prepareGit(dir); err != nil {
		return p, nil, err
	}
	if s.cache, err = s.openCache(); err != nil {
		return p, nil, err
	}
	s.progress.step(plan.StageFetch, "repository")
	target, err := s.openRepository(ctx, s.engine.Layout.Target(), "--repo", s.options.repo)
	if err != nil {
		return p, nil, err
	}
	v, err := s.merge(ctx, target, &p)
	if err != nil || v != nil {
		return p, v, err
	}
	if err := s.complete(ctx, target, &p); err != nil {
		return p, nil, err
	}
	s.keepStore(p.Repository, s.options.repo)
	v, err = s.judged(ctx, p, dir)
	return p, v, errors.Join(err, ctx.Err())
}

// stages runs fetch, prepare and scan as a pod does, and judges what they left.
func (s *session) stages(ctx context.Context, p plan.Plan) *verdict.Verdict {
	for _, stage := range []func() (plan.Outcome, error){
		func() (plan.Outcome, error) { return s.engine.Fetch(ctx, p, engine.Remote{}) },
		func() (plan.Outcome, error) { return s.engine.Prepare(ctx, p) },
		func() (plan.Outcome, error) {
			if s.beforeScan != nil {
				s.beforeScan()
			}
			return s.engine.Scan(ctx, p)
		},
	} {
		outcome, err := stage()
		if err != nil {
			return &verdict.Verdict{
				Conclusion: finding.ConclusionError, Reason: plan.ReasonInfrastructure, Message: "The outcome of a stage could not be written: " + err.Error(),
				Revision: p.Revision, Scope: p.Scope, Outcomes: []plan.Outcome{outcome},
			}
		}
		if !outcome.OK() {
			break // the verdict says what happened
		}
	}
	s.progress.step("compare", "base and head")
	return engine.Evaluate(s.engine.Layout.Bundle(), p)
}
