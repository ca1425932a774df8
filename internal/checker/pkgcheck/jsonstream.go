// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"github.com/prcheck/prcheck/internal/finding"
)

// classMember is the member of pkgcheck's JsonStream that names the keyword.
const classMember = "__class__"

// ParseJSONStream reads pkgcheck's own JsonStream (`pkgcheck scan -R JsonStream`, and the expected.json files of its test data). That
// form has no level, scope, check or message: the first two are filled in from the tables, where these know the keyword.
func (t *Tables) ParseJSONStream(r io.Reader, limits Limits) ([]finding.Finding, error) {
	keywords := make(map[string]*KeywordTable, len(t.Keywords))
	for i := range t.Keywords {
		keywords[t.Keywords[i].Name] = &t.Keywords[i]
	}
	var out []finding.Finding
	scanner := bufio.NewScanner(io.LimitReader(r, limits.Bytes))
	scanner.Buffer(nil, limits.Line)
	for line := 1; scanner.Scan(); line++ {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		f, err := jsonStreamResult(scanner.Bytes())
		if err != nil {
			return nil, &LineError{line, err}
		}
		keyword, ok := keywords[f.Rule]
		if !ok {
			return nil, &LineError{line, fmt.Errorf("%w: pkgcheck %s has no keyword %q", ErrUnknown, t.Versions.Pkgcheck, f.Rule)}
		}
		f.Level, f.Scope = finding.Level(keyword.Level), keyword.Scope
		if len(keyword.Checks) == 1 {
			f.Check = keyword.Checks[0]
		}
		out = append(out, f)
	}
	return out, scanner.Err()
}

func jsonStreamResult(data []byte) (finding.Finding, error) {
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return finding.Finding{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	f := finding.Finding{Attributes: members}
	for name, into := range map[string]*string{
		classMember: &f.Rule, "category": &f.Category, "package": &f.Package, "version": &f.Version,
	} {
		// What is no text, or an empty one, stays an attribute, so that nothing is lost.
		if text, ok := members[name].(string); ok && text != "" {
			*into = text
			delete(members, name)
		}
	}
	if f.Rule == "" {
		return f, fmt.Errorf("%w: no %s", ErrMalformed, classMember)
	}
	return f, nil
}

// JSONStreamObject is a finding as JsonStream has it: the inverse of ParseJSONStream.
func JSONStreamObject(f *finding.Finding) map[string]any {
	out := maps.Clone(f.Attributes)
	if out == nil {
		out = map[string]any{}
	}
	for name, text := range map[string]string{
		classMember: f.Rule, "category": f.Category, "package": f.Package, "version": f.Version,
	} {
		if text != "" {
			out[name] = text
		}
	}
	return out
}
