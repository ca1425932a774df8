// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"fmt"

	"github.com/prcheck/prcheck/images/pkgcheck/driver"
	"github.com/prcheck/prcheck/internal/plan"
)

// What runs out on the machine says nothing about a repository, whichever package meets it first: the stage has failed, with a reason that
// says what to raise.

// exhausted is the failure for one of the driver's exit codes.
func (s *stage) exhausted(code int) *failure {
	switch code {
	case driver.ExitMemory:
		return s.outOfMemory(s.said())
	case driver.ExitDisk:
		return s.diskFull(s.said())
	}
	return &failure{plan.ReasonOutputLimit, "The " + string(s.outcome.Stage) + " stage wrote a larger file than it may." + s.said(), nil}
}

func (s *stage) outOfMemory(said string) *failure {
	limit, where := "", "Free memory on this machine, or run with fewer worker processes"
	if bytes := s.plan.Snapshot.MemoryBytes; bytes > 0 {
		limit, where = fmt.Sprintf(" (%d MiB)", bytes>>20), "The profile's memory can be raised"
	}
	return &failure{plan.ReasonOutOfMemory, fmt.Sprintf("The %s stage needed more memory than it may use%s. %s.%s", s.outcome.Stage, limit, where, said), nil}
}

func (s *stage) diskFull(said string) *failure {
	return &failure{plan.ReasonDiskFull, fmt.Sprintf("The %s stage needed more disk space than it may use. Free some, or raise the profile's storage.%s", s.outcome.Stage, said), nil}
}
