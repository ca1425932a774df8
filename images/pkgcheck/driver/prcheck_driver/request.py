# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Requests: strict, so that a misspelled member is an error and not a scan that silently does something else."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import PROTOCOL


class RequestError(Exception):
    """The request cannot be used."""


@dataclass(frozen=True)
class Repository:
    """One repository of a request."""

    name: str
    path: str
    prepared: str | None


@dataclass(frozen=True)
class PrepareRequest:
    """Makes the metadata of one repository; runs its code."""

    target: Repository
    masters: tuple[Repository, ...]
    output: str
    seed: str | None
    work: str
    jobs: int
    ebuild_seconds: float
    retry_errors: bool


@dataclass(frozen=True)
class ScanRequest:
    """Scans one side; runs none of its code."""

    target: Repository
    masters: tuple[Repository, ...]
    packages: tuple[str, ...] | None
    whole_tree: tuple[str, ...]
    profiles: str
    checks: tuple[str, ...]
    keywords: tuple[str, ...]
    verbose: bool
    clock: datetime.datetime
    work: str
    cache: str
    jobs: int
    package_seconds: float

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """Target first, then its masters."""
        return (self.target, *self.masters)


class _Fields:
    """Takes members out of a JSON object, and refuses what is left."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise RequestError(f"{where} must be an object, not {type(value).__name__}")
        self._left: dict[str, Any] = dict(value)
        self._where = where

    def _take(self, name: str, kinds: tuple[type, ...], default: Any) -> Any:
        value = self._left.pop(name, default)
        if value is ...:
            raise RequestError(f"{self._where} lacks {name!r}")
        if isinstance(value, bool) and bool not in kinds:
            raise RequestError(f"{self._where}: {name!r} must not be {json.dumps(value)}")
        if value is not default and not isinstance(value, kinds):
            raise RequestError(f"{self._where}: {name!r} must not be {json.dumps(value)}")
        return value

    def text(self, name: str, default: Any = ...) -> str:
        value: str = self._take(name, (str,), default)
        if not value and default is ...:
            raise RequestError(f"{self._where}: {name!r} is empty")
        return value

    def path(self, name: str) -> str:
        value = self.text(name)
        if not value.startswith("/"):
            raise RequestError(f"{self._where}: {name!r} must be an absolute path, not {value!r}")
        return value.rstrip("/") or "/"

    def optional_path(self, name: str) -> str | None:
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return None
        return self.path(name)

    def flag(self, name: str, default: bool) -> bool:
        value: bool = self._take(name, (bool,), default)
        return value

    def number(self, name: str, default: float, minimum: float) -> float:
        value = float(self._take(name, (int, float), default))
        if value < minimum:
            raise RequestError(f"{self._where}: {name!r} must be at least {minimum:g}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._take(name, (list,), [])
        if not all(isinstance(x, str) and x for x in value):
            raise RequestError(f"{self._where}: {name!r} must be a list of words")
        return tuple(value)

    def optional_texts(self, name: str) -> tuple[str, ...] | None:
        if name not in self._left:
            raise RequestError(f"{self._where} lacks {name!r} (null: everything)")
        if self._left[name] is None:
            del self._left[name]
            return None
        return self.texts(name)

    def repository(self, name: str, prepared: bool) -> Repository:
        return _repository(self._left.pop(name, ...), f"{self._where}.{name}", prepared)

    def repositories(self, name: str, prepared: bool) -> tuple[Repository, ...]:
        values = self._take(name, (list,), [])
        return tuple(_repository(x, f"{self._where}.{name}[{i}]", prepared) for i, x in enumerate(values))

    def end(self) -> None:
        if self._left:
            raise RequestError(f"{self._where} has unknown members: {', '.join(sorted(self._left))}")


def _repository(value: object, where: str, prepared: bool) -> Repository:
    if value is ...:
        raise RequestError(f"{where} is missing")
    fields = _Fields(value, where)
    out = Repository(fields.text("name"), fields.path("path"), fields.optional_path("prepared"))
    fields.end()
    if prepared and out.prepared is None:
        raise RequestError(f"{where} lacks 'prepared': a scan needs what prepare made")
    if not Path(out.path).is_dir():
        raise RequestError(f"{where}: {out.path} is no directory")
    return out


def _clock(text: str) -> datetime.datetime:
    try:
        value = datetime.datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(f"request: 'clock' must be an RFC 3339 time, not {text!r}") from None
    if value.tzinfo is None:
        raise RequestError(f"request: 'clock' lacks a time zone: {text!r}")
    return value.astimezone(datetime.UTC)


def _unique(target: Repository, masters: tuple[Repository, ...]) -> None:
    names = [x.name for x in (target, *masters)]
    if len(set(names)) != len(names):
        raise RequestError(f"request: repositories share a name: {', '.join(names)}")


def load(path: str) -> Any:
    """The request's JSON value."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise RequestError(f"cannot read the request {path}: {e}") from e


def _open(value: Any) -> _Fields:
    fields = _Fields(value, "request")
    protocol = int(fields.number("protocol", 0, 0))
    if protocol != PROTOCOL:
        raise RequestError(f"request: protocol {protocol} is not {PROTOCOL}, which this driver speaks")
    return fields


def parse_tables(value: Any) -> None:
    """Checks a `tables` request, which has nothing but the protocol."""
    _open(value).end()


def parse_prepare(value: Any) -> PrepareRequest:
    """Reads a `prepare` request."""
    fields = _open(value)
    out = PrepareRequest(
        target=fields.repository("target", prepared=False),
        masters=fields.repositories("masters", prepared=False),
        output=fields.path("output"),
        seed=fields.optional_path("seed"),
        work=fields.path("work"),
        jobs=int(fields.number("jobs", 1, 1)),
        ebuild_seconds=fields.number("ebuildSeconds", 60, 0.1),
        retry_errors=fields.flag("retryErrors", True),
    )
    fields.end()
    _unique(out.target, out.masters)
    return out


def parse_scan(value: Any) -> ScanRequest:
    """Reads a `scan` request."""
    fields = _open(value)
    out = ScanRequest(
        target=fields.repository("target", prepared=True),
        masters=fields.repositories("masters", prepared=True),
        packages=fields.optional_texts("packages"),
        whole_tree=fields.texts("wholeTree"),
        profiles=fields.text("profiles", "stable,dev"),
        checks=fields.texts("checks"),
        keywords=fields.texts("keywords"),
        verbose=fields.flag("verbose", True),
        clock=_clock(fields.text("clock")),
        work=fields.path("work"),
        cache=fields.path("cache"),
        jobs=int(fields.number("jobs", 1, 1)),
        package_seconds=fields.number("packageSeconds", 0, 0),
    )
    fields.end()
    _unique(out.target, out.masters)
    for name in out.packages or ():
        if name.count("/") != 1 or name.startswith("/") or name.endswith("/"):
            raise RequestError(f"request: 'packages' must name CATEGORY/PACKAGE, not {name!r}")
    return out
