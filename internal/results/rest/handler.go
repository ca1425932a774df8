// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/prcheck/prcheck/internal/gitmirror"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/artifact"
	"github.com/prcheck/prcheck/internal/results/auth"
	"github.com/prcheck/prcheck/internal/results/bundle"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/version"
)

// Authenticator says who calls.
type Authenticator interface {
	// Manager returns nil where the token is the manager's.
	Manager(ctx context.Context, token string) error
	// Pod returns the run whose pod the token belongs to.
	Pod(ctx context.Context, token, audience string) (auth.Caller, error)
}

// Bodies have no deadline of their own: it would end the long poll, too (net/http takes it for a lost connection).

// maxRecord bounds a run's record; plans with many changed paths are the largest.
const maxRecord = 64 << 20

type output[T any] struct{ Body *T }

// RunPath is the part of an address that names a run (exported, because huma sees only exported fields).
type RunPath struct {
	Hash string `doc:"the run's hash" path:"hash" pattern:"^[0-9a-f]{64}$"`
}

// Handler returns the internal listener's handler.
func Handler(s *Service, who Authenticator) http.Handler {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("prcheck internal API", version.Version)
	config.CreateHooks = nil // no $schema in bodies
	config.DocsPath, config.SchemasPath = "", ""
	config.Info.Description = "For the manager and the pods of runs. Bearer tokens of service accounts, by audience."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", Description: "A projected service account token."}}
	config.Security = []map[string][]string{{"token": {}}}
	api := humago.New(mux, config)
	registerInternal(api, s, who)
	registerPod(api, mux, s, who)
	return mux
}

func managerOnly(api huma.API, who Authenticator) huma.Middlewares {
	return huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		if err := who.Manager(ctx.Context(), bearer(ctx.Header("Authorization"))); err != nil {
			code, text := status(err)
			if werr := huma.WriteErr(api, ctx, code, text); werr != nil {
				panic(http.ErrAbortHandler) // the caller is gone
			}
			return
		}
		next(ctx)
	}}
}

func bearer(header string) string {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return ""
	}
	return token
}

func registerInternal(api huma.API, s *Service, who Authenticator) {
	guard := managerOnly(api, who)
	op := func(id, method, path, summary string, errs ...int) huma.Operation {
		return huma.Operation{
			OperationID: id, Method: method, Path: path, Summary: summary, DefaultStatus: http.StatusOK, Middlewares: guard,
			// Go writes empty lists and maps as null: both ends are ours, and what matters is checked below.
			SkipValidateBody: true, MaxBodyBytes: maxRecord, BodyReadTimeout: -1, Errors: append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}, errs...), Tags: []string{"manager"},
		}
	}
	huma.Register(api, op("merge", http.MethodPost, "/internal/v1/merges", "Merge a pull request with its target branch; waits up to 25 s", http.StatusNotFound),
		func(ctx context.Context, in *struct{ Body results.MergeRequest }) (*output[results.MergeResult], error) {
			return answer(s.Merge(ctx, in.Body))
		})
	huma.Register(api, op("baseline", http.MethodPost, "/internal/v1/baselines", "What the baseline of a branch is now, and whether it is stored; waits up to 25 s", http.StatusNotFound),
		func(ctx context.Context, in *struct{ Body results.BaselineRequest }) (*output[results.BaselineResult], error) {
			return answer(s.Baseline(ctx, in.Body))
		})
	huma.Register(api, op("put-run", http.MethodPut, "/internal/v1/runs/{hash}", "Register a run before its Job exists", http.StatusConflict),
		func(ctx context.Context, in *struct {
			RunPath
			Body results.RunRecord
		},
		) (*output[results.Summary], error) {
			if in.Body.Hash != in.Hash {
				return nil, huma.Error422UnprocessableEntity("the record's hash is not that of the address")
			}
			if in.Body.Namespace == "" || in.Body.Repository == "" || in.Body.Plan.Version != plan.Version {
				return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("the record lacks namespace or repository, or its plan is not of version %d", plan.Version))
			}
			return answer(s.PutRun(ctx, in.Body))
		})
	huma.Register(api, op("conclude-run", http.MethodPost, "/internal/v1/runs/{hash}/conclusion", "Settle a run without a result", http.StatusNotFound),
		func(ctx context.Context, in *struct {
			RunPath
			Body results.Conclude
		},
		) (*output[results.Summary], error) {
			if in.Body.Conclusion == "" {
				return nil, huma.Error422UnprocessableEntity("the conclusion is missing")
			}
			return answer(s.Conclude(ctx, in.Hash, in.Body))
		})
	huma.Register(api, op("get-run", http.MethodGet, "/internal/v1/runs/{hash}", "Where a run stands", http.StatusNotFound),
		func(ctx context.Context, in *RunPath) (*output[results.Summary], error) {
			return answer(s.GetRun(ctx, in.Hash))
		})
}

