# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Requests: strict, so that a misspelled member is an error and not a scan that silently does something else."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass, replace
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
    prepared: tuple[str, ...]


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
    ebuilds: frozenset[str] | None
    eclasses: frozenset[str] | None
    local_flags: frozenset[str] | None

    @property
    def restricted(self) -> bool:
        """Whether only a part of the repository is looked at."""
        return self.ebuilds is not None


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
    store: tuple[str, ...]

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """Target first, then its masters."""
        return (self.target, *self.masters)


@dataclass(frozen=True)
class Side:
    """One of the scans of a request with sides."""

    name: str
    output: str
    tree: str
    scan: ScanRequest


@dataclass(frozen=True)
class Sides:
    """Several scans in one call, which differ in their target and in what they look at."""

    work: str
    sides: tuple[Side, ...]


@dataclass(frozen=True)
class CommitsRequest:
    """Checks of a pull request's own commits."""

    base: str
    head: str
    checks: tuple[str, ...] | None
    scan: ScanRequest


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

    def paths(self, name: str) -> tuple[str, ...]:
        """One path, or several, or none."""
        value = self._left.get(name)
        if not isinstance(value, list):
            found = self.optional_path(name)
            return () if found is None else (found,)
        if not all(isinstance(x, str) and x.startswith("/") for x in self._left.pop(name)):
            raise RequestError(f"{self._where}: {name!r} must be absolute paths, not {json.dumps(value)}")
        return tuple(x.rstrip("/") for x in value)

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

    def optional_texts(self, name: str, *, required: bool = True) -> tuple[str, ...] | None:
        if not required:
            self._left.setdefault(name, None)
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

    def has(self, name: str) -> bool:
        return self._left.get(name) is not None

    def objects(self, name: str) -> list[Any]:
        values: list[Any] = self._take(name, (list,), ...)
        return values

    def end(self) -> None:
        if self._left:
            raise RequestError(f"{self._where} has unknown members: {', '.join(sorted(self._left))}")


def _repository(value: object, where: str, prepared: bool) -> Repository:
    if value is ...:
        raise RequestError(f"{where} is missing")
    fields = _Fields(value, where)
    out = Repository(fields.text("name"), fields.path("path"), fields.paths("prepared"))
    fields.end()
    if prepared and not out.prepared:
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


def parse_empty(value: Any) -> None:
    """Checks a request that has nothing but the protocol."""
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
        ebuilds=_names(fields, "ebuilds", "CATEGORY/PF"),
        eclasses=_set(fields.optional_texts("eclasses", required=False)),
        local_flags=_names(fields, "localFlags", "CATEGORY/PACKAGE"),
    )
    fields.end()
    # Half a restriction would walk the tree for the other half.
    if len({out.ebuilds is None, out.eclasses is None, out.local_flags is None}) > 1:
        raise RequestError("request: 'ebuilds', 'eclasses' and 'localFlags' go together: give all or none")
    _unique(out.target, out.masters)
    return out


def parse_scan(value: Any) -> ScanRequest | Sides:
    """Reads a `scan` request."""
    fields = _open(value)
    if fields.has("sides"):
        return _parse_sides(fields)
    out = _scan(fields, fields, fields.path("work"))
    fields.end()
    return out


def _scan(fields: _Fields, common: _Fields, work: str, template: ScanRequest | None = None) -> ScanRequest:
    """One scan: what is the side's own from *fields*, the rest from *common* or from *template*."""
    out = ScanRequest(
        target=fields.repository("target", prepared=True),
        packages=_listed(fields),
        whole_tree=fields.texts("wholeTree"),
        work=work,
        **(_common(common) if template is None else {x: getattr(template, x) for x in _COMMON}),
    )
    _unique(out.target, out.masters)
    return out


_COMMON = ("masters", "profiles", "checks", "keywords", "verbose", "clock", "cache", "jobs", "package_seconds", "store")


def _common(fields: _Fields) -> dict[str, Any]:
    return {
        "masters": fields.repositories("masters", prepared=True),
        "profiles": fields.text("profiles", "stable,dev"),
        "checks": fields.texts("checks"),
        "keywords": fields.texts("keywords"),
        "verbose": fields.flag("verbose", True),
        "clock": _clock(fields.text("clock")),
        "cache": fields.path("cache"),
        "jobs": int(fields.number("jobs", 1, 1)),
        "package_seconds": fields.number("packageSeconds", 0, 0),
        "store": fields.paths("store"),
    }


def _listed(fields: _Fields) -> tuple[str, ...] | None:
    names = fields.optional_texts("packages")
    _check_names(names or (), "packages", "CATEGORY/PACKAGE")
    return names


def _parse_sides(fields: _Fields) -> Sides:
    work = fields.path("work")
    values = fields.objects("sides")
    sides: list[Side] = []
    for i, value in enumerate(values):
        own = _Fields(value, f"request.sides[{i}]")
        name = own.text("name")
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", name) or name in [x.name for x in sides]:
            raise RequestError(f"request.sides[{i}]: 'name' must be a word that no other side has, not {name!r}")
        scan = _scan(own, fields, f"{work}/side", sides[0].scan if sides else None)
        if sides and scan.target.name != sides[0].scan.target.name:
            raise RequestError("request: the sides' targets have different names")
        scan = replace(scan, cache=own.optional_path("cache") or scan.cache)
        output = own.path("output")
        own.end()
        # Both sides are scanned under one name, so that nothing can depend on where each lies.
        shown = replace(scan, target=replace(scan.target, path=f"{work}/at/tree"))
        sides.append(Side(name, output, scan.target.path, shown))
    if not sides:
        raise RequestError("request: 'sides' is empty")
    fields.end()
    return Sides(work, tuple(sides))


def parse_commits(value: Any) -> CommitsRequest:
    """Reads a `commits` request."""
    fields = _open(value)
    ids = {}
    for name in ("base", "head"):
        ids[name] = fields.text(name)
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ids[name]):
            raise RequestError(f"request: {name!r} must be a whole commit id, not {ids[name]!r}")
    checks = fields.optional_texts("checks", required=False)
    scan = ScanRequest(
        target=fields.repository("target", prepared=True),
        masters=fields.repositories("masters", prepared=True),
        packages=(),
        whole_tree=(),
        profiles="stable,dev",
        checks=(),
        keywords=fields.texts("keywords"),
        verbose=True,
        clock=_clock(fields.text("clock")),
        work=fields.path("work"),
        cache=fields.path("cache"),
        jobs=1,
        package_seconds=0,
        store=fields.paths("store"),
    )
    fields.end()
    _unique(scan.target, scan.masters)
    return CommitsRequest(ids["base"], ids["head"], checks, scan)


def _set(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _names(fields: _Fields, member: str, form: str) -> frozenset[str] | None:
    names = fields.optional_texts(member, required=False)
    _check_names(names or (), member, form)
    return _set(names)


def _check_names(names: tuple[str, ...], member: str, form: str) -> None:
    for name in names:
        if name.count("/") != 1 or name.startswith("/") or name.endswith("/"):
            raise RequestError(f"request: {member!r} must name {form}, not {name!r}")
