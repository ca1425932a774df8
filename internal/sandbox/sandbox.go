// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package sandbox runs one program that must not be trusted, and leaves nothing of it running.
//
// Run starts this very program anew as a supervisor, which starts it a third time; that one takes its rights away, on one
// locked thread, and becomes the program:
//
//	Run ──▶ supervisor (PID 1 of a namespace, or subreaper) ──▶ confine: limits, user, capabilities, no_new_privs, Landlock, seccomp ──▶ the program
//
// When the program has ended, was told to stop, or Run's own process is gone, the supervisor kills everything that the
// program left behind before it reports. A program that uses this package therefore calls Main first thing in its main.
//
// It does not know what it runs or why, and it judges nothing: that is internal/engine.
package sandbox

import (
	"fmt"
	"time"
)

// Spec says what runs and what it may do.
type Spec struct {
	Argv []string `json:"argv"` // the program's absolute path first, as seen inside
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`

	// Root is a folder that becomes the root of the file system, read-only, with Mounts in it; empty: the root stays what it is.
	// With it come namespaces of its own: mounts, processes, IPC, host name and (empty) network.
	Root   string  `json:"root,omitempty"`
	Mounts []Mount `json:"mounts,omitempty"`
	// UID and GID to run as; 0: the caller's own. Only root can change them.
	UID int `json:"uid,omitempty"`
	GID int `json:"gid,omitempty"`

	// ReadPaths may be read and executed, WritePaths also changed; nothing else may even be opened. As seen inside.
	// Paths that do not exist are left out.
	ReadPaths  []string `json:"readPaths"`
	WritePaths []string `json:"writePaths"`
	Limits     Limits   `json:"limits"`
	// Lenient runs the program even where a protection cannot be applied; Report.Missing says which.
	Lenient bool `json:"lenient,omitempty"`
	// Off switches protections off, one by one. For tests only, which show that each protection is what stops an attack:
	// nothing outside of tests sets it, and neither flag nor environment reaches it.
	Off Off `json:"off"`
	// Protected are processes that the program may not signal or change, besides the supervisor. Run fills it in.
	Protected []int `json:"protected,omitempty"`
}

// Mount makes a folder or file of the outside visible inside.
type Mount struct {
	Source   string `json:"source"`
	Target   string `json:"target"`
	ReadOnly bool   `json:"readOnly"`
}

// Limits bound one process, or (Processes) one user. Zero: no limit of ours.
type Limits struct {
	FileBytes uint64 `json:"fileBytes,omitempty"` // size of one file
	OpenFiles uint64 `json:"openFiles,omitempty"`
	Processes uint64 `json:"processes,omitempty"` // of the user, on the whole machine: only for users that nobody else is
	// Timeout ends the program; zero: never.
	Timeout time.Duration `json:"timeout,omitempty"`
}

// Off names the protections that a test switches off.
type Off struct {
	Landlock     bool `json:"landlock,omitempty"`     // which files it may open
	Network      bool `json:"network,omitempty"`      // of the namespaces: the empty network
	Seccomp      bool `json:"seccomp,omitempty"`      // all of the system call filter
	Sockets      bool `json:"sockets,omitempty"`      // of the filter: only AF_UNIX sockets
	Signals      bool `json:"signals,omitempty"`      // of the filter: signals to the supervisor and its parents
	NoNewPrivs   bool `json:"noNewPrivs,omitempty"`   // set-user-id programs; needed by Landlock and the filter for users without rights
	Capabilities bool `json:"capabilities,omitempty"` // root's rights
	Limits       bool `json:"limits,omitempty"`       // rlimits
	KillRest     bool `json:"killRest,omitempty"`     // what the program left running
}

// Report says how the program ended.
type Report struct {
	ExitCode int    `json:"exitCode"`         // -1 where it was killed or never started
	Signal   string `json:"signal,omitempty"` // that killed it
	// Refused says why the program was not started; it is empty where it was.
	Refused string `json:"refused,omitempty"`
	// Unavailable says that it was refused because a protection cannot be applied here.
	Unavailable bool `json:"unavailable,omitempty"`
	// Waivable says that under Spec.Lenient it would have been started without that protection.
	Waivable bool `json:"waivable,omitempty"`
	// Stopped says that it was ended from outside: its time was over, or the context of Run.
	Stopped  bool `json:"stopped,omitempty"`
	TimedOut bool `json:"timedOut,omitempty"`
	// LeftBehind is how many processes had to be killed after the program itself had ended.
	LeftBehind int      `json:"leftBehind,omitempty"`
	CPUSeconds float64  `json:"cpuSeconds"` // of the program and everything it started
	PeakBytes  int64    `json:"peakBytes"`  // of the largest process
	Applied    []string `json:"applied,omitempty"`
	Missing    []string `json:"missing,omitempty"`
}

// Names of protections, in Report.Applied and Report.Missing.
const (
	nameNamespaces   = "namespaces"
	nameLimits       = "rlimits"
	nameUser         = "user"
	nameCapabilities = "capabilities"
	nameNoNewPrivs   = "no_new_privs"
	nameLandlock     = "landlock"
	nameSeccomp      = "seccomp"
)

// unavailable is a protection that this kernel or container does not offer.
type unavailable struct {
	name string
	err  error
}

// waivable says whether Spec.Lenient makes do without it: not where the program would not even find its files.
func (u *unavailable) waivable() bool { return u.name != nameNamespaces && u.name != nameUser }

func (u *unavailable) Error() string { return fmt.Sprintf("%s cannot be applied: %v", u.name, u.err) }
func (u *unavailable) Unwrap() error { return u.err }
