# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Starts the driver as it must run: with a fixed hash seed, and in a clean environment."""

from __future__ import annotations

import os
import sys

_PASSED = ("PATH",)


def start_anew() -> None:
    """Runs this program again with a fixed hash seed, unless it already has one.

    Python takes the seed when it starts, and not at all with -I, which is how it is first called.
    """
    if not sys.flags.hash_randomization and os.environ.get("PRCHECK_DRIVER") == "1":
        return
    env = {name: os.environ[name] for name in _PASSED if name in os.environ}
    env.update(PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8", TZ="UTC", NO_COLOR="1", TERM="dumb", PRCHECK_DRIVER="1")
    os.execve(sys.executable, [sys.executable, "-s", "-P", *sys.argv], env)


def leave_out_network() -> None:
    """Lets modules be loaded without the library for connections, which nothing here may make; those that can use it do without."""
    sys.modules.setdefault("ssl", None)  # type: ignore[arg-type]
