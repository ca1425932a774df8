// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// tablesFile holds, in scan's folder, the tables of a pkgcheck that prcheck has none for.
const tablesFile = "tables.json"

// TablesName is the name of those tables in a bundle.
func TablesName() string { return "scan/" + tablesFile }

// tables are what the installed pkgcheck knows: prcheck's own tables where they are of its version, else tables that the driver makes
// and the bundle takes along. The driver sees no repository for that: no pull request has a word in them.
func (s *stage) tables(ctx context.Context) (*pkgcheck.Tables, error) {
	own := pkgcheck.DefaultTables()
	if slices.Equal(s.engine.Toolchain.installed(), []string{own.Versions.Pkgcheck}) {
		return own, nil
	}
	var made *pkgcheck.Tables
	err := s.step("rules", func() (err error) {
		made, err = s.askTables(ctx)
		return err
	})
	if err != nil || made.Versions.Pkgcheck == own.Versions.Pkgcheck {
		return own, err
	}
	data, err := json.Marshal(made) // as it was understood, without anything else
	if err != nil {
		return nil, err
	}
	return made, os.WriteFile(s.engine.Layout.Scanned(tablesFile), data, 0o644)
}

// askTables has the driver say what the installed pkgcheck knows.
func (s *stage) askTables(ctx context.Context) (*pkgcheck.Tables, error) {
	code, err := s.drive(ctx, newCall("tables", "tables", map[string]int{"protocol": driver.Protocol}, nil, nil))
	if err != nil {
		return nil, err
	}
	if code != driver.ExitDone {
		return nil, &failure{plan.ReasonToolFailed, fmt.Sprintf("The tool ended with code %d instead of saying what it knows.", code) + s.said(), nil}
	}
	root, err := os.OpenRoot(s.engine.Layout.Tmp(plan.StageScan, "tables"))
	if err != nil {
		return nil, err
	}
	defer root.Close() //nolint:errcheck // only read
	data, err := readFile(root.FS(), outFile, pkgcheck.TablesLimit)
	if err != nil {
		return nil, &failure{plan.ReasonToolFailed, "What the tool says of its rules cannot be read", err}
	}
	tables, err := pkgcheck.ParseTables(data)
	if err != nil {
		return nil, &failure{plan.ReasonToolFailed, "What the tool says of its rules cannot be used", err}
	}
	return tables, nil
}

// installed lists the versions of pkgcheck that the toolchain's folders show, without starting anything. Where that is not exactly one,
// only pkgcheck itself can tell.
func (t Toolchain) installed() []string {
	const name, suffix = "pkgcheck-", ".dist-info"
	versions := []string{}
	for _, folder := range t.pythonFolders() {
		entries, err := os.ReadDir(folder)
		if err != nil {
			continue // not a folder: nothing is installed there
		}
		for _, e := range entries {
			version, ok := strings.CutPrefix(e.Name(), name)
			if version, found := strings.CutSuffix(version, suffix); ok && found {
				versions = append(versions, version)
			}
		}
	}
	slices.Sort(versions)
	return slices.Compact(versions)
}

// ruleTable chooses the table that tells apart what a pkgcheck of these versions found: the one that the run brought, if it is that
// very tool's, else prcheck's own, if it is of that version.
func ruleTable(bundle fs.FS, installed pkgcheck.Versions) (*pkgcheck.Table, verdict.RuleTable, error) {
	brought, err := broughtTables(bundle, installed)
	if err != nil {
		return nil, verdict.RuleTable{}, err
	}
	if brought != nil {
		return described(pkgcheck.Generate(brought), verdict.RulesGenerated)
	}
	own := pkgcheck.DefaultTables().Versions.Pkgcheck
	if own != installed.Pkgcheck {
		return nil, verdict.RuleTable{}, incomplete(
			"There is no rule table for pkgcheck %s: prcheck's own is for %s, and the run brought none that fits. Run it again; if that does not help, use a toolchain with that version.", installed.Pkgcheck, own)
	}
	return described(pkgcheck.Default(), verdict.RulesBuiltIn)
}

// broughtTables are the tables that a run brought of its tool; nil where it brought none that are of these versions.
func broughtTables(bundle fs.FS, installed pkgcheck.Versions) (*pkgcheck.Tables, error) {
	data, err := readFile(bundle, TablesName(), pkgcheck.TablesLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, incomplete("The rule tables that the run brought cannot be read: %v.", err)
	}
	tables, err := pkgcheck.ParseTables(data)
	if err != nil {
		return nil, incomplete("The rule tables that the run brought cannot be used: %v.", err)
	}
	if tables.Versions != installed {
		return nil, nil
	}
	return tables, nil
}

// wholeTreeChecks says by name which checks of a pkgcheck of these versions are of the whole tree, by the same tables.
func wholeTreeChecks(bundle fs.FS, installed pkgcheck.Versions) (func(string) bool, error) {
	tables, err := broughtTables(bundle, installed)
	if err != nil {
		return nil, err
	}
	if tables == nil {
		tables = pkgcheck.DefaultTables() // where they are of another version, ruleTable refuses the run
	}
	whole := map[string]bool{}
	for _, c := range tables.Checks {
		whole[c.Name] = c.WholeTree
	}
	return func(name string) bool { return whole[name] }, nil
}

// maxListed is how many names of rules a verdict keeps.
const maxListed = 200

// noKeyword lists names in a profile's severities that the tool has no keyword for: they change nothing, most likely by a slip.
func noKeyword(table *pkgcheck.Table, severities map[string]finding.Level) []string {
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(severities)), table.Knows)
	return slices.Clone(names[:min(len(names), maxListed)])
}

func described(table *pkgcheck.Table, source verdict.RuleSource) (*pkgcheck.Table, verdict.RuleTable, error) {
	return table, verdict.RuleTable{
		Source: source, Pkgcheck: table.Pkgcheck, Rules: len(table.Rules),
		Whole: slices.Clone(table.Unknown[:min(len(table.Unknown), maxListed)]),
	}, nil
}
