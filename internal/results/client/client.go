// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package client calls the server's internal API: the manager asks for merges and registers runs, a run's pod fetches its
// plan and hands over its result.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/results/bundle"
)

// Errors of the client; match with errors.Is.
var (
	// ErrNotFound: the server knows no such run or repository.
	ErrNotFound = results.ErrUnknownRun
	// ErrConflict: something different stands already, and stays.
	ErrConflict = results.ErrDifferentRun
	// ErrUnavailable: the server cannot be reached or cannot answer now; try again.
	ErrUnavailable = errors.New("the server does not answer")
	// ErrDenied: the server does not accept the token, or not for this.
	ErrDenied = errors.New("the server refuses the token")
	// ErrInvalid: the server does not understand or accept what was sent; sending it again would not help.
	ErrInvalid = results.ErrInvalid
)

// Options of New.
type Options struct {
	// BaseURL of the server's internal listener, e.g. https://prcheck-server-internal.prcheck.svc:8443.
	BaseURL string
	// TokenFile holds the bearer token; it is read afresh for each call, because tokens are rotated.
	TokenFile string
	// CAFile holds the certificate authority of the server; "" trusts the system's. It is read afresh for each new connection.
	CAFile string
	// Timeout of one call; 0: 60 seconds, and none for PutResult, whose context bounds it.
	Timeout time.Duration
}

// Client calls one server.
type Client struct {
	base      string
	tokenFile string
	timeout   time.Duration
	http      *http.Client
}

// New returns a client.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fmt.Errorf("the server's address %q must be https://HOST[:PORT]", o.BaseURL)
	}
	if o.Timeout == 0 {
		o.Timeout = 60 * time.Second
	}
	transport := &http.Transport{ // no proxy: the server is inside the cluster, and the token must go nowhere else
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 5 * time.Minute, // a result is answered when it is compared
		ForceAttemptHTTP2:     true,
	}
	if o.CAFile != "" {
		transport.TLSClientConfig = verifyWith(o.CAFile, u.Hostname())
	}
	return &Client{
		base: strings.TrimRight(o.BaseURL, "/"), tokenFile: o.TokenFile, timeout: o.Timeout,
		http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

// verifyWith verifies against a file that may change while the program runs: the server's authority is renewed, too.
func verifyWith(caFile, host string) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection below does the whole verification, with the file as it is now
		VerifyConnection: func(state tls.ConnectionState) error {
			pem, err := os.ReadFile(caFile)
			if err != nil {
				return fmt.Errorf("reading the server's certificate authority: %w", err)
			}
			roots := x509.NewCertPool()
			if !roots.AppendCertsFromPEM(pem) {
				return fmt.Errorf("%s holds no certificate", caFile)
			}
			options := x509.VerifyOptions{Roots: roots, DNSName: host, Intermediates: x509.NewCertPool()}
			for _, certificate := range state.PeerCertificates[1:] {
				options.Intermediates.AddCert(certificate)
			}
			_, err = state.PeerCertificates[0].Verify(options)
			return err
		},
	}
}

// Merge asks for the merge of a pull request. It waits for the mirror up to 25 seconds; then the state is Pending.
func (c *Client) Merge(ctx context.Context, req results.MergeRequest) (*results.MergeResult, error) {
	out := &results.MergeResult{}
	return out, c.call(ctx, http.MethodPost, "/internal/v1/merges", req, out)
}

// PutRun registers a run. The same again is no error; a different one is ErrConflict.
func (c *Client) PutRun(ctx context.Context, record results.RunRecord) (*results.Summary, error) {
	out := &results.Summary{}
	return out, c.call(ctx, http.MethodPut, "/internal/v1/runs/"+url.PathEscape(record.Hash), record, out)
}

// Conclude settles a run without a result. What stands already stays, and is returned.
func (c *Client) Conclude(ctx context.Context, hash string, end results.Conclude) (*results.Summary, error) {
	out := &results.Summary{}
	return out, c.call(ctx, http.MethodPost, "/internal/v1/runs/"+url.PathEscape(hash)+"/conclusion", end, out)
}

// GetRun returns where a run stands; ErrNotFound where the server does not know it.
func (c *Client) GetRun(ctx context.Context, hash string) (*results.Summary, error) {
	out := &results.Summary{}
	return out, c.call(ctx, http.MethodGet, "/internal/v1/runs/"+url.PathEscape(hash), nil, out)
}

// Plan returns the plan of the run that the token's pod belongs to.
func (c *Client) Plan(ctx context.Context) (*plan.Plan, error) {
	out := &plan.Plan{}
	return out, c.call(ctx, http.MethodGet, "/pod/v1/plan", nil, out)
}

// TargetURL is where the pod fetches the plan's base and merge from, by commit id, with the token as bearer.
func (c *Client) TargetURL() string { return c.base + "/pod/v1/git/target.git" }

// MasterURL is where the pod fetches a master's commit from.
func (c *Client) MasterURL(name string) string {
	return c.base + "/pod/v1/git/masters/" + url.PathEscape(name) + ".git"
}

// PutResult hands over the files of fsys that belong into a bundle. When it returns without an error, they are stored and compared.
// It may be repeated; another result than the one that stands is ErrConflict.
func (c *Client) PutResult(ctx context.Context, fsys fs.FS) (*results.Summary, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(bundle.Pack(w, fsys)) }()
	defer r.Close() //nolint:errcheck // never fails; ends the packing where the server answered early
	out := &results.Summary{}
	return out, c.send(ctx, http.MethodPut, "/pod/v1/result", "application/zstd", r, out)
}

func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("writing the request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	return c.send(ctx, method, path, "application/json", body, out)
}

// maxAnswer bounds what the server can make us read: plans are the largest.
const maxAnswer = 128 << 20

func (c *Client) send(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	what := method + " " + c.base + path
	token, err := os.ReadFile(c.tokenFile)
	if err != nil {
		return fmt.Errorf("%s: reading the token: %w", what, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %w", what, answered(resp))
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("%w: %s: the answer breaks off: %w", ErrUnavailable, what, err)
	}
	return nil
}

// answered makes an error of what the server said (RFC 9457).
func answered(resp *http.Response) error {
	var problem struct {
		Detail string `json:"detail"`
		Errors []struct {
			Message  string `json:"message"`
			Location string `json:"location"`
		} `json:"errors"`
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || json.Unmarshal(data, &problem) != nil || problem.Detail == "" {
		problem.Detail = strings.TrimSpace(string(data[:min(len(data), 1000)]))
	}
	for _, e := range problem.Errors {
		problem.Detail += "; " + strings.TrimSpace(e.Location+" "+e.Message)
	}
	kind := ErrUnavailable
	switch resp.StatusCode {
	case http.StatusNotFound:
		kind = ErrNotFound
	case http.StatusConflict:
		kind = ErrConflict
	case http.StatusUnauthorized, http.StatusForbidden:
		kind = ErrDenied
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType, http.StatusMethodNotAllowed:
		kind = ErrInvalid
	}
	return fmt.Errorf("%w: %s: %s", kind, resp.Status, problem.Detail)
}
