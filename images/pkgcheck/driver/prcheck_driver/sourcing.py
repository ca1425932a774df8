# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Sourcing: what runs the repository's code, with a time limit for each piece of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import Any

from . import exhaustion
from .recorded import md5


@contextlib.contextmanager
def _limit(processor: Any, seconds: float) -> Iterator[threading.Event]:
    """Kills an ebuild processor that is not done in time, so that what waits for its answer goes on."""
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
            os.killpg(processor._proc.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        yield expired
    finally:
        timer.cancel()


class Sourcer:
    """Sources ebuilds in one worker process, as `pmaint regen` does."""

    def __init__(self, seconds: float) -> None:
        from pkgcore.ebuild import processor

        self._seconds = seconds
        self._processor: Any = None
        # As root, pkgcore gives its shells other groups. In a sandbox root has no right to, and every ebuild would fail.
        processor.is_userpriv_capable = lambda: False

    def source(self, pkg: Any) -> dict[str, Any] | None:
        """Writes the entry of *pkg* into the repository's cache; what goes wrong is returned as pkgcore says it."""
        trouble = self._try(pkg, caching=True)
        if trouble is None or trouble.get("late"):
            return _said(trouble)
        # A processor that keeps eclasses may fail because of what it kept, so only a fresh one's word counts.
        return _said(self._try(pkg, caching=False))

    def _try(self, pkg: Any, *, caching: bool) -> dict[str, Any] | None:
        from pkgcore.ebuild import processor
        from pkgcore.package.errors import MetadataException

        if self._processor is None:
            self._processor = processor.request_ebuild_processor()
            if caching:
                self._processor.allow_eclass_caching()
        with _limit(self._processor, self._seconds) as expired:
            try:
                pkg._fetch_metadata(ebp=self._processor, force_regen=True)
                trouble = None
            except MetadataException as e:
                exhaustion.give_up(e)
                detail = e.verbose.msg(0) if e.verbose is not None else None
                trouble = {"attr": e.attr, "error": e.error, "detail": detail}
        if trouble is not None and expired.is_set():
            trouble |= {"detail": f"took longer than {self._seconds:g} s", "late": True}
        elif trouble is not None and trouble["attr"] == "data" and self._died():
            trouble["detail"] = "its shell ended in the middle"
        if trouble is not None or not caching:
            # A failure may have killed the processor or left it out of step; a new one is cheap beside a wrong answer.
            self._drop()
        return trouble

    def _died(self) -> bool:
        process = self._processor._proc
        try:
            # A shell that called die ends as well, but after it said so.
            return process is not None and process.wait(0.1) < 0
        except subprocess.TimeoutExpired:
            return False

    def _drop(self) -> None:
        from pkgcore.ebuild import processor

        old, self._processor = self._processor, None
        processor.drop_ebuild_processor(old)
        with contextlib.suppress(Exception):
            os.killpg(old._proc.pid, signal.SIGKILL)
        with contextlib.suppress(Exception):
            old.shutdown_processor(force=True)


def _said(trouble: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if trouble is None else {k: trouble[k] for k in ("attr", "error", "detail")}


def source_eclass(path: str, seconds: float) -> dict[str, Any]:
    """What EclassDoc(sourced=True) takes from sourcing, as prepare records it."""
    from pkgcore.ebuild import eclass

    record: dict[str, Any] = {"md5": md5(path)}
    try:
        with _limited_run(seconds):
            data = eclass.EclassDoc._source_eclass(path, eclass.EclassDoc.parse(path)["supported_eapis"])
            properties = _properties(path, data)
    except subprocess.TimeoutExpired:
        return record | {"error": f"took longer than {seconds:g} s"}
    except Exception as e:
        exhaustion.give_up(e)
        return record | {"error": f"{type(e).__name__}: {e}"}
    if not data:
        return record | {"error": "bash failed to source it"}
    return record | {
        "functions": list(data["_exported_funcs"]),
        "variables": list(data["_exported_vars"]),
        "missingFunctions": {k: list(v) for k, v in sorted(data["_eapi_missing_funcs"].items())},
        "missingVariables": {k: list(v) for k, v in sorted(data["_eapi_missing_vars"].items())},
        "properties": properties,
    }


def _properties(path: str, data: dict[str, Any]) -> str:
    depset = data.get("_properties")
    return "" if depset is None else str(depset)


@contextlib.contextmanager
def _limited_run(seconds: float) -> Iterator[None]:
    """Gives pkgcore's call of bash a time limit and a group of its own, so that all of it ends."""
    from pkgcore.ebuild import eclass

    original = eclass.subprocess

    class Limited:
        DEVNULL, PIPE = subprocess.DEVNULL, subprocess.PIPE

        @staticmethod
        def run(argv: list[str], *, check: bool = False, **kwargs: Any) -> subprocess.CompletedProcess[str]:
            with subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True, **kwargs) as process:
                try:
                    out, _ = process.communicate(timeout=seconds)
                finally:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
            return subprocess.CompletedProcess(argv, process.returncode, out)

    eclass.subprocess = Limited
    try:
        yield
    finally:
        eclass.subprocess = original
