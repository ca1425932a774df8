// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
)

// NameCommits makes the commit that each fact of a check of commits names a part of what the fact is: two commits with the same defect are two
// facts, and two problems.
func NameCommits(facts []finding.Fact) {
	for i := range facts {
		f := &facts[i]
		f.Commit, _ = f.Attributes["commit"].(string)
		if f.Commit == "" {
			continue
		}
		f.Identity = encode([]any{f.Identity, f.Commit})
		f.Problem, f.Carried = encode([]any{f.Problem, f.Commit}), encode([]any{f.Carried, f.Commit})
		sum := sha256.Sum256([]byte(f.Identity))
		f.Key, f.Fingerprint = [16]byte(sum[:16]), hex.EncodeToString(sum[:16])
		// Every report says which commit it is about.
		for _, after := range []string{", ", ": "} {
			if rest, ok := strings.CutPrefix(f.Message, "commit "+f.Commit+after); ok {
				f.Message = rest
				break
			}
		}
	}
}
