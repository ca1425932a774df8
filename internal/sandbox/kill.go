// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// KillAll kills every other process that this one may signal, and waits for those that are its children. It is for PID 1 of
// a container, where that is everything; anywhere else it does nothing.
func KillAll() int {
	if os.Getpid() != 1 {
		return 0
	}
	return killRest()
}

func killProcess(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) } // gone is as good as killed

// killRest kills this process's descendants, all of which are or become its children, until none is left, and returns how
// many there were. Processes that fork while they are killed are met by repeating it; each round leaves fewer.
func killRest() int {
	count := 0
	for {
		if os.Getpid() == 1 {
			_ = syscall.Kill(-1, syscall.SIGKILL)
		} else {
			for _, pid := range descendants(os.Getpid()) {
				killProcess(pid)
			}
		}
		n, left := reap()
		count += n
		if !left {
			return count
		}
		waitForOne(&count)
	}
}

// reap collects the children that have ended; left says whether some have not.
func reap() (n int, left bool) {
	for {
		pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil: // ECHILD: none left
			return n, false
		case pid == 0:
			return n, true
		default:
			n++
		}
	}
}

// waitForOne waits until any child ends, so that killRest does not spin while the kernel tears processes down.
func waitForOne(count *int) {
	if pid, err := syscall.Wait4(-1, nil, 0, nil); err == nil && pid > 0 {
		*count++
	}
}

// descendants lists the processes below pid, by the parents that /proc names.
func descendants(pid int) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	children := map[int][]int{}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if parent := parentOf(child); parent > 0 {
			children[parent] = append(children[parent], child)
		}
	}
	found := []int{}
	for queue := []int{pid}; len(queue) > 0; queue = queue[1:] {
		found = append(found, children[queue[0]]...)
		queue = append(queue, children[queue[0]]...)
	}
	return found
}

// parentOf reads the fourth field of /proc/PID/stat; the second, in parentheses, may hold anything.
func parentOf(pid int) int {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, rest, ok := strings.Cut(string(data[max(0, strings.LastIndexByte(string(data), ')')):]), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 2 {
		return 0
	}
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		return 0
	}
	return parent
}
