# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes pkgcheck repeatable: one clock, sorted directories, no shuffling; and remembers what it computes again and again."""

from __future__ import annotations

import datetime
import functools
import os
import pkgutil
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from . import contents

_scandir = os.scandir
_listdir = os.listdir


_stores: list[str] = []


def _is_stored(path: Any) -> bool:
    """Whether a path is a link into a store."""
    try:
        return contents.stored(os.readlink(path), _stores) is not None
    except (OSError, ValueError, TypeError):
        return False


class _Stored:
    """A link into a store, as if what it leads to stood in its place."""

    def __init__(self, entry: os.DirEntry[Any]) -> None:
        self.name, self.path = entry.name, entry.path
        self._entry = entry

    def __fspath__(self) -> Any:
        return self.path

    def inode(self) -> int:
        return self._entry.inode()

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return self._entry.is_dir()

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return self._entry.is_file()

    def is_symlink(self) -> bool:
        return False

    def is_junction(self) -> bool:
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return self._entry.stat()


def see_through(stores: tuple[str, ...]) -> None:
    """Lets links into a store be seen as the folders that they lead to: a tree may be put together from such links."""
    _stores.extend(stores)
    islink = os.path.islink
    _keep_eclass_paths()
    os.path.islink = lambda path: islink(path) and not _is_stored(path)


def _keep_eclass_paths() -> None:
    """pkgcheck follows the links on the way to an eclass, and then does not know whose it is."""
    from pkgcheck.addons.eclass import Eclass

    init = Eclass.__init__

    def keeping(eclass: Any, name: str, path: str) -> None:
        init(eclass, name, path)
        eclass.path = os.path.abspath(path)

    Eclass.__init__ = keeping


class _SortedEntries:
    """os.scandir's answer by name: what a directory yields first depends on the file system."""

    def __init__(self, *args: Any) -> None:
        with _scandir(*args) as entries:
            found = sorted(entries, key=lambda x: x.name)
        self._entries = iter([_Stored(x) if _is_stored(x) else x for x in found] if _stores else found)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._entries)

    def __enter__(self) -> _SortedEntries:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


def sort_directories() -> None:
    """Lets every listing of a directory be sorted."""
    os.scandir = _SortedEntries  # type: ignore[assignment]
    os.listdir = lambda *args: sorted(_listdir(*args))  # type: ignore[assignment]


def keep_mirror_order() -> None:
    """pkgcore shuffles the mirrors of thirdpartymirrors."""
    from pkgcore.ebuild import repository

    repository.shuffle = lambda values: None


def fix_clock(now: datetime.datetime) -> None:
    """Lets every check take *now* for the present."""

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(now.timestamp(), tz=tz)

        @classmethod
        def today(cls) -> Clock:
            return cls.now()

        @classmethod
        def utcnow(cls) -> Clock:
            return cls.now(datetime.UTC).replace(tzinfo=None)

    for module in load_all():
        if getattr(module, "datetime", None) is datetime.datetime:
            module.datetime = Clock


def load_all() -> list[Any]:
    """All modules of pkgcheck that hold checks or addons, loaded."""
    import pkgcheck.addons
    import pkgcheck.checks

    for package in (pkgcheck.addons, pkgcheck.checks):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            # Some need libraries that are not part of every installation (network checks).
            try:
                import_module(found.name)
            except ImportError as e:
                if e.name is None or e.name.startswith("pkgcheck"):
                    raise
    return [m for name, m in sys.modules.items() if name.startswith("pkgcheck.")]


def remember_repository_configs() -> None:
    """pkgcore parses a repository's layout.conf and more once for every node of every profile; once is enough."""
    from pkgcore.ebuild import profiles, repo_objs

    config = functools.cache(repo_objs.RepoConfig)

    def load(path: str) -> Any:
        repo_path = profiles._split_profiles_path(profiles.abspath(path))[0]
        return None if repo_path is None else config(repo_path)

    profiles.ProfileNode._load_repoconfig_from_path = staticmethod(load)
