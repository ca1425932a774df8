# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command `commits`: pkgcheck's checks of commits, on a pull request's own. Like a scan, it runs none of their code."""

from __future__ import annotations

import functools
import subprocess
from typing import Any, BinaryIO

from . import history, plan, recorded, records, scan
from .request import CommitsRequest, RequestError


def run(request: CommitsRequest, output: str) -> int:
    """Checks the commits, writes the stream, and returns the exit code."""
    return scan.stream(request.scan, output, functools.partial(_Commits, request))


class _Commits(scan.Scan):
    """A scan whose items are commits, and the packages and eclasses that they changed."""

    def __init__(self, request: CommitsRequest, writer: records.Writer) -> None:
        super().__init__(request.scan, writer)
        self._commits = request
        self._tree = request.scan.target.path
        self._changes: dict[tuple[str, ...], str] = {}

    def run(self, out: BinaryIO) -> int:
        head = self._git("rev-parse", "--verify", "HEAD")
        if head != self._commits.head:
            raise RequestError(f"{self._tree} is at {head}, not at the commits' head {self._commits.head}")
        return super().run(out)

    def _plan(self, prepared: tuple[recorded.Prepared, ...]) -> plan.Plan:
        history.pin(self._tree, self._commits.base)
        _name_commits_fully()
        _know_old_packages(prepared[0])
        options = self._options
        options.commits = options.commits_range = f"{self._commits.base}..{self._commits.head}"
        made = plan.commits(options, self._commits.checks, self._eclass_names())
        self._changes = self._newest()
        return made

    def _git(self, *argv: str) -> str:
        done = subprocess.run(["git", *argv], cwd=self._tree, capture_output=True, encoding="utf-8", errors="replace", check=False)
        if done.returncode:
            raise RequestError(f"git {argv[0]} failed in {self._tree}: {done.stderr.strip()[:500]}")
        return done.stdout.strip()

    def _eclass_names(self) -> frozenset[str]:
        changed = self._git("diff", "--name-only", "-z", "--diff-filter=d", self._commits.base, self._commits.head, "--", "eclass/")
        names = [x.removeprefix("eclass/") for x in changed.split("\0")]
        return frozenset(x.removesuffix(".eclass") for x in names if x.endswith(".eclass") and "/" not in x)

    def _newest(self) -> dict[tuple[str, ...], str]:
        """The newest of the commits that changed each path: its parts, and those of the folders that it lies in."""
        found: dict[tuple[str, ...], str] = {}
        log = self._git("log", "--format=%x01%H", "--name-only", "-z", f"{self._commits.base}..{self._commits.head}", "--")
        for entry in log.split("\x01")[1:]:
            commit, *paths = [x.strip("\n") for x in entry.split("\0")]
            for path in paths:
                parts = tuple(path.split("/"))
                for depth in range(1, len(parts) + 1):
                    found.setdefault(parts[:depth], commit)
        return found

    def _finish(self, finding: dict[str, Any]) -> dict[str, Any]:
        """Adds the commit to what does not name its own: the newest that changed what it is about."""
        if "commit" not in finding["attributes"]:
            parts = tuple(finding["path"].split("/")) if finding["path"] else ()
            while parts and parts not in self._changes:
                parts = parts[:-1]
            finding["attributes"] = dict(sorted({**finding["attributes"], "commit": self._changes.get(parts, "")}.items()))
        return finding


def _name_commits_fully() -> None:
    """pkgcheck abbreviates commits, by as much as the repository happens to allow."""
    from pkgcheck.addons.git import GitConfig

    init = GitConfig.__init__

    def named(config: Any) -> None:
        init(config)
        with open(config.path, "ab") as file:
            file.write(b"[core]\n\tabbrev = 40\n")

    GitConfig.__init__ = named


def _know_old_packages(prepared: recorded.Prepared) -> None:
    """Lets the packages that commits changed or removed have the entries that prepare made of them, by their content.

    pkgcheck would source them. A state between two of the commits, of which neither side has an entry, is passed over like one that
    does not source.
    """
    from pkgcheck.checks.git import _RemovalRepo
    from pkgcore.ebuild import ebuild_src, processor
    from pkgcore.package import errors

    caches = recorded.cache_for(*prepared.folders, readonly=True)

    def validate(entry: Any, ebuild: Any, eclasses: Any) -> bool:
        if entry.get("_md5_") != ebuild.md5:
            return False
        # Its eclasses are today's, on both sides of the comparison.
        entry["_eclasses_"] = dict(entry.get("_eclasses_") or ())
        return True

    for cache in caches:
        cache.validate_entry = validate
    init, update = _RemovalRepo.__init__, ebuild_src.package_factory._update_metadata

    def known(repo: Any, parent: Any) -> None:
        init(repo, parent)
        repo.cache = caches
        repo.package_class._cache = caches

    def update_metadata(factory: Any, pkg: Any, ebp: Any = None) -> Any:
        if isinstance(factory._parent_repo, _RemovalRepo) and pkg.eapi.supported:
            raise errors.MetadataException(pkg, "data", "neither base nor head has it")
        return update(factory, pkg, ebp)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ebuilds are not sourced by a check of commits")

    _RemovalRepo.__init__ = known
    ebuild_src.package_factory._update_metadata = update_metadata
    # What asks for the environment of a new ebuild takes an error for one that has none.
    processor.request_ebuild_processor = refuse
