// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Violation is a request that GitHub's document, or a careful client's manners, forbid; or a reply of our own
// that the document forbids.
type Violation struct {
	// Name says which rule, in a few words: unknown-field:foo, missing-field:state, bad-parameter:per_page.
	Name string `json:"name"`
	// Reason says what was wrong, for people.
	Reason    string `json:"reason"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Operation string `json:"operation_id,omitempty"`
	Actor     string `json:"actor,omitempty"`
}

var apiVersions = []string{"2022-11-28", "2026-03-10"}

// checkRequest refuses what GitHub's document refuses. It reads the body and puts it back.
func (c *call) checkRequest() *apiError {
	r := c.r
	if r.UserAgent() == "" {
		return (&apiError{status: http.StatusForbidden, message: "Request forbidden by administrative rules. " +
			"Please make sure your request has a User-Agent header (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."}).named("missing-user-agent")
	}
	if v := r.Header.Get("X-Github-Api-Version"); v != "" && !slices.Contains(apiVersions, v) {
		return (&apiError{status: http.StatusBadRequest, message: fmt.Sprintf("Version %q is not a supported version.", v)}).named("bad-api-version")
	}
	if err := checkAccept(r.Header.Get("Accept")); err != nil {
		return err
	}
	if err := c.readBody(); err != nil {
		return err
	}
	known := c.route.queryParams()
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			return (&apiError{status: http.StatusUnprocessableEntity, message: fmt.Sprintf("Invalid request.\n\nThe query parameter %q is unknown.", name)}).named("unknown-parameter:" + name)
		}
	}
	return c.checkDocument()
}

// checkDocument asks kin-openapi.
func (c *call) checkDocument() *apiError {
	err := openapi3filter.ValidateRequest(c.ctx, c.validationInput())
	if len(c.raw) > 0 {
		c.r.Body = io.NopCloser(bytes.NewReader(c.raw))
	}
	if err == nil {
		return nil
	}
	var re *openapi3filter.RequestError
	if !errors.As(err, &re) {
		return (&apiError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n" + oneLine(err)}).named("bad-request")
	}
	if re.Parameter != nil {
		name := "bad-parameter:" + re.Parameter.Name
		if re.Parameter.In == openapi3.ParameterInPath {
			return (&apiError{status: http.StatusNotFound, message: "Not Found"}).named(name)
		}
		return (&apiError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n" + oneLine(err)}).named(name)
	}
	name, message := bodyViolation(err)
	return (&apiError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n" + message}).named(name)
}

func (c *call) validationInput() *openapi3filter.RequestValidationInput {
	r := c.r.Clone(c.ctx)
	if len(c.raw) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(c.raw))
		r.Header.Set("Content-Type", "application/json") // readBody has judged the type
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: c.params, Route: &c.route.Route,
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, SkipSettingDefaults: true,
			SchemaValidationOptions: formats,
		},
	}
}

// bodyViolation names the first thing that is wrong with a body.
func bodyViolation(err error) (name, message string) {
	var se *openapi3.SchemaError
	if !errors.As(err, &se) {
		return "bad-body", oneLine(err)
	}
	field := strings.Join(se.JSONPointer(), ".")
	switch se.SchemaField {
	case "required":
		return "missing-field:" + field, fmt.Sprintf("%q wasn't supplied.", field)
	case "properties", "additionalProperties":
		return "unknown-field:" + unknownField(se, field), fmt.Sprintf("%q is not a permitted key.", unknownField(se, field))
	default:
		return "bad-field:" + field, fmt.Sprintf("For %q, %s.", field, se.Reason)
	}
}

// unknownField takes the name of the field from kin-openapi's sentence when the pointer stops at its parent.
func unknownField(se *openapi3.SchemaError, field string) string {
	_, rest, ok := strings.Cut(se.Reason, "property \"")
	if !ok {
		return field
	}
	name, _, _ := strings.Cut(rest, "\"")
	if field == "" || field == name || strings.HasSuffix(field, "."+name) {
		return strings.TrimPrefix(strings.TrimSuffix(field, name)+name, ".")
	}
	return field + "." + name
}

func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

func checkAccept(accept string) *apiError {
	if accept == "" {
		return nil
	}
	for part := range strings.SplitSeq(accept, ",") {
		t, _, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err == nil && (t == "*/*" || t == "application/*" || t == "application/json" || t == "text/html" || strings.HasPrefix(t, "application/vnd.github")) {
			return nil
		}
	}
	return (&apiError{status: http.StatusUnsupportedMediaType, message: "Unsupported 'Accept' header: '" + accept + "'. Must accept 'application/json'."}).named("bad-accept")
}

// readBody reads the body once; GitHub wants a JSON object, or nothing where the operation has none.
func (c *call) readBody() *apiError {
	raw, err := io.ReadAll(io.LimitReader(c.r.Body, 10<<20))
	if err != nil {
		return (&apiError{status: http.StatusBadRequest, message: "Problems reading the body: " + err.Error()}).named("bad-body")
	}
	c.raw = bytes.TrimSpace(raw)
	if string(c.raw) == "null" { // GitHub takes it for no body, and ghinstallation relies on that
		c.raw = nil
	}
	if len(c.raw) == 0 {
		return nil
	}
	if c.route.Operation.RequestBody == nil {
		return (&apiError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\nThis operation takes no body."}).named("unexpected-body")
	}
	if t, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || t != "application/json" && !strings.HasSuffix(t, "+json") {
		return (&apiError{status: http.StatusUnsupportedMediaType, message: "Content-Type must be application/json."}).named("bad-content-type")
	}
	var v any
	if json.Unmarshal(c.raw, &v) != nil {
		return (&apiError{status: http.StatusBadRequest, message: "Problems parsing JSON"}).named("bad-json")
	}
	if _, ok := v.(map[string]any); !ok {
		return (&apiError{status: http.StatusBadRequest, message: "Body should be a JSON object"}).named("body-not-object")
	}
	return nil
}

// checkReply validates our own answer. A status that the document does not list for an operation is held
// against the general error schema: GitHub answers 401, 403 and 422 everywhere, but lists them rarely.
func (c *call) checkReply(ctx context.Context, status int, header http.Header, body []byte) error {
	listed := c.route.Operation.Responses.Value(fmt.Sprint(status)) != nil
	if !listed && status >= http.StatusBadRequest {
		var v any
		if err := json.Unmarshal(body, &v); err != nil {
			return fmt.Errorf("an error's body is not JSON: %w", err)
		}
		if ref := c.s.doc.api.Components.Schemas["basic-error"]; ref != nil {
			return ref.Value.VisitJSON(v)
		}
		return nil
	}
	in := c.validationInput()
	return openapi3filter.ValidateResponse(ctx, (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: status, Header: header, Options: in.Options,
	}).SetBodyBytes(body))
}
