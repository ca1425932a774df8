// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// newNamespaces are the clone flags that would give the program rights in a namespace of its own.
const newNamespaces = unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUTS | unix.CLONE_NEWCGROUP

// always are the system calls that no QA tool needs: looking into other processes, large or young parts of the kernel that
// are often attacked, changing the machine.
func always() []rule {
	rules := []rule{
		{number: unix.SYS_IO_URING_SETUP, action: refuse(unix.ENOSYS)},
		{number: unix.SYS_IO_URING_ENTER, action: refuse(unix.ENOSYS)},
		{number: unix.SYS_IO_URING_REGISTER, action: refuse(unix.ENOSYS)},
		// clone3 hides its flags behind a pointer; libc falls back to clone.
		{number: unix.SYS_CLONE3, action: refuse(unix.ENOSYS)},
		{number: unix.SYS_PRLIMIT64, when: []condition{{0, whole, bpf.JumpNotEqual, 0}}, action: refuse(unix.EPERM)},
	}
	rules = append(rules, rule{number: unix.SYS_CLONE, when: []condition{{0, whole, bpf.JumpBitsSet, newNamespaces}}, action: refuse(unix.EPERM)})
	for _, number := range []int{
		unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_KCMP, unix.SYS_PROCESS_MADVISE,
		unix.SYS_BPF, unix.SYS_USERFAULTFD, unix.SYS_PERF_EVENT_OPEN, unix.SYS_FANOTIFY_INIT,
		unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_KEYCTL,
		unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_FSOPEN,
		unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_UNSHARE, unix.SYS_SETNS,
		unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD, unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE,
		unix.SYS_DELETE_MODULE, unix.SYS_REBOOT, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_ACCT, unix.SYS_QUOTACTL,
		unix.SYS_SETTIMEOFDAY, unix.SYS_CLOCK_SETTIME, unix.SYS_ADJTIMEX, unix.SYS_CLOCK_ADJTIME,
	} {
		rules = append(rules, rule{number: number, action: refuse(unix.EPERM)})
	}
	return rules
}

// typeMask leaves the kind of a socket, without the flags that are given with it.
const typeMask = 0xf

// sockets leaves only pairs of AF_UNIX sockets and stream sockets that cannot be connected: nothing reaches a network, nor
// a server on this machine.
func sockets() []rule {
	return []rule{
		{number: unix.SYS_SOCKET, when: []condition{{0, whole, bpf.JumpNotEqual, unix.AF_UNIX}}, action: refuse(unix.EAFNOSUPPORT)},
		{number: unix.SYS_SOCKET, when: []condition{{1, typeMask, bpf.JumpEqual, unix.SOCK_DGRAM}}, action: refuse(unix.EPERM)},
		{number: unix.SYS_SOCKETPAIR, when: []condition{{0, whole, bpf.JumpNotEqual, unix.AF_UNIX}}, action: refuse(unix.EAFNOSUPPORT)},
		{number: unix.SYS_CONNECT, action: refuse(unix.ECONNREFUSED)},
	}
}

// signals keeps the program from signalling all processes at once or any of the protected ones, which may run under its
// user. Where Landlock is of version 6 it does the same, and more.
func signals(protected []int) []rule {
	rules := []rule{{number: unix.SYS_KILL, when: []condition{{0, whole, bpf.JumpEqual, whole}}, action: refuse(unix.EPERM)}}
	for _, pid := range protected {
		id := uint32(pid) //nolint:gosec // process ids are positive and below 2^22
		for _, number := range []int{unix.SYS_KILL, unix.SYS_TGKILL, unix.SYS_TKILL, unix.SYS_RT_SIGQUEUEINFO, unix.SYS_RT_TGSIGQUEUEINFO, unix.SYS_PIDFD_OPEN} {
			rules = append(rules, rule{number: number, when: []condition{{0, whole, bpf.JumpEqual, id}}, action: refuse(unix.EPERM)})
		}
		rules = append(rules, rule{number: unix.SYS_KILL, when: []condition{{0, whole, bpf.JumpEqual, -id}}, action: refuse(unix.EPERM)})
	}
	return rules
}
