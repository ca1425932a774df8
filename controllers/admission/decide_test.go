// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func named(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "team", Name: name}
}

func waitingRun(repository, check string, age int) Run {
	return Run{Check: named(check), Repository: named(repository), Profile: "p", Hash: check, Since: start.Add(-time.Duration(age) * time.Minute)}
}

func TestDecide(t *testing.T) {
	const repoFull = "all 1 Jobs that spec.policy.concurrency of Repository a allows are in use."
	const allFull = "all 2 Jobs that the manager may run at once (--max-concurrent-runs) are in use."
	for sentence, test := range map[string]struct {
		waiting []Run
		load    Load
		limits  Limits
		want    []string
		reasons map[string]string
	}{
		"nothing waits": {reasons: map[string]string{}},
		"the oldest goes first": {
			waiting: []Run{waitingRun("a", "a-1", 1), waitingRun("a", "a-2", 9)},
			limits:  Limits{Total: 9, ByRepository: map[types.NamespacedName]int{named("a"): 1}},
			want:    []string{"a-2"}, reasons: map[string]string{"a-1": repoFull},
		},
		"equally old ones go by name": {
			waiting: []Run{waitingRun("a", "a-2", 1), waitingRun("a", "a-1", 1)},
			limits:  Limits{Total: 9, ByRepository: map[types.NamespacedName]int{named("a"): 1}},
			want:    []string{"a-1"}, reasons: map[string]string{"a-2": repoFull},
		},
		"a baseline lets even younger pull requests pass": {
			waiting: []Run{{Repository: named("a"), Profile: "p", Hash: "base", Since: start.Add(-time.Hour), Baseline: true, Last: true}, waitingRun("a", "a-1", 1)},
			limits:  Limits{Total: 9, ByRepository: map[types.NamespacedName]int{named("a"): 1}},
			want:    []string{"a-1"}, reasons: map[string]string{"base": "the pull requests of Repository a go first."},
		},
		"a baseline leaves the nodes to the pull requests that run": {
			waiting: []Run{{Repository: named("a"), Profile: "p", Hash: "base", Baseline: true, Last: true}, {Repository: named("b"), Profile: "p", Hash: "other", Baseline: true, Last: true}},
			load:    Load{Total: 1, ByRepository: map[types.NamespacedName]int{named("a"): 1}},
			limits:  Limits{Total: 9, ByRepository: map[types.NamespacedName]int{named("a"): 9, named("b"): 9}},
			want:    []string{"other"}, reasons: map[string]string{"base": "the pull requests of Repository a go first."},
		},
		"a baseline that waited for long has its turn": {
			waiting: []Run{{Repository: named("a"), Profile: "p", Hash: "base", Since: start.Add(-time.Hour), Baseline: true}, waitingRun("a", "a-1", 1)},
			limits:  Limits{Total: 9, ByRepository: map[types.NamespacedName]int{named("a"): 1}},
			want:    []string{"base"}, reasons: map[string]string{"a-1": repoFull},
		},
		"a full repository does not hold up another": {
			waiting: []Run{waitingRun("a", "a-1", 9), waitingRun("b", "b-1", 1)},
			load:    Load{Total: 1, ByRepository: map[types.NamespacedName]int{named("a"): 1}},
			limits:  Limits{Total: 2, ByRepository: map[types.NamespacedName]int{named("a"): 1, named("b"): 1}},
			want:    []string{"b-1"}, reasons: map[string]string{"a-1": repoFull},
		},
		"the manager's limit holds everybody": {
			waiting: []Run{waitingRun("b", "b-1", 1)},
			load:    Load{Total: 2, ByRepository: map[types.NamespacedName]int{named("a"): 2}},
			limits:  Limits{Total: 2, ByRepository: map[types.NamespacedName]int{named("b"): 5}},
			reasons: map[string]string{"b-1": allFull},
		},
		"a repository that is gone gets nothing": {
			waiting: []Run{waitingRun("a", "a-1", 1)}, limits: Limits{Total: 2},
			reasons: map[string]string{"a-1": "its Repository is not there, or is suspended."},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			decision := Decide(test.waiting, test.load, test.limits)
			var admitted []string
			for _, run := range decision.Admitted {
				admitted = append(admitted, run.Hash)
			}
			if diff := cmp.Diff(test.want, admitted); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.reasons, decision.Reasons); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever waits and runs: limits hold, nobody is forgotten, no slot stays empty that somebody could use, the order of the
// list does not matter, and nobody of the same repository overtakes an older one.
func TestDecideProperties(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		waiting, load, limits := situation(random)
		decision := Decide(waiting, load, limits)
		if len(decision.Admitted)+len(decision.Reasons) != len(waiting) {
			t.Fatalf("seed %d: %d runs went in, %d came out", seed, len(waiting), len(decision.Admitted)+len(decision.Reasons))
		}
		if got := load.Total + len(decision.Admitted); len(decision.Admitted) > 0 && got > limits.Total {
			t.Fatalf("seed %d: %d Jobs, the limit is %d", seed, got, limits.Total)
		}
		after := map[types.NamespacedName]int{}
		admitted := map[string]bool{}
		for _, run := range decision.Admitted {
			after[run.Repository]++
			admitted[run.Hash] = true
		}
		for repository, n := range after {
			if got := load.ByRepository[repository] + n; got > limits.ByRepository[repository] {
				t.Fatalf("seed %d: %d Jobs of %s, the limit is %d", seed, got, repository, limits.ByRepository[repository])
			}
		}
		for _, run := range waiting {
			if admitted[run.Hash] {
				continue
			}
			if free(run, after, load, limits) && load.Total+len(decision.Admitted) < limits.Total {
				t.Fatalf("seed %d: %s waits (%s) beside a free slot", seed, run.Hash, decision.Reasons[run.Hash])
			}
			for _, other := range decision.Admitted {
				if other.Repository == run.Repository && order(run, other) < 0 {
					t.Fatalf("seed %d: %s overtook %s", seed, other.Hash, run.Hash)
				}
			}
		}
		random.Shuffle(len(waiting), func(i, j int) { waiting[i], waiting[j] = waiting[j], waiting[i] })
		if diff := cmp.Diff(decision, Decide(waiting, load, limits)); diff != "" {
			t.Fatalf("seed %d: the order of the list matters: %s", seed, diff)
		}
	}
}

func free(run Run, after map[types.NamespacedName]int, load Load, limits Limits) bool {
	limit, known := limits.ByRepository[run.Repository]
	return known && load.ByRepository[run.Repository]+after[run.Repository] < limit
}

func situation(random *rand.Rand) ([]Run, Load, Limits) {
	load := Load{ByRepository: map[types.NamespacedName]int{}}
	limits := Limits{Total: random.IntN(12), ByRepository: map[types.NamespacedName]int{}}
	repositories := []string{"a", "b", "c", "gone"}
	for _, repository := range repositories[:3] {
		limits.ByRepository[named(repository)] = 1 + random.IntN(4)
		load.ByRepository[named(repository)] = random.IntN(4)
		load.Total += load.ByRepository[named(repository)]
	}
	waiting := []Run{}
	for i := range random.IntN(12) {
		waiting = append(waiting, waitingRun(repositories[random.IntN(4)], fmt.Sprintf("r-%d", i), random.IntN(5)))
	}
	return slices.Clip(waiting), load, limits
}
