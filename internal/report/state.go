// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/forge"
)

// State is the commit status of a conclusion. ok is false where nothing may be written: a newer head took over. The empty
// conclusion (waiting, running, trying again) is pending.
//
// An error is written as such when no attempt is left; until then the manager writes pending with TryingAgain. Conflict, broken
// base and policy stay pending, since a commit status has no word for "not judged" and none of them is the author's failure.
func State(conclusion finding.Conclusion) (state forge.State, ok bool) {
	switch conclusion {
	case finding.ConclusionSuccess:
		return forge.StateSuccess, true
	case finding.ConclusionFailure:
		return forge.StateFailure, true
	case finding.ConclusionError:
		return forge.StateError, true
	case finding.ConclusionSuperseded:
		return "", false
	case finding.ConclusionNeutral, finding.ConclusionSkipped:
		return forge.StatePending, true
	default:
		return forge.StatePending, true
	}
}
