# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The history: kept by commit, brought up to date so that it is what the whole log says, and unpacked where it is asked for."""

from __future__ import annotations

import functools
import os
import pickle
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from .contents import key

_FILE = "history.pickle"

Change = tuple[str, str, int, str]
"""Status, version, time and abbreviated commit of a change to an ebuild."""
_Package = tuple[str, str]


class History(Mapping[str, dict[str, dict[str, list[tuple[str, int, str]]]]]):
    """What became of each ebuild, as pkgcheck holds it: category, package, status, and the newest change of each version."""

    def __init__(self, commit: str, packed: dict[str, bytes]) -> None:
        self.commit = commit
        self.packed = packed
        self._open: dict[str, dict[str, list[Change]]] = {}

    def changes(self, category: str) -> dict[str, list[Change]]:
        """A category's packages and their changes, in the order of the log."""
        if category not in self._open:
            packed = self.packed.get(category)
            self._open[category] = {} if packed is None else pickle.loads(packed)  # noqa: S301 - of our own making
        return self._open[category]

    def __getitem__(self, category: str) -> dict[str, dict[str, list[tuple[str, int, str]]]]:
        if category not in self.packed:
            raise KeyError(category)
        found: dict[str, dict[str, list[tuple[str, int, str]]]] = {}
        for package, changes in self.changes(category).items():
            statuses = found[package] = {}
            for status, version, time, commit in changes:
                statuses.setdefault(status, []).append((version, time, commit))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.packed)

    def __len__(self) -> int:
        return len(self.packed)


def install() -> None:
    """Lets pkgcheck's addon take the history from here, and ask git the same question only once."""
    from pkgcheck.addons.git import GitAddon

    for name in ("_get_commit_hash", "_get_current_branch", "_get_default_branch"):
        setattr(GitAddon, name, staticmethod(_once(name, vars(GitAddon)[name].__func__)))

    def update_cache(addon: Any, force: bool = False) -> None:
        for repo in addon.options.target_repo.trees:
            commit = _commit(addon, repo.location)
            if commit is not None:
                file = os.path.join(os.path.dirname(addon.cache_file(repo)), _FILE)
                addon._cached_repos[repo.location] = _history(repo, commit, file)

    GitAddon.update_cache = update_cache


_answers: dict[tuple[str, ...], str] = {}


def answered(location: str, branch: str, commit: str) -> None:
    """Takes what git said of a tree whose checked-out branch is the default one: pkgcheck would ask the same."""
    real = os.path.realpath(location)
    _answers["_get_current_branch", real] = branch
    _answers["_get_default_branch", real, "origin"] = branch
    _answers["_get_commit_hash", real, "origin/HEAD"] = commit


def _once(name: str, question: Callable[..., str]) -> Callable[..., str]:
    @functools.cache
    def ask(location: str, *about: str) -> str:
        return _answers.get((name, os.path.realpath(location), *about)) or question(location, *about)

    return ask


_pinned: dict[str, str] = {}


def pin(location: str, commit: str) -> None:
    """Takes the history of a commit, whatever is checked out; that of a later one will do, too."""
    _pinned[location] = commit


def _commit(addon: Any, location: str) -> str | None:
    """The commit whose history pkgcheck takes, if it takes any."""
    from pkgcheck.addons.git import GitError

    if location in _pinned:
        return _pinned[location]
    remote = addon.options.git_remote
    with suppress(GitError):
        if addon._get_current_branch(location) == addon._get_default_branch(location, remote):
            commit: str = addon._get_commit_hash(location, f"{remote}/HEAD")
            return commit
    return None


def _history(repo: Any, commit: str, file: str) -> History:
    kept = _kept(file)
    if kept is not None and (kept.commit == commit or (repo.location in _pinned and _is_ancestor(repo.location, commit, kept.commit))):
        return kept
    if kept is not None and _is_ancestor(repo.location, kept.commit, commit):
        made = _continued(repo, kept, commit)
    else:
        made = History(commit, _packed(_grouped(_log(repo, commit))))
    os.makedirs(os.path.dirname(file), exist_ok=True)
    temporary = f"{file}.{os.getpid()}"
    with open(temporary, "wb") as out:
        pickle.dump((key(), made.commit, made.packed), out, protocol=-1)
    os.replace(temporary, file)
    return made


