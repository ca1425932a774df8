// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"bytes"
	"cmp"
	"encoding/json"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
)

// The orders below are the driver's (PROTOCOL.md), so that a merged stream cannot be told from one that was written in one go.

func comparePackages(a, b pkgcheck.Package) int {
	return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Package, b.Package))
}

func compareFindings(a, b finding.Finding) int {
	if order := cmp.Or(
		cmp.Compare(a.Category, b.Category), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Check, b.Check),
	); order != 0 {
		return order
	}
	return cmp.Or(bytes.Compare(text(a.Attributes), text(b.Attributes)), cmp.Compare(a.Message, b.Message))
}

// text is the attributes as the driver compares them.
func text(attributes map[string]any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(attributes) != nil {
		return nil // they come from JSON: they can be written
	}
	return out.Bytes()
}

func compareFailures(a, b pkgcheck.Failure) int {
	return cmp.Or(
		cmp.Compare(a.Category, b.Category), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Check, b.Check), cmp.Compare(a.Message, b.Message),
	)
}

func compareLost(a, b pkgcheck.Lost) int {
	return cmp.Or(cmp.Compare(a.Category, b.Category), cmp.Compare(a.Package, b.Package), cmp.Compare(a.Profile, b.Profile))
}
