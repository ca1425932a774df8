// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/prcheck/prcheck/internal/gitops"
	"github.com/prcheck/prcheck/internal/plan"
	"github.com/prcheck/prcheck/internal/sandbox"
)

// Loading pkgcheck takes longer than looking at one package. A driver that is started ahead loads while trees are laid out and ebuilds are
// sourced, and is told over a socket what to do. It is the same program, in the same sandbox, with the same requests.

// ahead is a driver that was started before there is work for it.
type ahead struct {
	connection *os.File
	answers    *bufio.Reader
	said       *relay
	cancel     context.CancelFunc
	ended      chan struct{} // closed when the two below are set
	report     sandbox.Report
	err        error
}

// The calls that a driver that was started ahead may be asked for: their folders must be there when its sandbox is made.
const (
	callPrepare  = "prepare-head"
	callScan     = "scan"
	callScanBase = "scan-base"
	callScanHead = "scan-head"
	callAgain    = "again"
)

// StartAhead starts the drivers of prepare and scan, which load what they need while the stages before work. It is for runs with a kit in which
// each stage has a file system, processes and a user of its own (Toolchain.Root): elsewhere it does nothing. Whoever called it calls
// EndAhead when the stages are through. A driver that does not start is one that its stage will try to start again.
func (e *Engine) StartAhead(ctx context.Context, p plan.Plan) error {
	if e.Kit == "" || e.Toolchain.Root == "" || e.Trust != (Trust{}) {
		return nil
	}
	wanted := []plan.Stage{plan.StageScan}
	if sources(p.Changed) {
		wanted = append(wanted, plan.StagePrepare)
	}
	if err := e.Layout.installDriver(e.Driver); err != nil {
		return err
	}
	for _, name := range wanted {
		if err := e.startAhead(ctx, p, name); err != nil {
			return errors.Join(fmt.Errorf("starting the driver of the %s stage: %w", name, err), e.EndAhead())
		}
	}
	return nil
}

// EndAhead ends drivers that were started ahead and have not ended with their stage.
func (e *Engine) EndAhead() error {
	errs := []error{}
	for _, a := range e.started {
		errs = append(errs, a.end())
	}
	clear(e.started)
	return errors.Join(errs...)
}

// sources says whether a change of these files is likely to need sourcing. Where it is not said and needed, the driver is started then.
func sources(changed []string) bool {
	_, wide := breadth(changesIn(changed), "")
	return wide || len(describing(changed)) > 0 || slices.ContainsFunc(changed, func(name string) bool { return filepath.Ext(name) == ".ebuild" })
}

func changesIn(names []string) []gitops.Change {
	changes := []gitops.Change{}
	for _, name := range names {
		changes = append(changes, gitops.Change{Path: name})
	}
	return changes
}

// aheadCall is what a driver that is started ahead may read and write: all that its calls will need.
func (s *stage) aheadCall() (call, []string) {
	l := s.engine.Layout
	if s.outcome.Stage == plan.StagePrepare {
		return call{
			command: "serve", name: callPrepare, read: []string{l.Source()},
			write: []string{l.Prepared(Head)},
		}, []string{"serve", "prepare", "--work", s.engine.inside(plan.StagePrepare, l.Tmp(plan.StagePrepare, callPrepare, "work"))}
	}
	work := l.Tmp(plan.StageScan, "work")
	c := call{
		command: "serve", name: callScan, read: []string{l.Source(), s.basePrepared(), l.Work("prepared-" + Base), l.Work("prepared-" + Head)},
		write: []string{work, l.Work("cache-" + Base), l.Work("cache-" + Head)},
	}
	for _, name := range []string{callScanBase, callScanHead, callAgain} {
		c.write = append(c.write, l.Tmp(plan.StageScan, name))
	}
	for _, m := range s.plan.Masters {
		c.read = append(c.read, s.masterPrepared(m.Name))
	}
	return c, []string{"serve", "scan", "--work", s.engine.inside(plan.StageScan, work)}
}

func (e *Engine) startAhead(ctx context.Context, p plan.Plan, name plan.Stage) error {
	s := &stage{engine: e, plan: p}
	s.outcome.Stage, s.outcome.Started = name, e.Clock.Now()
	c, argv := s.aheadCall()
	dir := e.Layout.Tmp(name, c.name)
	for _, path := range append(slices.Clone(c.write), dir) {
		if err := e.give(name, path); err != nil {
			return err
		}
	}
	for _, path := range slices.Concat(c.read, s.stores()) {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
	}
	ours, theirs, err := sockets()
	if err != nil {
		return err
	}
	spec := s.spec(c, dir, argv...)
	spec.Limits.Timeout = 0 // a stage's time begins when it does
	ctx, cancel := context.WithCancel(ctx)
	a := &ahead{connection: ours, answers: bufio.NewReader(ours), said: &relay{}, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		a.report, a.err = sandbox.Run(ctx, spec, sandbox.Output{Writer: a.said, Input: theirs})
	}()
	if e.started == nil {
		e.started = map[plan.Stage]*ahead{}
	}
	e.started[name] = a
	return nil
}

