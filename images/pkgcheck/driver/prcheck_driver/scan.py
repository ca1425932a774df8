# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command `scan`."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from . import (
    PROTOCOL,
    contents,
    determinism,
    eclasscache,
    environment,
    evidence,
    exhaustion,
    history,
    metadata,
    options,
    plan,
    profilecache,
    recorded,
    records,
    toolchain,
)
from .pool import Outcome, Pool
from .request import Repository, RequestError, ScanRequest
from .session import Session

DONE, UNFINISHED, FAILED = 0, 2, 3

_Records = list[dict[str, Any]]


def run(request: ScanRequest, output: str) -> int:
    """Scans, writes the stream, and returns the exit code."""
    return stream(request, output, functools.partial(Scan, request))


def stream(request: ScanRequest, output: str, make: Callable[[records.Writer], Scan]) -> int:
    """Writes the stream of a scan, whatever becomes of it."""
    writer = records.Writer(request.repositories, request.work)
    output = os.path.abspath(output)
    with open(output, "wb") as out:
        environment.enter(request.work, request.repositories)
        load()
        determinism.fix_clock(request.clock)
        out.write(records.line(_start(request)))
        out.flush()
        try:
            return make(writer).run(out)
        except recorded.SourcingRefused as e:
            _unfinished(out, writer.error("sourcing", message=str(e)))
        except RequestError as e:
            _unfinished(out, writer.error("setup", message=str(e)))
            raise
        except Exception as e:
            exhaustion.give_up(e)
            traceback.print_exc()
            _unfinished(out, writer.error("setup", message=f"{type(e).__name__}: {e}", trace=traceback.format_exc()))
    return UNFINISHED


def load() -> None:
    """Loads pkgcheck and makes it repeatable. Nothing here depends on a request, so that several can share it; once is enough."""
    if _loaded:
        return
    _loaded.append(True)
    determinism.sort_directories()
    determinism.keep_mirror_order()
    determinism.remember_repository_configs()
    metadata.keep_errors()
    determinism.load_all()
    plan.load()


_loaded: list[bool] = []


def _unfinished(out: BinaryIO, record: dict[str, Any]) -> None:
    print(f"prcheck-driver: {record['message']}", file=sys.stderr)
    out.write(records.line(record))
    counts = {"packages": 0, "findings": 0, "errors": 1, "checks": 0}
    out.write(records.line({"type": "end", "complete": False, **counts, "lost": [evidence.EVERYTHING], "seconds": 0}))


