// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"time"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Report is the report page of a run, and its JSON twin.
type Report struct {
	Run        string             `json:"run"`
	Short      string             `json:"short"`
	Namespace  string             `json:"namespace"`
	Repository string             `json:"repository"`
	Number     int64              `json:"number"`
	Title      string             `json:"title"`
	Author     string             `json:"author"`
	PullURL    string             `json:"pullURL"`
	Profile    string             `json:"profile"`
	Context    string             `json:"context"`
	Attempt    int                `json:"attempt"`
	State      string             `json:"state"` // waiting, running, finished, superseded
	Conclusion finding.Conclusion `json:"conclusion"`
	Reason     string             `json:"reason"`
	Message    string             `json:"message"`
	Line       string             `json:"line"`
	Turn       report.Turn        `json:"turn"`
	Sentence   string             `json:"sentence"`
	Revision   plan.Revision      `json:"revision"`
	Created    time.Time          `json:"created"`
	Finished   *time.Time         `json:"finished"`
	Seconds    float64            `json:"seconds"` // from planned to finished, or until now
	Conflicts  []string           `json:"conflicts"`
	Scope      plan.Scope         `json:"scope"`
	Problems   verdict.Problems   `json:"problems"`
	Counts     verdict.Counts     `json:"counts"`
	Items      []Problem          `json:"items"`
	Page       Page               `json:"page"`
	Evidence   *Evidence          `json:"evidence"`
	// Looked says in sentences what Scope has as data.
	Looked     []string              `json:"looked"`
	SecondLook *verdict.SecondLook   `json:"secondLook"` // null where nothing was scanned twice
	Commits    *verdict.Commits      `json:"commits"`    // null where nothing was compared
	Slowest    []verdict.PackageTime `json:"slowest"`
	Culprits   []Culprit             `json:"culprits"`
	Timings    []Timing              `json:"timings"`
	Shards     int                   `json:"shards,omitempty"` // into how many the run is divided
	Attempts   []Attempt             `json:"attempts"`
	Repeat     Repeat                `json:"repeat"`
	Logs       []LogLink             `json:"logs"`
	Links      map[string]string     `json:"links"`

	site frame
}

// Problem is a problem as it is shown.
type Problem struct {
	ID       string        `json:"id"`
	Class    finding.Class `json:"class"` // as reports show it: note for new ones that do not gate
	Gates    bool          `json:"gates"`
	Rule     string        `json:"rule"`
	Level    finding.Level `json:"level"`
	Category string        `json:"category"`
	Package  string        `json:"package"`
	Version  string        `json:"version"`
	Path     string        `json:"path"`
	Line     int           `json:"line"`
	Message  string        `json:"message"`
	Commit   string        `json:"commit"` // of the pull request that the problem is about, "" for problems of trees
	Sentence string        `json:"sentence"`
	Advice   string        `json:"advice"`
	From     string        `json:"from"`
	Behind   string        `json:"behind"`
	On       []string      `json:"on"`
	Facts    []string      `json:"facts"` // fingerprints
	Source   []SourceLine  `json:"source"`
	// Scope is why a package that the pull request does not touch was looked at.
	Scope string `json:"scope"`

	open bool
}

// Culprit is something that made the tool fail, with a sentence about it.
type Culprit struct {
	verdict.Culprit
	Sentence string `json:"sentence"`
}

// SourceLine is a line of the file that a problem is in.
type SourceLine struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
	Hit    bool   `json:"hit"`
}

// Page says which part of the problems is shown.
type Page struct {
	From     int    `json:"from"` // counts from 0
	Shown    int    `json:"shown"`
	Total    int    `json:"total"`
	Class    string `json:"class"`
	Level    string `json:"level"`
	Rule     string `json:"rule"`
	Package  string `json:"package"`
	All      bool   `json:"all"`
	Previous string `json:"previous"`
	Next     string `json:"next"`
	Reset    string `json:"reset"` // address without filters, "" where there are none
}

// Evidence is why a verdict can be believed.
type Evidence struct {
	Image            string            `json:"image"`
	Seed             string            `json:"seed"`
	Clock            string            `json:"clock"`
	Arguments        string            `json:"arguments"`
	RepositoryName   string            `json:"repositoryName"`
	Tool             map[string]string `json:"tool"`
	Base             Side              `json:"base"`
	Head             Side              `json:"head"`
	Checks           []string          `json:"checks"`  // that ran on both sides
	Skipped          []SkippedCheck    `json:"skipped"` // on either side
	OneSided         []string          `json:"oneSided"`
	Sandbox          []string          `json:"sandbox"`
	MissingSandbox   []string          `json:"missingSandbox"`
	Masters          []plan.Master     `json:"masters"`
	Rules            verdict.RuleTable `json:"rules"`
	UnknownRules     []string          `json:"unknownRules"`
	SnapshotProfiles []string          `json:"profiles"`
	Unfolded         bool              `json:"-"` // where there is nothing else to read
}

// Side is one side of the evidence.
type Side struct {
	Commit   string `json:"commit"`
	Packages int    `json:"packages"`
	Expected int    `json:"expected"`
	Findings int    `json:"findings"`
	Checks   int    `json:"checks"`
}

// SkippedCheck is a check that did not run, with the reason.
type SkippedCheck struct {
	Check  string `json:"check"`
	Reason string `json:"reason"`
}

// Timing is what a stage took; of a run that is divided, that of one shard.
type Timing struct {
	Stage      plan.Stage  `json:"stage"`
	Shard      int         `json:"shard,omitempty"` // from 1
	Log        string      `json:"log"`             // the stage as its log's address has it
	Seconds    float64     `json:"seconds"`
	CPUSeconds float64     `json:"cpuSeconds"`
	PeakBytes  int64       `json:"peakBytes"`
	Reason     string      `json:"reason"`
	Message    string      `json:"message"`
	Steps      []plan.Step `json:"steps"`
}

// Attempt is another run of the same profile for the same head.
type Attempt struct {
	Run        string             `json:"run"`
	Attempt    int                `json:"attempt"`
	Head       string             `json:"head"`
	State      results.RunState   `json:"state"`
	Conclusion finding.Conclusion `json:"conclusion"`
	Line       string             `json:"line"`
	Current    bool               `json:"current"`
	URL        string             `json:"url"`
}

// Repeat is how to do the same at home.
type Repeat struct {
	Prcheck  string `json:"prcheck"`
	Pkgcheck string `json:"pkgcheck"`
}

// LogLink leads to a stage's log. Stages of a run that is divided are named with their shard: scan-2.
type LogLink struct {
	Stage plan.Stage `json:"stage"`
	Bytes int64      `json:"bytes"`
	URL   string     `json:"url"`
}

// frame is what every page has around it. It depends on the site, not on the run.
type frame struct {
	Title   string
	Icon    string
	Base    string // path prefix of all addresses
	Style   string
	Version string
	Formats []format
}

type format struct{ Name, URL string }
