// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
)

// speakable refuses a change that adds an ebuild whose path is not UTF-8: neither requests nor results can name its package. Other files
// may have any name.
func speakable(changes []gitops.Change) error {
	for _, c := range changes {
		if !c.Deleted() && path.Ext(c.Path) == ".ebuild" && strings.Count(c.Path, "/") == 2 && !utf8.ValidString(c.Path) {
			return &failure{plan.ReasonCulprit, fmt.Sprintf("The name of the ebuild %q is not UTF-8, so that no result can speak of it. Rename it or its folder.", c.Path), nil}
		}
	}
	return nil
}
