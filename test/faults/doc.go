// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

// Package faults breaks runs in the middle, and looks at what the verdict makes of it: a worker or the whole tool killed, memory and disk that
// run out, files that make pkgcheck raise, packages that take for ever, findings that come and go. Everything is real: the engine's
// stages, the driver, the sandbox, control groups and file systems. Only one of pkgcheck's checks does what comments in
// ebuilds tell it (plant.go).
//
// A verdict is never green where something is not known, never red for what the change is not to blame for, and says what happened.
package faults
