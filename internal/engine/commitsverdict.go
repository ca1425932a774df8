// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// CommitsName is the name of the results of the checks of commits in a bundle.
func CommitsName() string { return "scan/" + commitsFile }

// commitsFile holds those results in scan's folder.
const commitsFile = commitsCall + firstSuffix

// addCommits adds what the checks of the pull request's own commits found. None of it has another side: each belongs to a commit of the
// pull request, and so is new. What is missing of it does not keep the rest from being judged, but there is no success without it.
func (e *evaluation) addCommits() error {
	c := e.counted.commits
	if c == nil {
		return incomplete("Nobody said whether the pull request's commits are checked.")
	}
	v := &verdict.Commits{State: c.State, Reason: c.Reason, Base: c.Base, Count: c.Count}
	e.verdict.Commits = v
	defer e.noteCommits()
	switch asked := e.plan.Snapshot.CommitChecks; {
	case (asked == plan.CommitsOff) != (c.State == plan.CommitsDisabled), asked == plan.CommitsOn && c.State == plan.CommitsUnused:
		return incomplete("The profile's wish for checks of commits (%q) is not what became of them: %s.", asked, c.State)
	case c.State == plan.CommitsTooMany:
		e.unjudged = &failure{plan.ReasonTooManyCommits, "The pull request's commits are not checked: " + c.Reason + ".", nil}
		return nil
	case c.State != plan.CommitsChecked:
		return nil
	}
	s, err := readStream(e.tools(), e.plan, CommitsName(), "pull request's commits")
	if errors.Is(err, fs.ErrNotExist) {
		err = incomplete("There are no results of the checks of the pull request's commits.")
	}
	if err != nil {
		e.unjudged = err
		return nil
	}
	s.name = commitsCall
	if e.unjudged = e.commitsEvidence(s, c); e.unjudged == nil {
		e.unjudged = commitsGap(s)
	}
	e.verdict.Culprits = append(e.verdict.Culprits, s.culprits()...)
	v.Checks = s.stream.Ran()
	facts, err := e.commitFacts(s, c)
	if err != nil {
		return err
	}
	v.Findings = len(s.stream.Findings)
	e.comparison = compare.AddNew(e.comparison, facts)
	return nil
}

// noteCommits mends what base and head say of the checks of commits: they were left out there, and that is all that the scans know.
func (e *evaluation) noteCommits() {
	c := e.verdict.Commits
	for _, side := range []*verdict.SideEvidence{&e.verdict.Base, &e.verdict.Head} {
		for _, check := range pkgcheck.DefaultTables().Checks {
			if _, ok := side.Skipped[check.Name]; !ok || !check.Commits {
				continue
			}
			switch {
			case slices.Contains(c.Checks, check.Name):
				delete(side.Skipped, check.Name)
			case c.State == plan.CommitsUnused:
				side.Skipped[check.Name] = "commits are not checked here: " + c.Reason
			case c.State == plan.CommitsDisabled:
				side.Skipped[check.Name] = "the profile does not want commits checked"
			case c.State == plan.CommitsNone:
				side.Skipped[check.Name] = "there are no commits"
			case c.State == plan.CommitsTooMany:
				side.Skipped[check.Name] = c.Reason
			case c.State == plan.CommitsChecked && len(c.Checks) > 0:
				side.Skipped[check.Name] = "its rules are those of ::gentoo"
			}
		}
	}
}

// commitsEvidence says in what the checks of commits were not what was planned.
func (e *evaluation) commitsEvidence(s *scanned, c *plan.Commits) error {
	start, sides := s.stream.Start, e.sides[Base].stream.Start
	switch {
	case !start.Clock.Equal(e.plan.Clock) || start.Repository != e.plan.Repository:
		return unlike("The pull request's commits were checked at %s as %q, not as planned.", start.Clock, start.Repository)
	case start.Versions != sides.Versions:
		return unlike("The pull request's commits were checked with other versions than base and head: %v and %v.", start.Versions, sides.Versions)
	}
	for _, r := range start.Repositories {
		if r.Name == e.plan.Repository && (r.History == nil || *r.History != c.Base) {
			return unlike("The pull request's commits were checked against the history of %s, not of the merge base %s.", text(r.History), c.Base)
		}
	}
	return commitsRan(s, c)
}

// commitsRan says which check of the commits did not run although it had to.
func commitsRan(s *scanned, c *plan.Commits) error {
	ran := s.stream.Ran()
	for _, name := range c.Checks {
		if !slices.Contains(ran, name) {
			return incomplete("The pull request's commits were not checked: %s did not run.", name)
		}
	}
	for _, check := range s.stream.Checks {
		if len(c.Checks) == 0 && !check.Ran {
			return incomplete("The pull request's commits were not checked: %s did not run (%s).", check.Name, strings.TrimSuffix(check.Reason+": "+check.Detail, ": "))
		}
	}
	if len(ran) == 0 && s.stream.End.Complete {
		return incomplete("The pull request's commits were not checked: no check ran.")
	}
	return nil
}

// commitsGap says what failed on the way.
func commitsGap(s *scanned) error {
	if err := s.stream.Evidence(); err != nil {
		return incomplete("The checks of the pull request's commits failed: %v.", err)
	}
	return nil
}

// commitFacts takes the findings apart. A commit that the target branch has, too, is not the pull request's.
func (e *evaluation) commitFacts(s *scanned, c *plan.Commits) ([]finding.Fact, error) {
	s.makeFacts(e.table, e.plan.Snapshot.Severities)
	pkgcheck.NameCommits(s.facts)
	for i := range s.facts {
		if id := s.facts[i].Commit; id != "" && !gitops.IsCommitID(id) {
			return nil, incomplete("A result of the checks of commits names %.80q, which is no commit.", id)
		}
	}
	return slices.DeleteFunc(s.facts, func(f finding.Fact) bool {
		return f.Level == finding.LevelIgnored || f.Commit != "" && slices.Contains(c.Foreign, f.Commit)
	}), nil
}
