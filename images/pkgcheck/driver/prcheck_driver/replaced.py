# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Another value for a name, for a while. unittest.mock does that and more, and takes long to load."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys
import types
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Lets a class, module or object have *value* under a name."""
    own = name in vars(owner)
    before = vars(owner)[name] if own else None
    setattr(owner, name, value)
    try:
        yield
    finally:
        if own:
            setattr(owner, name, before)
        else:
            delattr(owner, name)


class _Patch:
    """unittest.mock.patch for whom a target and its new value are enough; anyone else gets the original."""

    def __call__(self, target: str, *values: Any, **more: Any) -> Any:
        if len(values) != 1 or more:
            return _original().patch(target, *values, **more)
        owner, _, name = target.rpartition(".")
        return replaced(pkgutil.resolve_name(owner), name, values[0])

    def __getattr__(self, name: str) -> Any:
        return getattr(_original().patch, name)


_NAMES = ("unittest", "unittest.mock")


def _original() -> Any:
    for name in _NAMES:
        if isinstance(sys.modules.get(name), _StandIn):
            del sys.modules[name]
    return importlib.import_module("unittest.mock")


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_original() if self.__name__ == "unittest.mock" else importlib.import_module("unittest"), name)


def stand_in_for_mock() -> None:
    """Lets modules import unittest.mock.patch without the rest of it, and of what it needs: a third of what pkgcheck takes to load."""
    if any(x in sys.modules for x in _NAMES):
        return
    package, mock = (_StandIn(x) for x in _NAMES)
    package.__path__ = []
    package.mock = mock  # type: ignore[attr-defined]
    mock.patch = _Patch()  # type: ignore[attr-defined]
    sys.modules.update(zip(_NAMES, (package, mock), strict=True))
