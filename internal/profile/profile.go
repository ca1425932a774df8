// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package profile makes a run's immutable snapshot of a CheckProfile, the same for the manager and for prcheck run, and
// says what is wrong with a profile that cannot be used. It is pure; it reads neither cluster nor image.
package profile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	prcheckv1 "github.com/prcheck/prcheck/api/v1alpha1"
	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
)

// OutputBytes caps what one stage of a run may write as its output, and its log.
const OutputBytes = 256 << 20

// The smallest memory that a scan can be given, and the longest time that a stage may take.
const (
	minMemory  = 64 << 20
	maxTimeout = 24 * time.Hour
	maxShards  = 64
)

// The defaults of the API, for profiles that no API server has filled in (prcheck run --profile FILE).
const (
	defaultMemory  = 2 << 30
	defaultFetch   = 10 * time.Minute
	defaultPrepare = 20 * time.Minute
	defaultScan    = 45 * time.Minute
	defaultPublish = 10 * time.Minute
	defaultPackage = 10 * time.Minute
	defaultTarget  = 10 * time.Minute
)

// ErrInvalid is wrapped by every error of Snapshot: the profile cannot be used until somebody edits it.
var ErrInvalid = errors.New("the profile cannot be used")

// keyword is how pkgcheck writes the names of its results.
var keyword = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{1,79}$`)

var levels = map[prcheckv1.Severity]finding.Level{
	"error": finding.LevelError, "warning": finding.LevelWarning, "style": finding.LevelStyle, "info": finding.LevelInfo,
	"staging": finding.LevelStaging, "verbose": finding.LevelVerbose, "ignored": finding.LevelIgnored,
}

// Snapshot returns the profile as a run takes it: defaults filled in, sets sorted, so that equal profiles have equal
// digests. Its error wraps ErrInvalid and names every field that is wrong, sorted.
func Snapshot(profile *prcheckv1.CheckProfile) (plan.Snapshot, error) {
	spec := &profile.Spec
	tool := spec.Pkgcheck
	if tool == nil {
		tool = &prcheckv1.Pkgcheck{}
	}
	snapshot := plan.Snapshot{
		Name: profile.Name, Image: spec.Image,
		Profiles: sorted(tool.Profiles, "dev", "stable"), Keywords: sorted(tool.Keywords), Jobs: int(tool.Jobs),
		GateInherited: spec.GateInherited, FullScope: spec.Scope == prcheckv1.ScopeFull,
		SandboxLenient: spec.Sandbox == prcheckv1.SandboxBestEffort, OutputBytes: OutputBytes,
	}
	var problems problems
	snapshot.Severities = problems.severities(spec.Severities)
	snapshot.Gate = problems.gate(spec.Gate)
	snapshot.GateInheritedRules = problems.gateInherited(spec, snapshot.Gate)
	snapshot.Sharding = problems.sharding(&spec.Sharding)
	snapshot.Timeouts = problems.timeouts(&spec.Timeouts)
	snapshot.MemoryBytes = problems.memory(spec.Resources.Memory)
	snapshot.CommitChecks = problems.commitChecks(tool.CommitChecks)
	problems.pkgcheck(tool)
	return snapshot, problems.err(profile.Name)
}

// UnknownKeywords names the fields that speak of keywords which prcheck's own tables of pkgcheck do not have, and the version of these
// tables. The image may have another pkgcheck, so that no more than a warning can be made of it.
func UnknownKeywords(spec *prcheckv1.CheckProfileSpec) (fields []string, version string) {
	table := pkgcheck.Default()
	for name := range spec.Severities {
		if !table.Knows(name) {
			fields = append(fields, "spec.severities."+name)
		}
	}
	if spec.Pkgcheck != nil {
		for _, name := range spec.Pkgcheck.Keywords {
			if !table.Knows(strings.TrimPrefix(name, "-")) {
				fields = append(fields, "spec.pkgcheck.keywords: "+name)
			}
		}
	}
	slices.Sort(fields)
	return fields, table.Pkgcheck
}

// Timeouts returns the stages' limits with defaults filled in.
func Timeouts(spec *prcheckv1.StageTimeouts) plan.Timeouts {
	return plan.Timeouts{
		Fetch: orDefault(spec.Fetch.Duration, defaultFetch), Prepare: orDefault(spec.Prepare.Duration, defaultPrepare),
		Scan: orDefault(spec.Scan.Duration, defaultScan), Publish: orDefault(spec.Publish.Duration, defaultPublish),
		Package: orDefault(spec.Package.Duration, defaultPackage),
	}
}

type problems []string

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

func (p *problems) err(name string) error {
	if len(*p) == 0 {
		return nil
	}
	slices.Sort(*p)
	return fmt.Errorf("%w: CheckProfile %s: %s", ErrInvalid, name, strings.Join(*p, "; "))
}

func (p *problems) severities(given map[string]prcheckv1.Severity) map[string]finding.Level {
	result := make(map[string]finding.Level, len(given))
	for name, severity := range given {
		level, known := levels[severity]
		switch {
		case !keyword.MatchString(name):
			p.add("spec.severities: %q is not a keyword of pkgcheck; write it as pkgcheck show --keywords does, e.g. NonexistentDeps", name)
		case !known:
			p.add("spec.severities.%s: %q is no level; use error, warning, style, info, staging, verbose or ignored", name, severity)
		default:
			result[name] = level
		}
	}
	return result
}

// commitChecks returns nothing for Auto, so that digests of profiles that do not speak of it stay what they were.
func (p *problems) commitChecks(given prcheckv1.CommitChecks) plan.CommitChecks {
	switch given {
	case "", prcheckv1.CommitChecksAuto:
		return plan.CommitsAuto
	case prcheckv1.CommitChecksOn:
		return plan.CommitsOn
	case prcheckv1.CommitChecksOff:
		return plan.CommitsOff
	}
	p.add("spec.pkgcheck.commitChecks: %q is no choice; use Auto, On or Off", given)
	return plan.CommitsAuto
}

func (p *problems) gate(given []prcheckv1.Severity) []finding.Level {
	result := []finding.Level{}
	for _, severity := range given {
		level, known := levels[severity]
		if !known || level == finding.LevelIgnored {
			p.add("spec.gate: %q cannot gate; use error, warning, style, info, staging or verbose", severity)
			continue
		}
		result = append(result, level)
	}
	if len(given) == 0 {
		result = append(result, finding.LevelError)
	}
	slices.Sort(result)
	return slices.Compact(result)
}

// gateInherited returns nil where there is no policy by rule, so that digests of profiles without one stay what they were.
func (p *problems) gateInherited(spec *prcheckv1.CheckProfileSpec, gate []finding.Level) []string {
	const field = "spec.gateInheritedRules: "
	general := spec.GateInherited
	for _, entry := range spec.GateInheritedRules {
		level, isLevel := levels[prcheckv1.Severity(entry)]
		name, except := strings.CutPrefix(entry, "-")
		switch {
		case isLevel && !slices.Contains(gate, level):
			p.add(field+"%q must be in spec.gate, too: an inherited problem cannot weigh more than a new one", entry)
		case isLevel:
			general = true
		case !keyword.MatchString(name):
			p.add(field+"%q is neither a level nor a keyword of pkgcheck; write it as pkgcheck show --keywords does, e.g. NonexistentDeps", entry)
		case except && slices.Contains(spec.GateInheritedRules, name):
			p.add(field+"%s is in the list with and without a leading -", name)
		}
	}
	except := slices.ContainsFunc(spec.GateInheritedRules, func(entry string) bool { return strings.HasPrefix(entry, "-") })
	if except && !general {
		p.add(field + "a keyword with a leading - is an exception from gateInherited: true or from a level in the list, and there is neither")
	}
	if len(spec.GateInheritedRules) == 0 {
		return nil
	}
	return sorted(spec.GateInheritedRules)
}

// sharding returns nil where nothing is divided, so that digests of profiles without it stay what they were.
func (p *problems) sharding(spec *prcheckv1.Sharding) *plan.ShardLimits {
	target := orDefault(spec.Target.Duration, defaultTarget)
	if spec.MaxShards < 0 || spec.MaxShards > maxShards {
		p.add("spec.sharding.maxShards: %d is not between 1 and %d", spec.MaxShards, maxShards)
	}
	if target < time.Second || target > maxTimeout {
		p.add("spec.sharding.target: %s is not between 1s and 24h", target)
	}
	if spec.MaxShards < 2 {
		return nil
	}
	return &plan.ShardLimits{Most: int(spec.MaxShards), Target: target}
}

func (p *problems) timeouts(spec *prcheckv1.StageTimeouts) plan.Timeouts {
	limits := Timeouts(spec)
	for what, limit := range map[plan.Stage]time.Duration{
		plan.StageFetch: limits.Fetch, plan.StagePrepare: limits.Prepare, plan.StageScan: limits.Scan, plan.StagePublish: limits.Publish,
		"package": limits.Package,
	} {
		if limit < time.Second || limit > maxTimeout {
			p.add("spec.timeouts.%s: %s is not between 1s and 24h", what, limit)
		}
	}
	return limits
}

func (p *problems) memory(given resource.Quantity) int64 {
	if given.IsZero() {
		return defaultMemory
	}
	if given.Value() < minMemory {
		p.add("spec.resources.memory: %s is less than the 64Mi that the smallest scan needs", given.String())
	}
	return given.Value()
}

func (p *problems) pkgcheck(spec *prcheckv1.Pkgcheck) {
	for _, status := range spec.Profiles {
		if !slices.Contains([]string{"stable", "dev", "exp"}, status) {
			p.add("spec.pkgcheck.profiles: %q is not one of stable, dev, exp", status)
		}
	}
	for _, name := range spec.Keywords {
		if !keyword.MatchString(strings.TrimPrefix(name, "-")) {
			p.add("spec.pkgcheck.keywords: %q is not a keyword of pkgcheck; write it as pkgcheck show --keywords does, e.g. NonexistentDeps", name)
		}
	}
	if spec.Jobs < 0 {
		p.add("spec.pkgcheck.jobs: %d is negative; 0 means as many as the CPU limit", spec.Jobs)
	}
}

// sorted returns the given set, or the default one, in order and without repetition; never nil, so that digests do not differ.
func sorted(given []string, byDefault ...string) []string {
	if len(given) == 0 {
		given = byDefault
	}
	result := append([]string{}, given...)
	slices.Sort(result)
	return slices.Compact(result)
}

func orDefault(given, byDefault time.Duration) time.Duration {
	if given == 0 {
		return byDefault
	}
	return given
}
