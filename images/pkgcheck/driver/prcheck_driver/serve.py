# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command `serve`: loads pkgcheck before there is work, and then does what it is told over its standard input."""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator

from . import environment, exhaustion

DONE = 0
KINDS = ("prepare", "scan")


def run(kind: str, work: str, do: Callable[[str, str, str], int]) -> int:
    """Does requests of one kind, one after the other, until the other end of standard input is closed."""
    connection = _take_input()
    environment.enter(work, ())
    preload(kind)
    for line in _lines(connection):
        job = json.loads(line)
        code = do(kind, job["request"], job["output"])
        sys.stderr.flush()
        os.write(connection, json.dumps({"exit": code}).encode() + b"\n")
        if code not in _GO_ON:
            return code
    return DONE


_GO_ON = (0, 2, 3, 64, exhaustion.MEMORY, exhaustion.DISK, exhaustion.FILE)


def _take_input() -> int:
    """Moves the connection out of the way: no program that is started gets it, and no process that is forked keeps it."""
    connection = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.register_at_fork(after_in_child=lambda: os.close(connection))
    return connection


def _lines(connection: int) -> Iterator[bytes]:
    pending = b""
    while True:
        line, found, rest = pending.partition(b"\n")
        if found:
            pending = rest
            yield line
        elif more := os.read(connection, 1 << 16):
            pending += more
        else:
            return


def preload(kind: str) -> None:
    """Loads what requests of a kind will need."""
    # What is loaded stays: it is no garbage, and looking at it would only make copies of it in every process that is forked.
    gc.disable()
    if kind == "scan":
        from . import toolchain

        toolchain.ask()
        from . import scan, sides

        scan.load()
        toolchain.versions()
        _ = sides
    else:
        from . import prepare

        prepare.load()
    from multiprocessing import popen_fork

    _ = popen_fork
    gc.freeze()
    gc.enable()
