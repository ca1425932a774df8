// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package shard divides a full scan among pods and puts their results together again. Divide balances packages by the times that earlier
// full scans measured; Merge makes one stream of the shards' streams, or says by name what is missing, twice, or not alike. It is pure and
// deterministic: it reads no tree, no clock and no store.
//
//	s := shard.Divide(packages, times, limits) // nil: one pod is enough
//	stream, err := shard.Merge(parts)          // what a scan of everything by one pod would have written
package shard

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"
	"time"

	"github.com/prcheck/prcheck/internal/plan"
)

// Package is a package of the trees that are to be scanned.
type Package struct {
	Name     string // category/package
	Versions int    // on the side that has more of them
	Sides    int    // on how many sides it is: 1 or 2
}

// Divide divides packages among shards: as many as bring each one near the target, at most as many as the limits and the packages allow. Nil
// means that one pod is to scan all. Where nothing was ever measured, the number of versions stands for the time, and there are as many shards
// as the limits allow: how long a scan takes is not known then, and dividing is what keeps it within its time limit.
func Divide(packages []Package, times plan.Times, limits plan.ShardLimits) *plan.Sharding {
	packages = distinct(packages)
	costs, measured := costsOf(packages, times)
	n := min(limits.Most, len(packages))
	if measured {
		n = min(n, wanted(costs, limits.Target))
	}
	if n < 2 {
		return nil
	}
	s := &plan.Sharding{Shards: make([][]string, n), Scan: make([]int, n)}
	loads := make([]float64, n)
	loads[plan.WholeTreeShard-1] = costs.whole
	for _, i := range costs.longestFirst(packages) {
		least := leastLoaded(loads, s.Shards)
		s.Shards[least] = append(s.Shards[least], packages[i].Name)
		loads[least] += costs.packages[i]
	}
	fill(s.Shards)
	for i := range s.Shards {
		slices.Sort(s.Shards[i])
		s.Scan[i] = i + 1
	}
	return s
}

// fill gives a shard without packages (the tree's checks may outlast all of them) the cheapest one of the shard with the most: the checks of
// packages run nowhere without a package, and every shard is to show that they ran.
func fill(shards [][]string) {
	for i := range shards {
		if len(shards[i]) > 0 {
			continue
		}
		most := 0
		for j := range shards {
			if len(shards[j]) > len(shards[most]) {
				most = j
			}
		}
		last := len(shards[most]) - 1
		shards[i] = []string{shards[most][last]}
		shards[most] = shards[most][:last]
	}
}

// distinct sorts the packages by name; of a name that is given twice the first counts.
func distinct(packages []Package) []Package {
	sorted := slices.SortedStableFunc(slices.Values(packages), func(a, b Package) int { return cmp.Compare(a.Name, b.Name) })
	return slices.CompactFunc(sorted, func(a, b Package) bool { return a.Name == b.Name })
}

// costs are what scanning takes: in seconds where something was measured, else in versions.
type costs struct {
	packages []float64
	whole    float64 // of the checks of the whole tree, both sides
}

// costsOf says what each package costs, both sides together. A package that was never measured is taken for one of median time.
func costsOf(packages []Package, times plan.Times) (c costs, measured bool) {
	known := []float64{}
	for _, p := range packages {
		if seconds, ok := usable(times.Packages, p.Name); ok {
			known = append(known, seconds)
		}
	}
	c.packages = make([]float64, len(packages))
	for i, p := range packages {
		sides := float64(max(1, min(p.Sides, 2)))
		seconds, ok := usable(times.Packages, p.Name)
		switch {
		case ok:
		case len(known) > 0:
			seconds = median(known)
		default:
			seconds = float64(max(1, p.Versions))
		}
		c.packages[i] = sides * seconds
	}
	if len(known) > 0 && times.WholeTree > 0 && !math.IsInf(times.WholeTree, 0) {
		c.whole = 2 * times.WholeTree
	}
	return c, len(known) > 0
}

// usable returns a time that can have been measured.
func usable(times map[string]float64, name string) (float64, bool) {
	seconds, ok := times[name]
	return seconds, ok && seconds >= 0 && !math.IsInf(seconds, 0)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// wanted is how many shards bring each one to the target.
func wanted(c costs, target time.Duration) int {
	if target <= 0 {
		return math.MaxInt
	}
	total := c.whole
	for _, cost := range c.packages {
		total += cost
	}
	n := math.Ceil(total / target.Seconds())
	if n >= math.MaxInt32 {
		return math.MaxInt32
	}
	return max(1, int(n))
}

// longestFirst returns the packages' places, by cost, then by name.
func (c costs) longestFirst(packages []Package) []int {
	order := make([]int, len(packages))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(c.packages[b], c.packages[a]), cmp.Compare(packages[a].Name, packages[b].Name))
	})
	return order
}

// leastLoaded is the shard that gets the next package: the one with the least to do, then the one with the fewest packages (packages can cost
// nothing), then the first.
func leastLoaded(loads []float64, shards [][]string) int {
	least := 0
	for i := range loads {
		if cmp.Or(cmp.Compare(loads[i], loads[least]), cmp.Compare(len(shards[i]), len(shards[least]))) < 0 {
			least = i
		}
	}
	return least
}

// Owner returns a function that says which shard has a package, by number. Every name has exactly one, also a package that nobody knew of when
// the division was made.
func Owner(s *plan.Sharding) func(name string) int {
	named := map[string]int{}
	for i, packages := range s.Shards {
		for _, name := range packages {
			if named[name] == 0 {
				named[name] = i + 1
			}
		}
	}
	return func(name string) int {
		if n := named[name]; n != 0 {
			return n
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(name)) // a hash takes everything
		return 1 + int(h.Sum32())%len(s.Shards)
	}
}
