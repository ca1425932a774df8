// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Main acts where this process was started by Run, and then never returns; else it returns at once.
func Main() {
	if len(os.Args) != 2 {
		return
	}
	switch os.Args[1] {
	case Command:
		os.Exit(supervise())
	case confineCommand:
		os.Exit(confine())
	}
}

// supervise runs the program and reports to the process that called Run.
func supervise() int {
	in, out := os.NewFile(specFD, "spec"), os.NewFile(reportFD, "report")
	unix.CloseOnExec(specFD)
	unix.CloseOnExec(reportFD)
	report := Report{ExitCode: -1}
	var spec Spec
	decoder := json.NewDecoder(in)
	if err := decoder.Decode(&spec); err != nil {
		fmt.Fprintln(os.Stderr, "exec is for prcheck's own use: it runs a QA tool confined, as prcheck run and the pods' runner tell it to.")
		return 64
	}
	if err := prepareSupervisor(spec); err != nil {
		report.refuse(err)
	} else {
		oversee(spec, in, &report)
	}
	if err := json.NewEncoder(out).Encode(report); err != nil {
		return 1
	}
	return 0
}

func (r *Report) refuse(err error) {
	var missing *unavailable
	r.Refused, r.Unavailable = err.Error(), errors.As(err, &missing)
	r.Waivable = r.Unavailable && missing.waivable()
}

// prepareSupervisor makes this process safe from the program, which may run under the same user, and enters the new root.
func prepareSupervisor(spec Spec) error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the reaper: %w", err)
	}
	if spec.Root != "" {
		if err := enterRoot(spec); err != nil {
			return &unavailable{nameNamespaces, err}
		}
	}
	// Not dumpable: the program can neither trace this process nor reach its files through /proc.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("closing the supervisor: %w", err)
	}
	return nil
}

// oversee starts the program, waits for it, kills what it left and fills in the report.
func oversee(spec Spec, caller io.Reader, report *Report) {
	child, said, err := startConfined(spec)
	if err != nil {
		report.refuse(err)
		return
	}
	var stopped, timedOut atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, caller) // ends when the caller closes its end, or is gone
		stopped.Store(true)
		killProcess(child.Process.Pid)
	}()
	if spec.Limits.Timeout > 0 {
		timer := time.AfterFunc(spec.Limits.Timeout, func() {
			timedOut.Store(true)
			killProcess(child.Process.Pid)
		})
		defer timer.Stop()
	}
	var notice confined
	decodeErr := json.NewDecoder(said).Decode(&notice)
	_ = child.Wait() // its state says the same
	report.Stopped, report.TimedOut = stopped.Load() || timedOut.Load(), timedOut.Load()
	if !spec.Off.KillRest {
		report.LeftBehind = killRest()
	}
	fillUsage(report)
	report.Applied, report.Missing = notice.Applied, notice.Missing
	if spec.Root != "" {
		report.Applied = append([]string{nameNamespaces}, report.Applied...)
	}
	switch {
	case notice.Error != "":
		report.Refused, report.Unavailable, report.Waivable = notice.Error, notice.Unavailable, notice.Waivable
		return
	case decodeErr != nil && !report.Stopped:
		report.Refused = "the confined process ended before it became the program"
		return
	}
	fillState(report, child.ProcessState)
}

// startConfined starts the process that will become the program. said is what it has to say before it does.
func startConfined(spec Spec) (*exec.Cmd, io.Reader, error) {
	specReader, specWriter, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	saidReader, saidWriter, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, specReader.Close(), specWriter.Close())
	}
	spec.Protected = append(spec.Protected, os.Getpid())
	child := exec.Command("/proc/self/exe", confineCommand) //nolint:noctx // killed by oversee
	child.Args = []string{"prcheck", confineCommand}
	child.Env = []string{}
	child.ExtraFiles = []*os.File{specReader, saidWriter}
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	err = child.Start()
	err = errors.Join(err, specReader.Close(), saidWriter.Close())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("starting the confined process: %w", err), specWriter.Close(), saidReader.Close())
	}
	if err := errors.Join(json.NewEncoder(specWriter).Encode(spec), specWriter.Close()); err != nil {
		return nil, nil, errors.Join(err, child.Process.Kill(), child.Wait())
	}
	return child, saidReader, nil
}

func fillState(report *Report, state *os.ProcessState) {
	status, ok := state.Sys().(syscall.WaitStatus)
	if !ok {
		return
	}
	if status.Signaled() {
		report.Signal = unix.SignalName(status.Signal())
		return
	}
	report.ExitCode = status.ExitStatus()
}

// fillUsage reads what all processes used together: each of them was waited for, by the program or by us.
func fillUsage(report *Report) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &usage); err != nil {
		return
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	report.CPUSeconds = seconds(usage.Utime) + seconds(usage.Stime)
	report.PeakBytes = usage.Maxrss << 10
}
