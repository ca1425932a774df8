// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Fact describes expected facts: all with this rule, place and attributes.
type Fact struct {
	Rule string `json:"rule"`
	// Or are rules that may stand instead of Rule.
	Or       []string `json:"or"`
	Level    string   `json:"level"`
	Category string   `json:"category"`
	Package  string   `json:"package"`
	Version  string   `json:"version"`
	// Attributes are some of the attributes of each fact.
	Attributes map[string]any `json:"attributes"`
	// Facts is how many facts this stands for, by default 1. Facts that differ only in profile and keyword are counted here.
	Facts int `json:"facts"`
}

// A Found fact is one that prcheck reported. It reads from the JSON of `prcheck run -o json` and of the API.
type Found struct {
	Rule       string         `json:"rule"`
	Level      string         `json:"level"`
	Category   string         `json:"category"`
	Package    string         `json:"package"`
	Version    string         `json:"version"`
	Attributes map[string]any `json:"attributes"`
}

// Match says how what was found differs from what is expected, or nil: each found fact must be expected exactly once,
// each expectation must be met as often as it says.
func Match(class string, want []Fact, found []Found) error {
	var errs []error
	seen := make([]int, len(want))
	for _, f := range found {
		i := slices.IndexFunc(want, func(w Fact) bool { return w.matches(f) })
		if i < 0 {
			errs = append(errs, fmt.Errorf("%s: %s is not expected", class, f))
			continue
		}
		seen[i]++
	}
	for i, w := range want {
		if seen[i] != w.count() {
			errs = append(errs, fmt.Errorf("%s: %s was found %d times, not %d times", class, w, seen[i], w.count()))
		}
	}
	return errors.Join(errs...)
}

func (w Fact) count() int { return max(1, w.Facts) }

func (w Fact) matches(f Found) bool {
	if w.Rule != f.Rule && !slices.Contains(w.Or, f.Rule) {
		return false
	}
	if w.Category != f.Category || w.Package != f.Package || w.Version != f.Version || (w.Level != "" && f.Level != "" && w.Level != f.Level) {
		return false
	}
	for name, value := range w.Attributes {
		if got, ok := f.Attributes[name]; !ok || plain(got) != plain(value) {
			return false
		}
	}
	return true
}

// plain writes a value for comparing; a list of one element is the same as the element.
func plain(v any) string {
	if list, ok := v.([]any); ok && len(list) == 1 {
		v = list[0]
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// String names the expectation.
func (w Fact) String() string {
	return Found{Rule: w.Rule, Category: w.Category, Package: w.Package, Version: w.Version, Attributes: w.Attributes}.String()
}

// String names the fact.
func (f Found) String() string {
	place := f.Category
	if f.Package != "" {
		place += "/" + f.Package
	}
	if f.Version != "" {
		place += "-" + f.Version
	}
	return fmt.Sprintf("%s %s %s", f.Rule, place, plain(f.Attributes))
}
