# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What runs out on the machine says nothing about a repository: it ends the command, whoever meets it, and is never evidence."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile

MEMORY, DISK, FILE = 71, 73, 74

_CODES = {errno.ENOMEM: MEMORY, errno.ENOSPC: DISK, errno.EDQUOT: DISK, errno.EFBIG: FILE}
_WORDS = {MEMORY: "out of memory", DISK: "out of disk space", FILE: "a file is larger than it may be"}


class ExhaustedError(Exception):
    """Memory or disk ran out, or the limit of a file."""

    def __init__(self, code: int, cause: str) -> None:
        super().__init__(code, cause)
        self.code = code
        self.cause = cause

    def __str__(self) -> str:
        return f"{_WORDS[self.code]}: {self.cause}"


def code(exc: BaseException | None) -> int:
    """The exit code where something ran out, also where the error was met in the handling of another or made into one; else 0."""
    seen: set[int] = set()
    while exc is not None and id(exc) not in seen:
        seen.add(id(exc))
        if isinstance(exc, ExhaustedError):
            return exc.code
        if isinstance(exc, MemoryError):
            return MEMORY
        if isinstance(exc, OSError) and exc.errno in _CODES:
            return _CODES[exc.errno]
        exc = exc.__cause__ or exc.__context__
    return 0


def give_up(exc: BaseException) -> None:
    """Raises where *exc* is about something that ran out."""
    if found := code(exc):
        raise ExhaustedError(found, f"{type(exc).__name__}: {exc}") from exc


def probe(*folders: str) -> None:
    """Raises where a file of some size cannot be written to one of *folders*: what a shell said there is not to be believed."""
    for folder in folders:
        if not os.path.isdir(folder):
            continue
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
                file.write(bytes(_PROBE))
                file.flush()
            except OSError as e:
                give_up(e)


_PROBE = 1 << 16
