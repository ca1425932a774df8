# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""A world of its own for pkgcheck: clean environment, private folders, no configuration but ours."""

from __future__ import annotations

import os
from pathlib import Path

from .request import Repository


def enter(work: str, trees: tuple[Repository, ...]) -> None:
    """Moves home, temporary files and git's configuration into *work*."""
    home = Path(work, "home")
    temporary = Path(work, "tmp")
    for folder in (home, temporary):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        HOME=str(home),
        TMPDIR=str(temporary),
        XDG_CONFIG_HOME=str(home / ".config"),
        XDG_CACHE_HOME=str(home / ".cache"),
        XDG_DATA_HOME=str(home / ".local"),
        **_git(trees),
    )
    os.chdir(work)


def _git(trees: tuple[Repository, ...]) -> dict[str, str]:
    # A tree that belongs to another user is refused by git, and then the history is silently empty.
    settings = [("safe.directory", y) for x in trees for y in dict.fromkeys((x.path, os.path.realpath(x.path)))]
    settings += [("core.fsmonitor", "false"), ("core.hooksPath", "/dev/null"), ("gc.auto", "0"), ("protocol.allow", "never")]
    env = {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for i, (key, value) in enumerate(settings):
        env[f"GIT_CONFIG_KEY_{i}"] = key
        env[f"GIT_CONFIG_VALUE_{i}"] = value
    return env


def portage_config(work: str, trees: tuple[Repository, ...], stub: str) -> str:
    """Writes the Portage configuration that names the repositories, and returns its folder."""
    folder = Path(work, "portage")
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["[DEFAULT]", "main-repo = prcheck-stub", "", "[prcheck-stub]", f"location = {stub}", ""]
    for tree in trees:
        if any(c in tree.path + tree.name for c in "\n\r]%"):
            raise ValueError(f"a repository's name or path has characters that repos.conf cannot hold: {tree.name!r}, {tree.path!r}")
        lines += [f"[{tree.name}]", f"location = {tree.path}", ""]
    Path(folder, "repos.conf").write_text("\n".join(lines), encoding="utf-8")
    profile = Path(folder, "make.profile")
    profile.unlink(missing_ok=True)
    profile.symlink_to(Path(stub, "profiles", "default"))
    return str(folder)
