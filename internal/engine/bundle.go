// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"io/fs"
	"os"
	"path"

	"github.com/prcheck/prcheck/internal/plan"
)

// ranStages are the stages that a bundle speaks of; publish makes the bundle.
var ranStages = []plan.Stage{plan.StageFetch, plan.StagePrepare, plan.StageScan}

// Names of the files in a bundle. There are no others.

// OutcomeName is the name of a stage's outcome in a bundle.
func OutcomeName(s plan.Stage) string { return path.Join("outcome", string(s)+".json") }

// LogName is the name of a stage's log in a bundle.
func LogName(s plan.Stage) string { return path.Join("log", string(s)) }

// StreamName is the name of a side's results in a bundle.
func StreamName(side string) string { return path.Join("scan", side+".jsonl") }

// BundleNames lists every name that a bundle may hold, in the order in which it is packed.
func BundleNames() []string {
	names := []string{}
	for _, s := range ranStages {
		names = append(names, OutcomeName(s))
	}
	for _, s := range ranStages {
		names = append(names, LogName(s))
	}
	for _, side := range Sides {
		names = append(names, StreamName(side))
	}
	for _, side := range Sides {
		names = append(names, SecondName(side))
	}
	return append(names, CommitsName(), TablesName())
}

// bundle shows a layout's results under their names in a bundle: regular files only, opened without following a link
// out of their folder.
type bundle struct{ layout Layout }

// Bundle returns the results of a run's stages as they are published.
func (l Layout) Bundle() fs.FS { return bundle{l} }

// Open opens a file of the bundle.
func (b bundle) Open(name string) (fs.File, error) {
	dir, file, ok := b.locate(name)
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // the file stays open
	info, err := root.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("it is no regular file: %w", fs.ErrNotExist)}
	}
	return root.Open(file)
}

func (b bundle) locate(name string) (dir, file string, ok bool) {
	dirs := map[plan.Stage]string{plan.StageFetch: b.layout.Source(), plan.StagePrepare: b.layout.Prepared(), plan.StageScan: b.layout.Scanned()}
	for s, dir := range dirs {
		switch name {
		case OutcomeName(s):
			return dir, plan.OutcomeFile, true
		case LogName(s):
			return dir, plan.LogFile, true
		}
	}
	for _, side := range Sides {
		if name == StreamName(side) {
			return b.layout.Scanned(), side + firstSuffix, true
		}
		if name == SecondName(side) {
			return b.layout.Scanned(), side + againSuffix, true
		}
	}
	if name == CommitsName() {
		return b.layout.Scanned(), commitsFile, true
	}
	if name == TablesName() {
		return b.layout.Scanned(), tablesFile, true
	}
	return "", "", false
}