class Scan:
    """One scan."""

    def __init__(self, request: ScanRequest, writer: records.Writer) -> None:
        self._request = request
        self._writer = writer
        self._began = time.monotonic()

    def run(self, out: BinaryIO) -> int:
        """Does the work and writes the records after the first."""
        made = self._prepare()
        self._log(f"{len(made.work)} pieces of work, {sum(x['ran'] for x in made.checks)} checks, {self._request.jobs} processes")
        session = Session(self._options, self._writer)
        packages: _Records = []
        findings: _Records = []
        errors: _Records = [self._failed(name, e) for name, e in sorted(made.failures.items())] + self._inputs(made)
        pool = Pool(lambda i: session.run(made.work[i]), len(made.work), self._request.jobs, self._limits(made))
        for done, outcome in enumerate(pool, 1):
            work = made.work[outcome.index]
            if outcome.value is None:
                errors.append(self._lost(work, outcome))
            else:
                findings += map(self._finish, outcome.value["findings"])
                errors += outcome.value["errors"]
                if work.package:
                    packages.append(_package(work, outcome.value["seconds"]))
            if done % 500 == 0:
                self._log(f"{done} of {len(made.work)} done")
        if refused := [x for x in errors if x["kind"] == "sourcing"]:
            raise recorded.SourcingRefused(refused[0]["message"])
        return self._write(out, made, packages, findings, errors)

    def _prepare(self) -> plan.Plan:
        if self._request.store:
            determinism.see_through(self._request.store)
        prepared = tuple(recorded.Prepared(x) for x in self._request.repositories)
        recorded.replace_sourcing(prepared)
        recorded.replace_local_desc(prepared)
        self._options = options.parse(self._request, prepared)
        self._keep(prepared)
        return self._plan(prepared)

    def _plan(self, prepared: tuple[recorded.Prepared, ...]) -> plan.Plan:
        return plan.make(self._options, self._request)

    def _finish(self, finding: dict[str, Any]) -> dict[str, Any]:
        """A finding as it is written."""
        return finding

    def _keep(self, prepared: tuple[recorded.Prepared, ...]) -> None:
        """Puts our caches in the place of pkgcheck's."""
        known = contents.Contents(self._request.store)
        self._profiles = profilecache.Profiles(self._options, known)
        self._profiles.install()
        self._eclasses = eclasscache.Eclasses(prepared, known)
        self._eclasses.install()
        history.install()
        contents.place_caches()

    def _inputs(self, made: plan.Plan) -> _Records:
        """Profiles and eclasses that cannot be read: all else goes on without them."""
        said: dict[str, _Records] = {}
        for problem in self._profiles.problems:
            said.setdefault(problem.profile, []).append(self._raised("profile", problem.cause, profile=problem.profile))
        for path, cause in self._eclasses.problems.items():
            readers = "+".join(plan.readers(made, "EclassAddon"))
            said.setdefault(path, []).append(self._raised("eclass", cause, where=f"{path}: ", check=readers))
        return [x[0] for _, x in sorted(said.items())]

    def _raised(self, kind: str, cause: BaseException, where: str = "", **ids: str) -> dict[str, Any]:
        exhaustion.give_up(cause)
        trace = "".join(traceback.format_exception(cause))
        return self._writer.error(kind, message=f"{where}{type(cause).__name__}: {cause}", trace=trace, **ids)

    def _failed(self, check: str, cause: BaseException) -> dict[str, Any]:
        return self._raised("setup", cause, check=check)

    def _limits(self, made: plan.Plan) -> list[float]:
        """The seconds that each piece of work may take: the limit is one of packages."""
        return [self._request.package_seconds if x.package else 0 for x in made.work]

    def _lost(self, work: plan.Work, outcome: Outcome) -> dict[str, Any]:
        category, package = work.package or ("", "")
        kind = "time" if outcome.late else "worker"
        if outcome.fatal:
            kind = "sourcing" if outcome.fatal.startswith(recorded.SourcingRefused.__name__) else "worker"
        message = outcome.fatal or f"{work.name}: {outcome.lost}, its results are lost"
        check = "" if work.package else work.name
        return self._writer.error(kind, check=check, category=category, package=package, message=message, trace=outcome.trace)

    def _write(self, out: BinaryIO, made: plan.Plan, packages: _Records, findings: _Records, errors: _Records) -> int:
        for record in made.checks:
            out.write(records.line(record))
        for record in sorted(packages, key=lambda x: (x["category"], x["package"])):
            out.write(records.line(record))
        for group in (findings, errors):
            for record in sorted(group, key=records.order):
                out.write(records.line(record))
        end = {
            "type": "end",
            "complete": not errors,
            "packages": len(packages),
            "findings": len(findings),
            "errors": len(errors),
            "checks": len(made.checks),
            "lost": evidence.lost(errors),
            "seconds": round(time.monotonic() - self._began, 3),
        }
        out.write(records.line(end))
        out.flush()
        self._log(f"{len(packages)} packages, {len(findings)} findings, {len(errors)} errors in {end['seconds']} s")
        return FAILED if errors else DONE

    @staticmethod
    def _log(text: str) -> None:
        print(f"prcheck-driver: {text}", file=sys.stderr, flush=True)


def _package(work: plan.Work, seconds: float) -> dict[str, Any]:
    assert work.package is not None
    category, package = work.package
    return {"type": "package", "category": category, "package": package, "versions": list(work.versions), "seconds": seconds}


def _start(request: ScanRequest) -> dict[str, Any]:
    decides = {
        "profiles": request.profiles,
        "checks": request.checks,
        "keywords": request.keywords,
        "verbose": request.verbose,
        "repositories": [x.name for x in request.repositories],
        "gentoo": request.target.name == "gentoo",
    }
    return {
        "type": "start",
        "protocol": PROTOCOL,
        "versions": toolchain.versions(),
        "arguments": hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest(),
        "hashSeed": 0,
        "clock": request.clock.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "repository": request.target.name,
        "gentoo": request.target.name == "gentoo",
        "repositories": [_history(x) for x in request.repositories],
    }


def _history(tree: Repository) -> dict[str, Any]:
    """What pkgcheck will take for the history; each of its own failures here is silent."""

    def git(*argv: str) -> str:
        done = subprocess.run(["git", *argv], cwd=tree.path, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.strip()

    record: dict[str, Any] = {"name": tree.name, "history": None, "historyReason": None}
    try:
        branch = git("rev-parse", "--verify", "--abbrev-ref", "HEAD")
        default = git("symbolic-ref", "refs/remotes/origin/HEAD").rsplit("/", 1)[-1]
        if branch != default:
            record["historyReason"] = f"the checked-out branch is {branch!r}, the default branch {default!r}"
        else:
            record["history"] = git("rev-parse", "--verify", "origin/HEAD")
            history.answered(tree.path, branch, record["history"])
    except subprocess.CalledProcessError as e:
        with contextlib.suppress(IndexError):
            record["historyReason"] = e.stderr.strip().splitlines()[0]
        record["historyReason"] = record["historyReason"] or "git failed"
    except OSError as e:
        record["historyReason"] = str(e)
    return record
