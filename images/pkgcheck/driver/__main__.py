# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What Python runs when it is given the driver's archive (or this folder)."""

from prcheck_driver.fresh import start_anew

if __name__ == "__main__":
    # Before anything else is loaded, which would have to be loaded again.
    start_anew()
    from prcheck_driver.main import main

    raise SystemExit(main())
