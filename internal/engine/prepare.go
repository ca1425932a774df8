// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
}

// Prepare makes the metadata of masters, base and head, in this order. Each is a process of its own that may change its own
// folder only, so the head's code, which comes last, meets nothing that it could change and that anyone believes.
func (e *Engine) Prepare(ctx context.Context, p plan.Plan) (plan.Outcome, error) {
	s := e.begin(p, plan.StagePrepare)
	return s.end(e.Layout.Prepared(), s.prepare(ctx))
}

func (s *stage) prepare(ctx context.Context) error {
	l, p := s.engine.Layout, s.plan
	for _, m := range p.Masters {
		others := slices.DeleteFunc(slices.Clone(p.Masters), func(o plan.Master) bool { return o.Name == m.Name })
		out := l.Prepared("masters", m.Name)
		err := s.step(m.Name+" metadata", func() error {
			return s.prepareOne(ctx, "prepare-"+m.Name, m.Name, l.MasterTree(m.Name), others, out, s.engine.Seeds[m.Name])
		})
		if err != nil {
			return fmt.Errorf("making the metadata of the master %s: %w", m.Name, err)
		}
	}
	seed := l.Prepared(Base)
	baseErr := s.step("base metadata", func() error {
		return s.prepareOne(ctx, "prepare-base", p.Repository, l.Tree(Base), p.Masters, l.Prepared(Base), s.engine.Seeds[p.Repository])
	})
	var incomplete *incompleteError
	switch {
	case errors.As(baseErr, &incomplete):
		// The scan of the base will fail for want of metadata, and the verdict will say that the base is broken.
		fmt.Fprintf(s.log, "prcheck: making the metadata of the base: %v\n", baseErr)
		seed = ""
	case baseErr != nil:
		return fmt.Errorf("making the metadata of the base: %w", baseErr)
	}
	if s.engine.Trust.Generated {
		seed = l.Tree(Head) + "/metadata"
	}
	err := s.step("head metadata", func() error {
		return s.prepareOne(ctx, "prepare-head", p.Repository, l.Tree(Head), p.Masters, l.Prepared(Head), seed)
	})
	if err != nil {
		return fmt.Errorf("making the metadata of the head: %w", err)
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

func (s *stage) prepareOne(ctx context.Context, call, name, tree string, masters []plan.Master, out, seed string) error {
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
