// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package plan holds what is decided before a run starts: the profile as it was (Snapshot), the revision, the scope, and
// the names that follow from them (digest, run hash). Plans are immutable; pods fetch them, the store keeps them, and
// prcheck run makes the same ones without a cluster. The package is pure.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/prcheck/prcheck/internal/finding"
)

// Snapshot is a CheckProfile as it was when the run was planned: all that can change a verdict, and the stages' limits.
type Snapshot struct {
	Name          string                   `json:"name"`
	Image         string                   `json:"image"`      // by digest; "local" or "rootfs" where the CLI ran without an image
	Profiles      []string                 `json:"profiles"`   // profile statuses: stable, dev, exp
	Keywords      []string                 `json:"keywords"`   // as pkgcheck's --keywords; empty: the tool's defaults
	Jobs          int                      `json:"jobs"`       // worker processes; 0: CPUs that the stage may use
	Severities    map[string]finding.Level `json:"severities"` // keyword → level
	Gate          []finding.Level          `json:"gate"`
	GateInherited bool                     `json:"gateInherited"`
	// GateInheritedRules are levels, keywords and -keywords, sorted: which inherited facts of a gating level fail (verdict gates).
	GateInheritedRules []string `json:"gateInheritedRules,omitempty"`
	FullScope          bool     `json:"fullScope"` // scan everything, whatever changed
	// CommitChecks says whether the pull request's own commits are checked.
	CommitChecks   CommitChecks `json:"commitChecks,omitempty"`
	SandboxLenient bool         `json:"sandboxLenient"`
	Timeouts       Timeouts     `json:"timeouts"`
	MemoryBytes    int64        `json:"memoryBytes"` // 0: no limit
	// Sharding says how a full scan may be divided among pods; nil: it is not.
	Sharding    *ShardLimits `json:"sharding,omitempty"`
	OutputBytes int64        `json:"outputBytes"` // cap of everything that one stage writes as output, and of its log
}

// Timeouts bound the stages. Zero: no limit.
type Timeouts struct {
	Fetch   time.Duration `json:"fetch"`
	Prepare time.Duration `json:"prepare"`
	Scan    time.Duration `json:"scan"`
	Publish time.Duration `json:"publish"`
	// Package bounds one package of a scan, on one side.
	Package time.Duration `json:"package,omitempty"`
}

// Master is another repository that the scan needs, at one commit. Base and head of a pull request use the same.
type Master struct {
	Name   string `json:"name"`   // repository name
	Commit string `json:"commit"` // 40 hex digits
	Branch string `json:"branch"` // name of the branch that is checked out; history checks look at it
}

// ScopeKind says how much is scanned.
type ScopeKind string

// The scopes. A plan may leave the choice to the run, which alone has the metadata of both sides; what was chosen is in the scan
// stage's outcome, and is Full or Packages.
const (
	ScopeAuto     ScopeKind = "Auto"
	ScopeFull     ScopeKind = "Full"
	ScopePackages ScopeKind = "Packages"
)

// ScopePackage is one package in scope, with the reason (pages.md, scope sentences).
type ScopePackage struct {
	Category string `json:"category"`
	Package  string `json:"package"`
	Reason   string `json:"reason"`
}

// Scope is what a run scans, and why.
type Scope struct {
	Kind     ScopeKind      `json:"kind"`
	Reason   string         `json:"reason"` // why it is Full
	Packages []ScopePackage `json:"packages,omitempty"`
	// WholeTree names the checks of the whole tree that run beside the packages; a Full scope runs all.
	WholeTree []string `json:"wholeTree,omitempty"`
	// Skipped are packages that refer to something that changed and are not looked at, at most MaxSkipped of them; SkippedCount
	// counts them all.
	Skipped      []ScopeSkip `json:"skipped,omitempty"`
	SkippedCount int         `json:"skippedCount,omitempty"`
	// Unknown are checks of the tool that the planner does not know. They make the scope Full; operators are shown them.
	Unknown []string `json:"unknown,omitempty"`
}

// ScopeSkip is a package that was left out, with the changed package that it refers to and why that cannot change what is found.
type ScopeSkip struct {
	Package string `json:"package"` // category/package
	Through string `json:"through"` // category/package
	Reason  string `json:"reason"`
}

// MaxSkipped is how many packages a scope names that were left out.
const MaxSkipped = 200

// Revision is what is judged.
type Revision struct {
	Base   string `json:"base"` // the target branch's tip
	Head   string `json:"head"` // the pull request's commit
	Merge  string `json:"merge"`
	Tree   string `json:"tree"`   // the merge commit's tree
	Branch string `json:"branch"` // the target branch
}

// Plan is all that the stages of one run need to know.
type Plan struct {
	Version    int       `json:"version"`    // of this form: 1
	Repository string    `json:"repository"` // configured repository name, as the tool sees it
	Revision   Revision  `json:"revision"`
	Masters    []Master  `json:"masters"`
	Scope      Scope     `json:"scope"`
	Changed    []string  `json:"changed"` // paths that differ between base and merge, sorted; at most MaxChanged
	Clock      time.Time `json:"clock"`   // the one instant of both scans, UTC, whole seconds
	Snapshot   Snapshot  `json:"snapshot"`
	// Sharding divides the scan of everything among pods; nil: one pod scans what there is.
	Sharding *Sharding `json:"sharding,omitempty"`
	// Divide is, beside the scope Auto, how many pods are to scan everything if everything turns out to be in scope: the run ends there, and
	// one that is divided takes over. 0: the run's pod scans it all.
	Divide int `json:"divide,omitempty"`
	// Shard is the number of the shard that the reader of the plan scans, from 1; 0: it scans the whole scope. The server sets it in the
	// copy that it gives to a pod; a stored plan has none.
	Shard int `json:"shard,omitempty"`
	// BaseFindings names what an earlier run found on the whole base, which this one compares the head with; empty: it looks at both.
	BaseFindings string `json:"baseFindings,omitempty"`
	// Baseline is set for a run that checks no pull request but makes what later runs take over.
	Baseline *Baseline `json:"baseline,omitempty"`
}

// Version is the version of the plan's form that this program writes and reads.
const Version = 1

// Digest returns the SHA-256 of a plan or snapshot in its canonical JSON form, as 64 hex digits.
func Digest(v any) (string, error) {
	data, err := json.Marshal(v) // struct fields in order, map keys sorted: canonical
	if err != nil {
		return "", fmt.Errorf("making the digest of a %T: %w", v, err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// RunHash names one attempt of one profile at one revision (design.md, step 5): check UID, profile snapshot digest, merge commit
// and attempt, never prcheck's own version. Where there is no merge commit, pass what stands for the revision.
func RunHash(checkUID, snapshotDigest, merge string, attempt int) string {
	h := sha256.New()
	for _, part := range []string{checkUID, snapshotDigest, merge, strconv.Itoa(attempt)} {
		fmt.Fprintf(h, "%d:%s,", len(part), part) // length-prefixed: no two tuples collide
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Short returns the first 12 digits of a run hash: its name in addresses, labels and Job names.
func Short(hash string) string {
	if len(hash) < 12 {
		return hash
	}
	return hash[:12]
}
