// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/shard"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Evaluate judges a run by what its stages left behind. It only reads. Whatever is missing, incomplete or not alike ends in the
// conclusion error (or neutral, where the base alone does not scan), with a reason: never in success, and never in a panic.
func Evaluate(bundle fs.FS, p plan.Plan) (v *verdict.Verdict) {
	v = &verdict.Verdict{Revision: p.Revision, Scope: p.Scope, Items: []verdict.Item{}}
	defer func() {
		if r := recover(); r != nil {
			*v = verdict.Verdict{Revision: p.Revision, Scope: p.Scope, Items: []verdict.Item{}, Outcomes: v.Outcomes}
			conclude(v, &failure{plan.ReasonIncomplete, fmt.Sprintf("The results could not be evaluated: %v.", r), nil})
		}
	}()
	if p.Baseline != nil {
		conclude(v, evaluateBaseline(bundle, p, v))
		return v
	}
	conclude(v, evaluate(bundle, p, v))
	return v
}

// conclude settles a verdict that was not reached; a nil error leaves it as it is.
func conclude(v *verdict.Verdict, err error) {
	if err == nil {
		return
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{plan.ReasonIncomplete, err.Error(), nil}
	}
	v.Conclusion, v.Reason, v.Message = finding.ConclusionError, f.reason, cut(f.Error(), 4000)
	switch f.reason {
	case plan.ReasonBrokenBase, plan.ReasonTooManyCommits:
		v.Conclusion = finding.ConclusionNeutral
	case plan.ReasonDivide:
		v.Conclusion = finding.ConclusionSuperseded // by the run that is divided
	}
}

func incomplete(format string, args ...any) error {
	return &failure{plan.ReasonIncomplete, fmt.Sprintf(format, args...), nil}
}

// evaluation is a run's evaluation at work.
type evaluation struct {
	bundle     fs.FS
	plan       plan.Plan
	verdict    *verdict.Verdict
	counted    counted
	shards     []shardResults // of a run that was divided; their bundles are folders of the bundle
	sides      map[string]*scanned
	table      *pkgcheck.Table
	options    compare.Options
	losses     losses
	unjudged   error // what is missing of the checks of commits
	comparison compare.Comparison
}

func evaluate(bundle fs.FS, p plan.Plan, v *verdict.Verdict) error {
	e := &evaluation{bundle: bundle, plan: p, verdict: v}
	if err := e.outcomes(); err != nil {
		return err
	}
	if err := e.first(); err != nil {
		return err
	}
	if err := e.second(); err != nil {
		return err
	}
	if err := e.addCommits(); err != nil {
		return err
	}
	j := compare.Judge(e.comparison, compare.Gates{Levels: p.Snapshot.Gate, Inherited: p.Snapshot.GateInherited, InheritedRules: p.Snapshot.GateInheritedRules})
	v.Conclusion, v.Counts, v.Problems, v.Items = j.Conclusion, j.Counts, j.Problems, j.Items
	if err := e.losses.settle(v); err != nil || v.Conclusion != finding.ConclusionSuccess {
		return err
	}
	return e.unjudged
}

// outcomes reads the stages' outcomes, and from them what was scanned.
func (e *evaluation) outcomes() (err error) {
	if e.plan.Divided() {
		err = e.readShards()
	} else {
		e.counted, err = readOutcomes(e.bundle, e.verdict)
	}
	if err != nil {
		return e.dividing(err)
	}
	e.plan.Scope, err = e.counted.chosen(e.plan.Scope)
	e.verdict.Scope = e.plan.Scope
	return err
}

// first reads both sides and compares them.
func (e *evaluation) first() error {
	p, v := e.plan, e.verdict
	renames, err := e.counted.renames()
	if err != nil {
		return err
	}
	e.sides, e.options = map[string]*scanned{}, compare.Options{Renames: renames}
	for _, side := range Sides {
		if _, ok := e.counted.packages[side]; !ok { // a tree without packages has none, and that is counted
			return incomplete("Nobody counted the packages of the %s.", side)
		}
		if e.sides[side], err = e.readSide(side); err != nil {
			return err
		}
		if e.sides[side].exist, err = e.counted.exist(side, p.Scope); err != nil {
			return err
		}
	}
	base, head := e.sides[Base], e.sides[Head]
	table, described, tableErr := ruleTable(e.tools(), head.stream.Start.Versions)
	if tableErr == nil {
		described.NoKeyword = noKeyword(table, p.Snapshot.Severities)
		base.makeFacts(table, p.Snapshot.Severities)
		head.makeFacts(table, p.Snapshot.Severities)
	}
	e.table, v.Rules = table, described
	v.Base, v.Head = base.evidence(), head.evidence()
	v.Culprits = append(base.culprits(), head.culprits()...)
	if e.losses, err = judgeable(base, head, p); err != nil {
		return err
	}
	if tableErr != nil {
		return tableErr
	}
	if p.Scope.Kind == plan.ScopeFull && len(e.losses.all()) == 0 {
		v.Times = new(shard.Measure(base.streams, head.streams))
	}
	base.facts, head.facts = e.losses.without(base.facts), e.losses.without(head.facts)
	e.comparison = compare.Compare(base.side(p), head.side(p), e.options)
	if len(e.comparison.Gaps) > 0 {
		return incomplete("%s was looked at on one side only.", e.comparison.Gaps[0])
	}
	return nil
}

