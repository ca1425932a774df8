// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package githubemu is a strict stand-in for GitHub: REST, git over smart HTTP and webhooks, for tests and
// demonstrations where the real one cannot be reached.
//
// Strict means: every request is checked against GitHub's OpenAPI document, and so is every reply of the
// emulator itself. A request that the document refuses is answered as GitHub would and recorded as a
// [Violation] with a name; a reply of our own that the document refuses becomes a 500 that says why. What
// GitHub tolerates but a careful client does not send (unknown fields, per_page above 100, a request before
// retry-after has passed) is recorded too.
//
// State lives in memory, commits in bare git repositories below [Options.Dir]. The emulator keeps no history
// over restarts, has no users' web interface beyond one page for each pull request, and models only what a
// checker of pull requests sees; README.md lists what it claims to model.
//
// Tests start one with emutest.Start.
package githubemu
