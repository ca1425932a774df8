// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/store"
)

// pods answers the pods of runs.
type pods struct {
	service *Service
	who     Authenticator
}

// logged notes errors whose text the caller does not get.
func (p *pods) logged(ctx context.Context, err error) error {
	if code, _ := status(err); code == http.StatusServiceUnavailable && ctx.Err() == nil {
		p.service.Log.ErrorContext(ctx, "A pod's request failed", "error", err)
	} else if errors.Is(err, auth.ErrForbidden) || errors.Is(err, auth.ErrUnauthenticated) {
		p.service.Log.WarnContext(ctx, "A pod's request was refused", "error", err)
		p.service.Metrics.denied()
	}
	return err
}

func (p *pods) fail(w http.ResponseWriter, r *http.Request, err error) {
	code, text := status(p.logged(r.Context(), err))
	if code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="prcheck"`)
	}
	if werr := writeJSON(w, code, "application/problem+json", huma.NewError(code, text)); werr != nil {
		p.service.Log.DebugContext(r.Context(), "A pod went away", "error", werr)
	}
}

func (p *pods) putResult(w http.ResponseWriter, r *http.Request) {
	caller, err := p.who.Pod(r.Context(), bearer(r.Header.Get("Authorization")), plan.AudiencePublish)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	// The pod may be cut off after it sent everything: the result counts nevertheless.
	summary, err := p.service.PutResult(context.WithoutCancel(r.Context()), caller, http.MaxBytesReader(w, r.Body, p.service.MaxBundle+1))
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if err := writeJSON(w, http.StatusOK, "application/json", summary); err != nil {
		p.service.Log.DebugContext(r.Context(), "A pod went away", "error", err)
	}
}

// run returns the run of a fetching pod with its plan.
func (p *pods) run(r *http.Request) (*store.Run, *plan.Plan, error) {
	// git sends what the runner configured as an extra header; other clients of git send it as a password.
	token := bearer(r.Header.Get("Authorization"))
	if _, password, ok := r.BasicAuth(); ok {
		token = password
	}
	caller, err := p.who.Pod(r.Context(), token, plan.AudienceFetch)
	if err != nil {
		return nil, nil, err
	}
	run, err := p.service.Store.Run(r.Context(), caller.Run)
	if err != nil {
		return nil, nil, err
	}
	planned, err := p.service.Store.Plan(r.Context(), caller.Run)
	return run, planned, err
}

func (p *pods) gitTarget(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	run, planned, err := p.run(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	source, err := p.service.Sources.Target(ctx, run.Record.Namespace, run.Record.Repository)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	rev := planned.Revision
	if planned.Baseline != nil {
		err = p.service.Mirrors.EnsureCommit(ctx, source, rev.Base, rev.Branch)
	} else {
		err = p.service.Mirrors.Ensure(ctx, source, gitmirror.Wanted{Number: run.Record.Number, Branch: rev.Branch, Base: rev.Base, Head: rev.Head, Merge: rev.Merge})
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	p.service.Mirrors.ServeGit(w, r, source, r.PathValue("path"))
}

func (p *pods) gitMaster(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	run, planned, err := p.run(r)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	name, isGit := strings.CutSuffix(r.PathValue("name"), ".git")
	source, pinned, err := p.master(ctx, run, planned, name)
	if err != nil || !isGit {
		p.fail(w, r, errors.Join(err, store.ErrNotFound))
		return
	}
	if err := p.service.Mirrors.EnsureCommit(ctx, source, pinned.Commit, pinned.Branch); err != nil {
		p.fail(w, r, err)
		return
	}
	p.service.Mirrors.ServeGit(w, r, source, r.PathValue("path"))
}

// master finds a master of the run's plan: its commit stands there, its address in the Repository.
func (p *pods) master(ctx context.Context, run *store.Run, planned *plan.Plan, name string) (gitmirror.Source, plan.Master, error) {
	masters, err := p.service.Sources.Masters(ctx, run.Record.Namespace, run.Record.Repository)
	if err != nil {
		return gitmirror.Source{}, plan.Master{}, err
	}
	for _, pinned := range planned.Masters {
		for _, m := range masters {
			if pinned.Name == name && m.Name == name {
				return m.Source, pinned, nil
			}
		}
	}
	return gitmirror.Source{}, plan.Master{}, store.ErrNotFound
}
