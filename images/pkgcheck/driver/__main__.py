# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What Python runs when it is given the driver's archive (or this folder)."""

from prcheck_driver.main import main

if __name__ == "__main__":
    raise SystemExit(main())
