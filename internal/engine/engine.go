// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package engine runs a check from trees to verdict, the same way in pods (cmd/runner), at home (cmd/prcheck) and, for the last
// step, in the server: fetch lays the trees out, prepare makes their metadata, scan looks at base and head, publish or
// Evaluate takes the results.
//
// Stages are functions over the folders of a Layout. Only prepare and scan start the QA tool, through a Toolchain and always
// in a sandbox (internal/sandbox); only prepare runs code of the pull request. Between stages nothing passes but files,
// which the next stage reads as data: it follows no link out of a folder and believes nothing that it can check.
//
// The engine decides neither what is scanned (the plan does) nor what the results are worth (internal/compare does).
package engine

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
)

// Engine runs stages. A pod makes one for its own stage, prcheck run one for all of them.
type Engine struct {
	Layout    Layout
	Toolchain Toolchain
	Git       gitops.Git
	Clock     clock.PassiveClock
	// Runner is the program that fetch copies for the containers that have none; empty: nobody needs it.
	Runner string
	// Driver is a file with the driver, compiled (CompiledDriver); empty: stages use the one that this program carries.
	Driver string
	// Seeds are prepared folders by repository name, from which base and masters are brought up to date instead of made from
	// nothing. Whoever gives them vouches that no hostile code could write there.
	Seeds map[string]string
	// Kit is the folder of the base's kit (internal/basekit), which nobody may write to; empty: there is none, and everything is made anew.
	Kit string
	// Findings keeps results of scans of the kit's base; nil: the base is scanned each time.
	Findings Findings
	// Stores are folders of stores of trees by repository name (internal/trees), which outlive the run. A repository without one gets a
	// store among the run's own folders. The tool sees them where they are.
	Stores map[string]string
	// Objects are folders of git objects that the run's repositories borrow from. The tool sees them where they are.
	Objects []string
	// Live gets the tool's output as it comes, in addition to the stage's log; nil: nobody watches.
	Live io.Writer
	// Started is told the name of each step when it begins; nil: nobody asks.
	Started func(stage plan.Stage, step string)
	// known is what git said of commits, which do not change; stages of one engine share it.
	known *known
	// started are drivers that were started before there is work for them.
	started map[plan.Stage]*ahead
	// Off switches protections off; tests only (sandbox.Off).
	Off sandbox.Off
	// Trust believes what must not be believed; tests only.
	Trust Trust
}

// Trust switches off what keeps a pull request's files from being believed, one by one, so that a test can show that each is
// what stops an attack. Nothing outside of tests sets any of it: neither flag nor environment nor plan reaches it.
type Trust struct {
	Generated bool // keeps generated files, and takes metadata entries from them
	Ignore    bool // uses the head's own ignore file
	Links     bool // keeps links that lead out of the tree
	Output    bool // keeps all output of the tool
	Folders   bool // shows each stage the folders of all, writable
}

// Layout says where a run's folders are. They have the same names in pods and at home.
type Layout struct {
	// Root holds the folders; plan.RootDir in pods.
	Root string
	// Temporary holds a folder for each stage's temporary files; empty: /tmp, which each container of a pod has for itself.
	Temporary string
}

// PodLayout is the layout of a run's pod.
var PodLayout = Layout{Root: plan.RootDir}

// The sides of a comparison.
const (
	Base = "base"
	Head = "head"
)

// Sides lists the sides in the order in which they are worked on: the base never runs after the head's code has.
var Sides = []string{Base, Head}

func (l Layout) join(dir string, names ...string) string {
	rel := strings.TrimPrefix(dir, plan.RootDir)
	return filepath.Join(append([]string{l.Root, rel}, names...)...)
}

// Tools returns a path below the folder of runner and driver.
func (l Layout) Tools(names ...string) string { return l.join(plan.ToolsDir, names...) }

// Source returns a path below the folder of plan, repositories and trees.
func (l Layout) Source(names ...string) string { return l.join(plan.SourceDir, names...) }

// Prepared returns a path below prepare's folder.
func (l Layout) Prepared(names ...string) string { return l.join(plan.PreparedDir, names...) }

// Work returns a path below scan's own folder.
func (l Layout) Work(names ...string) string { return l.join(plan.WorkDir, names...) }

// Scanned returns a path below the folder of scan's results.
func (l Layout) Scanned(names ...string) string { return l.join(plan.ScannedDir, names...) }

// Tmp returns a path below a stage's folder for temporary files.
func (l Layout) Tmp(stage plan.Stage, names ...string) string {
	if l.Temporary == "" {
		return filepath.Join(append([]string{"/tmp"}, names...)...)
	}
	return filepath.Join(append([]string{l.Temporary, string(stage)}, names...)...)
}

// Target is the bare repository that is checked; Tree a side's check-out; Master and MasterTree those of a master.
func (l Layout) Target() string { return l.Source("target.git") }

// Tree returns the check-out of a side.
func (l Layout) Tree(side string) string { return l.Source(side) }

// Master returns the bare repository of a master.
func (l Layout) Master(name string) string { return l.Source("masters", name+".git") }

// MasterTree returns the check-out of a master.
func (l Layout) MasterTree(name string) string { return l.Source("masters", name) }

// Make makes the layout's folders, for a run at home. A pod finds them mounted.
func (l Layout) Make() error {
	for _, dir := range []string{
		l.Tools(), l.Source("masters"), l.Prepared(), l.Work(), l.Scanned(),
		l.Tmp(plan.StagePrepare), l.Tmp(plan.StageScan), l.Tmp(plan.StageFetch),
	} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}
