# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Another value for a name, for a while. unittest.mock does that and more, and takes long to load."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Lets a class or module have *value* under a name of its own."""
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
