// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/prcheck/prcheck/test/cluster/machineconfig"
)

// restartDelay keeps a service that cannot start from taking a processor for itself.
const restartDelay = time.Second

// supervise starts the services and restarts one that ends, like a computer's init; it never returns.
// As process 1 it also inherits, and must wait for, whatever loses its parent.
func supervise(services []machineconfig.Service, out io.Writer) {
	exits := make(chan exit)
	started := make(chan struct{}, 1)
	restart := make(chan machineconfig.Service)
	go reap(exits, started)

	running := map[int]machineconfig.Service{}
	launch := func(s machineconfig.Service) {
		pid, err := start(s)
		if err != nil {
			fmt.Fprintf(out, "starting %s: %v\n", s.Name, err)
			time.AfterFunc(restartDelay, func() { restart <- s })
			return
		}
		running[pid] = s
		select {
		case started <- struct{}{}:
		default:
		}
	}
	for _, s := range services {
		launch(s)
	}
	for {
		select {
		case s := <-restart:
			launch(s)
		case e := <-exits:
			s, ours := running[e.pid]
			if !ours {
				continue
			}
			delete(running, e.pid)
			fmt.Fprintf(out, "%s ended (exit code %d, signal %d), restarting\n", s.Name, e.status.ExitStatus(), e.status.Signal())
			time.AfterFunc(restartDelay, func() { restart <- s })
		}
	}
}

type exit struct {
	pid    int
	status syscall.WaitStatus
}

// reap waits for every child; without one it waits until the next was started.
func reap(exits chan<- exit, started <-chan struct{}) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.ECHILD):
			<-started
		case err == nil:
			exits <- exit{pid, status}
		}
	}
}

// start runs a service in a session of its own, its output appended to its log. os/exec is not used: it waits for its
// own children, and here reap does.
func start(s machineconfig.Service) (int, error) {
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return 0, err
	}
	defer log.Close() //nolint:errcheck // The child has its own copy.
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close() //nolint:errcheck // Nothing was written.
	return syscall.ForkExec(s.Args[0], s.Args, &syscall.ProcAttr{
		Dir:   "/",
		Env:   []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TMPDIR=/tmp"},
		Files: []uintptr{null.Fd(), log.Fd(), log.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
}
