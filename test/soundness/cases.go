// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package soundness

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/prcheck/prcheck/test/mutation"
)

// Case is one comparison: a base, what its repository is configured as, and what is changed.
type Case struct {
	Base   string          `json:"base"`
	Gentoo bool            `json:"gentoo"` // the repository is configured as ::gentoo
	Steps  []mutation.Step `json:"steps"`
}

// String names the case so that ParseCase can read it.
func (c Case) String() string {
	parts := []string{c.Base}
	if c.Gentoo {
		parts[0] += "@gentoo"
	}
	for _, s := range c.Steps {
		parts = append(parts, s.String())
	}
	return strings.Join(parts, ",")
}

// Kind is the case's kind of change, or kinds.
func (c Case) Kind() string {
	names := []string{}
	for _, s := range c.Steps {
		names = append(names, s.Kind)
	}
	return strings.Join(names, "+")
}

// ParseCase reads what String wrote: BASE[@gentoo],KIND:SEED,…
func ParseCase(text string) (Case, error) {
	parts := strings.Split(text, ",")
	var c Case
	c.Base, c.Gentoo = strings.CutSuffix(parts[0], "@gentoo")
	if _, ok := recipes[c.Base]; !ok {
		return c, fmt.Errorf("case %q: there is no base %q", text, c.Base)
	}
	for _, part := range parts[1:] {
		kind, number, _ := strings.Cut(part, ":")
		seed, err := strconv.ParseUint(number, 10, 64)
		if err != nil || !slices.Contains(mutation.Kinds(), kind) {
			return c, fmt.Errorf("case %q: %q is no KIND:SEED", text, part)
		}
		c.Steps = append(c.Steps, mutation.Step{Kind: kind, Seed: seed})
	}
	return c, nil
}

// weights say how often a base is chosen. The generated ones look most like what people have.
var weights = map[string]int{
	"generated-1": 5, "generated-2": 4, "generated-3": 4, "generated-4": 2, "overlay-1": 4, "overlay-2": 3,
	"eclass": 1, "gentoo": 1, "profiledir": 1, "python": 1, "standalone": 1, "visibility": 2, "overlay": 1,
}

// Draw makes n cases from a seed: every kind in turn, on bases that have a place for it, in pairs and triples now and then. trees are
// the bases' trees by name; a base that is not among them is not chosen.
func Draw(seed uint64, n int, trees map[string]mutation.Tree) ([]Case, error) {
	rng := rand.New(rand.NewPCG(seed, 0x736f756e64)) //nolint:gosec // repeatable on purpose
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		for range weights[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("there are no bases to choose from")
	}
	cases, seen := []Case{}, map[string]bool{}
	var turn []string
	for tries := 0; len(cases) < n; tries++ {
		if tries > 100*n+1000 {
			return nil, fmt.Errorf("only %d of %d cases could be made", len(cases), n)
		}
		if len(turn) == 0 {
			turn = mutation.Kinds()
			rng.Shuffle(len(turn), func(i, j int) { turn[i], turn[j] = turn[j], turn[i] })
		}
		c, ok := drawOne(rng, turn[0], names, trees)
		turn = turn[1:]
		if ok && !seen[c.String()] {
			seen[c.String()] = true
			cases = append(cases, c)
		}
	}
	return cases, nil
}

// drawOne makes a case with one kind, and others with it now and then.
func drawOne(rng *rand.Rand, kind string, names []string, trees map[string]mutation.Tree) (Case, bool) {
	kinds := []string{kind}
	for range []int{0, 0, 0, 0, 0, 0, 0, 1, 1, 2}[rng.IntN(10)] {
		all := mutation.Kinds()
		kinds = append(kinds, all[rng.IntN(len(all))])
	}
	for range 12 {
		c := Case{Base: names[rng.IntN(len(names))], Gentoo: rng.IntN(2) == 0}
		for _, k := range kinds {
			c.Steps = append(c.Steps, mutation.Step{Kind: k, Seed: rng.Uint64N(1_000_000)})
		}
		if _, _, err := c.apply(trees[c.Base]); err == nil {
			return c, true
		}
	}
	return Case{}, false
}

// apply makes the case's changes, and says what they are.
func (c Case) apply(tree mutation.Tree) (mutation.Tree, []string, error) {
	said := []string{}
	for _, s := range c.Steps {
		next, what, err := mutation.Apply(tree, s)
		if err != nil {
			return nil, nil, err
		}
		tree, said = next, append(said, what)
	}
	return tree, said, nil
}
