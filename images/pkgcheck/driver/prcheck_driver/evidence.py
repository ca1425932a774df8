# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What a scan lacks evidence of, so that all the rest can be judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

EVERYTHING: dict[str, Any] = {"category": "", "package": "", "profile": "", "checks": []}
"""Stands for a scan that was not finished: nothing of it may be judged."""


def lost(errors: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The gaps that errors leave: for each package (none: the whole tree), and each profile, the checks that are missing there."""
    gaps: dict[tuple[str, str, str], set[str] | None] = {}
    for error in errors:
        where = (error["category"], error["package"], error["profile"])
        names = {x for x in error["check"].split("+") if x}
        known = gaps.get(where, set())
        # Without a name, all checks are meant, and more names add nothing.
        gaps[where] = None if not names or known is None else known | names
    return [
        {"category": category, "package": package, "profile": profile, "checks": sorted(checks or ())}
        for (category, package, profile), checks in sorted(gaps.items())
    ]
