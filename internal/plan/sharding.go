// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"slices"
	"time"
)

// ShardLimits say how a profile wants full scans divided.
type ShardLimits struct {
	// Most is how many shards a run has at most; it is at least 2.
	Most int `json:"most"`
	// Target is how long the packages of one shard should take, by the times that were measured.
	Target time.Duration `json:"target"`
}

// Sharding divides a full scan among the pods of an Indexed Job. It is made once, when the run is planned (internal/shard), and part of the plan.
type Sharding struct {
	// Shards holds the packages (category/package) of each shard, sorted. Shard number 1 is the first; it also runs the checks of the whole
	// tree. A package that no shard names belongs to the shard that internal/shard.Owner says.
	Shards [][]string `json:"shards"`
	// Scan lists the numbers of the shards that this run's Job scans, in the order of its completion indexes. The results of the others were
	// kept from an earlier attempt.
	Scan []int `json:"scan"`
}

// WholeTreeShard is the number of the shard that runs the checks of the whole tree.
const WholeTreeShard = 1

// Divided says whether a run's packages are divided among pods.
func (p *Plan) Divided() bool { return p.Scope.Kind == ScopeFull && p.Sharding != nil }

// ForPod returns the plan as the pod of a completion index of the run's Job gets it. Pods of undivided runs have no index that counts.
func (p *Plan) ForPod(index int) (*Plan, error) {
	if !p.Divided() {
		return p, nil
	}
	if index < 0 || index >= len(p.Sharding.Scan) {
		return nil, fmt.Errorf("the run's Job has %d shards, and none with completion index %d", len(p.Sharding.Scan), index)
	}
	own := *p
	own.Shard = p.Sharding.Scan[index]
	return &own, nil
}

// Same says whether two plans judge the same in the same way, whenever they were made: their clock, their division and their scope's reasons apart.
func (p *Plan) Same(other *Plan) bool {
	a, b := *p, *other
	for _, c := range []*Plan{&a, &b} {
		c.Clock, c.Sharding, c.Divide, c.Shard, c.Scope = time.Time{}, nil, 0, 0, Scope{}
	}
	first, err := Digest(a)
	second, err2 := Digest(b)
	return err == nil && err2 == nil && first == second
}

// Valid says what is wrong with a division: numbers of shards that there are none of, or twice.
func (s *Sharding) Valid() error {
	seen := map[int]bool{}
	for _, n := range s.Scan {
		if n < 1 || n > len(s.Shards) || seen[n] {
			return fmt.Errorf("the plan has %d shards and scans number %d", len(s.Shards), n)
		}
		seen[n] = true
	}
	if len(s.Shards) < 2 || len(s.Scan) == 0 {
		return fmt.Errorf("a division into %d shards, %d of them to be scanned, is none", len(s.Shards), len(s.Scan))
	}
	return nil
}

// Kept lists the numbers of the shards whose results are from an earlier attempt.
func (s *Sharding) Kept() []int {
	kept := []int{}
	for n := 1; n <= len(s.Shards); n++ {
		if !slices.Contains(s.Scan, n) {
			kept = append(kept, n)
		}
	}
	return kept
}

// Times are seconds as the newest finished full scan of a repository measured them.
type Times struct {
	// Packages are the seconds that one scan of each package took, by category/package.
	Packages map[string]float64 `json:"packages"`
	// WholeTree is what the checks of the whole tree took on one side.
	WholeTree float64 `json:"wholeTree"`
}
