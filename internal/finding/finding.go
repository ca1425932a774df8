// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package finding holds the words of the domain: what a QA tool found, the facts that a finding states, and the classes
// that a comparison of two sides puts facts into. It imports the standard library only, so that every other package,
// pure or not, can speak it.
package finding

// Level is how grave a finding is. The first four are the QA tool's own; a profile may override them (design.md, CheckProfile).
type Level string

// The levels, gravest first.
const (
	LevelError   Level = "error"
	LevelWarning Level = "warning"
	LevelStyle   Level = "style"
	LevelInfo    Level = "info"
	LevelStaging Level = "staging" // a profile's word: shown apart, never gates unless the profile says so
	LevelVerbose Level = "verbose" // a profile's word: folded away in the report
	LevelIgnored Level = "ignored" // a profile's word: not compared at all
)

// Finding is one result of the QA tool, as its driver printed it.
type Finding struct {
	Rule       string         `json:"rule"`  // the tool's keyword, e.g. NonexistentDeps
	Level      Level          `json:"level"` // as the tool printed it
	Scope      string         `json:"scope"` // of the check that produced it: repo, profiles, eclass, licenses, category, package, version, commit
	Check      string         `json:"check"` // the check that produced it
	Category   string         `json:"category,omitempty"`
	Package    string         `json:"package,omitempty"`
	Version    string         `json:"version,omitempty"`
	Path       string         `json:"path,omitempty"` // relative to the tree's root, "" where no file can be named
	Line       int            `json:"line,omitempty"` // 1-based, 0 where unknown
	Message    string         `json:"message"`
	Attributes map[string]any `json:"attributes,omitempty"` // JSON types only: string, float64, bool, nil, []any
}

// Fact is the smallest thing a finding says: one element of its list attributes. Comparison works on facts.
// Its JSON form is the public one (prcheck run -o json, REST API).
type Fact struct {
	Rule        string         `json:"rule"`
	Level       Level          `json:"level"` // after the profile's overrides
	Category    string         `json:"category"`
	Package     string         `json:"package"`
	Version     string         `json:"version"`
	Path        string         `json:"path"`
	Line        int            `json:"line"`
	Message     string         `json:"message"`
	Attributes  map[string]any `json:"attributes"` // the split attribute holds its one element
	Fingerprint string         `json:"fingerprint"`
	// Commit is the commit of the pull request that a fact of a check of commits is about; empty for all others.
	Commit string `json:"commit,omitempty"`

	Scope string `json:"-"`
	Check string `json:"-"`
	// Identity is the canonical text that Fingerprint is the hash of: rule, scope ids and the attributes that the identity table keeps.
	Identity string `json:"-"`
	// Key is the first half of Identity's SHA-256, by which facts are matched; zero: nobody has computed it yet.
	Key [16]byte `json:"-"`
	// Carried is Identity without the version and with the finding's own version strings replaced by placeholders:
	// equal for the same defect in two versions of a package (planner-rules §4 J).
	Carried string `json:"-"`
	// Problem is Identity less keyword and profile: facts of one class with the same Problem are shown as one problem.
	Problem string `json:"-"`
}

// Class says what a pull request did to a fact.
type Class string

// The classes, in the order in which reports show them.
const (
	ClassNew       Class = "new"       // on head, not on base
	ClassInherited Class = "inherited" // on head; on base in another version of the package, or under its former name
	ClassUnveiled  Class = "unveiled"  // on head; could not be seen on base behind a blocking error that head does not have
	ClassHidden    Class = "hidden"    // on base; cannot be seen on head behind a blocking error
	ClassUnstable  Class = "unstable"  // two scans of one side disagreed about it; never gates
	ClassFixed     Class = "fixed"     // on base, not on head
	ClassExisting  Class = "existing"  // on both
)

// Classes lists every class in the order in which reports show them.
var Classes = []Class{ClassNew, ClassInherited, ClassUnveiled, ClassHidden, ClassUnstable, ClassFixed, ClassExisting}

// Conclusion is the verdict on one run, and on a check (the worst of its voting runs).
type Conclusion string

// The conclusions.
const (
	ConclusionSuccess    Conclusion = "success"
	ConclusionFailure    Conclusion = "failure"    // the pull request's fault
	ConclusionNeutral    Conclusion = "neutral"    // conflict, or the target branch itself does not scan
	ConclusionSkipped    Conclusion = "skipped"    // policy
	ConclusionError      Conclusion = "error"      // ours, or a limit
	ConclusionSuperseded Conclusion = "superseded" // a newer head took over; nothing is reported
)
