// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
	"github.com/prcheck/prcheck/internal/version"
)

// maxFacts is how many facts one answer holds.
const maxFacts = 1000

type body[T any] struct{ Body T }

// FactList is a part of a run's facts.
type FactList struct {
	Items []verdict.Item `json:"items"`
	// Next is the value of from for the following part, 0 at the end.
	Next int `json:"next"`
}

// PullRuns are the runs of a pull request, newest first.
type PullRuns struct {
	Namespace  string    `json:"namespace"`
	Repository string    `json:"repository"`
	Number     int64     `json:"number"`
	Title      string    `json:"title"`
	PullURL    string    `json:"pullURL"`
	Runs       []Attempt `json:"runs"`
}

// RunInput is the part of an address that names a run (exported, because huma sees only exported fields).
type RunInput struct {
	Hash string `doc:"the run's hash, or its first 7 digits or more" path:"hash" pattern:"^[0-9a-f]{7,64}$"`
}

type factsInput struct {
	RunInput
	Class string `doc:"only facts of this class" enum:"new,existing,fixed,inherited,unveiled,hidden,unstable" query:"class"`
	Rule  string `doc:"only facts of this rule" maxLength:"100" query:"rule"`
	From  int    `doc:"as next of the part before" minimum:"0" query:"from"`
}

type logInput struct {
	RunInput
	Stage string `doc:"fetch, prepare, scan or publish; of a run that is divided with the number of the shard, as in scan-2" path:"stage" pattern:"^(fetch|prepare|scan|publish)(-[1-9][0-9]?)?$"`
}

type pullInput struct {
	Namespace  string `maxLength:"63" path:"namespace"`
	Repository string `maxLength:"63" path:"name"`
	Number     int64  `minimum:"1" path:"number"`
}

func (s *Site) registerAPI(mux *http.ServeMux) huma.API {
	config := huma.DefaultConfig("prcheck", version.Version)
	config.CreateHooks = nil // no $schema in bodies
	config.DocsPath, config.SchemasPath = "", ""
	config.Info.Description = "What prcheck found in pull requests. Reading needs no account."
	if s.ExternalURL != "" {
		config.Servers = []*huma.Server{{URL: s.ExternalURL}}
	}
	api := humago.New(mux, config)
	get := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Errors: []int{http.StatusNotFound, http.StatusServiceUnavailable}}
	}
	huma.Register(api, get("get-run", "/api/v1/runs/{hash}", "The report on a run, as its page shows it"), s.apiRun)
	huma.Register(api, get("list-facts", "/api/v1/runs/{hash}/facts", "All facts of a run"), s.apiFacts)
	huma.Register(api, get("get-log", "/api/v1/runs/{hash}/log/{stage}", "A stage's log"), s.apiLog)
	huma.Register(api, get("get-pull", "/api/v1/repositories/{namespace}/{name}/pulls/{number}", "The runs of a pull request"), s.apiPull)
	return api
}

func (s *Site) apiError(ctx context.Context, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return huma.Error404NotFound("no run starts so")
	}
	s.Log.ErrorContext(ctx, "A public request failed", "error", err)
	return huma.Error503ServiceUnavailable("this cannot be read now; try again")
}

func (s *Site) apiRun(ctx context.Context, in *RunInput) (*body[*Report], error) {
	run, err := s.find(ctx, in.Hash)
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	page, err := s.build(ctx, run, nil)
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	return &body[*Report]{page}, nil
}

func (s *Site) apiFacts(ctx context.Context, in *factsInput) (*body[FactList], error) {
	run, err := s.find(ctx, in.Hash)
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	list := FactList{Items: []verdict.Item{}}
	if run.Open() {
		return &body[FactList]{list}, nil
	}
	q := store.FactQuery{Class: finding.Class(in.Class), Rule: in.Rule, Skip: in.From, Limit: maxFacts + 1}
	items, err := s.Store.Facts(ctx, run, q)
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	if len(items) > maxFacts {
		items, list.Next = items[:maxFacts], in.From+maxFacts
	}
	list.Items = append(list.Items, items...)
	return &body[FactList]{list}, nil
}

func (s *Site) apiLog(ctx context.Context, in *logInput) (*huma.StreamResponse, error) {
	run, err := s.find(ctx, in.Hash)
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	file, err := s.Store.Log(ctx, run, plan.Stage(in.Stage))
	if errors.Is(err, store.ErrNotFound) {
		return nil, huma.Error404NotFound("this run has no log of " + in.Stage)
	}
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) { //nolint:contextcheck // huma's context holds the request's
		defer file.Close() //nolint:errcheck // only read
		ctx.SetHeader("Content-Type", "text/plain; charset=utf-8")
		ctx.SetHeader("Content-Security-Policy", "sandbox; default-src 'none'")
		if _, err := file.WriteTo(ctx.BodyWriter()); err != nil {
			s.Log.DebugContext(ctx.Context(), "A visitor went away", "error", err)
		}
	}}, nil
}

func (s *Site) apiPull(ctx context.Context, in *pullInput) (*body[PullRuns], error) {
	runs, err := s.Store.RunsOf(ctx, in.Namespace, in.Repository, in.Number, maxAttempts)
	if err != nil {
		return nil, s.apiError(ctx, err)
	}
	if len(runs) == 0 {
		return nil, huma.Error404NotFound("no run of this pull request")
	}
	newest := runs[0].Record
	out := PullRuns{Namespace: in.Namespace, Repository: in.Repository, Number: in.Number, Title: newest.Title, PullURL: safeURL(newest.PullURL), Runs: []Attempt{}}
	for _, run := range runs {
		out.Runs = append(out.Runs, s.attemptOf(run))
	}
	return &body[PullRuns]{out}, nil
}
