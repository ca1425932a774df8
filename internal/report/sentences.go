// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"

	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// Turn says who has to do something now.
type Turn string

// The turns, as people read them.
const (
	TurnYours       Turn = "Your turn"
	TurnMaintainers Turn = "Maintainers' turn"
	TurnOurs        Turn = "Our turn"
	TurnNobodys     Turn = "Nobody's turn"
)

// Explanation is what stands under a line: a sentence or a few, at most 30 words in all, and whose turn it is.
type Explanation struct {
	Sentence Text
	Turn     Turn
}

// Explain says what a verdict means, and for whom.
func Explain(v *verdict.Verdict, n Names) Explanation {
	switch v.Conclusion {
	case finding.ConclusionSuccess:
		return Explanation{merged(n).words(", this change adds no problem that blocks."), TurnNobodys}
	case finding.ConclusionFailure:
		if v.Problems.Gating == 0 && v.Problems.InheritedGating > 0 {
			return Explanation{merged(n).words(", this change copies the problems below into a new version, which has to be clean here."), TurnYours}
		}
		return Explanation{merged(n).words(", this change adds the problems below."), TurnYours}
	case finding.ConclusionNeutral:
		return explainNeutral(v, n)
	case finding.ConclusionSkipped:
		return Explanation{
			say("This repository's policy left the pull request out (").
				prose(cutEnd(clause(v.Message, "no reason was given"), maxName)).words("). That is no approval."),
			TurnMaintainers,
		}
	case finding.ConclusionSuperseded:
		if v.Reason == plan.ReasonDivide {
			return Explanation{say("The change can affect everything; the next attempt divides the scan among several pods."), TurnOurs}
		}
		return Explanation{say("A newer push took over; nothing is reported for this one."), TurnNobodys}
	default:
		return explainError(v)
	}
}

func merged(n Names) Text {
	line := say("Merged into ").name(n.branch())
	if n.Base != "" {
		line = line.words(" as of ").name(ShortCommit(n.Base))
	}
	return line
}

func explainNeutral(v *verdict.Verdict, n Names) Explanation {
	if v.Reason == plan.ReasonBrokenBase {
		return Explanation{
			say("").name(n.branch()).words(" cannot be scanned now, so your problems and its own cannot be told apart. We check again when it scans."),
			TurnMaintainers,
		}
	}
	if v.Reason == plan.ReasonTooManyCommits {
		return Explanation{
			say("No new problem was found in the tree, but the commits themselves are too many, or too long, to be checked. Split the pull request, or ask the maintainers."),
			TurnMaintainers,
		}
	}
	return Explanation{
		say("Your branch and ").name(n.branch()).words(" changed the same lines, so there is nothing to check yet. Rebase or merge ").
			name(n.branch()).words("; we look again by ourselves. This is not a failure."),
		TurnYours,
	}
}

func explainError(v *verdict.Verdict) Explanation {
	if Limit(v.Reason) {
		return Explanation{
			say("The scan hit a limit of this profile. We cannot tell whether your change or the repository is the reason."),
			TurnMaintainers,
		}
	}
	if v.Reason == plan.ReasonCulprit {
		return Explanation{
			say("The QA tool itself fails on what this change has, not on the target branch. That may be its bug, but the package cannot be checked. The traceback says where."),
			TurnYours,
		}
	}
	return Explanation{say("Our machines failed, not your change. Operators were alerted."), TurnOurs}
}

// Limit says whether a reason is one of the profile's limits, for which a retry is of no use.
func Limit(reason string) bool {
	switch reason {
	case plan.ReasonTimeout, plan.ReasonOutOfMemory, plan.ReasonOutputLimit, plan.ReasonDiskFull:
		return true
	}
	return false
}

// defaultMessage is what happened where the verdict does not say it itself.
func defaultMessage(reason string) string {
	switch reason {
	case plan.ReasonTimeout:
		return "the scan took longer than it may"
	case plan.ReasonOutOfMemory:
		return "the scan needed more memory than it may use"
	case plan.ReasonOutputLimit:
		return "the scan wrote more than it may"
	case plan.ReasonDiskFull:
		return "the scan needed more disk space than it may use"
	case plan.ReasonToolFailed:
		return "the QA tool did not run to its end"
	case plan.ReasonIncomplete:
		return "the scan did not look at everything it had to"
	case plan.ReasonCulprit:
		return "the QA tool itself fails on what the change has"
	case plan.ReasonUnlike:
		return "both sides were not scanned alike"
	case plan.ReasonNoSandbox:
		return "the sandbox could not be set up"
	case plan.ReasonFetchFailed:
		return "the trees could not be fetched"
	case plan.ReasonPublishFailed:
		return "the result could not be stored"
	default:
		return "the infrastructure failed"
	}
}

