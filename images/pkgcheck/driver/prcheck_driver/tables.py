# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command `tables`: every keyword and every check of the installed version."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from pathlib import Path
from typing import Any

from . import PROTOCOL, determinism, plan, toolchain


def run(output: str) -> int:
    """Writes the tables."""
    determinism.load_all()
    from pkgcheck import objects

    checks = [_check(x) for _, x in sorted(objects.CHECKS.items())]
    producers: dict[str, list[str]] = {}
    for check in checks:
        for keyword in check["keywords"]:
            producers.setdefault(keyword, []).append(check["name"])
    keywords = [_keyword(x, producers.get(name, [])) for name, x in sorted(objects.KEYWORDS.items())]
    value = {"type": "tables", "protocol": PROTOCOL, "versions": toolchain.versions(), "keywords": keywords, "checks": checks}
    Path(output).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _summary(cls: type) -> str:
    return (inspect.cleandoc(cls.__doc__ or "").splitlines() or [""])[0]


def _keyword(cls: Any, checks: list[str]) -> dict[str, Any]:
    attr = getattr(cls, "attr", None)
    return {
        "name": cls.__name__,
        "level": cls.level or "",
        "scope": cls.scope.desc,
        "checks": sorted(checks),
        "summary": _summary(cls),
        "attributes": [{"name": k, "kind": v} for k, v in sorted(_attributes(cls).items())],
        "metadataError": attr if isinstance(attr, str) else "",
    }


def _check(cls: Any) -> dict[str, Any]:
    from pkgcheck import checks
    from pkgcheck.addons.caches import CachedAddon
    from pkgcheck.base import get_addons

    addons = get_addons(cls.required_addons)
    return {
        "name": cls.__name__,
        "scope": cls.scope.desc,
        "sources": _sources(cls._source),
        "optional": issubclass(cls, checks.OptionalCheck),
        "network": issubclass(cls, checks.NetworkCheck),
        "gentooOnly": issubclass(cls, checks.GentooRepoCheck),
        "overlayOnly": issubclass(cls, checks.OverlayRepoCheck),
        "commits": issubclass(cls, checks.GitCommitsCheck),
        "addons": sorted(x.__name__ for x in addons),
        "caches": sorted(x.cache.type for x in addons if issubclass(x, CachedAddon)),
        "keywords": sorted(x.__name__ for x in cls.known_results),
        "wholeTree": plan.is_whole_tree(cls),
        "summary": _summary(cls),
    }


def _sources(source: Any) -> list[str]:
    """The names of a check's sources, the outermost first."""
    if not isinstance(source, tuple):
        return [source.__name__]
    names = [source[0].__name__]
    for key, inner in source[2] if len(source) == 3 else ():
        if key == "source":
            names += _sources(inner)
    return names


def _attributes(cls: type) -> dict[str, str]:
    """The public attributes that a result's constructors set, and what each holds."""
    found: dict[str, str] = {}
    for base in cls.__mro__:
        if not base.__module__.startswith("pkgcheck.") or "__init__" not in vars(base):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(vars(base)["__init__"])))
        for node in ast.walk(tree):
            for target in _targets(node):
                if not target.startswith("_"):
                    value = getattr(node, "value", None)
                    found.setdefault(target, _kind(target, value))
    return found


def _targets(node: ast.AST) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    flat = [y for x in targets for y in (x.elts if isinstance(x, ast.Tuple) else [x])]
    return [x.attr for x in flat if isinstance(x, ast.Attribute) and isinstance(x.value, ast.Name) and x.value.id == "self"]


_CALLS = dict.fromkeys(("tuple", "sorted", "list", "frozenset", "set"), "list")
_CALLS |= {"str": "text", "repr": "text", "int": "number", "len": "number", "bool": "flag"}
_NAMES = {"lineno": "number", "category": "text", "package": "text", "version": "text", "line": "text"}


def _kind(name: str, value: ast.AST | None) -> str:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return _CALLS.get(value.func.id, "value")
    if isinstance(value, ast.JoinedStr):
        return "text"
    if isinstance(value, ast.Attribute | ast.Name):
        return _NAMES.get(name, "value")
    return "value"
