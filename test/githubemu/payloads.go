// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package githubemu

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/prcheck/prcheck/test/githubemu/spec"
)

// examples are GitHub's published payloads, by event and action.
type examples struct{ byName map[string]obj }

func loadExamples() (*examples, error) {
	var all map[string][]obj
	if err := json.Unmarshal(spec.Webhooks, &all); err != nil {
		return nil, fmt.Errorf("githubemu: reading the example payloads: %w", err)
	}
	e := &examples{byName: map[string]obj{}}
	for event, list := range all {
		for _, one := range list {
			action, _ := one["action"].(string) // push and ping have none
			e.byName[event+" "+action] = one
		}
	}
	return e, nil
}

// shaped gives the real values in the shape of the example: its keys, no more and no fewer (but for those in
// extra, which the published example of another action has). Where we have no value the example's stays.
func (s *Server) shaped(event, action string, real obj, extra ...string) obj {
	example := s.hooks.byName[event+" "+action]
	if example == nil { // edited has no example of its own: it is an opened one with changes
		example = s.hooks.byName[event+" opened"]
	}
	out, _ := s.fill(example, real).(obj) // an object stays one
	for _, key := range extra {
		out[key] = real[key]
	}
	return out
}

// fill takes the shape from example and the values from real, as far as there are any.
func (s *Server) fill(example, real any) any {
	switch ex := example.(type) {
	case obj:
		if re, is := real.(obj); is {
			return s.fillObject(ex, re)
		}
	case []any:
		if re, is := real.([]any); is && len(ex) > 0 {
			out := make([]any, len(re))
			for i := range re {
				out[i] = s.fill(ex[0], re[i])
			}
			return out
		}
	case float64:
		if text, is := real.(string); is { // push shows some of a repository's times as numbers
			if t, err := time.Parse(time.RFC3339, text); err == nil {
				return t.Unix()
			}
		}
	}
	return real
}

func (s *Server) fillObject(example, real obj) obj {
	out := obj{}
	for key, value := range example {
		if have, known := real[key]; known {
			out[key] = s.fill(value, have)
		} else {
			out[key] = s.localised(value)
		}
	}
	return out
}

// localised keeps an example's value, without the names of those who lent it.
func (s *Server) localised(value any) any {
	switch v := value.(type) {
	case obj:
		out := obj{}
		for k, inner := range v {
			out[k] = s.localised(inner)
		}
		return out
	case []any:
		return []any{}
	case string:
		return strings.NewReplacer("https://api.github.com", s.api(""), "https://github.com", s.opts.ExternalURL,
			"Codertocat", "githubemu", "Octocoders", "githubemu", "octocoders", "githubemu").Replace(v)
	}
	return value
}