// Note is the class word of a new problem that does not gate. It is a word of reports, not a class of facts.
const Note finding.Class = "note"

// ClassSentence explains a class of problems to the author of a pull request. from and version are an inherited problem's
// (verdict.Item.From, the fact's version); behind is a hidden one's. Either may be empty.
func ClassSentence(class finding.Class, n Names, from, version string) Text {
	branch := n.branch()
	switch class {
	case finding.ClassNew:
		return say("Not on ").name(branch).words("; appears when this pull request is merged into it.")
	case Note:
		return say("New with this change, of a level that does not block here.")
	case finding.ClassInherited:
		if from == "" {
			return say("").name(branch).words(" has the same problem in another version or under another name; this change copies it.")
		}
		if old, oldVersion, renamed := strings.Cut(from, " "); renamed || strings.Contains(from, "/") {
			text := say("").name(old)
			if oldVersion != "" {
				text = text.words(" ").name(oldVersion)
			}
			return text.words(" on ").name(branch).words(" has the same problem; it came along under the new name.")
		}
		if version == "" {
			return say("").name(from).words(" on ").name(branch).words(" has the same problem; this change copies it.")
		}
		return say("Version ").name(from).words(" on ").name(branch).words(" has the same problem; ").name(version).words(" copies it.")
	case finding.ClassUnveiled:
		return say("Until now this file could not be read, so nothing in it was reported. Your change made it readable; this lay underneath.")
	case finding.ClassHidden:
		return say("").name(branch).words(" has this, but the file can no longer be read far enough to tell. Not counted as fixed.")
	case finding.ClassUnstable:
		return say("Two scans of the same files disagreed about this. It never counts.")
	case finding.ClassFixed:
		return say("").name(branch).words(" has this; your change removes it. Thank you.")
	case finding.ClassExisting:
		return say("").name(branch).words(" has exactly this already.")
	}
	return Text{}
}

// ClassAdvice says what to do about problems of a class, empty where there is nothing to say. gates says whether they block
// in this profile, behind and version are a hidden or inherited problem's.
func ClassAdvice(class finding.Class, gates bool, behind, version string) Text {
	switch class {
	case finding.ClassNew:
		return say("Fix it and push; the check runs again by itself.")
	case Note:
		return say("Welcome, not required.")
	case finding.ClassInherited:
		switch {
		case gates && version != "":
			return say("This profile wants each new version clean: please fix it in ").name(version).words(".")
		case gates:
			return say("This profile wants each new version clean: please fix it in the new one.")
		default:
			return say("Does not block here.")
		}
	case finding.ClassUnveiled:
		return say("Does not block.")
	case finding.ClassHidden:
		if behind == "" {
			return say("Fix what hides it first.")
		}
		return say("Fix ").name(behind).words(" first.")
	case finding.ClassUnstable:
		return say("Nothing; operators have been told.")
	case finding.ClassExisting:
		return say("You need not touch it.")
	case finding.ClassFixed:
		return Text{}
	}
	return Text{}
}

// InheritedAdvice is ClassAdvice for all inherited problems of a report: a profile may want some rules clean in new versions.
func InheritedAdvice(problems []Problem) Text {
	if alike(problems, func(p *Problem) bool { return p.Gates }) {
		return ClassAdvice(finding.ClassInherited, problems[0].Gates, "", "")
	}
	return say("This profile wants some of these clean in each new version: they say that they block here, the others do not.")
}

// alike says whether something is the same of all problems.
func alike[T comparable](problems []Problem, of func(*Problem) T) bool {
	for i := range problems {
		if of(&problems[i]) != of(&problems[0]) {
			return false
		}
	}
	return true
}

// ClassTitle is a class as a heading: "New", "Notes", …
func ClassTitle(class finding.Class) string {
	if class == Note {
		return "Notes"
	}
	if class == "" {
		return ""
	}
	return strings.ToUpper(string(class[:1])) + string(class[1:])
}
