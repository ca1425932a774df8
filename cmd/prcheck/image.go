// Copyright 2026 The prcheck authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"

	"github.com/prcheck/prcheck/internal/engine"
)

func (s *session) imageToolchain(_ context.Context, ref string) (engine.Toolchain, error) {
	return engine.Toolchain{}, errors.New("--toolchain image:" + ref + ": not built in")
}
