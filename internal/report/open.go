// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/prcheck/prcheck/internal/finding"
)

// The lines of what has no verdict yet. They hold no time, position or expectation, so that they do not change while nothing does.

// WaitingSlot is the line of a run that is planned and waits for a Job.
func WaitingSlot() Text { return our("Waiting for a free slot") }

// WaitingBaseline is the line of a run that waits for the results of its target branch.
func WaitingBaseline(branch string) Text {
	return our("Waiting for the baseline of ").name(Names{Branch: branch}.branch())
}

// WaitingApproval is the line of a head that a maintainer has to let through first.
func WaitingApproval(head string) Text {
	return our("Waiting for a maintainer to approve ").name(ShortCommit(head))
}

// Checking is the line of a run whose Job exists.
func Checking(head string) Text { return our("Checking ").name(ShortCommit(head)) }

// TryingAgain is the line between two attempts: what happened, e.g. "the image could not be pulled", and which attempt comes.
func TryingAgain(what string, attempt, attempts int) Text {
	end := fmt.Sprintf(" (attempt %d of %d)", attempt, attempts)
	const start = "Trying again: "
	what = cutEnd(Visible(clause(what, "the infrastructure failed")), MaxLine-len(start)-len(end))
	return our(start).add(part{text: what, kind: prose}).words(end)
}

// Replaced is the line of a run whose head is no longer the pull request's. It stands on pages only, never on a forge.
func Replaced() Text { return our("Replaced by a newer push") }

// SkippedByLabel is the message (verdict.Verdict.Message) of a pull request left out because of a label.
func SkippedByLabel(label string) string { return "label " + Name(label) }

// Messages of pull requests that a repository's policy leaves out.
const (
	SkippedDraft         = "draft"
	SkippedNothingToScan = "no checked path changed"
)

// SkippedTooLarge is the message of a pull request that changes more files than the policy allows.
func SkippedTooLarge(files, limit int) string {
	return strconv.Itoa(files) + " files, the limit is " + strconv.Itoa(limit)
}

// ProfileLine is what one profile says about a pull request.
type ProfileLine struct {
	Profile string
	// Conclusion is empty while there is no verdict.
	Conclusion finding.Conclusion
	Line       Text
}

// severity orders conclusions, the worst first; the empty one is open.
var severity = []finding.Conclusion{
	finding.ConclusionFailure, finding.ConclusionError, finding.ConclusionNeutral, "", finding.ConclusionSkipped, finding.ConclusionSuccess,
}

// Overall is the line of several profiles: the worst one's, its name, and how many passed. Of equally bad ones the first counts.
// With a single profile it is that one's line, with none at all a line that says so.
func Overall(lines []ProfileLine) Text {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l ProfileLine) bool { return l.Conclusion == finding.ConclusionSuperseded })
	switch len(lines) {
	case 0:
		return our("Not checked: no profile votes")
	case 1:
		return lines[0].Line
	}
	passed := 0
	for _, l := range lines {
		if l.Conclusion == finding.ConclusionSuccess {
			passed++
		}
	}
	worst := slices.MinFunc(lines, func(a, b ProfileLine) int {
		return slices.Index(severity, a.Conclusion) - slices.Index(severity, b.Conclusion)
	})
	end := our(" (").name(worst.Profile).words(fmt.Sprintf("; %d of %d passed)", passed, len(lines)))
	return Text{parts: append(slices.Clip(worst.Line.fit(MaxLine-end.length()).parts), end.parts...)}
}
