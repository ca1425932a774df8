// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prcheck/prcheck/internal/checker/pkgcheck"
	"github.com/prcheck/prcheck/internal/finding"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/verdict"
)

// What becomes of a verdict when a part of the evidence is missing (docs/adr/0007): one file that makes the tool fail costs the others
// nothing. What is missing on one side is left out on both, everything else is compared, and the loss is named with its traceback.
// New problems elsewhere gate as ever. Without any:
//
//   - lost on head alone: the change made the tool fail, so that nobody can call it sound: error.
//   - a process that died, or was too slow, on head: error, for that may be ours to blame.
//   - lost on both sides in the same way, in a package that the change does not touch: both sides look alike, and that package has no part
//     in the verdict. The loss is shown.
//   - lost on both sides, where the change touches the package, or the loss is not in one package: neutral. The target branch is to blame that
//     nobody can tell.
//   - lost on base because a process died, or was too slow there alone: error, for that repairs nothing.
//   - else lost on base alone, in one package: the change repaired it. What the head has there was hidden before, and does not gate.
//   - lost on base alone, in no package: neutral.
const (
	lostNoted = iota
	lostNeutral
	lostError
)

// gap is a piece of missing evidence of one side.
type gap struct {
	pkgcheck.Lost
	side    string
	failure pkgcheck.Failure // what the tool said; of several that fit, the one that tells least of the repository
}

// gaps lists what a side lost. Everything lost is no gap: then there is no evidence at all.
func (s *scanned) gaps() ([]gap, error) {
	if s.stream.End.Complete {
		return nil, nil
	}
	err := s.stream.Evidence()
	if len(s.stream.End.Lost) == 0 || len(s.stream.Failures) == 0 {
		return nil, err
	}
	gaps := []gap{}
	for _, l := range s.stream.End.Lost {
		if l.Package == "" && l.Profile == "" && len(l.Checks) == 0 {
			return nil, err
		}
		g := gap{Lost: l, side: s.name}
		g.failure = s.why(l)
		gaps = append(gaps, g)
	}
	return gaps, nil
}

// Kinds of failures that tell more of the machine than of the repository.
const (
	failedWorker = "worker"
	failedTime   = "time"
)

// why finds the failure that a loss comes from. A process that died says least of the repository, and so counts before others.
func (s *scanned) why(l pkgcheck.Lost) (found pkgcheck.Failure) {
	for _, f := range s.stream.Failures {
		if f.Category != l.Category || f.Package != l.Package || l.Profile != "" && f.Profile != l.Profile {
			continue
		}
		if found.Kind == "" || f.Kind == failedWorker || f.Kind == failedTime && found.Kind != failedWorker {
			found = f
		}
	}
	return found
}

// covers says whether a fact could be missing, or be there, because of the gap.
func (g gap) covers(f *finding.Fact) bool {
	if g.Package != "" && (g.Category != f.Category || g.Package != f.Package) {
		return false
	}
	if profile, _ := f.Attributes["profile"].(string); g.Profile != "" && g.Profile != profile {
		return false
	}
	return len(g.Checks) == 0 || slices.Contains(g.Checks, f.Check)
}

// same says whether the other side has the gap, too.
func (g gap) same(others []gap) bool {
	return slices.ContainsFunc(others, func(o gap) bool {
		return o.Category == g.Category && o.Package == g.Package && o.Profile == g.Profile &&
			(len(o.Checks) == 0 || len(g.Checks) > 0 && !slices.ContainsFunc(g.Checks, func(c string) bool { return !slices.Contains(o.Checks, c) }))
	})
}

// name says where the gap is.
func (g gap) name() string {
	switch {
	case g.Package != "":
		return g.Category + "/" + g.Package
	case g.Profile != "":
		return "profile " + g.Profile
	}
	return strings.Join(g.Checks, ", ")
}

// losses are the gaps of both sides, with what they mean for the verdict.
type losses struct {
	base, head []gap
	changed    []string // paths
}

// weight is what a gap does to a verdict without new problems.
func (l losses) weight(g gap) int {
	kind := g.failure.Kind
	switch {
	case g.side == Base && (kind == failedWorker || kind == failedTime && !g.same(l.head)):
		return lostError
	case g.side == Base && (g.same(l.head) || g.Package != ""):
		return lostNoted // the head's own gap counts, or the head repaired it
	case g.side == Base:
		return lostNeutral
	case !g.same(l.base), kind == failedWorker:
		return lostError
	case g.Package == "" || l.touched(g):
		return lostNeutral
	}
	return lostNoted
}

func (l losses) touched(g gap) bool {
	dir := g.Category + "/" + g.Package + "/"
	return slices.ContainsFunc(l.changed, func(path string) bool { return strings.HasPrefix(path, dir) })
}

// all are the gaps, the head's first.
func (l losses) all() []gap { return slices.Concat(l.head, l.base) }

// without leaves the facts that no gap covers.
func (l losses) without(facts []finding.Fact) []finding.Fact {
	gaps := l.all()
	if len(gaps) == 0 {
		return facts
	}
	return slices.DeleteFunc(slices.Clone(facts), func(f finding.Fact) bool {
		return slices.ContainsFunc(gaps, func(g gap) bool { return g.covers(&f) })
	})
}

// settle returns what the losses make of a verdict without new problems. The verdict names the culprits in any case.
func (l losses) settle(v *verdict.Verdict) error {
	worst, first := lostNoted, gap{}
	for _, g := range l.all() {
		if w := l.weight(g); w > worst {
			worst, first = w, g
		}
	}
	if v.Conclusion != finding.ConclusionSuccess {
		return nil
	}
	said := cut(first.failure.Message, 500)
	switch worst {
	case lostError:
		reason := plan.ReasonIncomplete
		if first.side == Head && first.failure.Kind != failedWorker {
			reason = plan.ReasonCulprit
		}
		return &failure{reason, fmt.Sprintf("The tool failed on %s of the %s, so that nobody can tell what is wrong there: %s. There are no new problems elsewhere.", first.name(), first.side, said), nil}
	case lostNeutral:
		return &failure{plan.ReasonBrokenBase, fmt.Sprintf("The tool fails on %s of the target branch, too, so that nobody can tell what the change does there: %s. There are no new problems elsewhere", first.name(), said), nil}
	}
	return nil
}
