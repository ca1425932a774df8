// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package gitmirror

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/internal/gitops"
)

// maxWants bounds what a client may say: a pod asks for a handful of commits and names what it has.
const maxWants = 16 << 20

// ServeGit answers smart HTTP for one mirror, to read only: GET info/refs and POST git-upload-pack (path without a leading
// slash). No refs are listed; a client asks for the commits that its plan names by their ids (protocol version 2).
func (m *Mirrors) ServeGit(w http.ResponseWriter, r *http.Request, src Source, path string) {
	mir, err := m.of(src)
	if err != nil {
		http.Error(w, "this repository cannot be served", http.StatusInternalServerError)
		m.log.ErrorContext(r.Context(), "Cannot serve a mirror", "error", err)
		return
	}
	if !strings.Contains(":"+r.Header.Get("Git-Protocol")+":", ":version=2:") {
		http.Error(w, "git protocol version 2 is needed: set protocol.version=2", http.StatusBadRequest)
		return
	}
	switch {
	case path == "info/refs" && r.Method == http.MethodGet && r.URL.Query().Get("service") == "git-upload-pack":
		mir.advertise(w, r)
	case path == "git-upload-pack" && r.Method == http.MethodPost:
		mir.uploadPack(w, r)
	default:
		http.Error(w, "only git-upload-pack is served here", http.StatusForbidden)
	}
}

func serving() gitops.Git {
	return gitops.Git{
		Config: []gitops.Setting{
			{Key: "uploadpack.hideRefs", Value: "refs/"},
			{Key: "uploadpack.allowAnySHA1InWant", Value: "true"},
			{Key: "uploadpack.allowFilter", Value: "true"},
			{Key: "pack.threads", Value: "1"},
		},
		Env: []string{"GIT_PROTOCOL=version=2"},
	}
}

func (mir *mirror) advertise(w http.ResponseWriter, r *http.Request) {
	var body bytes.Buffer
	const service = "# service=git-upload-pack\n"
	fmt.Fprintf(&body, "%04x%s0000", len(service)+4, service)
	out, err := serving().Run(r.Context(), mir.dir, "upload-pack", "--strict", "--stateless-rpc", "--advertise-refs", ".")
	if err != nil {
		mir.fail(r.Context(), w, err)
		return
	}
	body.WriteString(out)
	noCache(w, "application/x-git-upload-pack-advertisement")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	if _, err := body.WriteTo(w); err != nil {
		mir.owner.log.DebugContext(r.Context(), "A client of a mirror went away", "error", err)
	}
}

func (mir *mirror) uploadPack(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	select {
	case mir.owner.serving <- struct{}{}:
		defer func() { <-mir.owner.serving }()
	case <-ctx.Done():
		return
	}
	body, err := wants(w, r)
	if err != nil {
		http.Error(w, "the request cannot be read", http.StatusBadRequest)
		return
	}
	cmd := serving().Command(ctx, mir.dir, "upload-pack", "--strict", "--stateless-rpc", ".")
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = body, &said
	noCache(w, "application/x-git-upload-pack-result")
	out := bufio.NewWriterSize(w, 64<<10)
	cmd.Stdout = out
	if err := errors.Join(cmd.Run(), out.Flush()); err != nil && ctx.Err() == nil {
		// The answer has begun: the client sees that it breaks off, and git tells it why in the protocol where it can.
		mir.owner.log.WarnContext(ctx, "Serving a mirror failed", "mirror", mir.name(), "error", err, "git", strings.TrimSpace(said.String()))
	}
}

// wants returns the request's body, unpacked: git compresses long ones.
func wants(w http.ResponseWriter, r *http.Request) (io.Reader, error) {
	body := http.MaxBytesReader(w, r.Body, maxWants)
	if r.Header.Get("Content-Encoding") != "gzip" {
		return body, nil
	}
	unpacked, err := gzip.NewReader(body)
	if err != nil {
		return nil, err
	}
	return io.LimitReader(unpacked, maxWants), nil
}

func (mir *mirror) fail(ctx context.Context, w http.ResponseWriter, err error) {
	if ctx.Err() != nil {
		return
	}
	mir.owner.log.ErrorContext(ctx, "Serving a mirror failed", "mirror", mir.name(), "error", err)
	http.Error(w, "the mirror cannot be read now; try again", http.StatusServiceUnavailable)
}

func noCache(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-cache, max-age=0, must-revalidate")
}
