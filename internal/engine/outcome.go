// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/prcheck/prcheck/internal/basekit"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/scope"
)

// stage is a stage at work: it collects what its outcome will say.
type stage struct {
	engine  *Engine
	plan    plan.Plan
	outcome plan.Outcome
	scope   plan.Scope // what is scanned; the plan's until the scan stage has chosen
	part    *part      // the shard that is scanned, where the plan names one; the scan stage's
	// The scan stage's: what of the head is its own, and what the change can reach by the planner's rules.
	difference *difference
	own        *prepared
	reach      *scope.Reach
	log        *stageLog
	cgroup     cgroup
	oomAt      int64 // the counter when the stage began
}

// failure is why a stage could not complete: one of plan's reasons, with words for a contributor.
type failure struct {
	reason  string
	message string
	err     error
}

func (f *failure) Error() string {
	if f.err == nil {
		return f.message
	}
	return f.message + ": " + f.err.Error()
}
func (f *failure) Unwrap() error { return f.err }

func (e *Engine) begin(p plan.Plan, name plan.Stage) *stage {
	if e.known == nil {
		e.known = newKnown()
	}
	s := &stage{engine: e, plan: p, scope: p.Scope, cgroup: containerCgroup(), log: newStageLog(e.Live, e.Trust)}
	s.outcome = plan.Outcome{Stage: name, Shard: p.Shard, Started: e.Clock.Now().UTC(), ExitCode: -1, OOMKills: -1}
	s.oomAt = s.cgroup.oomKills()
	return s
}

// step runs one part of the stage and notes how long it took.
func (s *stage) step(name string, do func() error) error {
	if s.engine.Started != nil {
		s.engine.Started(s.outcome.Stage, name)
	}
	began := s.engine.Clock.Now()
	err := do()
	s.outcome.Steps = append(s.outcome.Steps, plan.Step{Name: name, Seconds: round(s.engine.Clock.Since(began))})
	return err
}

func round(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// end settles the outcome and writes it with the log to dir. It returns the outcome even where that fails.
func (s *stage) end(dir string, err error) (plan.Outcome, error) {
	o := &s.outcome
	o.Finished = s.engine.Clock.Now().UTC()
	if now := s.cgroup.oomKills(); now >= 0 {
		o.OOMKills = now - max(s.oomAt, 0)
	}
	o.PeakBytes = max(o.PeakBytes, s.cgroup.peakBytes())
	if s.engine.Kit != "" {
		if key, kerr := basekit.KeyOf(s.engine.Kit); kerr == nil {
			o.Kit = key.ID()
		}
	}
	if err == nil && o.OOMKills > 0 {
		err = s.outOfMemory("") // what was killed was a part of the tool, whatever the tool makes of it
	}
	if err != nil {
		s.classify(err)
	} else if o.ExitCode < 0 {
		o.ExitCode = 0
	}
	data, truncated := s.log.contents()
	o.LogTruncated = truncated
	return *o, errors.Join(os.WriteFile(filepath.Join(dir, plan.LogFile), data, 0o644), writeJSON(filepath.Join(dir, plan.OutcomeFile), o))
}

// classify turns an error into the outcome's reason.
func (s *stage) classify(err error) {
	var f *failure
	switch {
	case s.outcome.OOMKills > 0:
		f = s.outOfMemory("")
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		f = s.diskFull("")
	case errors.As(err, &f):
	case errors.Is(err, context.Canceled):
		f = &failure{plan.ReasonInfrastructure, "The run was stopped from outside.", nil}
	case s.outcome.Stage == plan.StageFetch:
		f = &failure{plan.ReasonFetchFailed, "The trees could not be fetched: " + err.Error(), nil}
	default:
		f = &failure{plan.ReasonToolFailed, "The " + string(s.outcome.Stage) + " stage failed: " + err.Error(), nil}
	}
	s.outcome.Reason, s.outcome.Message = f.reason, cut(f.Error(), 4000)
	fmt.Fprintf(s.log, "prcheck: %s: %v\n", s.outcome.Reason, err)
}

func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + " …"
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// outcomeLimit is the size above which an outcome is not read.
const outcomeLimit = 8 << 20

// readOutcome reads an earlier stage's outcome. A stage without one did not end by itself.
func readOutcome(dir string, name plan.Stage) (plan.Outcome, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return plan.Outcome{}, err
	}
	defer root.Close() //nolint:errcheck // only read
	data, err := readFile(root.FS(), plan.OutcomeFile, outcomeLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return plan.Outcome{}, fmt.Errorf("the %s stage left no outcome: %w", name, err)
	}
	if err != nil {
		return plan.Outcome{}, err
	}
	var o plan.Outcome
	if err := json.Unmarshal(data, &o); err != nil || o.Stage != name {
		return plan.Outcome{}, fmt.Errorf("the %s stage's outcome cannot be read (%q): %w", name, o.Stage, err)
	}
	return o, nil
}

// Completed says whether a stage left an outcome that says that it completed. Where one did not, later stages do nothing.
func (l Layout) Completed(name plan.Stage) bool {
	dirs := map[plan.Stage]string{plan.StageFetch: l.Source(), plan.StagePrepare: l.Prepared(), plan.StageScan: l.Scanned()}
	o, err := readOutcome(dirs[name], name)
	return err == nil && o.OK()
}