func answer[T any](body *T, err error) (*output[T], error) {
	if err != nil {
		code, text := status(err)
		return nil, huma.NewError(code, text)
	}
	return &output[T]{Body: body}, nil
}

// status maps an error to an answer. What is not known to be harmless is not told.
func status(err error) (int, string) {
	for _, known := range []struct {
		err  error
		code int
	}{
		{auth.ErrUnauthenticated, http.StatusUnauthorized},
		{auth.ErrForbidden, http.StatusForbidden},
		{store.ErrNotFound, http.StatusNotFound},
		{ErrNoRepository, http.StatusNotFound},
		{store.ErrDifferent, http.StatusConflict},
		{store.ErrSettled, http.StatusConflict},
		{bundle.ErrTooLarge, http.StatusRequestEntityTooLarge},
		{bundle.ErrInvalid, http.StatusUnprocessableEntity},
		{artifact.ErrTooLarge, http.StatusRequestEntityTooLarge},
		{artifact.ErrInvalid, http.StatusUnprocessableEntity},
		{gitmirror.ErrHeadGone, http.StatusNotFound},
		{gitmirror.ErrNotMirrored, http.StatusNotFound},
	} {
		if errors.Is(err, known.err) {
			return known.code, err.Error()
		}
	}
	return http.StatusServiceUnavailable, "the server cannot do this now; its log says why"
}

// registerPod adds what pods call. Bodies are streams, so these are plain handlers, described by hand.
func registerPod(api huma.API, mux *http.ServeMux, s *Service, who Authenticator) {
	p := &pods{service: s, who: who}
	huma.Register(api, huma.Operation{
		OperationID: "get-plan", Method: http.MethodGet, Path: "/pod/v1/plan", Summary: "The plan of the token's run", Tags: []string{"pod"},
		Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusServiceUnavailable},
	}, func(ctx context.Context, in *struct {
		Authorization string `doc:"Bearer token of audience prcheck-fetch" header:"Authorization"`
	},
	) (*output[plan.Plan], error) {
		caller, err := who.Pod(ctx, bearer(in.Authorization), plan.AudienceFetch)
		if err != nil {
			return answer[plan.Plan](nil, p.logged(ctx, err))
		}
		return answer(s.PlanFor(ctx, caller))
	})
	described := func(method, path, id, summary string, codes ...int) {
		op := &huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"pod"}, Responses: map[string]*huma.Response{}}
		for _, code := range append([]int{http.StatusOK, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}, codes...) {
			op.Responses[fmt.Sprint(code)] = &huma.Response{Description: http.StatusText(code)}
		}
		api.OpenAPI().AddOperation(op)
	}
	described(http.MethodPut, "/pod/v1/result", "put-result", "Hand over a run's bundle (tar, zstd); 200 when it is stored and compared",
		http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity)
	mux.HandleFunc("PUT /pod/v1/result", p.putResult)
	described(http.MethodPut, "/pod/v1/kits/{id}", "put-kit", "Hand over the kit that a baseline run made (tar, zstd); 200 when it is stored; 403 for runs of pull requests",
		http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity)
	mux.HandleFunc("PUT /pod/v1/kits/{id}", p.putKit)
	described(http.MethodGet, "/pod/v1/kits/{id}", "get-kit", "The kit of the run's base (tar, zstd), where a baseline run left one", http.StatusNotFound)
	mux.HandleFunc("GET /pod/v1/kits/{id}", p.getKit)
	described(http.MethodGet, "/pod/v1/findings", "get-findings", "What an earlier run found on the whole base (tar, zstd), where the run's plan names it", http.StatusNotFound)
	mux.HandleFunc("GET /pod/v1/findings", p.getFindings)
	described(http.MethodGet, "/pod/v1/seed", "get-seed", "The newest kit that a baseline run can make its own from", http.StatusNotFound)
	mux.HandleFunc("GET /pod/v1/seed", p.getSeed)
	described(http.MethodGet, "/pod/v1/git/target.git/info/refs", "git-target", "Smart HTTP of the repository, upload-pack only")
	mux.HandleFunc("/pod/v1/git/target.git/{path...}", p.gitTarget)
	described(http.MethodGet, "/pod/v1/git/masters/{name}/info/refs", "git-master", "Smart HTTP of a master (NAME.git), upload-pack only", http.StatusNotFound)
	mux.HandleFunc("/pod/v1/git/masters/{name}/{path...}", p.gitMaster)
}

func writeJSON(w http.ResponseWriter, code int, contentType string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(code)
	_, err = w.Write(data)
	return err
}
