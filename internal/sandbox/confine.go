// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// confined is what the confined process says before it becomes the program.
type confined struct {
	Error       string   `json:"error,omitempty"`
	Unavailable bool     `json:"unavailable,omitempty"`
	Waivable    bool     `json:"waivable,omitempty"`
	Applied     []string `json:"applied"`
	Missing     []string `json:"missing"`
}

// confine takes this process's rights away and becomes the program. It stays on one thread: the filter and the capabilities
// belong to a thread, and the thread that calls execve is the one that lives on.
func confine() int {
	runtime.LockOSThread()
	in, out := os.NewFile(specFD, "spec"), os.NewFile(reportFD, "said")
	unix.CloseOnExec(specFD)
	unix.CloseOnExec(reportFD)
	var spec Spec
	if err := json.NewDecoder(in).Decode(&spec); err != nil {
		fmt.Fprintln(os.Stderr, "exec-confined is for prcheck's own use.")
		return 64
	}
	var said confined
	fail := func(err error) int {
		var missing *unavailable
		said.Error, said.Unavailable = err.Error(), errors.As(err, &missing)
		said.Waivable = said.Unavailable && missing.waivable()
		_ = json.NewEncoder(out).Encode(said) // the exit code says that something is wrong, too
		return 70
	}
	if err := os.Chdir(spec.Dir); err != nil {
		return fail(err)
	}
	program, err := prepareProgram(spec)
	if err != nil {
		return fail(err)
	}
	if err := apply(spec, program.filter, &said); err != nil {
		return fail(err)
	}
	if err := json.NewEncoder(out).Encode(said); err != nil {
		return fail(err)
	}
	err = syscall.Exec(spec.Argv[0], spec.Argv, spec.Env)
	fmt.Fprintf(os.Stderr, "starting %s: %v\n", spec.Argv[0], err)
	return 127
}

// program is what has to be made before rights are gone.
type program struct{ filter []unix.SockFilter }

func prepareProgram(spec Spec) (program, error) {
	if len(spec.Argv) == 0 || !filepath.IsAbs(spec.Argv[0]) {
		return program{}, errors.New("the program's path must be absolute")
	}
	filter, err := assembleFilter(spec)
	return program{filter}, err
}

// apply puts the protections on, in an order in which each still has the rights that it needs.
func apply(spec Spec, filter []unix.SockFilter, said *confined) error {
	for _, p := range []struct {
		name  string
		skip  bool
		apply func() error
	}{
		{nameLimits, spec.Off.Limits, func() error { return setLimits(spec.Limits) }},
		{nameUser, spec.UID == 0, func() error { return setUser(spec.UID, spec.GID) }},
		{nameCapabilities, spec.Off.Capabilities, dropCapabilities},
		{nameNoNewPrivs, spec.Off.NoNewPrivs, func() error { return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }},
		{nameLandlock, spec.Off.Landlock, func() error { return restrictPaths(spec) }},
		{nameSeccomp, spec.Off.Seccomp, func() error { return installFilter(filter) }},
	} {
		if p.skip {
			continue
		}
		switch err := p.apply(); {
		case err == nil:
			said.Applied = append(said.Applied, p.name)
		case spec.Lenient && (&unavailable{p.name, err}).waivable():
			said.Missing = append(said.Missing, p.name)
		default:
			return &unavailable{p.name, err}
		}
	}
	return nil
}

func setLimits(limits Limits) error {
	for _, l := range []struct {
		resource int
		value    uint64
		set      bool
	}{
		{unix.RLIMIT_CORE, 0, true},
		{unix.RLIMIT_FSIZE, limits.FileBytes, limits.FileBytes > 0},
		{unix.RLIMIT_NOFILE, limits.OpenFiles, limits.OpenFiles > 0},
		{unix.RLIMIT_NPROC, limits.Processes, limits.Processes > 0},
	} {
		if !l.set {
			continue
		}
		var now unix.Rlimit
		if err := unix.Getrlimit(l.resource, &now); err != nil {
			return err
		}
		value := min(l.value, now.Max)
		if err := syscall.Setrlimit(l.resource, &syscall.Rlimit{Cur: value, Max: value}); err != nil {
			return err
		}
	}
	return nil
}

func setUser(uid, gid int) error {
	if err := syscall.Setgroups([]int{}); err != nil {
		return err
	}
	if err := syscall.Setgid(gid); err != nil {
		return err
	}
	return syscall.Setuid(uid)
}

// lastCapability is above the highest capability of any kernel today; dropping one that does not exist fails with EINVAL.
const lastCapability = 63

// dropCapabilities empties all of this thread's sets, so that not even root has a right left after execve.
func dropCapabilities() error {
	for c := range uintptr(lastCapability + 1) {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) {
			break
		}
		if errors.Is(err, unix.EPERM) {
			break // no right to: then there are none to lose, which capset makes sure of
		}
		if err != nil {
			return err
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return nil
	}
	// Root gets the bounding set back on execve: it must be empty.
	kept, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, unix.CAP_SYS_ADMIN, 0, 0, 0)
	if err == nil && kept != 0 {
		err = errors.New("root's rights cannot be taken away here")
	}
	return err
}

// restrictPaths lets the program open only the paths named, bind and connect no port, and signal nobody outside, as far as
// the kernel's Landlock goes. Version 1 is the least.
func restrictPaths(spec Spec) error {
	if abi, err := ll.LandlockGetABIVersion(); err != nil || abi < 1 {
		return fmt.Errorf("the kernel has no Landlock: it needs Linux 5.13 with landlock among the active security modules (%w)", err)
	}
	read, write := existing(spec.ReadPaths), existing(spec.WritePaths)
	rules := []landlock.Rule{
		landlock.RODirs(read.dirs...), landlock.ROFiles(read.files...),
		landlock.RWDirs(write.dirs...).WithRefer(), landlock.RWFiles(write.files...),
	}
	return landlock.V8.BestEffort().Restrict(rules...)
}

type paths struct{ dirs, files []string }

func existing(names []string) paths {
	var p paths
	for _, name := range names {
		info, err := os.Stat(name)
		switch {
		case err != nil:
		case info.IsDir():
			p.dirs = append(p.dirs, name)
		default:
			p.files = append(p.files, name)
		}
	}
	return p
}
