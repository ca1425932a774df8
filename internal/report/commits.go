// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// CommitsSentence says that the pull request's own commits were checked, and why; empty where they were not.
func CommitsSentence(c *verdict.Commits) Text {
	if c == nil || c.State != plan.CommitsChecked {
		return Text{}
	}
	return say(count(c.Count, "commit of the change's own was", "commits of the change's own were") + " checked, since ").name(ShortCommit(c.Base)).
		words(" (").prose(c.Reason).words(").")
}

// CommitSentence says which commit a problem is about; empty for problems of trees.
func CommitSentence(f *finding.Fact) Text {
	if f.Commit == "" {
		return Text{}
	}
	return say("In commit ").name(ShortCommit(f.Commit)).words(".")
}

// aboutCommit says in which commit a problem is, and what to do about one that blocks.
func aboutCommit(p *Problem, local bool) Text {
	text := CommitSentence(&p.Fact)
	switch {
	case p.Gates && local:
		return text.words(" Amend it and run this again.")
	case p.Gates:
		return text.words(" Amend it and push it again; another commit on top may not mend it.")
	}
	return text
}

// CommitAdvice says what to do about a problem of a commit: another commit on top does not mend every one.
func CommitAdvice(gates bool) Text {
	if !gates {
		return ClassAdvice(Note, false, "", "")
	}
	return say("Amend the commit and push it again; the check runs again by itself.")
}
