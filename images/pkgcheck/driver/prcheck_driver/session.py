# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs checks on one piece of work; one that raises costs only itself."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from typing import Any

from . import exhaustion
from .plan import Work
from .records import Writer


class Session:
    """What came out of one piece of work."""

    def __init__(self, options: Any, writer: Writer) -> None:
        self._options = options
        self._writer = writer

    def run(self, work: Work) -> dict[str, Any]:
        """All records of one piece of work."""
        from pkgcheck.results import MetadataError

        began = time.monotonic()
        findings: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        for runner in work.runners:
            for check, result in self._run(runner, work, errors):
                if result._filtered or result.__class__ not in self._options.filtered_keywords:
                    continue
                finding = self._writer.finding(result, check)
                if isinstance(result, MetadataError):
                    # Each runner that meets one tells it.
                    if finding in told:
                        continue
                    told.append(finding)
                findings.append(finding)
        return {"findings": findings, "errors": errors, "seconds": round(time.monotonic() - began, 3)}

    def _run(self, runner: Any, work: Work, errors: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
        """What runner.run does, with each call guarded: there one exception ends the scan."""
        from pkgcheck.runners import RepoCheckRunner

        whole = isinstance(runner, RepoCheckRunner)
        if whole:
            for check in runner.checks:
                yield from self._guard(check, check, lambda c: c.start() or (), work, errors)
        for item in self._items(runner, work, errors):
            for check in runner.checks:
                yield from self._feed(runner, check, item, work, errors)
        yield from self._metadata_errors(runner, work)
        for check in runner.checks:
            check.cleanup()
        if whole:
            for check in runner.checks:
                yield from self._guard(check, check, lambda c: c.finish(), work, errors)

    def _items(self, runner: Any, work: Work, errors: list[dict[str, Any]]) -> Iterator[Any]:
        item = None
        try:
            for item in runner.source.itermatch(work.restriction):
                yield item
        except Exception as e:
            names = "+".join(sorted(type(x).__name__ for x in runner.checks))
            errors.append(self._error("source", names, work, self._raising(runner, work) or _After(item), e))

    @staticmethod
    def _raising(runner: Any, work: Work) -> Any:
        """The version whose reading raises, found by reading one at a time."""
        from pkgcore.restrictions import packages, values

        for version in work.versions if len(work.versions) > 1 else ():
            one = packages.PackageRestriction("fullver", values.StrExactMatch(version))
            try:
                for _ in runner.source.itermatch(packages.AndRestriction(work.restriction, one)):
                    pass
            except Exception:
                return _Version(version)
        return _Version(work.versions[0]) if len(work.versions) == 1 else None

    def _feed(self, runner: Any, check: Any, item: Any, work: Work, errors: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
        from pkgcore.package.errors import MetadataException

        try:
            for result in check.feed(item):
                yield check, result
        except MetadataException as e:
            exhaustion.give_up(e)
            try:
                runner._metadata_error_cb(e, check=check)
            except Exception as unknown:
                errors.append(self._error("check", type(check).__name__, work, item, unknown))
        except Exception as e:
            errors.append(self._error("check", type(check).__name__, work, item, e))

    def _guard(self, check: Any, item: Any, call: Any, work: Work, errors: list[dict[str, Any]]) -> Iterator[tuple[Any, Any]]:
        try:
            for result in call(item):
                yield check, result
        except Exception as e:
            errors.append(self._error("check", type(check).__name__, work, None, e))

    @staticmethod
    def _metadata_errors(runner: Any, work: Work) -> Iterator[tuple[Any, Any]]:
        """Errors that pkgcore raised in between: they belong to the check that knows their keyword."""
        while runner._metadata_errors:
            pkg, result = runner._metadata_errors.popleft()
            if work.restriction.match(pkg):
                owners = [x for x in runner.checks if type(result) in x.known_results]
                yield (owners or runner.checks)[0], result

    def _error(self, kind: str, check: str, work: Work, item: Any, exc: BaseException) -> dict[str, Any]:
        exhaustion.give_up(exc)
        category, package = work.package or ("", "")
        version = getattr(item, "fullver", "") if work.package else ""
        # A check of the tree that raised at a package has lost more than that package.
        at = "" if work.package else _culprit(item)
        return self._writer.error(
            kind,
            check=check,
            category=category,
            package=package,
            version=version if isinstance(version, str) else "",
            message=f"{at}{type(exc).__name__}: {exc}",
            trace="".join(traceback.format_exception(exc)),
        )


class _Version:
    """Stands for a version that could not be read."""

    def __init__(self, fullver: str) -> None:
        self.fullver = fullver


class _After:
    """Stands for what comes after the last thing that could be read."""

    def __init__(self, item: Any) -> None:
        self.item = item


def _culprit(item: Any) -> str:
    """What a check was given when it raised, for messages."""
    if isinstance(item, _After):
        return f"after {_culprit(item.item)}" if item.item is not None else ""
    if isinstance(item, list | tuple):
        item = item[0] if item else None
    for name in ("cpvstr", "key", "name", "path"):
        if isinstance(value := getattr(item, name, None), str):
            return f"{value}: "
    node = getattr(item, "node", None)
    return f"{node.path}: " if node is not None else ""
