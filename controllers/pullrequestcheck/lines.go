// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package pullrequestcheck

import (
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
	"github.com/prcheck/prcheck/internal/report"
	"github.com/prcheck/prcheck/internal/verdict"
)

// waitingForProfile is the line of a run whose profile is missing or invalid: waiting for a slot would be a lie.
func waitingForProfile(name string) string {
	return "Waiting for the maintainers: profile " + report.Name(name) + " cannot be used"
}

// notChecked is the line of a pull request that the repository's policy leaves out.
func notChecked(why string) string {
	return report.Line(&verdict.Verdict{Conclusion: finding.ConclusionSkipped, Message: why}, report.Names{})
}

// stateOf maps a conclusion to what a commit status can say; ok is false where nothing is to be said.
func stateOf(conclusion string) (state forge.State, ok bool) {
	return report.State(finding.Conclusion(conclusion))
}
