// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package compare

import (
	"runtime"
	"sync"
)

// pool spreads work over the CPUs. What it computes does not depend on how many there are.
type pool struct {
	workers int
	// few is how many things are done at once by one worker: starting more would cost more than it saves.
	few int
}

func newPool() pool { return pool{workers: runtime.GOMAXPROCS(0), few: 1 << 13} }

// workersFor returns how many workers n things are worth.
func (p pool) workersFor(n int) int {
	if n <= p.few {
		return 1
	}
	return min(p.workers, (n+p.few-1)/p.few)
}

// run calls do for each worker and waits.
func (p pool) run(workers int, do func(worker int)) {
	if workers == 1 {
		do(0)
		return
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { do(w) })
	}
	group.Wait()
}

// each splits 0…n into one stretch a worker.
func (p pool) each(n int, do func(worker, low, high int)) {
	workers := p.workersFor(n)
	p.run(workers, func(w int) { do(w, n*w/workers, n*(w+1)/workers) })
}
