// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/plan"
)

// repository is one repository in the driver's requests.
type repository struct {
	Name     string `json:"name"`
	Path     string `json:"path"`
	Prepared string `json:"prepared,omitempty"`
}

// prepareRequest is the driver's request of that name (PROTOCOL.md).
type prepareRequest struct {
	Protocol int          `json:"protocol"`
	Target   repository   `json:"target"`
	Masters  []repository `json:"masters"`
	Output   string       `json:"output"`
	Seed     *string      `json:"seed"`
	Work     string       `json:"work"`
	Jobs     int          `json:"jobs"`
	// What is made, where that is not everything: all three or none.
	Ebuilds    *[]string `json:"ebuilds,omitempty"`
	Eclasses   *[]string `json:"eclasses,omitempty"`
	LocalFlags *[]string `json:"localFlags,omitempty"`
}

// Prepare makes the metadata of masters and base, where there is no kit that has them, and then the head's where they cannot be the base's.
// Each is a process of its own that may change its own folder only, so the head's code, which comes last, meets nothing that it could
// change and that anyone believes.
func (e *Engine) Prepare(ctx context.Context, p plan.Plan) (plan.Outcome, error) {
	s := e.begin(p, plan.StagePrepare)
	return s.end(e.Layout.Prepared(), s.prepare(ctx))
}

func (s *stage) prepare(ctx context.Context) error {
	if s.engine.Kit == "" {
		if err := s.prepareTrusted(ctx); err != nil {
			return err
		}
	}
	var d *difference
	err := s.step("changes", func() (err error) {
		d, err = s.differ(ctx, s.basePrepared())
		return err
	})
	if err != nil {
		return fmt.Errorf("comparing the base's metadata with the head: %w", err)
	}
	switch {
	case s.engine.Trust.Generated:
		err = s.prepareHead(ctx, s.engine.Layout.Tree(Head)+"/metadata", nil)
	case d.nothing():
		err = s.engine.give(plan.StagePrepare, s.engine.Layout.Prepared(Head))
	default:
		err = s.prepareHead(ctx, "", d)
	}
	if err != nil {
		return err
	}
	return s.prepareOwnTree(ctx)
}

// lastLine is what a traceback comes to.
func lastLine(said string) string {
	said = strings.TrimSpace(said)
	return strings.TrimSpace(said[strings.LastIndexByte(said, '\n')+1:])
}

func (s *stage) prepareHead(ctx context.Context, seed string, only *difference) error {
	l, p := s.engine.Layout, s.plan
	err := s.step("head metadata", func() error {
		return s.prepareOne(ctx, callPrepare, p.Repository, l.Tree(Head), p.Masters, l.Prepared(Head), seed, only)
	})
	if incomplete, ok := errors.AsType[*incompleteError](err); ok {
		return &failure{plan.ReasonCulprit, "The tool does not get through the repository as the change leaves it, so that nothing of it can be checked: " + lastLine(incomplete.said), nil}
	}
	if err != nil {
		return fmt.Errorf("making the metadata of the head: %w", err)
	}
	return nil
}

// prepareTrusted makes the metadata of masters and base.
func (s *stage) prepareTrusted(ctx context.Context) error {
	l, p := s.engine.Layout, s.plan
	for _, m := range p.Masters {
		others := slices.DeleteFunc(slices.Clone(p.Masters), func(o plan.Master) bool { return o.Name == m.Name })
		out := l.Prepared("masters", m.Name)
		err := s.step(m.Name+" metadata", func() error {
			return s.prepareOne(ctx, "prepare-"+m.Name, m.Name, l.MasterTree(m.Name), others, out, s.engine.Seeds[m.Name], nil)
		})
		if err != nil {
			return fmt.Errorf("making the metadata of the master %s: %w", m.Name, err)
		}
	}
	err := s.step("base metadata", func() error {
		return s.prepareOne(ctx, "prepare-base", p.Repository, l.Tree(Base), p.Masters, l.Prepared(Base), s.engine.Seeds[p.Repository], nil)
	})
	var incomplete *incompleteError
	switch {
	case errors.As(err, &incomplete):
		// The scan of the base will fail for want of metadata, and the verdict will say that the base is broken.
		fmt.Fprintf(s.log, "prcheck: making the metadata of the base: %v\n", err)
		return errors.Join(os.RemoveAll(l.Prepared(Base)), os.Mkdir(l.Prepared(Base), 0o755))
	case err != nil:
		return fmt.Errorf("making the metadata of the base: %w", err)
	}
	return nil
}

// incompleteError is an end of the driver that left its work undone.
type incompleteError struct {
	code int
	said string
}

func (e *incompleteError) Error() string {
	return fmt.Sprintf("the driver ended with code %d.%s", e.code, e.said)
}

func (s *stage) prepareOne(ctx context.Context, call, name, tree string, masters []plan.Master, out, seed string, only *difference) error {
	e, stageName := s.engine, s.outcome.Stage
	in := func(path string) string { return e.inside(stageName, path) }
	if err := e.give(stageName, out); err != nil {
		return err
	}
	request := prepareRequest{
		Protocol: driver.Protocol,
		Target:   repository{Name: name, Path: in(tree)},
		Masters:  []repository{},
		Output:   in(out),
		Work:     in(e.Layout.Tmp(stageName, call, "work")),
		Jobs:     s.jobs(),
	}
	for _, m := range masters {
		request.Masters = append(request.Masters, repository{Name: m.Name, Path: in(e.Layout.MasterTree(m.Name))})
	}
	read := []string{e.Layout.Source()}
	if only != nil {
		request.Ebuilds, request.Eclasses = &only.ebuilds, &only.eclasses
		request.LocalFlags = &only.packages
	}
	if seed != "" {
		request.Seed = new(in(seed))
		read = append(read, seed)
	}
	code, err := s.drive(ctx, newCall("prepare", call, request, read, []string{out}))
	if err != nil {
		return err
	}
	if code != driver.ExitDone {
		return &incompleteError{code, s.said()}
	}
	return nil
}

func newCall(command, name string, request any, read, write []string) call {
	return call{command: command, name: name, request: request, read: read, write: write}
}
