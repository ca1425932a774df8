# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command `compile`: the driver's own archive with bytecode of this Python beside the sources, so that no start has to make it."""

from __future__ import annotations

import py_compile
import sys
import tempfile
import zipfile
from pathlib import Path

from .request import RequestError


def run(output: str) -> int:
    """Writes the archive."""
    try:
        archive = zipfile.ZipFile(sys.argv[0])
    except (OSError, zipfile.BadZipFile) as e:
        raise RequestError(f"{sys.argv[0]} is no archive of the driver: {e}") from e
    with archive, zipfile.ZipFile(output, "w") as out, tempfile.TemporaryDirectory() as scratch:
        for member in archive.infolist():
            data = archive.read(member)
            out.writestr(zipfile.ZipInfo(member.filename), data)
            if not member.filename.endswith(".py"):
                continue
            source, code = Path(scratch, "source.py"), Path(scratch, "source.pyc")
            source.write_bytes(data)
            # Believed without a look at the source: both are in one file.
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            py_compile.compile(str(source), str(code), dfile=f"{sys.argv[0]}/{member.filename}", doraise=True, invalidation_mode=mode)
            out.writestr(zipfile.ZipInfo(f"{member.filename}c"), code.read_bytes())
    return 0
