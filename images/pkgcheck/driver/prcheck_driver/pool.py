# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Worker processes that do one piece of work at a time, so that one that dies is missed, named and replaced."""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from . import exhaustion


@dataclass(frozen=True)
class Outcome:
    """What became of one piece of work: its value, or why there is none."""

    index: int
    value: Any = None
    lost: str = ""
    late: bool = False
    fatal: str = ""
    trace: str = ""


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    index: int | None = None
    began: float = 0.0


class Pool:
    """Runs `function(index)` for every index below `count` in `jobs` forked processes.

    Each worker has a pipe of its own and gets its next index when it has answered: there is no lock that a dying worker could
    take with it, and the pool always knows what each one has in hand. Where one meets that something ran out, all ends with that.
    """

    def __init__(self, function: Callable[[int], Any], count: int, jobs: int, seconds: float | list[float] = 0, grace: float = 0) -> None:
        self._function = function
        self._count = count
        self._jobs = max(1, min(jobs, count))
        self._seconds = seconds if isinstance(seconds, list) else [seconds] * count
        self._grace = grace
        self._limited = any(self._seconds)
        self._next = 0
        self._context = multiprocessing.get_context("fork")
        self._workers: list[_Worker] = []

    def __iter__(self) -> Iterator[Outcome]:
        """Outcomes as they come; exactly one for each index."""
        try:
            while len(self._workers) < self._jobs and self._next < self._count:
                self._start()
            while self._workers:
                yield from self._step()
        finally:
            for worker in self._workers:
                self._kill(worker)

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        inherited = [x.pipe for x in self._workers] + [ours]
        process = self._context.Process(target=_serve, args=(theirs, inherited, self._function), daemon=False)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        self._give(worker)

    def _give(self, worker: _Worker) -> None:
        if self._next >= self._count:
            worker.index = None
            with contextlib.suppress(OSError):
                worker.pipe.send(None)
            return
        worker.index, worker.began = self._next, time.monotonic()
        self._next += 1
        # A worker that is already dead shows when it is waited for.
        with contextlib.suppress(OSError):
            worker.pipe.send(worker.index)

    def _step(self) -> Iterator[Outcome]:
        by_pipe = {x.pipe: x for x in self._workers}
        for pipe in wait(list(by_pipe), timeout=self._patience()):
            worker = by_pipe[pipe]  # type: ignore[index]
            try:
                value, fatal, trace, exhausted = worker.pipe.recv()
            except (EOFError, OSError):
                yield from self._lost(worker, late=False)
                continue
            if exhausted:
                raise exhaustion.ExhaustedError(exhausted, fatal)
            index = worker.index
            assert index is not None
            self._give(worker)
            yield Outcome(index, value, fatal=fatal, trace=trace)
        for worker in [x for x in self._workers if self._left(x) <= 0]:
            yield from self._lost(worker, late=True)

    def _left(self, worker: _Worker) -> float:
        """The seconds that a worker may still take for what it has in hand."""
        if worker.index is None or not (seconds := self._seconds[worker.index]):
            return math.inf
        return worker.began + seconds + self._grace - time.monotonic()

    def _patience(self) -> float | None:
        if not self._limited:
            return None
        return max(0.01, min([1.0, *map(self._left, self._workers)]))

    def _lost(self, worker: _Worker, late: bool) -> Iterator[Outcome]:
        index = worker.index
        self._kill(worker)
        self._workers.remove(worker)
        code = worker.process.exitcode
        if index is not None:
            why = f"took longer than {self._seconds[index]:g} s" if late else _reason(code)
            yield Outcome(index, lost=why, late=late)
        if self._next < self._count:
            self._start()

    @staticmethod
    def _kill(worker: _Worker) -> None:
        if worker.index is None and worker.process.is_alive():
            worker.process.join(5)  # it was told to end
        if worker.process.is_alive():
            # Its group too: sourcing leaves shells behind.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(worker.process.pid, signal.SIGKILL)
            worker.process.kill()
        worker.process.join()
        worker.pipe.close()


def _reason(code: int | None) -> str:
    if code is not None and code < 0:
        return f"its worker was killed by {signal.Signals(-code).name}"
    return f"its worker ended with status {code}"


def _serve(pipe: Connection, inherited: list[Connection], function: Callable[[int], Any]) -> None:
    os.setpgid(0, 0)
    for other in inherited:
        other.close()
    while True:
        try:
            index = pipe.recv()
        except EOFError:
            return
        if index is None:
            return
        try:
            answer = (function(index), "", "", 0)
        except BaseException as e:
            answer = (None, f"{type(e).__name__}: {e}", traceback.format_exc(), exhaustion.code(e))
        pipe.send(answer)
