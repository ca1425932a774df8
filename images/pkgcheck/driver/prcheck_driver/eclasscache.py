# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Eclasses: what is kept of one is believed while its content, and what prepare says of it, is the same."""

from __future__ import annotations

import os
import pickle
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .contents import Contents, key
from .recorded import Prepared, SourcingRefused

_FILE = "eclass.pickle"


@dataclass
class _Kept:
    """What is kept of one repository's eclasses."""

    key: str
    entries: dict[str, tuple[str, Any]] = field(default_factory=dict)
    """By name: the key of each, and pkgcore's word on it."""


class Eclasses:
    """The eclasses of one scan's repositories."""

    def __init__(self, prepared: tuple[Prepared, ...], contents: Contents) -> None:
        self._contents = contents
        self._prepared = {os.path.realpath(x.repository.path): x for x in prepared}
        self.problems: dict[str, Exception] = {}
        """Eclasses that cannot be read, by their path in the tree."""

    def install(self) -> None:
        """Lets pkgcheck's addon take eclasses from here."""
        from pkgcheck.addons.eclass import EclassAddon

        def update_cache(addon: Any, force: bool = False) -> None:
            trees = addon.options.target_repo.trees
            folders = [self._contents.folder(os.path.join(x.location, "eclass")) for x in trees]
            for repo in trees:
                addon._eclass_repos[repo.location] = self._update(repo, folders, addon.cache_file(repo))

        EclassAddon.update_cache = update_cache

    def _update(self, repo: Any, folders: list[str], file: str) -> dict[str, Any]:
        prepared = self._prepared[os.path.realpath(repo.location)]
        # @PROVIDES reaches into all trees.
        wanted = key(folders, sorted((k, sorted(v.items(), key=str)) for k, v in prepared.eclasses.items()))
        kept = _Kept("")
        with suppress(Exception), open(file, "rb") as opened:
            found = pickle.load(opened)  # noqa: S301 - of our own making, see PROTOCOL.md
            if isinstance(found, _Kept):
                kept = found
        if kept.key != wanted:
            kept = self._make(repo, prepared, wanted, kept)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            temporary = f"{file}.{os.getpid()}"
            with open(temporary, "wb") as out:
                pickle.dump(kept, out, protocol=-1)
            os.replace(temporary, file)
        return {name: doc for name, (_, doc) in kept.entries.items()}

    def _make(self, repo: Any, prepared: Prepared, wanted: str, old: _Kept) -> _Kept:
        from pkgcore.ebuild.eclass import EclassDoc

        made = _Kept(wanted)
        folder = os.path.join(repo.location, "eclass")
        try:
            names = sorted(x.removesuffix(".eclass") for x in os.listdir(folder) if x.endswith(".eclass"))
        except (FileNotFoundError, NotADirectoryError):
            names = []
        for name in names:
            path = os.path.join(folder, f"{name}.eclass")
            own = key(EclassDoc.ABI_VERSION, self._contents.file(path), sorted(prepared.eclasses.get(name, {}).items(), key=str))
            kept = old.entries.get(name)
            if kept is not None and kept[0] == own and not kept[1].raw_provides:
                made.entries[name] = kept
                continue
            with suppress(OSError):
                doc = self._read(EclassDoc, repo, path)
                if doc is not None:
                    made.entries[name] = (own, doc)
        if self.problems:
            # A problem is told by every scan, and so found by every scan.
            made.key = ""
        return made

    def _read(self, document: Any, repo: Any, path: str) -> Any:
        try:
            return document(path, sourced=True, repo=repo)
        except (OSError, SourcingRefused):
            raise
        except Exception as e:
            self.problems[os.path.relpath(path, repo.location)] = e
            return None
