// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"time"
)

// Stage is one step of a run.
type Stage string

// The stages, in order.
const (
	StageFetch   Stage = "fetch"
	StagePrepare Stage = "prepare"
	StageScan    Stage = "scan"
	StagePublish Stage = "publish"
)

// OfShard names a stage of one shard, where names of stages are to tell shards apart: "scan-2". Shard 0 is an undivided run.
func (s Stage) OfShard(number int) Stage {
	if number == 0 {
		return s
	}
	return Stage(fmt.Sprintf("%s-%d", s, number))
}

// Stages lists the stages in order.
var Stages = []Stage{StageFetch, StagePrepare, StageScan, StagePublish}

// Outcome says what happened to a stage. The runner, never the tool, writes it (outcome.json).
type Outcome struct {
	Stage Stage `json:"stage"`
	// Shard is the number of the shard whose stage it is, from 1; 0: the run is not divided.
	Shard    int       `json:"shard,omitempty"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// ExitCode of the tool; -1 where it was killed or never started.
	ExitCode int    `json:"exitCode"`
	Signal   string `json:"signal,omitempty"` // e.g. "killed"
	// Reason is empty where the stage completed, else one of the Reason… words.
	Reason string `json:"reason,omitempty"`
	// Message says what happened in words that a contributor can read.
	Message string `json:"message,omitempty"`
	// OOMKills is how often the kernel killed for memory in the container's cgroup; -1 where that cannot be read.
	OOMKills     int64   `json:"oomKills"`
	CPUSeconds   float64 `json:"cpuSeconds"`
	PeakBytes    int64   `json:"peakBytes"`
	LogTruncated int64   `json:"logTruncated,omitempty"` // bytes of log left out
	// Sandbox lists the protections that were applied; Missing those that could not be (only under BestEffort).
	Sandbox []string `json:"sandbox,omitempty"`
	Missing []string `json:"missing,omitempty"`
	// Sides are the steps of the stage with their seconds, e.g. "base regen".
	Steps []Step `json:"steps,omitempty"`
	// Kit names what an earlier run on the base left for this stage; empty: it made everything itself.
	Kit string `json:"kit,omitempty"`
	// Findings names what a run on a base alone found on all of it.
	Findings string `json:"findings,omitempty"`
	// Scope is what was scanned, where the plan left that to the run. Only scan's outcome has it.
	Scope *Scope `json:"scope,omitempty"`
	// Packages are those (category/package) that the runner counted in the trees and in scope, by side: what a scan must have
	// seen. Only scan's outcome has them, and no verdict repeats them.
	Packages map[string][]string `json:"packages,omitempty"`
	// Trees is what else the runner found in the trees. Only scan's outcome has it, and no verdict repeats it.
	Trees *Trees `json:"trees,omitempty"`
	// Commits is what fetch decided about the pull request's own commits. Only fetch's outcome has it.
	Commits *Commits `json:"commits,omitempty"`
}

// Trees is what the comparison must know of the trees themselves.
type Trees struct {
	// Versions lists every package with its versions ("category/package version version") by side, in scope or not. A full scan
	// has none: its results name them all. One shard's results do not, so that it has them, too.
	Versions map[string][]string `json:"versions,omitempty"`
	// Renames are packages that have another name on head: former → present category/package.
	Renames map[string]string `json:"renames,omitempty"`
}

// Step is a part of a stage with its time.
type Step struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

// OK says whether the stage completed.
func (o Outcome) OK() bool { return o.Reason == "" }

// Reasons of an Outcome, and of a verdict that could not be reached.
const (
	ReasonTimeout        = "Timeout"     // the stage's time limit
	ReasonOutOfMemory    = "OutOfMemory" // the profile's memory limit
	ReasonOutputLimit    = "OutputLimit" // the stage wrote more than it may
	ReasonDiskFull       = "DiskFull"    // the stage's storage limit
	ReasonToolFailed     = "ToolFailed"  // the tool ended with an error or a signal
	ReasonIncomplete     = "Incomplete"  // evidence is missing: packages, end of stream, checks
	ReasonCulprit        = "Culprit"     // the tool itself fails on what the change has
	ReasonUnlike         = "UnlikeRuns"  // base and head were not scanned alike
	ReasonNoSandbox      = "SandboxUnavailable"
	ReasonFetchFailed    = "FetchFailed"
	ReasonPublishFailed  = "PublishFailed"
	ReasonBrokenBase     = "BrokenBase"     // the target branch itself does not scan
	ReasonTooManyCommits = "TooManyCommits" // the pull request has more commits than are checked
	ReasonInfrastructure = "Infrastructure" // node lost, eviction by the node, image pull …
	ReasonDivide         = "ScopeIsFull"    // everything is in scope: the scan is to be divided among pods
)
