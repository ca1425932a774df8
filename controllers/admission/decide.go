// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Run is a planned run that waits for its Job.
type Run struct {
	Check      types.NamespacedName
	Repository types.NamespacedName
	Profile    string
	Hash       string
	// Since is when the pull request took its place.
	Since time.Time
	// Baseline says that the run belongs to the Repository and checks no pull request: Check is empty.
	Baseline bool
	// Last says that it comes after everything else, and waits while its Repository has any Job.
	Last bool
}

// Load is what holds slots now: unfinished Jobs, terminating ones among them, and those created but not seen yet.
type Load struct {
	Total        int
	ByRepository map[types.NamespacedName]int
}

// Limits bound the load.
type Limits struct {
	Total        int
	ByRepository map[types.NamespacedName]int
}

// Decision is what becomes of the waiting runs.
type Decision struct {
	Admitted []Run // in their order
	// Reasons says for each run that stays why, by hash. A reason holds no position and no time, so that it changes only when it does.
	Reasons map[string]string
}

// Decide admits as many runs as the limits allow, the oldest pull request first, then by name. A run whose repository is full
// does not hold up the others. It is pure.
func Decide(waiting []Run, load Load, limits Limits) Decision {
	decision := Decision{Reasons: map[string]string{}}
	total := load.Total
	byRepository := map[types.NamespacedName]int{}
	maps.Copy(byRepository, load.ByRepository)
	for _, run := range slices.SortedFunc(slices.Values(waiting), order) {
		limit, known := limits.ByRepository[run.Repository]
		switch {
		case !known:
			decision.Reasons[run.Hash] = "its Repository is not there, or is suspended."
		case run.Last && byRepository[run.Repository] > 0:
			decision.Reasons[run.Hash] = fmt.Sprintf("the pull requests of Repository %s go first.", run.Repository.Name)
		case byRepository[run.Repository] >= limit:
			decision.Reasons[run.Hash] = fmt.Sprintf("all %d Jobs that spec.policy.concurrency of Repository %s allows are in use.", limit, run.Repository.Name)
		case total >= limits.Total:
			decision.Reasons[run.Hash] = fmt.Sprintf("all %d Jobs that the manager may run at once (--max-concurrent-runs) are in use.", limits.Total)
		default:
			decision.Admitted = append(decision.Admitted, run)
			byRepository[run.Repository]++
			total++
		}
	}
	return decision
}

func last(run Run) int {
	if run.Last {
		return 1
	}
	return 0
}

func order(a, b Run) int {
	return cmp.Or(
		last(a)-last(b), a.Since.Compare(b.Since), cmp.Compare(a.Check.Namespace, b.Check.Namespace),
		cmp.Compare(a.Check.Name, b.Check.Name), cmp.Compare(a.Profile, b.Profile), cmp.Compare(a.Hash, b.Hash),
	)
}
