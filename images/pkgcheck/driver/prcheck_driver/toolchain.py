# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The installed toolchain: which versions there are, and whether they will do."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
import sys

MINIMUM = (0, 10, 49)
MINIMUM_PYTHON = (3, 12)


class ToolchainError(Exception):
    """The installed toolchain cannot be used."""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(x) for x in re.findall(r"\d+", version)[:3])


def refuse_old(version: str, where: str) -> None:
    """Refuses a pkgcheck that is older than the driver's calls into it."""
    if _numbers(version) < MINIMUM:
        least = ".".join(map(str, MINIMUM))
        raise ToolchainError(f"pkgcheck {version} at {where} is too old: prcheck needs {least} or newer; upgrade it (pip install pkgcheck)")


def require() -> None:
    """Refuses what cannot run a scan, by name."""
    if sys.version_info[:2] < MINIMUM_PYTHON:
        running = ".".join(map(str, sys.version_info[:3]))
        raise ToolchainError(f"Python {running} at {sys.executable} is too old: pkgcheck needs 3.12 or newer")
    found = importlib.util.find_spec("pkgcheck")
    if found is None or not found.submodule_search_locations:
        raise ToolchainError(f"pkgcheck is not installed for {sys.executable}: install it (pip install pkgcheck), or name its interpreter")
    refuse_old(installed("pkgcheck"), str(found.submodule_search_locations[0]))


def installed(name: str) -> str:
    """The version of an installed package: its metadata's folder has it in its name, and importlib.metadata takes long to load."""
    for folder in sys.path:
        try:
            entries = os.listdir(folder or ".")
        except OSError:
            continue
        for entry in entries:
            if m := re.fullmatch(re.escape(name) + r"-([^-]+)\.(?:dist-info|egg-info)", entry):
                return m[1]
    from importlib import metadata

    return metadata.version(name)


def _output(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


@functools.cache
def versions() -> dict[str, object]:
    """Everything whose version can change a scan's result."""
    git = _output("git", "--version").split()
    return {
        "pkgcheck": installed("pkgcheck"),
        "pkgcore": installed("pkgcore"),
        "snakeoil": installed("snakeoil"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "bash": _output("bash", "-c", "echo $BASH_VERSION"),
        "git": git[2] if len(git) > 2 else "",
        "perlModule": bool(_output("perl", "-MGentoo::PerlMod::Version", "-e", "print 1")),
    }
