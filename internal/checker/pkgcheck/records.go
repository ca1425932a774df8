// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pkgcheck

import (
	"encoding/json"
	"time"

	"github.com/prcheck/prcheck/internal/finding"
)

// Versions are everything whose version can change a scan's result.
type Versions struct {
	Pkgcheck   string `json:"pkgcheck"`
	Pkgcore    string `json:"pkgcore"`
	Snakeoil   string `json:"snakeoil"`
	Python     string `json:"python"`
	Bash       string `json:"bash"`
	Git        string `json:"git"`
	PerlModule bool   `json:"perlModule"` // Gentoo::PerlMod::Version is there, without which PerlCheck is left out
}

// History is what pkgcheck took for a repository's git history.
type History struct {
	Name          string  `json:"name"`
	History       *string `json:"history"`       // the commit; nil: pkgcheck saw no history
	HistoryReason *string `json:"historyReason"` // why there is none
}

// Start is the stream's first record: what was run.
type Start struct {
	Protocol     int       `json:"protocol"`
	Versions     Versions  `json:"versions"`
	Arguments    string    `json:"arguments"` // digest of what decides the result
	HashSeed     int       `json:"hashSeed"`
	Clock        time.Time `json:"clock"`
	Repository   string    `json:"repository"`
	Gentoo       bool      `json:"gentoo"`
	Repositories []History `json:"repositories"`
}

// Check says whether one of pkgcheck's checks ran, and if not, why.
type Check struct {
	Name   string `json:"name"`
	Scope  string `json:"scope"`
	Ran    bool   `json:"ran"`
	Reason string `json:"reason"` // optional, network, disabled, skipped, cache, scope; empty where it ran
	Detail string `json:"detail"`
}

// Package is one package that was scanned, clean ones too.
type Package struct {
	Category string   `json:"category"`
	Package  string   `json:"package"`
	Versions []string `json:"versions"`
	Seconds  float64  `json:"seconds"`
}

// Failure is something that failed on the way.
type Failure struct {
	Kind      string `json:"kind"` // check, source, worker, time, profile, sourcing, setup
	Check     string `json:"check"`
	Category  string `json:"category"`
	Package   string `json:"package"`
	Version   string `json:"version"`
	Profile   string `json:"profile"`
	Message   string `json:"message"`
	Traceback string `json:"traceback"`
}

// End is the stream's last record.
type End struct {
	Complete bool    `json:"complete"`
	Packages int     `json:"packages"`
	Findings int     `json:"findings"`
	Errors   int     `json:"errors"`
	Checks   int     `json:"checks"`
	Lost     []Lost  `json:"lost"` // what there is no evidence of; all the rest may be judged
	Seconds  float64 `json:"seconds"`
}

// Lost is a gap in the evidence: checks that are missing for a package, for a profile, or (both empty) for the whole tree. No
// checks means all of them.
type Lost struct {
	Category string   `json:"category"`
	Package  string   `json:"package"`
	Profile  string   `json:"profile"`
	Checks   []string `json:"checks"`
}

// Stream is a whole scan.
type Stream struct {
	Start    Start
	Checks   []Check
	Packages []Package
	Findings []finding.Finding
	Failures []Failure
	End      End
}

// Ran are the names of the checks that ran, in the stream's order, which is the alphabet's.
func (s *Stream) Ran() []string {
	var out []string
	for _, c := range s.Checks {
		if c.Ran {
			out = append(out, c.Name)
		}
	}
	return out
}

// withoutInput are checks that pkgcheck leaves out where the tree lacks what they look at, with the reason that it gives: an advisory that is not
// there concerns no package, so that such a check has been left out and has found nothing is one and the same. It is not so for every
// check that lacks a file: AcctCheck finds conflicts of identifiers with and without metadata/qa-policy.conf, but is left out without.
var withoutInput = map[string]string{
	"GlsaCheck": "no available glsa source",
}

// Spoke are the names of the checks whose silence says that there is nothing to be found: those that ran, and those that the tree has nothing for.
func (s *Stream) Spoke() []string {
	var out []string
	for _, c := range s.Checks {
		if detail, ok := withoutInput[c.Name]; c.Ran || ok && c.Reason == "skipped" && c.Detail == detail {
			out = append(out, c.Name)
		}
	}
	return out
}

// findingRecord is a finding as the stream has it: with every member, where finding.Finding leaves empty ones out.
type findingRecord struct {
	Rule       string         `json:"rule"`
	Level      finding.Level  `json:"level"`
	Scope      string         `json:"scope"`
	Check      string         `json:"check"`
	Category   string         `json:"category"`
	Package    string         `json:"package"`
	Version    string         `json:"version"`
	Attributes map[string]any `json:"attributes"`
	Message    string         `json:"message"`
	Path       string         `json:"path"`
	Line       int            `json:"line"`
}

func (r *findingRecord) finding() finding.Finding {
	return finding.Finding{
		Rule: r.Rule, Level: r.Level, Scope: r.Scope, Check: r.Check,
		Category: r.Category, Package: r.Package, Version: r.Version,
		Path: r.Path, Line: r.Line, Message: r.Message, Attributes: r.Attributes,
	}
}

// kindOf is the part of a record that says what it is.
type kindOf struct {
	Type string `json:"type"`
}

// typed lets the strict decoder accept the member that kindOf has read already.
type typed[T any] struct {
	Type  string `json:"type"`
	Value T      `json:"-"`
}

// UnmarshalJSON reads a record of T, strictly, past its type.
func (t *typed[T]) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	delete(members, "type")
	rest, err := json.Marshal(members)
	if err != nil {
		return err
	}
	return strict(rest, &t.Value)
}