// sockets are the two ends of a connection.
func sockets() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to the driver: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil { // reads of ours end when it is closed
		return nil, nil, errors.Join(err, unix.Close(fds[0]), unix.Close(fds[1]))
	}
	return os.NewFile(uintptr(fds[0]), "driver"), os.NewFile(uintptr(fds[1]), "engine"), nil
}

// alive says whether the driver has not ended yet.
func (a *ahead) alive() bool {
	select {
	case <-a.ended:
		return false
	default:
		return true
	}
}

// endPatience is how long a driver may take to end by itself.
const endPatience = 5 * time.Second

// end closes the connection, which ends a driver that waits, and returns when nothing of it is left. One that does not end is stopped.
func (a *ahead) end() error {
	err := a.connection.Close()
	timer := time.NewTimer(endPatience)
	defer timer.Stop()
	select {
	case <-a.ended:
	case <-timer.C:
	}
	a.stop()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	return err
}

// stop ends the driver whatever it is at.
func (a *ahead) stop() {
	a.cancel()
	<-a.ended
}

// job is what a driver is asked to do.
type job struct {
	Request string `json:"request"`
	Output  string `json:"output"`
}

// ask has the driver do a request, and returns how that went: as a report would say it of a call of its own. limit is the time that it may take; 0:
// any. An error means that it is not known how the driver ended.
func (a *ahead) ask(ctx context.Context, j job, limit time.Duration) (sandbox.Report, error) {
	answered := make(chan sandbox.Report, 1)
	go func() {
		if code, err := a.exchange(j); err == nil {
			answered <- sandbox.Report{ExitCode: code}
		}
	}()
	var late <-chan time.Time
	if limit > 0 {
		timer := time.NewTimer(limit)
		defer timer.Stop()
		late = timer.C
	}
	timedOut := false
	select {
	case report := <-answered:
		return report, nil
	case <-a.ended:
	case <-ctx.Done():
		a.stop()
	case <-late:
		timedOut = true
		a.stop()
	}
	report := a.report
	report.TimedOut = timedOut
	if report.ExitCode == 0 && report.Signal == "" && a.err == nil && !report.Stopped {
		return report, errors.New("the driver ended without an answer")
	}
	return report, a.err
}

func (a *ahead) exchange(j job) (int, error) {
	data, err := json.Marshal(j)
	if err != nil {
		return 0, err
	}
	if _, err := a.connection.Write(append(data, '\n')); err != nil {
		return 0, err
	}
	line, err := a.answers.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	var answer struct {
		Exit *int `json:"exit"`
	}
	if err := json.Unmarshal(line, &answer); err != nil || answer.Exit == nil {
		a.cancel() // what does not speak the protocol is stopped
		return 0, fmt.Errorf("the driver answered %.100q", line)
	}
	return *answer.Exit, nil
}

// driveAhead has the stage's driver do a call. A stage in which code of the pull request runs ends its driver with that: nothing of it may be
// left when its results are read.
func (s *stage) driveAhead(ctx context.Context, a *ahead, c call, dir string) (sandbox.Report, error) {
	a.said.to(s.log)
	in := func(path string) string { return s.engine.inside(s.outcome.Stage, path) }
	j := job{Request: in(filepath.Join(dir, requestFile)), Output: in(filepath.Join(dir, outFile))}
	report, err := a.ask(ctx, j, s.limits().Timeout)
	if c.command == "prepare" || err != nil || !a.alive() {
		err = errors.Join(err, s.endAhead())
	}
	return report, err
}

// endAhead ends the stage's driver, if there is one, and notes what it used.
func (s *stage) endAhead() error {
	a := s.engine.started[s.outcome.Stage]
	if a == nil {
		return nil
	}
	delete(s.engine.started, s.outcome.Stage)
	err := a.end()
	s.used(a.report)
	return err
}

// startedAhead is the driver that was started for a call, if there is one: it may have failed to start.
func (s *stage) startedAhead(c call) *ahead {
	a := s.engine.started[s.outcome.Stage]
	if a == nil || c.command != string(s.outcome.Stage) {
		return nil
	}
	if !a.alive() {
		delete(s.engine.started, s.outcome.Stage)
		return nil
	}
	return a
}

// relay passes on what is written to it, once it knows where to; until then it keeps it.
type relay struct {
	mu     sync.Mutex
	kept   []byte
	target io.Writer
}

// relayLimit is how much of what nobody wants yet is kept.
const relayLimit = 1 << 20

// Write never fails.
func (r *relay) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.target != nil {
		return r.target.Write(p)
	}
	r.kept = append(r.kept, p[:min(len(p), relayLimit-len(r.kept))]...)
	return len(p), nil
}

func (r *relay) to(target io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.target == nil {
		_, _ = target.Write(r.kept) // a stage's log never fails
	}
	r.target, r.kept = target, nil
}
