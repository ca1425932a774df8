// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/artifact"
)

// Baseline asks what the baseline of a branch is now. It waits for the mirror up to 25 seconds; then the state is Pending.
func (c *Client) Baseline(ctx context.Context, req results.BaselineRequest) (*results.BaselineResult, error) {
	out := &results.BaselineResult{}
	return out, c.call(ctx, http.MethodPost, "/internal/v1/baselines", req, out)
}

// Kit writes the packed kit of the run's base to w; ErrNotFound where there is none. id is the kit's, as the runner names it.
func (c *Client) Kit(ctx context.Context, id string, w io.Writer) error {
	return c.receive(ctx, "/pod/v1/kits/"+url.PathEscape(id), w)
}

// Seed writes the newest kit that a baseline run can make its own from.
func (c *Client) Seed(ctx context.Context, w io.Writer) error {
	return c.receive(ctx, "/pod/v1/seed", w)
}

// Findings writes what an earlier run found on the whole base to w, packed.
func (c *Client) Findings(ctx context.Context, w io.Writer) error {
	return c.receive(ctx, "/pod/v1/findings", w)
}

// PutKit hands the kit over that a baseline run made. It is stored when PutKit returns.
func (c *Client) PutKit(ctx context.Context, id string, fsys fs.FS) error {
	r, w := io.Pipe()
	go func() { w.CloseWithError(artifact.Pack(w, fsys)) }()
	defer r.Close() //nolint:errcheck // never fails; ends the packing where the server answered early
	return c.send(ctx, http.MethodPut, "/pod/v1/kits/"+url.PathEscape(id), "application/zstd", r, &struct{}{})
}

// receive copies an answer that is no JSON, and compares it with the digest that the server sent ahead.
func (c *Client) receive(ctx context.Context, path string, w io.Writer) error {
	what := "GET " + c.base + path
	token, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return fmt.Errorf("%s: reading the token: %w", what, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Accept-Encoding", "identity")
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %w", what, answered(resp))
	}
	sum, body := sha256.New(), &source{r: resp.Body}
	if _, err := io.Copy(io.MultiWriter(w, sum), body); err != nil {
		if body.err != nil {
			return fmt.Errorf("%w: %s: the answer breaks off: %w", ErrUnavailable, what, err)
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	if want := resp.Header.Get("Repr-Digest"); want != "sha-256=:"+base64.StdEncoding.EncodeToString(sum.Sum(nil))+":" {
		return fmt.Errorf("%w: %s: what arrived is not what was sent", ErrUnavailable, what)
	}
	return nil
}

// source remembers that it was reading that failed.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
