// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package verdict holds the judgement on one run: every fact with its class, whether it gates, the conclusion with its
// reason, and the evidence for believing it. It is pure; internal/compare makes the classes, internal/report the texts.
package verdict

import (
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

// Counts counts facts by class.
type Counts struct {
	New       int `json:"new"`
	Existing  int `json:"existing"`
	Fixed     int `json:"fixed"`
	Inherited int `json:"inherited"`
	Unveiled  int `json:"unveiled"`
	Hidden    int `json:"hidden"`
	Unstable  int `json:"unstable"`
}

// Problems counts findings as shown: facts of one class that differ only in keyword and profile are one problem
// (pages.md). Gating and Notes part the new ones; the line is made of these.
type Problems struct {
	Gating    int `json:"gating"` // new, of a level that gates
	Notes     int `json:"notes"`  // new, of a level that does not
	Fixed     int `json:"fixed"`
	Inherited int `json:"inherited"`
	// InheritedGating are inherited problems that gate because the profile says so.
	InheritedGating int `json:"inheritedGating"`
	Unveiled        int `json:"unveiled"`
	Hidden          int `json:"hidden"`
	Unstable        int `json:"unstable"`
	Existing        int `json:"existing"`
}

// Item is one fact with what the pull request did to it.
type Item struct {
	Class finding.Class `json:"class"`
	// Gates says that this fact makes the run fail.
	Gates bool         `json:"gates"`
	Fact  finding.Fact `json:"fact"`
	// From names where an inherited fact stands on the base: "1.0", or "cat/old 1.0" after a rename.
	From string `json:"from,omitempty"`
	// Behind names the blocking rule and version that unveiled or hid the fact, e.g. "SourcingError in a-1.1".
	Behind string `json:"behind,omitempty"`
	// Problem is the id of the problem that the fact is shown under: 12 hex digits of the hash of its identity less keyword and profile.
	Problem string `json:"problem"`
}

// SideEvidence says what was really looked at on one side.
type SideEvidence struct {
	Tool             map[string]string `json:"tool"` // pkgcheck, pkgcore, python, bash … → version
	Packages         int               `json:"packages"`
	PackagesExpected int               `json:"packagesExpected"`
	Checks           []string          `json:"checks"`  // that ran
	Skipped          map[string]string `json:"skipped"` // check → why it did not run
	Findings         int               `json:"findings"`
	Arguments        string            `json:"arguments"` // digest of what the driver was told
	Seed             string            `json:"seed"`
	Clock            string            `json:"clock"`
	RepositoryName   string            `json:"repositoryName"`
	// Slowest are the packages that took longest, at most 20.
	Slowest []PackageTime `json:"slowest,omitempty"`
	// UnknownRules have no row in the identity table and were compared whole; operators are shown them.
	UnknownRules []string `json:"unknownRules,omitempty"`
}

// RuleSource says where a rule table comes from.
type RuleSource string

// The sources of rule tables.
const (
	RulesBuiltIn   RuleSource = "built-in"  // checked in with prcheck, for the toolchain image's pkgcheck
	RulesGenerated RuleSource = "generated" // made from what the run's own pkgcheck says of itself
)

// RuleTable says which table told facts apart. It is empty where nothing was compared.
type RuleTable struct {
	Source   RuleSource `json:"source,omitempty"`
	Pkgcheck string     `json:"pkgcheck,omitempty"` // the version that the table is for
	Rules    int        `json:"rules,omitempty"`
	// Whole are keywords of the tool that have no row, for they hold something that the policy does not know. Their findings are
	// compared word by word; operators are shown them. At most 200.
	Whole []string `json:"whole,omitempty"`
	// NoKeyword are names in the profile's severities that the tool has no keyword for. At most 200.
	NoKeyword []string `json:"noKeyword,omitempty"`
}

// PackageTime is how long the scan of one package took.
type PackageTime struct {
	Package string  `json:"package"` // cat/pn
	Seconds float64 `json:"seconds"`
}

// Culprit is something that made the tool fail: mostly a package that one of its checks cannot cope with. What it cost is missing
// from the evidence.
type Culprit struct {
	Side      string `json:"side"`              // base or head
	Kind      string `json:"kind"`              // check, source, worker, time, sourcing, setup
	Package   string `json:"package,omitempty"` // cat/pn; "" for the tree or the tool itself
	Version   string `json:"version,omitempty"`
	Check     string `json:"check,omitempty"` // the check that failed; several are joined by +
	Message   string `json:"message"`
	Traceback string `json:"traceback,omitempty"` // its end, at most MaxTraceback bytes
}

// Limits of what a verdict keeps of culprits.
const (
	MaxCulprits  = 20
	MaxTraceback = 8 << 10
)

// SecondLook says which packages were scanned twice, because the sides differed there although the change cannot reach them.
// Facts that the second scan did not repeat are unstable.
type SecondLook struct {
	Packages []string `json:"packages"` // cat/pn, sorted
	// Repeated are those where something was found again: the planner took the change's reach for smaller than it is.
	Repeated []string `json:"repeated,omitempty"`
}

// Commits says what became of the checks of the pull request's own commits. What they found is among the items, with the commit.
type Commits struct {
	State plan.CommitState `json:"state"`
	// Reason is why the repository uses such checks, or does not, or what is too much; a part of a sentence.
	Reason string `json:"reason,omitempty"`
	// Base is the merge base, Count how many commits there are between it and the head.
	Base     string   `json:"base,omitempty"`
	Count    int      `json:"count,omitempty"`
	Checks   []string `json:"checks,omitempty"` // that ran
	Findings int      `json:"findings,omitempty"`
}

// Verdict is the judgement on one run.
type Verdict struct {
	Conclusion finding.Conclusion `json:"conclusion"`
	// Reason is one of plan's Reason… words where the conclusion is error or neutral, else empty.
	Reason string `json:"reason,omitempty"`
	// Message says what happened, in words that a contributor can read, where there is a Reason.
	Message string `json:"message,omitempty"`
	// Conflicts are the paths that both sides changed (neutral, merge conflict), sorted.
	Conflicts []string `json:"conflicts,omitempty"`
	Counts    Counts   `json:"counts"`
	Problems  Problems `json:"problems"`
	// Items are all facts, sorted by class, category, package, version, rule, line, fingerprint.
	Items    []Item        `json:"items"`
	Revision plan.Revision `json:"revision"`
	Scope    plan.Scope    `json:"scope"`
	Base     SideEvidence  `json:"base"`
	Head     SideEvidence  `json:"head"`
	Rules    RuleTable     `json:"rules,omitzero"`
	// Culprits made the tool fail on the way, at most MaxCulprits of each side.
	Culprits []Culprit `json:"culprits,omitempty"`
	// SecondLook is nil where nothing had to be scanned again.
	SecondLook *SecondLook `json:"secondLook,omitempty"`
	// Commits is nil where nothing was compared.
	Commits  *Commits       `json:"commits,omitempty"`
	Outcomes []plan.Outcome `json:"outcomes"`
	// Times are what a full scan with nothing missing measured; later ones are divided by them. They are no part of the judgement, and
	// stored apart from it.
	Times *plan.Times `json:"-"`
}

// Of returns the facts of one class, in the order of the items.
func (v *Verdict) Of(class finding.Class) []finding.Fact {
	facts := []finding.Fact{}
	for _, item := range v.Items {
		if item.Class == class {
			facts = append(facts, item.Fact)
		}
	}
	return facts
}
