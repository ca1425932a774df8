# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0

.PHONY: soundness
soundness: setup toolchain corpus ## Compare the automatic scope with two full scans over 600 random changes (an hour; goes on where it stopped)
	go run ./test/soundness/cmd/soundness $(SOUNDNESS)