// readOutcomes fills in the verdict's outcomes and returns what scan's runner counted. A stage that did not complete settles the
// verdict.
func readOutcomes(bundle fs.FS, v *verdict.Verdict) (counted, error) {
	var c counted
	for _, s := range ranStages {
		data, err := readFile(bundle, OutcomeName(s), outcomeLimit)
		if err != nil {
			return c, incomplete("The %s stage left no outcome: %v.", s, err)
		}
		var o plan.Outcome
		if err := json.Unmarshal(data, &o); err != nil || o.Stage != s {
			return c, incomplete("The %s stage's outcome cannot be read.", s)
		}
		commits := c.commits
		if s == plan.StageFetch {
			commits = o.Commits
		}
		c = counted{o.Packages, o.Trees, o.Scope, commits}
		o.Packages, o.Trees, o.Scope, o.Commits = nil, nil, nil, nil
		v.Outcomes = append(v.Outcomes, o)
		if !o.OK() {
			return c, &failure{o.Reason, o.Message, nil}
		}
	}
	return c, nil
}

// scanned is one side's results with what is known about them.
type scanned struct {
	name     string
	stream   *pkgcheck.Stream
	streams  []*pkgcheck.Stream // that stream was made of
	expected []string
	exist    map[compare.Package][]string // what the tree has, where the results need not name all
	facts    []finding.Fact
	unknown  []string
}

// readSide reads what was found on a side, by one scan or by all shards.
func (e *evaluation) readSide(side string) (*scanned, error) {
	if e.shards != nil {
		return e.mergeSide(side)
	}
	return readSide(e.bundle, e.plan, side, e.counted.packages[side])
}

func readSide(bundle fs.FS, p plan.Plan, side string, expected []string) (*scanned, error) {
	s, err := readStream(bundle, p, StreamName(side), side)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, incomplete("There are no results of the %s: %v.", side, err)
	}
	if err == nil {
		s.expected = expected
		s.streams = []*pkgcheck.Stream{s.stream}
	}
	return s, err
}

// readStream reads one stream of a bundle. What is not there is fs.ErrNotExist.
func readStream(bundle fs.FS, p plan.Plan, name, side string) (*scanned, error) {
	f, err := bundle.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, incomplete("The results of the %s cannot be read: %v.", side, err)
	}
	defer f.Close() //nolint:errcheck // only read
	limits := pkgcheck.DefaultLimits
	if n := p.Snapshot.OutputBytes; n > 0 {
		limits.Bytes = n
	}
	stream, err := pkgcheck.Parse(f, limits)
	if err != nil {
		return nil, incomplete("The results of the %s cannot be used: %v.", side, err)
	}
	return &scanned{name: side, stream: stream}, nil
}

// makeFacts takes the findings apart, under the profile's severities.
func (s *scanned) makeFacts(table *pkgcheck.Table, severities map[string]finding.Level) {
	s.facts = table.Facts(s.stream.Findings)
	unknown := map[string]bool{}
	for i := range s.facts {
		f := &s.facts[i]
		if level, ok := severities[f.Rule]; ok {
			f.Level = level
		}
		if _, ok := table.Rules[f.Rule]; !ok {
			unknown[f.Rule] = true
		}
	}
	s.unknown = slices.Sorted(maps.Keys(unknown))
}

// judgeable says why two sides cannot be compared: one is incomplete, or they were not scanned alike. What each has lost of its evidence
// does not keep the rest from being compared.
func judgeable(base, head *scanned, p plan.Plan) (losses, error) {
	l := losses{changed: p.Changed}
	var err error
	if l.head, err = head.complete(); err != nil {
		return l, err
	}
	if l.base, err = base.complete(); err != nil {
		if base.broken() {
			err = &failure{plan.ReasonBrokenBase, "The target branch itself does not scan, so that the pull request's problems and its own cannot be told apart", err}
		}
		return l, err
	}
	for _, s := range []*scanned{base, head} {
		if err := s.asPlanned(p); err != nil {
			return l, err
		}
	}
	return l, alike(base, head, p.Scope.Kind == plan.ScopePackages && len(p.Scope.Packages) == 0)
}

