// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Command is the word that makes Main act: a program started as PROGRAM exec is the supervisor.
const Command = "exec"

// confineCommand starts the process that confines itself and becomes the program.
const confineCommand = "exec-confined"

// File descriptors of the processes that Run and the supervisor start.
const (
	specFD   = 3 // the Spec in JSON; the supervisor's end of file means that the caller is gone
	reportFD = 4 // the Report in JSON, written once
)

// Output is where the program's output goes, and its input comes from.
type Output struct {
	Writer io.Writer // both standard output and standard error
	// Input is the program's standard input, which Run closes in this process; nil: it is empty.
	Input *os.File
}

// Run runs the program and returns when nothing of it is left. An error means that it is not known how the program ended;
// how it ended, well or not, is in the report.
func Run(ctx context.Context, spec Spec, output Output) (Report, error) {
	cmd := exec.Command("/proc/self/exe", Command) //nolint:noctx // this program itself; it ends by closing its pipe, so that it can clean up
	specReader, specWriter, err := os.Pipe()
	if err != nil {
		return Report{}, fmt.Errorf("starting the sandbox: %w", err)
	}
	defer specWriter.Close() //nolint:errcheck // closing it is the signal
	reportReader, reportWriter, err := os.Pipe()
	if err != nil {
		return Report{}, errors.Join(err, specReader.Close())
	}
	defer reportReader.Close() //nolint:errcheck // only read
	spec.Protected = append(spec.Protected, os.Getpid())
	cmd.Args = []string{"prcheck", Command}
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{specReader, reportWriter}
	cmd.Stdout, cmd.Stderr = output.Writer, output.Writer
	cmd.WaitDelay = 10 * time.Second
	cmd.SysProcAttr = attributes(spec)
	if output.Input != nil {
		cmd.Stdin = output.Input
	}
	err = cmd.Start()
	closeErr := errors.Join(specReader.Close(), reportWriter.Close())
	if output.Input != nil {
		closeErr = errors.Join(closeErr, output.Input.Close())
	}
	if err != nil {
		return notStarted(spec, err)
	}
	if err := errors.Join(closeErr, json.NewEncoder(specWriter).Encode(spec)); err != nil {
		return Report{}, errors.Join(fmt.Errorf("starting the sandbox: %w", err), cmd.Process.Kill(), cmd.Wait())
	}
	stop := context.AfterFunc(ctx, func() { specWriter.Close() }) //nolint:errcheck,gosec // closing it is the signal
	defer stop()
	return collect(ctx, cmd, reportReader)
}

// notStarted tells a sandbox that is not to be had here from a failure of ours.
func notStarted(spec Spec, err error) (Report, error) {
	if spec.Root != "" && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EINVAL)) {
		return Report{ExitCode: -1, Unavailable: true, Refused: "namespaces cannot be made (" + err.Error() +
			"): run as root, allow unprivileged user namespaces, or use a pkgcheck that is installed here (--toolchain local)"}, nil
	}
	return Report{}, fmt.Errorf("starting the sandbox: %w", err)
}

func collect(ctx context.Context, cmd *exec.Cmd, reportReader io.Reader) (Report, error) {
	var report Report
	decodeErr := json.NewDecoder(io.LimitReader(reportReader, 1<<20)).Decode(&report)
	waitErr := cmd.Wait()
	if decodeErr != nil {
		return Report{}, fmt.Errorf("the sandbox's supervisor ended without a report: %w", errors.Join(waitErr, ctx.Err()))
	}
	if waitErr != nil && !errors.Is(waitErr, exec.ErrWaitDelay) {
		return report, fmt.Errorf("the sandbox's supervisor failed: %w", waitErr)
	}
	return report, nil
}

// attributes are those of the supervisor: a session of its own, so that no terminal reaches the program and the program no
// terminal, and the namespaces.
func attributes(spec Spec) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if spec.Root == "" {
		return attr
	}
	attr.Cloneflags = syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS | syscall.CLONE_NEWNET
	if spec.Off.Network {
		attr.Cloneflags &^= syscall.CLONE_NEWNET
	}
	if uid, gid := os.Geteuid(), os.Getegid(); uid != 0 {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: 1}}
	}
	return attr
}
