// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package soundness compares what prcheck says after a scan of the planned scope with what two full scans say, over many random changes
// (test/mutation) of several repositories. The two must be equal: same new, fixed and inherited facts.
//
// A case is a base, the repository's configured name and a few mutation steps. For each case there are
//
//   - the oracle: a full scan of each side by the driver alone, without internal/engine: metadata from nothing, caches cold, full
//     history, verbose, one clock. Scans are kept by all that decides them, so those of a base are shared by all of its cases.
//   - the replay: the planner's scope, computed from the oracle's own metadata, cut out of the oracle's results. That is cheap, so
//     that the planner can be judged again whenever it changes. What the driver's part of a tree says is taken to be what its
//     whole says.
//   - the run: the engine's own stages with the automatic scope, to its own verdict. It takes nothing for granted.
//
// A fact that only the oracle has was missed, one that only the other has is false. Both must be none.
package soundness
