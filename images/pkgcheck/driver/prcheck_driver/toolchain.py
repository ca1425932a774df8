# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The installed toolchain: which versions there are, and whether they will do."""

from __future__ import annotations

import contextlib
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


class _Program:
    """A program that says its version while something else is done."""

    def __init__(self, *argv: str) -> None:
        self._process = None
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")

    def output(self) -> str:
        """What it said, if it ended well."""
        if self._process is None:
            return ""
        out, _ = self._process.communicate()
        return "" if self._process.returncode else out.strip()


@functools.cache
def ask() -> dict[str, _Program]:
    """Starts the programs whose versions are wanted."""
    return {
        "git": _Program("git", "--version"),
        "bash": _Program("bash", "-c", "echo $BASH_VERSION"),
        "perl": _Program("perl", "-MGentoo::PerlMod::Version", "-e", "print 1"),
    }


@functools.cache
def versions() -> dict[str, object]:
    """Everything whose version can change a scan's result."""
    asked = ask()
    git = asked["git"].output().split()
    return {
        "pkgcheck": installed("pkgcheck"),
        "pkgcore": installed("pkgcore"),
        "snakeoil": installed("snakeoil"),
        "python": ".".join(map(str, sys.version_info[:3])),
        "bash": asked["bash"].output(),
        "git": git[2] if len(git) > 2 else "",
        "perlModule": bool(asked["perl"].output()),
    }
