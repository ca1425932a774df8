# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What caches are keyed by: the contents of folders, and never their times or where they lie."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Collection
from typing import Any

from . import toolchain

_FORMAT = "1"
"""Changes when what is kept in the caches does."""


_TREE = "/tree"
_NEIGHBOUR = "../../"
_ENTRY = re.compile(r"[a-z-]+-(?:[0-9a-f]{40}|[0-9a-f]{64})")


def stored(text: str, stores: Collection[str]) -> str | None:
    """The name of the entry of a store that a link of this text leads to: STORE/NAME or STORE/NAME/tree.

    Entries link to each other by ../../NAME/tree, where NAME ends in a git id. A link of a tree's own may look alike but for that: in a
    plain tree it leads to a category.
    """
    text, whole = text.removesuffix(_TREE), text
    if text != whole and text.startswith(_NEIGHBOUR):
        name = text.removeprefix(_NEIGHBOUR)
        return name if _ENTRY.fullmatch(name) else None
    folder, name = os.path.split(text)
    return name if folder in stores else None


class Contents:
    """Digests of folders.

    A link into the store, a folder whose entries are named by their content, is known by the name of what it leads to. All else is read.
    """

    def __init__(self, stores: tuple[str, ...]) -> None:
        self._stores = stores

    def folder(self, path: str, leave: frozenset[str] = frozenset()) -> str:
        """The digest of a folder, without the entries named in *leave*."""
        if name := self._stored(path):
            return f"stored:{name}"
        digest = hashlib.sha256()
        self._add(digest, path, leave)
        return digest.hexdigest()

    @staticmethod
    def file(path: str) -> str:
        """The digest of a file; of one that cannot be read, why not."""
        try:
            with open(path, "rb") as file:
                return hashlib.sha256(file.read()).hexdigest()
        except OSError as e:
            return type(e).__name__

    def _stored(self, path: str) -> str | None:
        if not self._stores:
            return None
        try:
            return stored(os.readlink(path), self._stores)
        except OSError:
            return None

    def _add(self, digest: Any, path: str, leave: frozenset[str]) -> None:
        try:
            names = sorted(x for x in os.listdir(path) if x not in leave)
        except OSError as e:
            digest.update(f"{type(e).__name__}\0".encode())
            return
        for name in names:
            file = os.path.join(path, name)
            digest.update(os.fsencode(name) + b"\0")
            if stored := self._stored(file):
                digest.update(f"stored:{stored}\0".encode())
            elif os.path.isdir(file) and not stat.S_ISLNK(os.lstat(file).st_mode):
                digest.update(b"(\0")
                self._add(digest, file, frozenset())
                digest.update(b")\0")
            elif os.path.isdir(file):
                # Where it leads to is in the tree, and read there.
                digest.update(b"-> " + os.fsencode(os.readlink(file)) + b"\0")
            else:
                digest.update(self.file(file).encode())


def key(*parts: object) -> str:
    """One digest of several values, and of everything whose version could change what is made of them."""
    versions = {k: v for k, v in toolchain.versions().items() if k in ("pkgcheck", "pkgcore", "snakeoil", "python", "bash")}
    return hashlib.sha256(repr((_FORMAT, sorted(versions.items()), parts)).encode()).hexdigest()


def place_caches() -> None:
    """Gives each repository a folder for its caches that its name alone decides."""
    from pkgcheck.addons import caches

    def cache_file(addon: Any, repo: Any) -> str:
        name = repo.repo_id.lstrip(os.sep).replace(os.sep, "_")
        return os.path.join(addon.options.cache_dir, "repos", name, addon.cache.file)

    caches.CachedAddon.cache_file = cache_file