// complete says what is missing of a side's evidence: gaps that the tool owns up to, or an error.
func (s *scanned) complete() ([]gap, error) {
	gaps, err := s.gaps()
	if err != nil {
		return nil, incomplete("The scan of the %s is incomplete: %v.", s.name, err)
	}
	seen := map[string]bool{}
	for _, p := range s.stream.Packages {
		seen[p.Category+"/"+p.Package] = true
	}
	for _, g := range gaps {
		seen[g.Category+"/"+g.Package] = true
	}
	missing := slices.DeleteFunc(slices.Clone(s.expected), func(name string) bool { return seen[name] })
	if len(missing) > 0 {
		return nil, incomplete("The scan of the %s did not see %d of its %d packages, among them %s.", s.name, len(missing), len(s.expected), missing[0])
	}
	return gaps, nil
}

// broken says that the tool itself could not make sense of a side: not that it was killed, or too slow.
func (s *scanned) broken() bool {
	return len(s.stream.Failures) > 0 && !slices.ContainsFunc(s.stream.Failures, func(f pkgcheck.Failure) bool {
		return f.Kind == failedWorker || f.Kind == failedTime
	})
}

func unlike(format string, args ...any) error {
	return &failure{plan.ReasonUnlike, fmt.Sprintf(format, args...), nil}
}

// asPlanned compares what a side says of itself with the plan.
func (s *scanned) asPlanned(p plan.Plan) error {
	start := s.stream.Start
	if !start.Clock.Equal(p.Clock) {
		return unlike("The %s was scanned at %s, not at the planned %s.", s.name, start.Clock.Format(time.RFC3339), p.Clock.Format(time.RFC3339))
	}
	if start.Repository != p.Repository {
		return unlike("The %s was scanned as %q, not as the planned %q.", s.name, start.Repository, p.Repository)
	}
	commits := map[string]string{p.Repository: p.Revision.Base}
	if s.name == Head {
		commits[p.Repository] = p.Revision.Merge
	}
	for _, m := range p.Masters {
		commits[m.Name] = m.Commit
	}
	if len(start.Repositories) != len(commits) {
		return unlike("The %s was scanned with %d repositories, not with the planned %d.", s.name, len(start.Repositories), len(commits))
	}
	for _, r := range start.Repositories {
		if r.History == nil || *r.History != commits[r.Name] {
			return unlike("The %s was scanned with the history of %s at %s, not at the planned %s.", s.name, r.Name, text(r.History), commits[r.Name])
		}
	}
	return nil
}

func text(s *string) string {
	if s == nil {
		return "no commit"
	}
	return *s
}

// alike says in what the two scans differ, besides the tree. Where the change can reach no
// package, no check need run: those of the whole tree may be off.
func alike(base, head *scanned, nothing bool) error {
	b, h := base.stream.Start, head.stream.Start
	for _, c := range []struct {
		what       string
		base, head any
	}{
		{"versions", b.Versions, h.Versions},
		{"arguments", b.Arguments, h.Arguments},
		{"hash seed", b.HashSeed, h.HashSeed},
		{"repository", b.Gentoo, h.Gentoo},
	} {
		if c.base != c.head {
			return unlike("Base and head were scanned with different %s: %v and %v.", c.what, c.base, c.head)
		}
	}
	if len(base.stream.Ran()) == 0 && !nothing {
		return incomplete("No check ran.")
	}
	spokeBase, spokeHead := base.stream.Spoke(), head.stream.Spoke()
	if slices.Equal(spokeBase, spokeHead) {
		return nil
	}
	return unlike("Different checks ran on base and head: %s.", strings.Join(onlyOnOne(spokeBase, spokeHead), ", "))
}

// onlyOnOne lists what is in only one of two sets.
func onlyOnOne(a, b []string) []string {
	count := map[string]int{}
	for _, x := range a {
		count[x]++
	}
	for _, x := range b {
		count[x]--
	}
	maps.DeleteFunc(count, func(_ string, n int) bool { return n == 0 })
	return slices.Sorted(maps.Keys(count))
}

// side is what the comparison takes.
func (s *scanned) side(p plan.Plan) compare.Side {
	side := compare.Side{Facts: s.facts, Packages: map[compare.Package][]string{}, Whole: p.Scope.Kind == plan.ScopeFull, Looked: map[compare.Package]bool{}}
	maps.Copy(side.Packages, s.exist)
	for _, k := range s.stream.Packages {
		name := compare.Package{Category: k.Category, Name: k.Package}
		side.Packages[name], side.Looked[name] = append(slices.Clip(side.Packages[name]), k.Versions...), true
	}
	for _, k := range p.Scope.Packages { // one that is not there was looked at, too
		side.Looked[compare.Package{Category: k.Category, Name: k.Package}] = true
	}
	return side
}
