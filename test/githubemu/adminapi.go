// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// adminHandler serves the emulator's own API below /_emu/. README.md documents it.
func (s *Server) adminHandler() http.Handler {
	mux := http.NewServeMux()
	s.adminReads(mux)
	s.adminWrites(mux)
	s.adminPulls(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if want := s.opts.AdminToken; want != "" {
			got, _ := credentials(r)
			if subtle.ConstantTimeCompare([]byte(got), []byte(want)) != 1 {
				answer(w, http.StatusUnauthorized, obj{"error": "the admin API wants its token as a bearer token"})
				return
			}
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

// act makes a handler of a function that takes a JSON body and gives a value. Unknown fields are refused.
func act[T any](do func(context.Context, *http.Request, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		dec := json.NewDecoder(io.LimitReader(r.Body, 64<<20))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			answer(w, http.StatusBadRequest, obj{"error": "the body: " + err.Error()})
			return
		}
		out, err := do(r.Context(), r, in)
		if err != nil {
			answer(w, http.StatusUnprocessableEntity, obj{"error": err.Error()})
			return
		}
		if out == nil {
			out = obj{"ok": true}
		}
		answer(w, http.StatusOK, out)
	}
}

type none struct{}

func fullName(r *http.Request) string { return r.PathValue("owner") + "/" + r.PathValue("name") }

func pullNumber(r *http.Request) int {
	n, _ := strconv.Atoi(r.PathValue("number")) // 0 is nobody's number
	return n
}

func (s *Server) adminReads(mux *http.ServeMux) {
	read := func(path string, do func(*http.Request) (any, error)) {
		mux.HandleFunc("GET /_emu/"+path, act(func(_ context.Context, r *http.Request, _ none) (any, error) { return do(r) }))
	}
	read("violations", func(*http.Request) (any, error) { return s.Violations(), nil })
	read("requests", func(*http.Request) (any, error) { return s.Requests(), nil })
	read("deliveries", func(*http.Request) (any, error) { return s.Deliveries(), nil })
	read("repos/{owner}/{name}/pulls", func(r *http.Request) (any, error) { return s.Pulls(fullName(r)) })
	read("repos/{owner}/{name}/statuses", func(r *http.Request) (any, error) { return s.Statuses(fullName(r), "") })
	read("repos/{owner}/{name}/statuses/{sha}", func(r *http.Request) (any, error) { return s.Statuses(fullName(r), r.PathValue("sha")) })
	read("repos/{owner}/{name}/check-runs", func(r *http.Request) (any, error) { return s.CheckRuns(fullName(r), "") })
	read("repos/{owner}/{name}/check-runs/{sha}", func(r *http.Request) (any, error) { return s.CheckRuns(fullName(r), r.PathValue("sha")) })
	read("repos/{owner}/{name}/pulls/{number}/comments", func(r *http.Request) (any, error) { return s.Comments(fullName(r), pullNumber(r)) })
}

func (s *Server) adminWrites(mux *http.ServeMux) {
	mux.HandleFunc("POST /_emu/repos", act(func(ctx context.Context, _ *http.Request, n NewRepo) (any, error) { return nil, s.CreateRepo(ctx, n) }))
	mux.HandleFunc("POST /_emu/tokens", act(func(_ context.Context, _ *http.Request, t Token) (any, error) {
		value, err := s.AddToken(t)
		return obj{"token": value}, err
	}))
	mux.HandleFunc("DELETE /_emu/tokens/{token}", act(func(_ context.Context, r *http.Request, _ none) (any, error) {
		s.RevokeToken(r.PathValue("token"))
		return nil, nil
	}))
	mux.HandleFunc("POST /_emu/apps", act(func(_ context.Context, _ *http.Request, n NewApp) (any, error) { return s.AddApp(n) }))
	mux.HandleFunc("POST /_emu/faults", act(func(_ context.Context, _ *http.Request, f Fault) (any, error) { return nil, s.AddFault(f) }))
	mux.HandleFunc("DELETE /_emu/faults", act(func(context.Context, *http.Request, none) (any, error) { s.ClearFaults(); return nil, nil }))
	mux.HandleFunc("POST /_emu/ratelimit", act(func(_ context.Context, _ *http.Request, l LimitState) (any, error) { s.SetLimit(l); return nil, nil }))
	mux.HandleFunc("POST /_emu/webhooks", act(func(_ context.Context, _ *http.Request, in struct {
		Drop    *int `json:"drop"`
		Delay   *int `json:"delay"`
		DelayMS int  `json:"delay_ms"`
	},
	) (any, error) {
		if in.Drop != nil {
			s.DropWebhooks(*in.Drop)
		}
		if in.Delay != nil {
			s.DelayWebhooks(*in.Delay, time.Duration(in.DelayMS)*time.Millisecond)
		}
		return nil, nil
	}))
	mux.HandleFunc("POST /_emu/deliveries/{id}/redeliver", act(func(ctx context.Context, r *http.Request, _ none) (any, error) {
		id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // 0 is nobody's id
		return nil, s.Redeliver(ctx, id)
	}))
	mux.HandleFunc("POST /_emu/repos/{owner}/{name}/rename", act(func(_ context.Context, r *http.Request, in struct{ Name string }) (any, error) {
		return nil, s.RenameRepo(fullName(r), in.Name)
	}))
	mux.HandleFunc("POST /_emu/repos/{owner}/{name}/roles", act(func(_ context.Context, r *http.Request, in struct{ Login, Role string }) (any, error) {
		return nil, s.SetRole(fullName(r), in.Login, in.Role)
	}))
	mux.HandleFunc("POST /_emu/repos/{owner}/{name}/forget/{sha}", act(func(_ context.Context, r *http.Request, _ none) (any, error) {
		return nil, s.ForgetCommit(fullName(r), r.PathValue("sha"))
	}))
	mux.HandleFunc("POST /_emu/repos/{owner}/{name}/branches/{branch}", act(func(ctx context.Context, r *http.Request, in struct {
		Sender string
		Content
	},
	) (any, error) {
		sha, err := s.PushBranch(ctx, fullName(r), r.PathValue("branch"), in.Sender, in.Content)
		return obj{"sha": sha}, err
	}))
	mux.HandleFunc("POST /_emu/repos/{owner}/{name}/check-runs/{id}/rerequest", act(func(ctx context.Context, r *http.Request, in struct{ Sender string }) (any, error) {
		id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // 0 is nobody's id
		return nil, s.RerequestRun(ctx, fullName(r), id, in.Sender)
	}))
	mux.HandleFunc("POST /_emu/repos/{owner}/{name}/check-suites/{sha}/rerequest", act(func(ctx context.Context, r *http.Request, in struct{ Sender string }) (any, error) {
		return nil, s.RerequestSuite(ctx, fullName(r), r.PathValue("sha"), in.Sender)
	}))
}
