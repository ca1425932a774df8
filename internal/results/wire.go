// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package results keeps what runs found: plans, results, verdicts and logs, in a database with a blob store beside it. This
// file holds what goes over the wire between manager, pods and server; the client for it is in results/client.
package results

import (
	"errors"
	"time"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// The errors that the client wraps; match with errors.Is. All else is a server that does not answer as it should.
var (
	// ErrUnknownRun: the server knows no such run, or repository (404).
	ErrUnknownRun = errors.New("the server has no such thing")
	// ErrDifferentRun: something different stands already, and stays (409).
	ErrDifferentRun = errors.New("the server has something different already")
	// ErrInvalid: the server refuses the request as it is (400, 422); sending it again would not help.
	ErrInvalid = errors.New("the server refuses the request as invalid")
)

// MergeRequest asks the server to merge a pull request with its target branch.
type MergeRequest struct {
	Namespace  string `json:"namespace"`
	Repository string `json:"repository"` // name of the Repository object
	Number     int64  `json:"number"`
	// Head is the commit that the forge says is the pull request's; the merge is of this commit and no other.
	Head string `json:"head"`
	// Branch is the target branch.
	Branch string `json:"branch"`
}

// MergeState says how far a merge is.
type MergeState string

// The states of a merge.
const (
	MergeReady    MergeState = "Ready"
	MergeConflict MergeState = "Conflict"
	MergePending  MergeState = "Pending"  // ask again: the mirror is being fetched
	MergeHeadGone MergeState = "HeadGone" // the forge no longer has the head commit, or its ref names another
)

// MergeResult is the answer to a MergeRequest.
type MergeResult struct {
	State     MergeState    `json:"state"`
	Revision  plan.Revision `json:"revision"`            // Merge and Tree are empty on a conflict
	Conflicts []string      `json:"conflicts,omitempty"` // paths, sorted
	Changed   []string      `json:"changed,omitempty"`   // paths that differ between base and merge, sorted
	Masters   []plan.Master `json:"masters,omitempty"`   // pinned
	Message   string        `json:"message,omitempty"`   // why it is pending or gone
}

// RunRecord registers a run before its Job exists; for a conflict or a skip it is all that there ever is of it.
type RunRecord struct {
	Hash       string    `json:"hash"` // 64 hex digits
	Namespace  string    `json:"namespace"`
	Repository string    `json:"repository"` // name of the Repository object
	Check      string    `json:"check"`      // name of the PullRequestCheck
	CheckUID   string    `json:"checkUID"`
	Number     int64     `json:"number"`
	Title      string    `json:"title"`
	Author     string    `json:"author"`
	Profile    string    `json:"profile"`
	Context    string    `json:"context"`
	Attempt    int       `json:"attempt"`
	Created    time.Time `json:"created"`
	Plan       plan.Plan `json:"plan"`
	PullURL    string    `json:"pullURL"` // the pull request's page on the forge
	// GitURL is where anybody can clone the repository from, for the command that repeats the run at home.
	GitURL string `json:"gitURL"`
	// Continues is the hash of the run before, whose attempt failed or found that everything is in scope: what its shards handed over, and what it
	// found of the scope, need not be found again.
	Continues string `json:"continues,omitempty"`
	// Shards and Scanning are the server's: into how many shards the run is divided, and how many of them its Job is to scan. 0: it is not divided.
	Shards   int `json:"shards,omitempty"`
	Scanning int `json:"scanning,omitempty"`
}

// RunState says where a run stands.
type RunState string

// The states of a run.
const (
	RunPlanned    RunState = "Planned"
	RunFinished   RunState = "Finished" // a verdict stands, whatever it is
	RunSuperseded RunState = "Superseded"
)

// Conclude settles a run without a result from a pod: conflict, infrastructure failure, superseded.
type Conclude struct {
	Conclusion finding.Conclusion `json:"conclusion"`
	Reason     string             `json:"reason"`
	Message    string             `json:"message"`
	Conflicts  []string           `json:"conflicts,omitempty"`
}

// Summary is what the manager reads of a run: at most 64 KiB.
type Summary struct {
	Hash       string             `json:"hash"`
	State      RunState           `json:"state"`
	Conclusion finding.Conclusion `json:"conclusion,omitempty"`
	Reason     string             `json:"reason,omitempty"`
	Message    string             `json:"message,omitempty"`
	Line       string             `json:"line"` // first line of every report, at most 140 characters
	Counts     verdict.Counts     `json:"counts"`
	Problems   verdict.Problems   `json:"problems"`
	ReportURL  string             `json:"reportURL"`
	// UnknownRules have no row in the rule table; NoKeywords are names in the profile's severities that the tool has no keyword for. Both
	// are shown to the operator.
	UnknownRules []string `json:"unknownRules,omitempty"`
	// Shards and Scanning: as the record has them.
	Shards     int      `json:"shards,omitempty"`
	Scanning   int      `json:"scanning,omitempty"`
	NoKeywords []string `json:"noKeywords,omitempty"`
}
