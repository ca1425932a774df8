// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package ebuildrepo generates Gentoo-style ebuild repositories for tests, benchmarks and the demo.
//
// Generate makes a Repo from a seed: profiles, licences, eclasses, packages with several versions, and as much
// breakage as the options ask for. A Repo is a model, not a directory: edit it (AddVersion, Bump, Drop, EditEbuild, …),
// then turn it into a tree of files or into git commits with a History. The same seed and the same edits give the same
// object ids on every machine.
//
//	repo, err := ebuildrepo.Generate(ebuildrepo.Options{Seed: 1, Ebuilds: 300})
//	history := ebuildrepo.NewHistory(repo)
//	change := repo.Clone()
//	err = change.Bump("dev-libs/libfoo", "1.0", "1.1")
//	history.Commit("topic", "main", "dev-libs/libfoo: add 1.1", change.Tree())
//	err = history.Write(ctx, dir)
//
// The package does not run pkgcheck, and knows no findings: what a breakage is called there is said in its comment.
package ebuildrepo
