// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package plan

import "strconv"

// Where a run's stages find their folders in the pod. prcheck run lays the same tree out under a temporary folder, so
// that pods and CLI give the same findings.
const (
	// RootDir holds all folders of a run.
	RootDir = "/prcheck"
	// ToolsDir: the runner and the driver; written by fetch, read-only elsewhere.
	ToolsDir = RootDir + "/tools"
	// SourceDir: plan.json, bare repositories and the checked-out trees; written by fetch, read-only elsewhere.
	SourceDir = RootDir + "/source"
	// PreparedDir: what prepare made: base/ and head/, outcome.json, log; read-only elsewhere.
	PreparedDir = RootDir + "/prepared"
	// WorkDir: scan's own copies of the trees and the tool's caches; seen by scan only.
	WorkDir = RootDir + "/work"
	// ScannedDir: what scan made: base.jsonl, head.jsonl, outcome.json, log; read-only elsewhere.
	ScannedDir = RootDir + "/scanned"
	// BaseDir: what an earlier run found on the whole base; written by fetch, seen by scan only.
	BaseDir = RootDir + "/base"
	// CacheDir: what the node keeps of the repository for later runs, where it does; written by fetch, read-only elsewhere.
	CacheDir = RootDir + "/cache"
	// TokenDir: the projected service account token, in fetch and publish only, each with its own audience.
	TokenDir = RootDir + "/token"
	// CADir: ca.crt of the server.
	CADir = RootDir + "/ca"
)

// Files in those folders. The runner writes outcome and log files, never the tool.
const (
	TokenFile   = TokenDir + "/token"
	CAFile      = CADir + "/ca.crt"
	PlanFile    = "plan.json"
	OutcomeFile = "outcome.json"
	LogFile     = "log"
	// KitFolder, in SourceDir, is what an earlier run on the base left: the base's kit. SeedFolder is what a run on an earlier base left.
	KitFolder  = "kit"
	SeedFolder = "kit-seed"
	// MadeKit, in ScannedDir, is the kit that a baseline run makes.
	MadeKit = "kit"
	// CachedFile is left in SourceDir by a fetch that used CacheDir.
	CachedFile = "cached"
)

// ShardDir is where the results of a divided run have the bundle of a shard.
func ShardDir(number int) string { return "shard/" + strconv.Itoa(number) }

// Environment of the runner in a pod.
const (
	EnvServer = "PRCHECK_SERVER" // base address of the server's internal listener, e.g. https://prcheck-server.prcheck-system.svc:8443
	EnvRun    = "PRCHECK_RUN"    // the run's full hash
)

// Audiences of service account tokens.
const (
	AudienceFetch   = "prcheck-fetch"
	AudiencePublish = "prcheck-publish"
	AudienceServer  = "prcheck-server" // the manager's
)
