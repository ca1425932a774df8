// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/prcheck/prcheck/test/githubemu/spec"
)

// document is GitHub's OpenAPI document, ready to find the operation of a request.
type document struct {
	api    *openapi3.T
	routes []route
}

// route is one operation and the paths that it answers to.
type route struct {
	routers.Route
	id     string
	match  *regexp.Regexp
	params []string
	fixed  int // characters outside parameters: more of them is a closer match
}

var pathParam = regexp.MustCompile(`\{([^}]+)\}`)

// loadDocument reads the embedded document once for all servers of a process: it is large, and nothing changes it.
var loadDocument = sync.OnceValues(readDocument)

func readDocument() (*document, error) {
	api, err := openapi3.NewLoader().LoadFromData(spec.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("githubemu: reading GitHub's OpenAPI document: %w", err)
	}
	if err := api.Validate(context.Background()); err != nil { //nolint:forbidigo // the document is embedded: nothing to cancel
		return nil, fmt.Errorf("githubemu: GitHub's OpenAPI document: %w", err)
	}
	allowLostForks(api)
	d := &document{api: api}
	for path, item := range api.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody != nil {
				closeSchema(op.RequestBody.Value)
			}
			d.routes = append(d.routes, newRoute(api, path, method, item, op))
		}
	}
	slices.SortFunc(d.routes, func(a, b route) int {
		if a.fixed != b.fixed {
			return b.fixed - a.fixed
		}
		return strings.Compare(a.Path+a.Method, b.Path+b.Method)
	})
	return d, nil
}

var formats = []openapi3.SchemaValidationOption{
	openapi3.EnableFormatValidation(), openapi3.WithStringFormatValidator("uri", openapi3.NewCallbackValidator(checkURI)),
}

// checkURI is strict where kin-openapi lets everything pass: a relative address is not what a client can use.
func checkURI(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return err
	}
	if !u.IsAbs() || u.Host == "" {
		return fmt.Errorf("%q is not an absolute address", text)
	}
	return nil
}

// allowLostForks corrects the document in one point: once its fork is deleted, GitHub answers null for the
// repository of a pull request's head.
func allowLostForks(api *openapi3.T) {
	for _, name := range []string{"pull-request", "pull-request-simple"} {
		head := api.Components.Schemas[name].Value.Properties["head"].Value
		repo := *head.Properties["repo"].Value
		repo.Nullable = true
		head.Properties["repo"] = &openapi3.SchemaRef{Value: &repo}
	}
}

func newRoute(api *openapi3.T, path, method string, item *openapi3.PathItem, op *openapi3.Operation) route {
	r := route{id: op.OperationID, fixed: len(pathParam.ReplaceAllString(path, ""))}
	r.Route = routers.Route{Spec: api, Path: path, PathItem: item, Method: method, Operation: op}
	expr := pathParam.ReplaceAllStringFunc(path, func(p string) string {
		name := strings.Trim(p, "{}")
		r.params = append(r.params, name)
		if manySegments[name] {
			return "(.+)"
		}
		return "([^/]+)"
	})
	r.match = regexp.MustCompile("^" + expr + "$")
	return r
}

// manySegments are the parameters that may hold slashes (x-multi-segment in the document, but not for each of them).
var manySegments = map[string]bool{"ref": true, "path": true, "branch": true, "basehead": true}

// closeSchema forbids fields that the document does not name: GitHub ignores most of them, but a client that
// sends one believes in something that is not there.
func closeSchema(body *openapi3.RequestBody) {
	media := body.Content.Get("application/json")
	if media == nil || media.Schema == nil {
		return
	}
	closeObject(media.Schema)
}

func closeObject(ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil || ref.Ref != "" {
		return
	}
	s := ref.Value
	if len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 {
		return
	}
	if len(s.Properties) > 0 && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
		s.AdditionalProperties.Has = new(false)
	}
	for _, p := range s.Properties {
		closeObject(p)
	}
	closeObject(s.Items)
}

// find gives the operation of a request, its path parameters, and whether another method would have been known.
func (d *document) find(method string, path string) (found *route, params map[string]string, otherMethod bool) {
	for i := range d.routes {
		r := &d.routes[i]
		m := r.match.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		if r.Method != method && (method != http.MethodHead || r.Method != http.MethodGet) {
			otherMethod = true
			continue
		}
		params = map[string]string{}
		for j, name := range r.params {
			v, err := url.PathUnescape(m[j+1])
			if err != nil {
				v = m[j+1]
			}
			params[name] = v
		}
		return r, params, false
	}
	return nil, nil, otherMethod
}

// queryParams names the query parameters of an operation.
func (r *route) queryParams() []string {
	var names []string
	for _, list := range []openapi3.Parameters{r.PathItem.Parameters, r.Operation.Parameters} {
		for _, p := range list {
			if p.Value.In == openapi3.ParameterInQuery {
				names = append(names, p.Value.Name)
			}
		}
	}
	return names
}
