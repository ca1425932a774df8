// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data. Arguments are 64 bits wide, little endian on both architectures; the filter looks at the
// low half, because the kernel itself takes these arguments as ints.
const (
	offsetNumber    = 0
	offsetArch      = 4
	offsetArguments = 16
)

// What the kernel does with a call that a rule matches.
const (
	allow       = uint32(unix.SECCOMP_RET_ALLOW)
	killProgram = uint32(unix.SECCOMP_RET_KILL_PROCESS)
)

func refuse(errno unix.Errno) uint32 { return uint32(unix.SECCOMP_RET_ERRNO) | uint32(errno) } //nolint:gosec // small

// rule refuses a system call, always, or where a condition on one argument holds.
type rule struct {
	number int
	when   []condition // all must hold
	action uint32
}

// condition compares the low half of an argument.
type condition struct {
	argument uint32
	mask     uint32
	test     bpf.JumpTest // JumpEqual, JumpNotEqual or JumpBitsSet
	value    uint32
}

// whole is the mask of a condition on a whole argument.
const whole = ^uint32(0)

// assembleFilter makes the filter for spec: everything is allowed but what the rules name, other architectures' system
// calls are deadly.
func assembleFilter(spec Spec) ([]unix.SockFilter, error) {
	if auditArch == 0 {
		return nil, &unavailable{nameSeccomp, fmt.Errorf("there is no filter for %s", runtime.GOARCH)}
	}
	rules := always()
	if !spec.Off.Sockets {
		rules = append(rules, sockets()...)
	}
	if !spec.Off.Signals {
		rules = append(rules, signals(append([]int{1}, spec.Protected...))...)
	}
	code := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		bpf.RetConstant{Val: killProgram},
		bpf.LoadAbsolute{Off: offsetNumber, Size: 4},
	}
	if foreignBit != 0 { // x32 shares the architecture's number
		code = append(code, bpf.JumpIf{Cond: bpf.JumpBitsNotSet, Val: foreignBit, SkipTrue: 1}, bpf.RetConstant{Val: killProgram})
	}
	for _, r := range rules {
		code = append(code, r.instructions()...)
	}
	raw, err := bpf.Assemble(append(code, bpf.RetConstant{Val: allow}))
	if err != nil {
		return nil, fmt.Errorf("assembling the system call filter: %w", err)
	}
	filter := make([]unix.SockFilter, len(raw))
	for i, r := range raw {
		filter[i] = unix.SockFilter{Code: r.Op, Jt: r.Jt, Jf: r.Jf, K: r.K}
	}
	return filter, nil
}

// instructions are entered and, where the rule does not match, left with the call's number in the accumulator.
func (r rule) instructions() []bpf.Instruction {
	tests := []bpf.Instruction{}
	for i, c := range r.when {
		tests = append(tests, bpf.LoadAbsolute{Off: offsetArguments + 8*c.argument, Size: 4})
		if c.mask != whole {
			tests = append(tests, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: c.mask})
		}
		rest := 1 // the return
		for _, later := range r.when[i+1:] {
			rest += 2
			if later.mask != whole {
				rest++
			}
		}
		tests = append(tests, bpf.JumpIf{Cond: c.test, Val: c.value, SkipFalse: uint8(rest)})
	}
	body := append(tests, bpf.RetConstant{Val: r.action}) //nolint:gocritic // a new name for the longer slice
	if len(r.when) > 0 {
		body = append(body, bpf.LoadAbsolute{Off: offsetNumber, Size: 4})
	}
	jump := bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(r.number), SkipFalse: uint8(len(body))} //nolint:gosec // small
	return append([]bpf.Instruction{jump}, body...)
}

func installFilter(filter []unix.SockFilter) error {
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}                                           //nolint:gosec // some hundred
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&program))) //nolint:gosec // the kernel takes an address
	runtime.KeepAlive(filter)
	if errno != 0 {
		return os.NewSyscallError("seccomp", errno)
	}
	return nil
}
