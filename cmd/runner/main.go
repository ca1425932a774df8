// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Command runner is what runs in a run's pod: one stage a container. fetch and publish speak to the server, prepare and scan run
// the QA tool; the latter two are started from the copy that fetch leaves in the pod, in an image that has no runner.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/client"
	"github.com/prcheck/prcheck/internal/sandbox"
)

const usage = `runner runs one stage of a check in its pod. It is started by the Jobs that prcheck-manager makes, not by people.

Usage: runner fetch|prepare|scan|publish
       runner cache-make DIR USER NAMESPACE…   makes the folders of a node's cache (as root)
       runner cache-keep DIR                   prunes them, every hour, until it is stopped

prcheck run does the same at home.
`

func main() {
	sandbox.Main()
	syscall.Umask(0o022) // later stages run under other users and must be able to read
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	r := &runner{clock: clock.RealClock{}, layout: engine.PodLayout}
	err := r.run(ctx, os.Args[1:])
	stop()
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprint(os.Stderr, usage)
		os.Exit(64)
	case err != nil:
		fmt.Fprintln(os.Stderr, "runner: "+err.Error())
		os.Exit(1)
	}
}

var errUsage = errors.New("usage")

// runner runs a stage.
type runner struct {
	clock  clock.Clock
	layout engine.Layout
}

func (r *runner) run(ctx context.Context, args []string) error {
	if len(args) > 1 {
		return r.cacheCommand(ctx, args)
	}
	if len(args) != 1 {
		return errUsage
	}
	switch plan.Stage(args[0]) {
	case plan.StageFetch:
		return r.fetch(ctx)
	case plan.StagePrepare:
		return r.tool(ctx, plan.StageFetch, r.prepare)
	case plan.StageScan:
		return r.tool(ctx, plan.StagePrepare, r.scan)
	case plan.StagePublish:
		return r.publish(ctx)
	}
	return errUsage
}

func (r *runner) engine() *engine.Engine {
	return &engine.Engine{
		Layout: r.layout, Toolchain: engine.PodToolchain(), Clock: r.clock,
		Live: os.Stderr, Runner: "/proc/self/exe",
		Started: func(stage plan.Stage, step string) { fmt.Fprintf(os.Stderr, "prcheck: %s: %s\n", stage, step) },
	}
}

// tool runs prepare or scan. Whatever the tool did, the outcome says it; the container fails only where that cannot be written,
// or where somebody stopped it.
func (r *runner) tool(ctx context.Context, before plan.Stage, stage func(context.Context, *engine.Engine, plan.Plan) (plan.Outcome, error)) error {
	if !r.layout.Completed(before) {
		fmt.Fprintf(os.Stderr, "runner: nothing to do, because %s did not complete\n", before)
		return nil
	}
	p, err := r.plan()
	if err != nil {
		return err
	}
	e := r.engine()
	if _, err := os.Stat(r.layout.Source(plan.CachedFile)); err == nil {
		useCache(e, r.cacheDir(), p)
	}
	if err := r.useKit(e, p); err != nil {
		return fmt.Errorf("using what earlier runs left: %w", err)
	}
	if _, err := stage(ctx, e, p); err != nil {
		return fmt.Errorf("writing the outcome: %w", err)
	}
	return ctx.Err()
}

func (r *runner) plan() (plan.Plan, error) {
	var p plan.Plan
	data, err := os.ReadFile(r.layout.Source(plan.PlanFile))
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	if err != nil {
		return p, fmt.Errorf("reading the plan: %w", err)
	}
	return p, nil
}

func newClient() (*client.Client, error) {
	server := os.Getenv(plan.EnvServer)
	if server == "" {
		return nil, fmt.Errorf("%s is not set: it names the server's internal address", plan.EnvServer)
	}
	return client.New(client.Options{BaseURL: server, TokenFile: plan.TokenFile, CAFile: plan.CAFile})
}

// fetch gets plan and trees from the server.
func (r *runner) fetch(ctx context.Context) error {
	c, err := newClient()
	if err != nil {
		return err
	}
	var p *plan.Plan
	err = r.retry(ctx, planPatience, func() (err error) {
		p, err = c.Plan(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("getting the plan: %w", err)
	}
	e := r.engine()
	if e.Git, err = podGit(); err != nil {
		return err
	}
	from := engine.Remote{Target: c.TargetURL(), Masters: map[string]string{}}
	for _, m := range p.Masters {
		from.Masters[m.Name] = c.MasterURL(m.Name)
	}
	outcome, err := r.fetchCached(ctx, e, *p, from)
	if err != nil {
		return err
	}
	if !outcome.OK() {
		return errors.New(outcome.Message)
	}
	r.takeKit(ctx, c, *p)
	r.takeFindings(ctx, c, *p)
	return nil
}

// podGit is git with the pod's token. It goes into the environment, where no other user of the node can read it.
func podGit() (gitops.Git, error) {
	token, err := os.ReadFile(plan.TokenFile)
	if err != nil {
		return gitops.Git{}, fmt.Errorf("reading the token: %w", err)
	}
	return gitops.Git{Protocols: []string{"https"}, Config: []gitops.Setting{
		{Key: "http.extraHeader", Value: "Authorization: Bearer " + strings.TrimSpace(string(token))},
		{Key: "http.sslCAInfo", Value: plan.CAFile},
		{Key: "http.followRedirects", Value: "false"},
		{Key: "http.proxy", Value: ""},
		{Key: "http.lowSpeedLimit", Value: "1000"},
		{Key: "http.lowSpeedTime", Value: "60"},
	}}, nil
}

// publish hands the results over and ends well only when the server has acknowledged them.
func (r *runner) publish(ctx context.Context) error {
	c, err := newClient()
	if err != nil {
		return err
	}
	patience := publishPatience
	p, planErr := r.plan()
	if planErr == nil && p.Snapshot.Timeouts.Publish > 0 {
		patience = p.Snapshot.Timeouts.Publish
	}
	if planErr == nil {
		if err := r.publishKit(ctx, c, p, patience); err != nil {
			fmt.Fprintf(os.Stderr, "runner: %v\n", err) // the result tells more, and the server says that nothing else came
		}
	}
	err = r.retry(ctx, patience, func() error {
		summary, err := c.PutResult(ctx, r.layout.Bundle())
		if err == nil {
			fmt.Fprintf(os.Stderr, "prcheck: published: %s\n", summary.Line)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("publishing the results: %w", err)
	}
	return nil
}

// How long fetch and publish try to reach the server.
const (
	planPatience    = 3 * time.Minute
	publishPatience = 10 * time.Minute
	firstWait       = time.Second
	longestWait     = 30 * time.Second
)

// retry repeats what failed because the server could not be reached, with growing pauses, until patience is over.
func (r *runner) retry(ctx context.Context, patience time.Duration, do func() error) error {
	end := r.clock.Now().Add(patience)
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := do()
		transient := errors.Is(err, client.ErrUnavailable) || errors.Is(err, client.ErrDenied) // a new token may not be known everywhere yet
		if err == nil || !transient || r.clock.Now().Add(wait).After(end) {
			return err
		}
		fmt.Fprintf(os.Stderr, "runner: trying again in %s: %v\n", wait, err)
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-r.clock.After(wait):
		}
	}
}
