// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/verdict"
)

// document is what -o json prints. Counts and lists are of facts.
type document struct {
	Conclusion finding.Conclusion `json:"conclusion"`
	Reason     string             `json:"reason,omitempty"`
	Message    string             `json:"message,omitempty"`
	Conflicts  []string           `json:"conflicts,omitempty"`
	Line       string             `json:"line"`
	Scope      plan.Scope         `json:"scope"`
	Counts     verdict.Counts     `json:"counts"`
	Problems   verdict.Problems   `json:"problems"`
	New        []finding.Fact     `json:"new"`
	Fixed      []finding.Fact     `json:"fixed"`
	Inherited  []finding.Fact     `json:"inherited"`
	Unveiled   []finding.Fact     `json:"unveiled"`
	Hidden     []finding.Fact     `json:"hidden"`
	Unstable   []finding.Fact     `json:"unstable"`
	Revision   plan.Revision      `json:"revision"`
	Masters    []plan.Master      `json:"masters"`
	Toolchain  toolchainDocument  `json:"toolchain"`
	Evidence   evidenceDocument   `json:"evidence"`
	Timings    timings            `json:"timings"`
}

type toolchainDocument struct {
	Name     string            `json:"name"`
	Versions map[string]string `json:"versions"`
}

type evidenceDocument struct {
	Base verdict.SideEvidence `json:"base"`
	Head verdict.SideEvidence `json:"head"`
	// Rules is the table that told the facts apart.
	Rules      verdict.RuleTable   `json:"rules"`
	SecondLook *verdict.SecondLook `json:"secondLook,omitempty"`
	Culprits   []verdict.Culprit   `json:"culprits,omitempty"`
}

// timings are seconds: of everything, of each stage, and of each stage's steps.
type timings struct {
	Total  float64                `json:"total"`
	Stages map[string]stageTiming `json:"stages"`
}

type stageTiming struct {
	Seconds    float64            `json:"seconds"`
	CPUSeconds float64            `json:"cpuSeconds"`
	Steps      map[string]float64 `json:"steps"`
}

// report prints the verdict and returns the exit code as an error.
func (s *session) report(out io.Writer, p plan.Plan, v *verdict.Verdict, took time.Duration) error {
	names := report.Names{Branch: p.Revision.Branch, Base: p.Revision.Base, Head: p.Revision.Head, Profile: p.Snapshot.Name}
	s.warn(v)
	var err error
	if s.options.output == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(newDocument(p, v, report.Line(v, names), took))
	} else {
		_, err = io.WriteString(out, report.Terminal(v, names, s.terminalOptions(out)))
	}
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	switch v.Conclusion {
	case finding.ConclusionSuccess:
		return nil
	case finding.ConclusionFailure:
		return &exitError{exitFindings}
	default: // undecided, and why stands below
	}
	fmt.Fprintln(s.err, "prcheck: "+report.Line(v, names))
	if v.Message != "" {
		fmt.Fprintln(s.err, "prcheck: "+report.Visible(v.Message))
	}
	return &exitError{exitUndecided}
}

// warn tells whoever looks after the profile what the author of a change need not know.
func (s *session) warn(v *verdict.Verdict) {
	missing := []string{}
	for _, o := range v.Outcomes {
		missing = append(missing, o.Missing...)
	}
	slices.Sort(missing)
	if missing = slices.Compact(missing); len(missing) > 0 {
		fmt.Fprintf(s.err, "prcheck: warning: the change's code ran without a part of its sandbox, which cannot be applied here: %s\n", strings.Join(missing, ", "))
	}
	if names := v.Rules.NoKeyword; len(names) > 0 {
		fmt.Fprintf(s.err, "prcheck: warning: the profile's severities name what is no keyword of pkgcheck %s, and changes nothing: %s (pkgcheck show --keywords lists them)\n",
			report.Visible(v.Rules.Pkgcheck), report.Visible(strings.Join(names, ", ")))
	}
	if names := v.Head.UnknownRules; len(names) > 0 {
		fmt.Fprintf(s.err, "prcheck: warning: prcheck has no rules for what these keywords of pkgcheck %s say, and compares it word by word: %s\n",
			report.Visible(v.Rules.Pkgcheck), report.Visible(strings.Join(names, ", ")))
	}
}

func (s *session) terminalOptions(out io.Writer) report.TerminalOptions {
	o := report.TerminalOptions{Existing: s.options.existing, Local: true}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return o
	}
	_, noColour := os.LookupEnv("NO_COLOR")
	o.Colour = !noColour && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		o.Width = min(width, 120)
	}
	return o
}

func newDocument(p plan.Plan, v *verdict.Verdict, line string, took time.Duration) document {
	d := document{
		Conclusion: v.Conclusion, Reason: v.Reason, Message: v.Message, Conflicts: v.Conflicts, Line: line,
		Scope: v.Scope, Counts: v.Counts, Problems: v.Problems,
		New: v.Of(finding.ClassNew), Fixed: v.Of(finding.ClassFixed), Inherited: v.Of(finding.ClassInherited),
		Unveiled: v.Of(finding.ClassUnveiled), Hidden: v.Of(finding.ClassHidden), Unstable: v.Of(finding.ClassUnstable),
		Revision: v.Revision, Masters: p.Masters,
		Toolchain: toolchainDocument{Name: p.Snapshot.Image, Versions: v.Head.Tool},
		Evidence:  evidenceDocument{v.Base, v.Head, v.Rules, v.SecondLook, v.Culprits},
		Timings:   timings{Total: seconds(took), Stages: map[string]stageTiming{}},
	}
	if d.Masters == nil {
		d.Masters = []plan.Master{}
	}
	for _, o := range v.Outcomes {
		t := stageTiming{Seconds: seconds(o.Finished.Sub(o.Started)), CPUSeconds: math.Round(o.CPUSeconds*1000) / 1000, Steps: map[string]float64{}}
		for _, step := range o.Steps {
			t.Steps[strings.TrimSpace(step.Name)] += step.Seconds
		}
		d.Timings.Stages[string(o.Stage)] = t
	}
	return d
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
