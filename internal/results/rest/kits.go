// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results/store"
)

// runOf returns the run of a pod with its plan.
func (p *pods) runOf(r *http.Request, audience string) (*store.Run, *plan.Plan, error) {
	caller, err := p.who.Pod(r.Context(), bearer(r.Header.Get("Authorization")), audience)
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

func (p *pods) putKit(w http.ResponseWriter, r *http.Request) {
	run, planned, err := p.runOf(r, plan.AudiencePublish)
	if err == nil {
		// The pod may be cut off after it sent everything: the kit counts nevertheless.
		err = p.service.PutKit(context.WithoutCancel(r.Context()), run, planned, r.PathValue("id"), http.MaxBytesReader(w, r.Body, p.service.MaxKit+1))
	}
	if err != nil {
		p.fail(w, r, err)
		return
	}
	if err := writeJSON(w, http.StatusOK, "application/json", struct{}{}); err != nil {
		p.service.Log.DebugContext(r.Context(), "A pod went away", "error", err)
	}
}

func (p *pods) getKit(w http.ResponseWriter, r *http.Request) {
	p.give(w, r, func(ctx context.Context, run *store.Run, planned *plan.Plan) (*store.Artifact, error) {
		return p.service.Kit(ctx, run, planned, r.PathValue("id"))
	})
}

func (p *pods) getSeed(w http.ResponseWriter, r *http.Request) {
	p.give(w, r, p.service.Seed)
}

// give sends an artifact. One that turns out damaged breaks off before its end, and is forgotten.
func (p *pods) give(w http.ResponseWriter, r *http.Request, which func(context.Context, *store.Run, *plan.Plan) (*store.Artifact, error)) {
	ctx := r.Context()
	run, planned, err := p.runOf(r, plan.AudienceFetch)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	found, err := which(ctx, run, planned)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	content, err := p.service.Store.OpenArtifact(ctx, found)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	defer content.Close() //nolint:errcheck // only read
	sum, err := hex.DecodeString(found.Blob.ID)
	if err != nil {
		p.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/zstd")
	w.Header().Set("Content-Length", strconv.FormatInt(found.Blob.Size, 10))
	w.Header().Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	w.WriteHeader(http.StatusOK)
	if _, err := io.Copy(w, content); err != nil {
		if ctx.Err() == nil {
			p.service.Log.ErrorContext(ctx, "Sending an artifact broke off", "run", run.Record.Hash, "artifact", found.Key, "error", err)
		}
		panic(http.ErrAbortHandler) // the answer has begun: cutting it off is all that is left to say
	}
}
