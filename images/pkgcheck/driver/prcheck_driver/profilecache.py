# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Profiles: what their files say is kept under the digest of the files, and one that raises is left out by name."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .contents import Contents, key
from .replaced import replaced

_FILE = "profiles-table.pickle"
_GENERATED = frozenset({"use.local.desc"})


@dataclass(frozen=True)
class Problem:
    """A profile that cannot be read, and not in a way that pkgcheck expects."""

    profile: str
    cause: BaseException


@dataclass
class _Entry:
    """What is kept of a profile."""

    name: str
    key: str
    iuse: frozenset[str] = frozenset()
    error: str = ""
    """Why it cannot be made, as pkgcore says it."""


@dataclass
class _Table:
    key: str
    entries: dict[str, _Entry] = field(default_factory=dict)


class _Profile:
    """Stands for a profile, which is read when something asks for more than is kept of it."""

    def __init__(self, entry: _Entry, load: Callable[[], Any], broken: Callable[[Exception], Any]) -> None:
        self.name = entry.name
        self.iuse_effective = entry.iuse
        self.content_key = entry.key
        self._load = load
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        from pkgcore.ebuild.profiles import ProfileError

        try:
            return getattr(self._load(), name)
        except (ProfileError, AttributeError):
            raise
        except Exception as e:
            # What would end a whole scan of pkgcheck's counts for an error of the profile, as others are.
            self._broken(e)
            raise ProfileError(self.name, "", f"{type(e).__name__}: {e}") from e


class Profiles:
    """The profiles of one scan's repositories."""

    def __init__(self, options: Any, contents: Contents) -> None:
        self._trees = options.target_repo.trees
        self._contents = contents
        self._file = os.path.join(options.cache_dir, "repos", options.target_repo.repo_id.replace(os.sep, "_"), _FILE)
        self._nodes: dict[str, str] = {}
        self._loaded: dict[tuple[str, str], Any] = {}
        self._table: _Table | None = None
        self.problems: list[Problem] = []

    def install(self) -> None:
        """Lets pkgcheck's addons take profiles from here."""
        from pkgcheck.addons import UseAddon, caches
        from pkgcheck.addons.profiles import ProfileAddon
        from pkgcore.ebuild import repo_objs

        for addon in (UseAddon, ProfileAddon):
            self._wrap(addon, repo_objs.Profiles)
        ProfileAddon.profile_data = property(
            lambda x: {node: profile.content_key for found in x.arch_profiles.values() for profile, node in found}
        )
        # Uncompressed: these are kept in archives that are compressed, and no process has to be started to read it.
        ProfileAddon.cache = caches.CacheData(type="profiles", file="profiles.pickle", version=ProfileAddon.cache.version)
        caches.CachedAddon.caches[ProfileAddon] = ProfileAddon.cache

    def _wrap(self, addon: Any, source: Any) -> None:
        original = addon.__init__

        def init(instance: Any, *args: Any, **kwargs: Any) -> None:
            with replaced(source, "create_profile", lambda _, node, **__: self._create(node)):
                original(instance, *args, **kwargs)

        addon.__init__ = init

    def _create(self, node: Any) -> Any:
        from pkgcore.ebuild.profiles import ProfileError

        if self._table is None:
            self._table = self._read()
        entry = self._table.entries[self._name(node)]
        if entry.error:
            raise ProfileError(node.path, "", entry.error)
        return _Profile(entry, lambda: self._load(node), lambda e: self._broken(node, e))

    def _name(self, node: Any) -> str:
        """A profile's name that does not depend on where its repository lies."""
        bases = [x.config.profiles_base for x in self._trees]
        return f"{bases.index(node.base)}:{node.path}" if node.base in bases else f"{node.base}:{node.path}"

    def _load(self, node: Any) -> Any:
        from pkgcore.ebuild.profiles import OnDiskProfile

        at = (node.base, node.path)
        if at not in self._loaded:
            self._loaded[at] = OnDiskProfile(node.base, node.path, load_profile_base=False)
        return self._loaded[at]

    def _read(self) -> _Table:
        """What is kept, if it is of these files; else what they say now."""
        wanted = key([(x.repo_id, self._contents.folder(x.config.profiles_base, _GENERATED), self._layout(x)) for x in self._trees])
        with suppress(Exception), open(self._file, "rb") as file:
            table = pickle.load(file)  # noqa: S301 - of our own making, see PROTOCOL.md
            if isinstance(table, _Table) and table.key == wanted:
                return table
        return self._make(wanted)

    def _layout(self, repo: Any) -> str:
        return self._contents.file(os.path.join(repo.location, "metadata", "layout.conf"))

    def _make(self, wanted: str) -> _Table:
        table = _Table(wanted)
        context = [
            (x.repo_id, self._layout(x), *(self._contents.file(os.path.join(x.config.profiles_base, y)) for y in ("arch.list", "eapi")))
            for x in self._trees
        ]
        same: dict[frozenset[str], frozenset[str]] = {}
        for node in sorted(self._trees[-1].profiles, key=lambda x: (x.base, x.path)):
            entry = self._entry(node, context)
            entry.iuse = same.setdefault(entry.iuse, entry.iuse)
            table.entries[self._name(node)] = entry
        if not self.problems:
            # A problem is told by every scan, and so found by every scan.
            os.makedirs(os.path.dirname(self._file), exist_ok=True)
            temporary = f"{self._file}.{os.getpid()}"
            with open(temporary, "wb") as file:
                pickle.dump(table, file, protocol=-1)
            os.replace(temporary, self._file)
        return table

    def _entry(self, node: Any, context: list[Any]) -> _Entry:
        from pkgcore.ebuild.profiles import ProfileError

        try:
            profile = self._load(node)
            nodes = [self._node(x.path) for x in profile.stack]
            return _Entry(profile.name, key(nodes, context), profile.iuse_effective)
        except ProfileError as e:
            return _Entry(node.path, "", error=str(e.error) or "unusable")
        except Exception as e:
            return self._broken(node, e)

    def _broken(self, node: Any, cause: Exception) -> _Entry:
        self.problems.append(Problem(node.path, cause))
        return _Entry(node.path, "", error=f"{type(cause).__name__}: {cause}")

    def _node(self, path: str) -> str:
        """The digest of what a profile's own folder says; profiles below it are others."""
        if path not in self._nodes:
            files = []
            for name in sorted(os.listdir(path)):
                file = os.path.join(path, name)
                if not os.path.isdir(file):
                    files.append((name, self._contents.file(file)))
                elif name.startswith(("package.", "use.")):
                    files.append((name, self._contents.folder(file)))
            self._nodes[path] = key(files)
        return self._nodes[path]