def _kept(file: str) -> History | None:
    with suppress(Exception), open(file, "rb") as opened:
        version, commit, packed = pickle.load(opened)  # noqa: S301 - of our own making, see PROTOCOL.md
        if version == key():
            return History(commit, packed)
    return None


def _is_ancestor(location: str, old: str, new: str) -> bool:
    done = subprocess.run(["git", "merge-base", "--is-ancestor", old, new], cwd=location, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _log(repo: Any, commits: str) -> Iterable[tuple[_Package, Change]]:
    """What pkgcheck reads from the log: the newest change of each version and status."""
    from pkgcheck.addons.git import GitError, GitRepoPkgs
    from pkgcheck.base import PkgcheckUserException

    seen = set()
    try:
        changes = GitRepoPkgs(repo.location, commits)
        for change in changes:
            atom = change.atom
            if (atom, change.status) not in seen:
                seen.add((atom, change.status))
                yield (atom.category, atom.package), (change.status, atom.fullver, change.commit_time, change.commit)
    except GitError as e:
        # Nothing to say is no failure, though pkgcheck takes it for one.
        if str(e).strip() != "failed running git log:" or not _is_silent(repo.location, commits):
            raise PkgcheckUserException(str(e)) from e
        return
    # pkgcheck does not ask: a log that was killed in the middle would be taken for a shorter history.
    if code := changes.git_log.proc.wait():
        raise PkgcheckUserException(f"git log ended with {code} in the middle of the history")


def _is_silent(location: str, commits: str) -> bool:
    """Whether git has nothing to say about some commits, and not only said nothing."""
    argv = ["git", "log", "--max-count=1", "--diff-filter=ARMD", "--name-status", "--format=%H", "--end-of-options", commits]
    done = subprocess.run(argv, cwd=location, capture_output=True, check=False)
    return not done.returncode and not done.stdout.strip()


def _grouped(log: Iterable[tuple[_Package, Change]]) -> dict[_Package, list[Change]]:
    found: defaultdict[_Package, list[Change]] = defaultdict(list)
    for package, change in log:
        found[package].append(change)
    return found


def _packed(packages: Mapping[_Package, list[Change]]) -> dict[str, bytes]:
    categories: defaultdict[str, dict[str, list[Change]]] = defaultdict(dict)
    for (category, package), changes in packages.items():
        categories[category][package] = changes
    return {k: pickle.dumps(v, protocol=-1) for k, v in categories.items()}


def _continued(repo: Any, kept: History, commit: str) -> History:
    """The history of a later commit: the new changes of each package, put among the old ones where the whole log has them."""
    new = _grouped(_log(repo, f"{kept.commit}..{commit}"))
    touched = {x: kept.changes(x[0]).get(x[1], []) for x in new}
    ranks = _ranks(repo.location, commit, [y for x in new.values() for y in x], [y for x in touched.values() for y in x])
    packed = dict(kept.packed)
    for category in dict.fromkeys(x for x, _ in new):
        packages = dict(kept.changes(category))
        for at, changes in new.items():
            if at[0] == category:
                packages[at[1]] = _merged([*changes, *touched[at]], ranks)
        packed[category] = pickle.dumps(packages, protocol=-1)
    return History(commit, packed)


def _merged(changes: list[Change], ranks: dict[str, int]) -> list[Change]:
    last = len(ranks)
    found: dict[tuple[str, str], Change] = {}
    for change in sorted(changes, key=lambda x: ranks.get(x[3], last)):
        found.setdefault(change[:2], change)
    return list(found.values())


def _ranks(location: str, commit: str, new: list[Change], old: list[Change]) -> dict[str, int]:
    """Where in the log the commits of changes stand, up to the last of the new ones.

    The log goes by time, so that what a merge brought may stand below what was there before it.
    """
    if not old:
        return {}
    awaited, others = {x[3] for x in new}, {x[3] for x in old}
    lengths = {len(x) for x in awaited | others}
    ranks: dict[str, int] = {}
    with subprocess.Popen(["git", "rev-list", commit], cwd=location, stdout=subprocess.PIPE, encoding="ascii") as process:
        assert process.stdout is not None
        for line in process.stdout:
            for name in (line[:x] for x in lengths):
                if name in awaited or name in others:
                    ranks.setdefault(name, len(ranks))
                    awaited.discard(name)
            if not awaited:
                process.kill()
                break
    return ranks
