// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"net/http"
)

// pullAct is the body of all small acts on a pull request; each takes what it needs.
type pullAct struct {
	Sender string  `json:"sender"`
	Name   string  `json:"name"`
	Base   string  `json:"base"`
	Body   *string `json:"body"`
	Title  *string `json:"title"`
}

func (s *Server) adminPulls(mux *http.ServeMux) {
	const at = "POST /_emu/repos/{owner}/{name}/pulls/{number}/"
	mux.HandleFunc("POST /_emu/pulls", act(func(ctx context.Context, _ *http.Request, n NewPull) (any, error) {
		number, err := s.OpenPull(ctx, n)
		return obj{"number": number}, err
	}))
	mux.HandleFunc(at+"push", act(func(ctx context.Context, r *http.Request, c Content) (any, error) {
		sha, err := s.PushPull(ctx, fullName(r), pullNumber(r), c)
		return obj{"sha": sha}, err
	}))
	for name, do := range s.pullActs() {
		mux.HandleFunc(at+name, act(func(ctx context.Context, r *http.Request, in pullAct) (any, error) {
			return nil, do(ctx, fullName(r), pullNumber(r), in)
		}))
	}
}

func (s *Server) pullActs() map[string]func(ctx context.Context, full string, number int, in pullAct) error {
	return map[string]func(context.Context, string, int, pullAct) error{
		"label": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.Label(ctx, f, n, in.Sender, in.Name)
		},
		"unlabel": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.Unlabel(ctx, f, n, in.Sender, in.Name)
		},
		"close": func(ctx context.Context, f string, n int, in pullAct) error { return s.ClosePull(ctx, f, n, in.Sender) },
		"reopen": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.ReopenPull(ctx, f, n, in.Sender)
		},
		"merge": func(ctx context.Context, f string, n int, in pullAct) error { return s.MergePull(ctx, f, n, in.Sender) },
		"retarget": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.Retarget(ctx, f, n, in.Sender, in.Base)
		},
		"edit": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.EditPull(ctx, f, n, in.Sender, in.Title, in.Body)
		},
		"comment": func(ctx context.Context, f string, n int, in pullAct) error {
			if in.Body == nil {
				return fmt.Errorf("a comment needs a body")
			}
			return s.Comment(ctx, f, n, in.Sender, *in.Body)
		},
		"draft": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.SetDraft(ctx, f, n, in.Sender, true)
		},
		"ready": func(ctx context.Context, f string, n int, in pullAct) error {
			return s.SetDraft(ctx, f, n, in.Sender, false)
		},
		"lock":        func(_ context.Context, f string, n int, _ pullAct) error { return s.SetLocked(f, n, true) },
		"unlock":      func(_ context.Context, f string, n int, _ pullAct) error { return s.SetLocked(f, n, false) },
		"delete-head": func(ctx context.Context, f string, n int, _ pullAct) error { return s.DeleteHead(ctx, f, n) },
	}
}

// Redeliver sends a delivery once more, with its old GUID.
func (s *Server) Redeliver(ctx context.Context, id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.allHooks() {
		for _, d := range h.deliveries {
			if d.id == id {
				s.again(ctx, h, d)
				return nil
			}
		}
	}
	return fmt.Errorf("no delivery %d", id)
}
