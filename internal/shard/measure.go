// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package shard

import (
	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/plan"
)

// Measure takes the times out of a finished full scan: of each package the mean of the sides that have it, and of the tree's checks what the
// shard that ran them took beyond its packages, less what every shard takes (starting up, reading caches), if there is another to compare with.
// sides holds, for each side, the streams of its shards, the first one being that of the whole tree; an undivided scan has one stream a side.
func Measure(sides ...[]*pkgcheck.Stream) plan.Times {
	sums, counts := map[string]float64{}, map[string]int{}
	whole := 0.0
	for _, streams := range sides {
		for _, s := range streams {
			for _, k := range s.Packages {
				name := k.Category + "/" + k.Package
				sums[name] += k.Seconds
				counts[name]++
			}
		}
		whole += wholeTree(streams) / float64(len(sides))
	}
	for name, n := range counts {
		sums[name] /= float64(n)
	}
	return plan.Times{Packages: sums, WholeTree: whole}
}

func wholeTree(streams []*pkgcheck.Stream) float64 {
	if len(streams) == 0 {
		return 0
	}
	rest := beyond(streams[0])
	if len(streams) > 1 {
		least := beyond(streams[1])
		for _, s := range streams[2:] {
			least = min(least, beyond(s))
		}
		rest -= least
	}
	return max(0, rest)
}

// beyond is what a scan took beyond its packages. With several processes the packages' times overlap, and nothing can be told.
func beyond(s *pkgcheck.Stream) float64 {
	rest := s.End.Seconds
	for _, k := range s.Packages {
		rest -= k.Seconds
	}
	return max(0, rest)
}
