// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package ebuild

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// EclassRecord is what sourcing an eclass showed (a record of eclasses.json).
type EclassRecord struct {
	MD5              string              `json:"md5"`
	Functions        []string            `json:"functions"`
	Variables        []string            `json:"variables"`
	MissingFunctions map[string][]string `json:"missingFunctions,omitempty"` // by EAPI: of Functions, those that it does not have
	MissingVariables map[string][]string `json:"missingVariables,omitempty"`
	Properties       string              `json:"properties,omitempty"`
	Error            *string             `json:"error,omitempty"` // why there is nothing
}

// Live tells whether ebuilds that inherit the eclass are live ones.
func (r EclassRecord) Live() bool { return slices.Contains(fields(r.Properties), "live") }

// SourcingError is why an ebuild has no metadata entry (a record of errors.json).
type SourcingError struct {
	MD5    string  `json:"md5"`
	Attr   string  `json:"attr"`
	Error  string  `json:"error"`
	Detail *string `json:"detail"`
	Inputs string  `json:"inputs,omitempty"`
}

// ParseEclassRecords reads an eclasses.json: records by the eclasses' names.
func ParseEclassRecords(data []byte) (map[string]EclassRecord, error) {
	return parseRecords[EclassRecord](data, "eclasses")
}

// ParseSourcingErrors reads an errors.json: records by CATEGORY/PF.
func ParseSourcingErrors(data []byte) (map[string]SourcingError, error) {
	return parseRecords[SourcingError](data, "errors")
}

// parseRecords reads {"member": {name: record}}.
func parseRecords[T any](data []byte, member string) (map[string]T, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var document map[string]map[string]T
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("%s.json: %w", member, err)
	}
	for name := range document {
		if name != member {
			return nil, fmt.Errorf("%s.json: %.80q is no member of it", member, name)
		}
	}
	if document[member] == nil {
		return map[string]T{}, nil
	}
	return document[member], nil
}
