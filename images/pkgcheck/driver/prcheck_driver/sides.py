# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Several scans in one call: what they share is done once, then each side has a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from . import PROTOCOL, environment, exhaustion, scan, toolchain
from .request import RequestError, Side, Sides

USAGE, CRASHED = 64, 1


def run(request: Sides, output: str) -> int:
    """Scans the sides in their order, writes the summary, and returns the exit code."""
    output = os.path.abspath(output)
    environment.enter(request.work, request.sides[0].scan.masters)
    toolchain.ask()
    scan.load()
    toolchain.versions()
    records = [_side(request.work, x) for x in request.sides]
    summary = {"type": "sides", "protocol": PROTOCOL, "complete": all(x["exit"] == scan.DONE for x in records), "sides": records}
    Path(output).write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    codes = {x["exit"] for x in records}
    if exhausted := codes & {exhaustion.MEMORY, exhaustion.DISK, exhaustion.FILE}:
        return int(min(exhausted))
    if codes - {scan.DONE, scan.FAILED, scan.UNFINISHED}:
        return USAGE if USAGE in codes else scan.UNFINISHED
    return next((x for x in (scan.UNFINISHED, scan.FAILED) if x in codes), scan.DONE)


def _side(work: str, side: Side) -> dict[str, Any]:
    """Scans one side in a process of its own: nothing that it does, and not its death, touches the others."""
    _show(work, side.tree)
    shutil.rmtree(side.scan.work, ignore_errors=True)
    began = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if not pid:
        _child(side)
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return {
        "name": side.name,
        "exit": max(code, -1),
        "signal": signal.Signals(-code).name if code < 0 else "",
        "seconds": round(time.monotonic() - began, 3),
        "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 3),
        "peakBytes": usage.ru_maxrss * 1024,
    }


def _show(work: str, tree: str) -> None:
    """Puts a side's tree where all sides are seen, so that no text and no order depends on where each lies."""
    at = Path(work, "at")
    at.mkdir(parents=True, exist_ok=True)
    link = at / "tree"
    link.unlink(missing_ok=True)
    link.symlink_to(tree)


def _child(side: Side) -> None:
    code = CRASHED
    try:
        code = scan.run(side.scan, side.output)
    except RequestError as e:
        print(f"prcheck-driver: {side.name}: {e}", file=sys.stderr)
        code = USAGE
    except BaseException as e:
        code = exhaustion.code(e) or CRASHED
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
