// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package plan

// CommitChecks says whether a pull request's own commits are checked.
type CommitChecks string

// The choices. Auto: where the repository uses such checks; what that means is internal/engine's business.
const (
	CommitsAuto CommitChecks = ""
	CommitsOn   CommitChecks = "On"
	CommitsOff  CommitChecks = "Off"
)

// CommitState says what becomes of a run's check of commits.
type CommitState string

// The states. Only of Checked there are results.
const (
	CommitsChecked   CommitState = "Checked"
	CommitsDisabled  CommitState = "Disabled"  // the profile says so
	CommitsUnused    CommitState = "Unused"    // Auto, and the repository does not use such checks
	CommitsNone      CommitState = "None"      // there are no commits to check
	CommitsElsewhere CommitState = "Elsewhere" // the first shard of a divided run checks them
	CommitsTooMany   CommitState = "TooMany"   // more commits, or more text in them, than are checked
)

// Commits is what was decided about a pull request's own commits, before anything ran.
type Commits struct {
	State CommitState `json:"state"`
	// Reason is a part of a sentence: why the repository uses such checks, or does not, or what is too much.
	Reason string `json:"reason,omitempty"`
	// Base is the merge base: the commits are those between it and the head.
	Base string `json:"base,omitempty"`
	// Count is how many commits are the pull request's own, merges among them.
	Count int `json:"count,omitempty"`
	// Checks are the names of the checks that are wanted; empty: all that the tool has.
	Checks []string `json:"checks,omitempty"`
	// Foreign are commits between Base and head that the target branch has, too: heads that were merged crosswise have them.
	Foreign []string `json:"foreign,omitempty"`
}

// MaxCommits is how many commits of a pull request are checked; above, none is.
const MaxCommits = 1000
