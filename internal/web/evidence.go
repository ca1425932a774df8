// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/results/store"
	"github.com/prcheck/prcheck/internal/verdict"
)

const (
	// around is how many lines are shown before and after the one that a problem is about.
	around = 2
	// sourceItems is how many problems of a page get source lines.
	sourceItems = 200
	// sourceWait is how long the mirror may keep a page waiting; then the page comes without source lines.
	sourceWait = 2 * time.Second
	maxLine    = 500
)

// addSource shows the lines around each problem: from the merged tree, or from the base where the merge has them no more.
func (s *Site) addSource(ctx context.Context, r *Report, run *store.Run, v *verdict.Verdict) {
	trees := map[string][]string{}
	for i := range r.Items[:min(len(r.Items), sourceItems)] {
		item := &r.Items[i]
		if tree := treeOf(item.Class, v.Revision); item.Path != "" && item.Line > 0 && tree != "" {
			trees[tree] = append(trees[tree], item.Path)
		}
	}
	if len(trees) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, sourceWait)
	defer cancel()
	source, err := s.Sources.Target(ctx, run.Record.Namespace, run.Record.Repository)
	if err != nil {
		s.Log.DebugContext(ctx, "No source lines for a report", "run", r.Short, "error", err)
		return
	}
	for tree, paths := range trees {
		files, err := s.Files.ReadFiles(ctx, source, tree, paths)
		if err != nil {
			s.Log.InfoContext(ctx, "No source lines for a report", "run", r.Short, "error", err)
			continue
		}
		for i := range r.Items {
			item := &r.Items[i]
			if treeOf(item.Class, v.Revision) == tree {
				item.Source = excerpt(files[item.Path], item.Line)
			}
		}
	}
}

func treeOf(class finding.Class, rev plan.Revision) string {
	switch class {
	case finding.ClassFixed, finding.ClassHidden:
		return rev.Base
	default:
		return rev.Tree
	}
}

// excerpt cuts lines out of a file. It is empty where the file has no such line, or is not text.
func excerpt(file []byte, line int) []SourceLine {
	if len(file) == 0 || line <= 0 || slices.Contains(file, 0) {
		return []SourceLine{}
	}
	out := []SourceLine{}
	n := 0
	for text := range strings.Lines(string(file)) {
		n++
		if n > line+around {
			break
		}
		if n >= line-around {
			text = strings.TrimRight(text, "\n")
			out = append(out, SourceLine{Number: n, Text: cutText(text, maxLine), Hit: n == line})
		}
	}
	if n < line {
		return []SourceLine{}
	}
	return out
}

// cutText cuts at a character.
func cutText(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

func evidenceOf(v *verdict.Verdict, p *plan.Plan) *Evidence {
	if len(v.Head.Checks) == 0 && len(v.Base.Checks) == 0 {
		return nil // nothing was scanned: there is nothing to believe
	}
	e := &Evidence{
		Image: p.Snapshot.Image, Seed: v.Head.Seed, Clock: v.Head.Clock, Arguments: v.Head.Arguments, RepositoryName: v.Head.RepositoryName,
		Tool: v.Head.Tool, Masters: p.Masters, Rules: v.Rules, UnknownRules: append([]string{}, v.Head.UnknownRules...), SnapshotProfiles: p.Snapshot.Profiles,
		Base: sideOf(v.Base, v.Revision.Base), Head: sideOf(v.Head, v.Revision.Merge),
		Checks: []string{}, OneSided: []string{}, Skipped: []SkippedCheck{}, Sandbox: []string{}, MissingSandbox: []string{},
	}
	for _, check := range v.Head.Checks {
		if slices.Contains(v.Base.Checks, check) {
			e.Checks = append(e.Checks, check)
		} else {
			e.OneSided = append(e.OneSided, check+" (head only)")
		}
	}
	for _, check := range v.Base.Checks {
		if !slices.Contains(v.Head.Checks, check) {
			e.OneSided = append(e.OneSided, check+" (base only)")
		}
	}
	skipped := map[string]string{}
	for _, side := range []verdict.SideEvidence{v.Base, v.Head} {
		maps.Copy(skipped, side.Skipped)
	}
	for check, reason := range skipped {
		e.Skipped = append(e.Skipped, SkippedCheck{check, reason})
	}
	slices.SortFunc(e.Skipped, func(a, b SkippedCheck) int { return strings.Compare(a.Check, b.Check) })
	for _, o := range v.Outcomes {
		e.Sandbox = append(e.Sandbox, o.Sandbox...)
		e.MissingSandbox = append(e.MissingSandbox, o.Missing...)
	}
	for _, list := range []*[]string{&e.Checks, &e.OneSided, &e.Sandbox, &e.MissingSandbox} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return e
}

func sideOf(s verdict.SideEvidence, commit string) Side {
	return Side{Commit: commit, Packages: s.Packages, Expected: s.PackagesExpected, Findings: s.Findings, Checks: len(s.Checks)}
}

// addLooked says what was looked at, what was not, how long it took and what failed.
func addLooked(r *Report, v *verdict.Verdict) {
	for _, text := range []report.Text{
		report.ScopeSentence(v.Scope), report.SkippedSentence(v.Scope), report.CommitsSentence(v.Commits), report.SecondLookSentence(v.SecondLook), report.UnknownChecksSentence(v.Scope),
	} {
		if sentence := text.String(); sentence != "" {
			r.Looked = append(r.Looked, sentence)
		}
	}
	r.SecondLook, r.Commits = v.SecondLook, v.Commits
	r.Slowest = append(r.Slowest, report.Slowest(v)...)
	for _, c := range v.Culprits {
		r.Culprits = append(r.Culprits, Culprit{c, report.CulpritSentence(c).String()})
	}
}
