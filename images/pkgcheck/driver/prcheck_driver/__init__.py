# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""prcheck's driver: runs pkgcheck inside this process and says what it did (PROTOCOL.md)."""

PROTOCOL = 1
