// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"errors"
	"fmt"
	"net/http"
)

// obj is a JSON object.
type obj = map[string]any

const docsURL = "https://docs.github.com/rest"

// apiError is an answer that refuses, in GitHub's form.
type apiError struct {
	status  int
	message string
	errors  []any  // details, as GitHub sends them with 422
	docs    string // documentation_url, when it is not the usual one
	header  http.Header
	name    string // when set, the request is also a violation of this name
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.status, e.message) }

func (e *apiError) body() obj {
	b := obj{"message": e.message, "documentation_url": docsURL, "status": fmt.Sprint(e.status)}
	if e.docs != "" {
		b["documentation_url"] = e.docs
	}
	if len(e.errors) > 0 {
		b["errors"] = e.errors
	}
	return b
}

func (e *apiError) named(name string) *apiError { e.name = name; return e }

var (
	errNotFound   = &apiError{status: http.StatusNotFound, message: "Not Found"}
	errForbidden  = &apiError{status: http.StatusForbidden, message: "Resource not accessible by integration"}
	errForbidden2 = &apiError{status: http.StatusForbidden, message: "Resource not accessible by personal access token"}
	errBadCreds   = &apiError{status: http.StatusUnauthorized, message: "Bad credentials"}
	errAnonymous  = &apiError{status: http.StatusUnauthorized, message: "Requires authentication"}
)

// unprocessable is a 422 about one field of one kind of resource.
func unprocessable(resource, field, code, message string) *apiError {
	detail := obj{"resource": resource, "code": code}
	if field != "" {
		detail["field"] = field
	}
	if message != "" {
		detail["message"] = message
	}
	return &apiError{status: http.StatusUnprocessableEntity, message: "Validation Failed", errors: []any{detail}}
}

func noCommit(sha string) *apiError {
	return &apiError{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + sha}
}

// asAPIError turns any error of a handler into an answer; what is not GitHub's is our own failure.
func asAPIError(err error) *apiError {
	if e, is := errors.AsType[*apiError](err); is {
		return e
	}
	return &apiError{status: http.StatusInternalServerError, message: "githubemu failed: " + err.Error(), name: "emulator-failure"}
}
