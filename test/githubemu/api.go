// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// Request is one API request as the server received it.
type Request struct {
	Time      time.Time `json:"time"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Operation string    `json:"operation_id,omitempty"`
	Valid     bool      `json:"valid"`
	Status    int       `json:"status"`
	Actor     string    `json:"actor,omitempty"`
	Body      string    `json:"body,omitempty"`
}

// call is one API request under way.
type call struct {
	s      *Server
	ctx    context.Context //nolint:containedctx // lives exactly as long as its request
	r      *http.Request
	prefix string // "" or /api/v3: as the client came
	path   string // without prefix
	route  *route
	params map[string]string
	raw    []byte
	actor  *actor
	repo   *repo
	header http.Header
	limit  *limit
}

// reply is what a handler answers: a JSON value, or text of another type.
type reply struct {
	status int
	body   any
	text   []byte
	media  string
}

func ok(body any) (*reply, error)      { return &reply{status: http.StatusOK, body: body}, nil }
func created(body any) (*reply, error) { return &reply{status: http.StatusCreated, body: body}, nil }
func noContent() (*reply, error)       { return &reply{status: http.StatusNoContent}, nil }

// decode reads the (validated) body.
func (c *call) decode(into any) error {
	if len(c.raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.raw, into); err != nil {
		return fmt.Errorf("decoding the body of %s: %w", c.route.id, err)
	}
	return nil
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, ctx: r.Context(), r: r, header: w.Header(), path: r.URL.EscapedPath()}
	if rest, found := strings.CutPrefix(c.path, "/api/v3"); found {
		c.prefix, c.path = "/api/v3", rest
	}
	fault := s.takeFault(r.Method, c.path)
	if fault != nil && !s.before(fault, c, w) {
		return
	}
	s.mu.Lock()
	rep, refusal := c.run()
	status, body := c.finish(rep, refusal)
	s.mu.Unlock()
	if fault != nil && fault.Drop == DropAfter {
		hangUp(w)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead && len(body) > 0 {
		_, _ = w.Write(body) // the client may be gone
	}
}

// run takes one request through GitHub's gates, in GitHub's order. The server is locked.
func (c *call) run() (*reply, *apiError) {
	c.header.Set("X-Github-Request-Id", fmt.Sprintf("%04X:%06X", len(c.s.requests), c.s.id()))
	c.header.Set("X-Github-Media-Type", "github.v3; format=json")
	var other bool
	c.route, c.params, other = c.s.doc.find(c.r.Method, c.path)
	actor, err := c.s.authenticate(c.r)
	if err != nil {
		return nil, err
	}
	c.actor = actor
	if err := c.takeLimit(); err != nil {
		return nil, err
	}
	if c.route == nil {
		if other {
			return nil, (&apiError{status: http.StatusNotFound, message: "Not Found"}).named("unknown-method")
		}
		return nil, (&apiError{status: http.StatusNotFound, message: "Not Found"}).named("unknown-operation")
	}
	if err := c.checkRequest(); err != nil {
		return nil, err
	}
	op, known := operations[c.route.id]
	if !known {
		return nil, (&apiError{status: http.StatusNotImplemented, message: "githubemu does not emulate " + c.route.id}).named("not-emulated:" + c.route.id)
	}
	if err := c.enter(op); err != nil {
		return nil, err
	}
	rep, herr := op.handle(c)
	if herr != nil {
		return nil, asAPIError(herr)
	}
	return rep, nil
}

// finish renders, validates and records. It gives what is to be sent.
func (c *call) finish(rep *reply, refusal *apiError) (int, []byte) {
	if refusal != nil {
		c.violate(refusal.name, refusal.message)
		maps.Copy(c.header, refusal.header)
		rep = &reply{status: refusal.status, body: refusal.body()}
	}
	body := c.render(rep)
	if c.route != nil && rep.text == nil {
		if err := c.checkReply(c.ctx, rep.status, c.header, body); err != nil {
			reason := fmt.Sprintf("githubemu's own reply to %s does not fit GitHub's document: %s", c.route.id, oneLine(err))
			c.violate("own-reply:"+c.route.id, reason)
			rep = &reply{status: http.StatusInternalServerError, body: obj{"message": reason}}
			refusal, body = &apiError{}, c.render(rep)
		}
	}
	if rep.status == http.StatusOK && (c.r.Method == http.MethodGet || c.r.Method == http.MethodHead) {
		sum := sha256.Sum256(body)
		etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		c.header.Set("Etag", etag)
		c.header.Set("Cache-Control", "private, max-age=60, s-maxage=60")
		if matches(c.r.Header.Get("If-None-Match"), etag) {
			c.refund()
			rep, body = &reply{status: http.StatusNotModified}, nil
			c.header.Del("Content-Type")
		}
	}
	c.limitHeaders()
	c.record(rep.status, refusal == nil || refusal.name == "")
	return rep.status, body
}

func (c *call) render(rep *reply) []byte {
	if rep.text != nil {
		c.header.Set("Content-Type", rep.media)
		return rep.text
	}
	if rep.body == nil {
		return nil
	}
	c.header.Set("Content-Type", "application/json; charset=utf-8")
	body, err := json.Marshal(rep.body)
	if err != nil {
		return []byte(`{"message":"githubemu could not render its reply"}`)
	}
	return body
}

// matches compares weakly, as If-None-Match wants.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimSpace(part)
		if part == "*" || part != "" && strings.TrimPrefix(part, "W/") == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

func (c *call) operationID() string {
	if c.route == nil {
		return ""
	}
	return c.route.id
}

func (c *call) record(status int, valid bool) {
	c.s.requests = append(c.s.requests, Request{
		Time: c.s.clock.Now().UTC(), Method: c.r.Method, Path: c.r.URL.RequestURI(), Operation: c.operationID(),
		Valid: valid, Status: status, Actor: c.actor.name(), Body: string(c.raw),
	})
	c.s.log.DebugContext(c.ctx, "Answered a request", "method", c.r.Method, "path", c.r.URL.Path, "status", status)
}

func (c *call) violate(name, reason string) {
	if name == "" {
		return
	}
	c.s.broken = append(c.s.broken, Violation{
		Name: name, Reason: reason, Method: c.r.Method, Path: c.r.URL.RequestURI(), Operation: c.operationID(), Actor: c.actor.name(),
	})
}

// enter finds the repository and asks for the permission that the operation needs.
func (c *call) enter(op operation) *apiError {
	if op.actor != nil {
		if err := op.actor(c); err != nil {
			return err
		}
	}
	if c.params["owner"] == "" || c.params["repo"] == "" {
		return nil
	}
	rp, moved := c.s.repo(c.params["owner"], c.params["repo"])
	if rp == nil || !c.actor.sees(rp) {
		return errNotFound
	}
	c.repo = rp
	if moved {
		return c.movedTo(rp)
	}
	return c.allowed(op)
}

// movedTo answers 301 for reads and 307 for writes, to the address by id, like GitHub for renamed repositories.
func (c *call) movedTo(rp *repo) *apiError {
	status := http.StatusMovedPermanently
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		status = http.StatusTemporaryRedirect
	}
	old := "/repos/" + c.params["owner"] + "/" + c.params["repo"]
	to := c.s.opts.ExternalURL + c.prefix + "/repos/" + rp.fullName() + strings.TrimPrefix(c.path, old)
	if c.r.URL.RawQuery != "" {
		to += "?" + c.r.URL.RawQuery
	}
	return &apiError{status: status, message: "Moved Permanently", header: http.Header{"Location": {to}}}
}
