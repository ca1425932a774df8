# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Metadata that cannot be parsed: every reader is told, not only the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What is not taken out of the data under its own name. REQUIRED_USE is, but the repository keeps its error by itself, and
# would leave the version out of every later reading if it failed again.
_LEFT = frozenset({"data", "eapi", "fetchables", "manifest", "required_use", "slot"})


def keep_errors() -> None:
    """Lets an attribute that cannot be parsed fail at every reading.

    pkgcore takes the text out of the package's data before it parses it, so the second reading of a broken attribute
    gives an empty one. pkgcheck drops the error of the first if the check is not the one that reports it; the one that
    does then sees nothing wrong.
    """
    from pkgcheck import objects
    from pkgcheck.results import MetadataError
    from pkgcore.ebuild import ebuild_src

    # The classes of errors register themselves when their modules are loaded.
    _ = len(objects.KEYWORDS)
    done: set[int] = set()
    for cls in _classes(ebuild_src.base):
        # Classes have maps of their own, copied when they are made, unless they share one.
        if id(cls._get_attr) not in done:
            done.add(id(cls._get_attr))
            for attr in set(MetadataError.results) & set(cls._get_attr) - _LEFT:
                cls._get_attr[attr] = _keeping(cls._get_attr[attr], attr.upper())
    ebuild_src.base.live = property(_live)


def _classes(cls: Any) -> list[Any]:
    return [cls, *(y for x in cls.__subclasses__() for y in _classes(x))]


def _keeping(read: Callable[[Any], Any], key: str) -> Callable[[Any], Any]:
    """Puts the text back that a failed reading took."""

    def keeping(pkg: Any) -> Any:
        text = pkg.data.get(key)
        try:
            return read(pkg)
        except Exception:
            if text is not None:
                pkg.data[key] = text
            raise

    return keeping


def _live(pkg: Any) -> bool:
    """Whether a package is live: pkgcheck asks between packages too, where an error would end the reading of all of them."""
    from pkgcore.package.errors import MetadataException

    try:
        return "live" in pkg.properties
    except MetadataException:
        return False
