// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"k8s.io/utils/clock"

	"github.com/prcheck/prcheck/internal/compare"
	"github.com/prcheck/prcheck/internal/engine"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
	"github.com/prcheck/prcheck/internal/scope"
	"github.com/prcheck/prcheck/test/mutation"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	os.Exit(m.Run())
}

// newLab makes a lab for one test.
func newLab(t *testing.T) *Lab {
	t.Helper()
	tools, err := FindTools(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return NewLab(tools, t.TempDir(), clock.RealClock{})
}

// TestNamedCases makes each change by hand, sees that the oracle finds what it must, that the planned scope misses nothing of it, and
// that it does where one of the case's rules is off.
func TestNamedCases(t *testing.T) {
	lab := newLab(t)
	for _, name := range slices.Sorted(maps.Keys(namedCases)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := namedCases[name]
			p, renames := n.pair(t, lab)
			oracle, err := p.Oracle(renames)
			if err != nil {
				t.Fatal(err)
			}
			n.holds(t, oracle)
			if d := replayed(t, p, oracle, renames, lab.Scope()); !d.None() {
				t.Errorf("the planned scope gives something else:\n%s", d)
			}
			if n.run {
				n.runs(t, lab, p, oracle)
			}
			for _, off := range n.needed() {
				if d := replayed(t, p, oracle, renames, lab.Scope(off...)); d.None() {
					s, _ := lab.Scope(off...)(t.Context(), p) // it worked a moment ago
					t.Errorf("without %s the planned scope still misses nothing: the case does not need it: %+v", off, s)
				}
			}
		})
	}
}

// needed are the sets of rules without which the change is not seen.
func (n namedCase) needed() [][]scope.Rule {
	sets := [][]scope.Rule{}
	for _, rule := range n.rules {
		sets = append(sets, []scope.Rule{rule})
	}
	if len(n.either) > 0 {
		sets = append(sets, n.either)
	}
	return sets
}

// pair makes the case.
func (n namedCase) pair(t *testing.T, lab *Lab) (*Pair, map[compare.Package]compare.Package) {
	t.Helper()
	base := n.base
	if base == "" {
		base = "named"
	}
	p, err := lab.handMade(t.Context(), base, n.gentoo, func(tree mutation.Tree) (mutation.Tree, error) { return edited(tree, n.head), nil })
	if err != nil {
		t.Fatal(err)
	}
	renames, err := lab.renames(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return p, renames
}

// holds compares what changed with what the case says of it.
func (n namedCase) holds(t *testing.T, oracle changes) {
	t.Helper()
	found := slices.Sorted(maps.Keys(oracle))
	for _, want := range n.want {
		if !slices.ContainsFunc(found, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("no fact begins with %q", want)
		}
	}
	for _, never := range n.never {
		if i := slices.IndexFunc(found, func(line string) bool { return strings.Contains(line, never) }); i >= 0 {
			t.Errorf("a fact must not be there: %s", found[i])
		}
	}
	if t.Failed() {
		t.Logf("what changed:\n%s", strings.Join(found, "\n"))
	}
}

// runs takes the case through the engine.
func (n namedCase) runs(t *testing.T, lab *Lab, p *Pair, oracle changes) {
	t.Helper()
	run, err := lab.engineRun(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if d := differ(oracle, run.Changes); !d.None() {
		t.Errorf("the engine's run gives something else:\n%s", d)
	}
	if n.undone == (engine.Trust{}) {
		return
	}
	deceived, err := lab.stages(t.Context(), p, plan.Scope{Kind: plan.ScopeAuto}, tampering{trust: n.undone})
	if err == nil && differ(oracle, deceived.Changes).None() {
		t.Errorf("with %+v the engine says the same: the case does not need the protection", n.undone)
	}
}

// TestRandomCases is a small part of make soundness, always the same.
func TestRandomCases(t *testing.T) {
	t.Parallel()
	lab := newLab(t)
	trees, err := lab.Trees(t.Context(), []string{"generated-1", "overlay-1", "visibility"})
	if err != nil {
		t.Fatal(err)
	}
	cases, err := Draw(2, 10, trees)
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	r := Runner{Lab: lab, Planner: lab.Scope(), Engine: true, Workers: 2}
	results := r.Run(t.Context(), cases)
	changing := 0
	for _, result := range results {
		if result.Changed > 0 {
			changing++
		}
		if !result.OK() {
			result.Explain(&said)
			t.Errorf("%s:\n%s", result.Case, said.String())
			said.Reset()
		}
	}
	if 2*changing < len(cases) {
		t.Errorf("only %d of %d cases change findings: the others test little", changing, len(cases))
	}
}

// TestNaiveClaimIsRefuted fails where the test would not even see what the naive claim misses.
func TestNaiveClaimIsRefuted(t *testing.T) {
	lab := newLab(t)
	for _, name := range []string{
		"a licence is removed that a group names", "an eclass gains a function that a package calls which does not inherit it",
		"a package is removed that only optfeature names", "a package is added that a blocker names", "a mask hides a dependency",
	} {
		p, renames := namedCases[name].pair(t, lab)
		oracle, err := p.Oracle(renames)
		if err != nil {
			t.Fatal(err)
		}
		if d := replayed(t, p, oracle, renames, Naive); len(d.Missed) == 0 {
			t.Errorf("the naive claim misses nothing where %s", name)
		}
	}
}

func replayed(t *testing.T, p *Pair, oracle changes, renames map[compare.Package]compare.Package, planner Planner) Difference {
	t.Helper()
	s, err := planner(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	found, err := p.Replay(s, renames)
	if err != nil {
		t.Fatal(err)
	}
	return differ(oracle, found)
}

// plannerRules are the rules of planner-rules that the planner itself has. R16 to R20 are the engine's.
var plannerRules = []scope.Rule{
	"R1", "R2", "R3", "R4", "R5a", "R5b", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "R21",
}

// TestEveryRuleIsNeeded fails where no named case needs a rule: it could be switched off, and nobody would see.
func TestEveryRuleIsNeeded(t *testing.T) {
	t.Parallel()
	needed := map[scope.Rule]bool{}
	for _, n := range namedCases {
		for _, rule := range n.rules {
			needed[rule] = true
		}
	}
	for _, rule := range plannerRules {
		if !needed[rule] {
			t.Errorf("no named case needs %s", rule)
		}
	}
}
