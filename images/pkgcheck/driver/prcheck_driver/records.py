# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Records: what results look like as JSON, and where in the tree they belong."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from .request import Repository

TARGET = "{target}"
WORK = "{work}"
PREPARED = "{prepared}"

_MANIFEST = frozenset({"ManifestCheck", "ManifestCollisionCheck"})
_METADATA_XML = frozenset(
    {"PackageMetadataXmlCheck", "MissingRemoteIdCheck", "GlobalUseCheck", "LocalUseCheck", "MetadataUrlCheck", "StabilizationGroupsCheck"}
)


class Writer:
    """Turns results into records without paths of this machine."""

    def __init__(self, trees: tuple[Repository, ...], work: str) -> None:
        names = {trees[0].path: TARGET} | {x.path: f"{{{x.name}}}" for x in trees[1:]} | {work: WORK}
        names |= {x: PREPARED for tree in trees for x in tree.prepared}
        for path, name in list(names.items()):
            names.setdefault(os.path.realpath(path), name)
        # Longest first: one tree may lie below another.
        paths = sorted(names, key=len, reverse=True)
        self._names = names
        self._path = re.compile("(?:" + "|".join(map(re.escape, paths)) + r")(?![\w.-])")
        self._root = trees[0].path

    def text(self, value: str) -> str:
        """A text with the trees' paths replaced."""
        return self._path.sub(lambda m: self._names[m.group()], value)

    def value(self, value: Any) -> Any:
        """A value that JSON can hold; sets are sorted, because their order means nothing."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "backslashreplace"))
        if isinstance(value, set | frozenset):
            return sorted((self.value(x) for x in value), key=_key)
        if isinstance(value, Mapping):
            return {str(k): self.value(v) for k, v in sorted(value.items(), key=lambda x: str(x[0]))}
        if isinstance(value, str):
            return self.text(_clean(value))
        if hasattr(value, "__iter__"):
            return [self.value(x) for x in value]
        return self.text(_clean(str(value)))

    def finding(self, result: Any, check: Any) -> dict[str, Any]:
        """The record of one result."""
        attributes = {k: v for k, v in result._attrs.items() if k not in ("category", "package", "version")}
        check_name = type(check).__name__
        return {
            "type": "finding",
            "rule": type(result).__name__,
            "level": result.level or "",
            "scope": check.scope.desc,
            "check": check_name,
            "category": _word(result, "category"),
            "package": _word(result, "package"),
            "version": _word(result, "version"),
            "attributes": {k: self.value(v) for k, v in sorted(attributes.items())},
            "message": self.text(_clean(str(result.desc))),
            "path": self._location(result, check_name),
            "line": _line(attributes),
        }

    def _location(self, result: Any, check: str) -> str:
        category, package, version = (_word(result, x) for x in ("category", "package", "version"))
        if (eclass := _word(result, "eclass")) and not category:
            return f"eclass/{eclass}.eclass"
        if version:
            return f"{category}/{package}/{package}-{version}.ebuild"
        if package:
            return _package_path(category, package, check)
        if category:
            return f"{category}/metadata.xml" if check == "CategoryMetadataXmlCheck" else category
        return self._profile_path(result)

    def _profile_path(self, result: Any) -> str:
        path = _word(result, "path")
        if not path:
            return ""
        path = os.path.relpath(path, self._root) if path.startswith(self._root + "/") else path
        if not path.startswith("/") and not os.path.lexists(os.path.join(self._root, path)):
            below = os.path.join("profiles", path)
            if os.path.lexists(os.path.join(self._root, below)):
                path = below
        return "" if path.startswith("/") or ".." in path.split("/") else path

    def error(
        self,
        kind: str,
        *,
        check: str = "",
        category: str = "",
        package: str = "",
        version: str = "",
        profile: str = "",
        message: str,
        trace: str = "",
    ) -> dict[str, Any]:
        """The record of a failure."""
        return {
            "type": "error",
            "kind": kind,
            "check": check,
            "category": category,
            "package": package,
            "version": version,
            "profile": profile,
            "message": self.text(_clean(message)),
            "traceback": self.text(_clean(trace)),
        }


def _package_path(category: str, package: str, check: str) -> str:
    folder = f"{category}/{package}"
    if check in _MANIFEST:
        return f"{folder}/Manifest"
    if check in _METADATA_XML:
        return f"{folder}/metadata.xml"
    return folder


def _line(attributes: Mapping[str, Any]) -> int:
    """The first line that a result names."""
    for name in ("lineno", "line"):
        value = attributes.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return max(value, 0)
        if name == "line" and isinstance(value, str) and value.isdecimal():
            return int(value)
    lines = attributes.get("lines")
    if isinstance(lines, tuple | list) and lines and isinstance(lines[0], int):
        return lines[0]
    return 0


def _word(result: Any, name: str) -> str:
    value = getattr(result, name, None)
    return _clean(value) if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """Text without half surrogates, which come from undecodable file names and which no UTF-8 can hold."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def order(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The order of findings and errors in the output."""
    names = ("category", "package", "version", "rule", "kind", "check")
    return (*(str(record.get(x, "")) for x in names), _key(record.get("attributes", {})), str(record["message"]))


def line(record: Mapping[str, Any]) -> bytes:
    """One record as one line. Half surrogates, of names that are no UTF-8, become JSON's own escapes."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"
