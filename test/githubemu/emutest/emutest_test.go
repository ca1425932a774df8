// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package emutest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/prcheck/prcheck/test/githubemu/emutest"
)

// recorder is a test that only notes what it is told.
type recorder struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(_ string, args ...any) {
	for _, a := range args {
		if text, is := a.(string); is {
			r.errors = append(r.errors, text)
		}
	}
}

func TestAViolationFailsTheTest(t *testing.T) {
	for sentence, expected := range map[string]bool{"unless it was expected": true, "when nobody expected it": false} {
		t.Run(sentence, func(t *testing.T) {
			r := &recorder{TB: t}
			e := emutest.Start(r)
			if expected {
				e.ExpectViolation("unknown-operation")
			}
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL+"/nowhere", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			for _, f := range r.cleanups {
				f()
			}
			if got := strings.Contains(strings.Join(r.errors, " "), "unknown-operation"); got == expected {
				t.Errorf("told: %v", r.errors)
			}
		})
	}
}
