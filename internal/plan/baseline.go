// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"
	"time"
)

// Baseline says what a baseline run makes for later runs. Base, head and merge of its revision are one commit: the tip of a
// target branch, so that nothing of a pull request ever runs in it.
type Baseline struct {
	// Key names what is made, by everything that decides it: what a run of the same key would make is the same.
	Key string `json:"key"`
	// Findings says that the whole base is scanned, too, for the comparison with heads that are scanned as a whole.
	Findings bool `json:"findings,omitempty"`
}

// OfBase returns the plan of a run on a plan's base alone, as nobody changed anything.
func OfBase(p Plan) Plan {
	p.Revision.Merge, p.Revision.Head, p.Changed = p.Revision.Base, p.Revision.Base, nil
	p.Scope = Scope{Kind: ScopePackages}
	return p
}

// FindingsKey names what a profile finds on a whole base on one day (UTC): kit is the key of the base's kit, which names commits, toolchain
// and driver, snapshot the digest of the profile.
func FindingsKey(kit, snapshot string, at time.Time) string {
	return RunHash(kit, snapshot, at.UTC().Format(time.DateOnly), 0)
}

// BaselineHash names one attempt of a baseline run: Repository UID, baseline key and attempt. It is no other run's hash.
func BaselineHash(repositoryUID, key string, attempt int) string {
	return RunHash(repositoryUID, key, "baseline", attempt)
}

// ImageDigest is the digest of an image that is named by digest, and the name itself otherwise.
func ImageDigest(image string) string {
	_, digest, ok := strings.Cut(image, "@")
	if !ok {
		return image
	}
	return digest
}
