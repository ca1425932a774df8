// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// explain is Explain, but for a run at home it promises nothing that only a server does: there, nobody watches and nothing
// starts by itself.
func (t *terminal) explain(v *verdict.Verdict) Explanation {
	e := Explain(v, t.names)
	if !t.opts.Local {
		return e
	}
	branch := t.names.branch()
	switch {
	case v.Conclusion == finding.ConclusionNeutral && v.Reason == plan.ReasonBrokenBase:
		e.Sentence = say("").name(branch).words(" cannot be scanned now, so your problems and its own cannot be told apart. Run this again when it scans.")
	case v.Conclusion == finding.ConclusionNeutral && v.Reason == plan.ReasonTooManyCommits:
		e = Explanation{say("No new problem was found in the tree, but the commits themselves are too many, or too long, to be checked. --commits off does without."), TurnYours}
	case v.Conclusion == finding.ConclusionNeutral:
		e.Sentence = say("Your branch and ").name(branch).words(" changed the same lines, so there is nothing to check yet. Rebase or merge ").
			name(branch).words(", then run this again. This is not a failure.")
	case e.Turn == TurnOurs:
		return Explanation{say("The check could not be done here. That says nothing about your change."), TurnYours}
	}
	return e
}

// advice is ClassAdvice, worded for a run at home where it is one.
func (t *terminal) advice(class finding.Class, gates bool, version string) string {
	switch {
	case t.opts.Local && class == finding.ClassNew:
		return "Fix it and run this again."
	case t.opts.Local && class == finding.ClassUnstable:
		return "Nothing to do."
	}
	return ClassAdvice(class, gates, "", version).String()
}
