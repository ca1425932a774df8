// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package shard_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/shard"
)

func several(names ...string) []shard.Package {
	packages := []shard.Package{}
	for _, name := range names {
		packages = append(packages, shard.Package{Name: name, Versions: 1, Sides: 2})
	}
	return packages
}

func TestDivide(t *testing.T) {
	minute := plan.ShardLimits{Most: 3, Target: time.Minute}
	seconds := func(pairs map[string]float64) plan.Times { return plan.Times{Packages: pairs} }
	for sentence, test := range map[string]struct {
		packages []shard.Package
		times    plan.Times
		limits   plan.ShardLimits
		want     [][]string
	}{
		"nothing is not divided":                  {limits: minute},
		"one package is not divided":              {packages: several("a/a"), limits: minute},
		"what takes less than the target is one":  {packages: several("a/a", "a/b"), times: seconds(map[string]float64{"a/a": 1, "a/b": 2}), limits: minute},
		"both sides count":                        {packages: several("a/a", "a/b"), times: seconds(map[string]float64{"a/a": 20, "a/b": 20}), limits: minute, want: [][]string{{"a/a"}, {"a/b"}}},
		"a package on one side counts once":       {packages: []shard.Package{{"a/a", 1, 1}, {"a/b", 1, 1}}, times: seconds(map[string]float64{"a/a": 20, "a/b": 20}), limits: minute},
		"the limit holds whatever the time":       {packages: several("a/a", "a/b", "a/c", "a/d"), times: seconds(map[string]float64{"a/a": 900, "a/b": 300, "a/c": 300, "a/d": 300}), limits: minute, want: [][]string{{"a/a"}, {"a/b", "a/d"}, {"a/c"}}},
		"never measured: the versions count":      {packages: []shard.Package{{"a/a", 9, 2}, {"a/b", 4, 2}, {"a/c", 4, 2}}, limits: plan.ShardLimits{Most: 2, Target: time.Hour}, want: [][]string{{"a/a"}, {"a/b", "a/c"}}},
		"one that was never measured is ordinary": {packages: several("a/a", "a/b", "a/c", "a/new"), times: seconds(map[string]float64{"a/a": 10, "a/b": 30, "a/c": 500}), limits: plan.ShardLimits{Most: 2, Target: time.Minute}, want: [][]string{{"a/c"}, {"a/a", "a/b", "a/new"}}},
		"the tree's checks take their time": {
			packages: several("a/a", "a/b", "a/c"), times: plan.Times{Packages: map[string]float64{"a/a": 20, "a/b": 20, "a/c": 20}, WholeTree: 60},
			limits: plan.ShardLimits{Most: 2, Target: time.Minute}, want: [][]string{{"a/c"}, {"a/a", "a/b"}},
		},
		"nonsense is not believed":     {packages: several("a/a", "a/b"), times: seconds(map[string]float64{"a/a": -5, "a/b": 40}), limits: minute, want: [][]string{{"a/a"}, {"a/b"}}},
		"no more shards than packages": {packages: several("a/a", "a/b"), limits: plan.ShardLimits{Most: 9}, want: [][]string{{"a/a"}, {"a/b"}}},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := shard.Divide(test.packages, test.times, test.limits)
			var shards [][]string
			if got != nil {
				shards = got.Shards
				if err := got.Valid(); err != nil {
					t.Error(err)
				}
			}
			if diff := cmp.Diff(test.want, shards); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever there is to divide: every package is in exactly one shard, the same input in any order gives the same division, no shard is
// empty, and none has more to do than the algorithm promises (the mean and one package more).
func TestDivideProperties(t *testing.T) {
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 2))
		packages, times, limits := situation(random)
		got := shard.Divide(packages, times, limits)
		random.Shuffle(len(packages), func(i, j int) { packages[i], packages[j] = packages[j], packages[i] })
		if diff := cmp.Diff(got, shard.Divide(packages, times, limits)); diff != "" {
			t.Fatalf("seed %d: the order of the packages matters: %s", seed, diff)
		}
		if got == nil {
			continue
		}
		if n := len(got.Shards); n < 2 || n > limits.Most {
			t.Fatalf("seed %d: %d shards, the limit is %d", seed, n, limits.Most)
		}
		owner := shard.Owner(got)
		seen := map[string]int{}
		for i, names := range got.Shards {
			for _, name := range names {
				seen[name]++
				if owner(name) != i+1 {
					t.Fatalf("seed %d: %s is in shard %d and belongs to %d", seed, name, i+1, owner(name))
				}
			}
		}
		for _, p := range packages {
			if seen[p.Name] != 1 {
				t.Fatalf("seed %d: %s is in %d shards", seed, p.Name, seen[p.Name])
			}
		}
		if len(seen) != len(packages) {
			t.Fatalf("seed %d: %d packages went in, %d came out", seed, len(packages), len(seen))
		}
		balanced(t, seed, got, packages, times)
	}
}

func balanced(t *testing.T, seed uint64, got *plan.Sharding, packages []shard.Package, times plan.Times) {
	t.Helper()
	cost := map[string]float64{}
	total, largest := 2*times.WholeTree, 2*times.WholeTree
	for _, p := range packages {
		c := float64(p.Sides) * times.Packages[p.Name]
		if len(times.Packages) == 0 {
			c = float64(p.Sides * p.Versions)
		}
		cost[p.Name] = c
		total += c
		largest = max(largest, c)
	}
	for i, names := range got.Shards {
		load := 0.0
		if i == 0 {
			load = 2 * times.WholeTree
		}
		for _, name := range names {
			load += cost[name]
		}
		if bound := total/float64(len(got.Shards)) + largest; load > bound+1e-6 {
			t.Fatalf("seed %d: shard %d has %.1f to do, of %.1f in %d shards with %.1f at most a package", seed, i+1, load, total, len(got.Shards), largest)
		}
		if len(names) == 0 {
			t.Fatalf("seed %d: shard %d is empty", seed, i+1)
		}
	}
}

func situation(random *rand.Rand) ([]shard.Package, plan.Times, plan.ShardLimits) {
	packages := []shard.Package{}
	times := plan.Times{Packages: map[string]float64{}}
	measured := random.IntN(4) > 0
	for i := range 1 + random.IntN(120) {
		p := shard.Package{Name: fmt.Sprintf("c%d/p%d", i%7, i), Versions: 1 + random.IntN(9), Sides: 1 + random.IntN(2)}
		packages = append(packages, p)
		if measured {
			times.Packages[p.Name] = random.ExpFloat64() * 5
		}
	}
	if measured {
		times.WholeTree = random.ExpFloat64() * 10
	}
	return packages, times, plan.ShardLimits{Most: 2 + random.IntN(8), Target: time.Duration(1+random.IntN(100)) * time.Second}
}

// What nobody knew of belongs to one shard, too, and not all of it to the same.
func TestOwnerKnowsEveryName(t *testing.T) {
	s := &plan.Sharding{Shards: [][]string{{"a/a"}, {"a/b"}, {"a/c"}}, Scan: []int{1, 2, 3}}
	owner := shard.Owner(s)
	owners := []int{}
	for i := range 50 {
		n := owner(fmt.Sprintf("new/package-%d", i))
		if n < 1 || n > 3 {
			t.Fatalf("shard %d", n)
		}
		owners = append(owners, n)
	}
	slices.Sort(owners)
	if len(slices.Compact(owners)) != 3 {
		t.Error("all unknown packages belong to one shard")
	}
}
