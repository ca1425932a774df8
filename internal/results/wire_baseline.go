// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package results

import "github.com/prcheck/prcheck/internal/plan"

// BaselineRequest asks what the baseline of a target branch is now, and whether it was made already.
type BaselineRequest struct {
	Namespace  string `json:"namespace"`
	Repository string `json:"repository"` // name of the Repository object
	Name       string `json:"name"`       // configured repository name, as the tool sees it
	// Branch is the target branch; empty: the one that the forge shows first.
	Branch   string        `json:"branch"`
	Snapshot plan.Snapshot `json:"snapshot"`
	// Findings asks for what the profile finds on the whole base, in the place of its kit.
	Findings bool `json:"findings,omitempty"`
	// Base and Masters are those of a check that waits; empty: the branch's tip, and the masters as they are pinned now.
	Base    string        `json:"base,omitempty"`
	Masters []plan.Master `json:"masters,omitempty"`
}

// BaselineResult is the answer to a BaselineRequest.
type BaselineResult struct {
	State MergeState `json:"state"` // Ready or Pending
	// Plan is that of a run which would make the baseline. Of findings that are stored it has the clock under which they were made.
	Plan plan.Plan `json:"plan"`
	// Stored says that there is nothing left to make.
	Stored  bool   `json:"stored"`
	Message string `json:"message,omitempty"` // why it is pending
}
