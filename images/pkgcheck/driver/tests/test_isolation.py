# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What makes pkgcheck end with a traceback costs a scan only what it was found in, and is named."""

from __future__ import annotations

import os
from typing import Any

import pytest
from conftest import Outcome, Repo


def _lost(done: Outcome) -> list[dict[str, Any]]:
    assert done.code == 3, done.stderr
    assert done.records[-1]["complete"] is False
    lost: list[dict[str, Any]] = done.records[-1]["lost"]
    return lost


def _rest(done: Outcome, package: str) -> list[tuple[str, str]]:
    return sorted((x["package"], x["rule"]) for x in done.of("finding") if x["package"] != package)


@pytest.mark.parametrize("whole", [True, False])
def test_a_package_that_cannot_be_read(repo: Repo, whole: bool) -> None:
    repo.ebuild("app-misc/bad")
    repo.ebuild("app-misc/bad", version="2.0", SRC_URI="https://example.org/bad-2.0.tar.gz")
    repo.ebuild("dev-libs/user", RDEPEND="dev-libs/gone")
    packages = None if whole else ["app-misc/bad", "app-misc/good", "dev-libs/user"]
    repo.prepare()
    sound = repo.scan(packages=packages)
    assert sound.code == 0
    (repo.path / "app-misc/bad/Manifest").mkdir()
    done = repo.scan(packages=packages)
    lost = {(x["category"], x["package"]): x for x in _lost(done)}
    bad = lost.pop(("app-misc", "bad"))
    assert bad["profile"] == ""
    assert "ManifestCheck" in bad["checks"]
    assert "WhitespaceCheck" not in bad["checks"]
    # What reads all Manifests at once has lost more than the package, and says where.
    tree = [x for x in done.of("error") if not x["package"]]
    assert [x["check"] for x in tree] == (["ManifestCollisionCheck"] if whole else [])
    assert all("app-misc/bad" in x["message"] for x in tree)
    assert list(lost) == ([("", "")] if whole else [])
    assert all("IsADirectoryError" in x["traceback"] for x in done.of("error"))
    assert _rest(done, "bad") == _rest(sound, "bad")
    assert [x["package"] for x in done.of("package")] == ["bad", "good", "user"]


def test_a_profile_that_raises(repo: Repo) -> None:
    repo.ebuild("dev-libs/user", RDEPEND="dev-libs/gone")
    repo.prepare()
    # A profile that is its own parent: pkgcore goes round until Python ends it.
    repo.write("profiles/default/arm64/parent", "../arm64\n")
    done = repo.scan(packages=["dev-libs/user"])
    assert _lost(done) == [{"category": "", "package": "", "profile": "default/arm64", "checks": []}]
    (error,) = done.of("error")
    assert (error["kind"], error["profile"]) == ("profile", "default/arm64")
    assert "RecursionError" in error["message"]
    assert {x["attributes"]["profile"] for x in done.of("finding") if "profile" in x["attributes"]} == {"default/amd64"}
    assert _lost(repo.scan(packages=["dev-libs/user"])) == _lost(done)


def test_a_package_that_takes_too_long(repo: Repo) -> None:
    repo.ebuild("dev-libs/user", RDEPEND="dev-libs/gone")
    # Reading from it never ends.
    repo.ebuild("app-misc/slow")
    repo.prepare()
    os.mkfifo(repo.path / "app-misc/slow/Manifest")
    done = repo.scan(packageSeconds=3, packages=["app-misc/good", "app-misc/slow", "dev-libs/user"])
    assert _lost(done) == [{"category": "app-misc", "package": "slow", "profile": "", "checks": []}]
    (error,) = done.of("error")
    assert (error["kind"], error["package"]) == ("time", "slow")
    assert "3 s" in error["message"]
    assert [x["package"] for x in done.of("package")] == ["good", "user"]
    assert "NonexistentDeps" in done.rules("user")


def test_everything_is_lost_where_nothing_can_be_set_up(repo: Repo) -> None:
    repo.prepare()
    repo.write("metadata/layout.conf", "masters = nowhere\n")
    done = repo.scan()
    assert done.code in (2, 64)
    assert done.records[-1]["lost"] == [{"category": "", "package": "", "profile": "", "checks": []}]


def test_a_name_that_is_no_utf8(repo: Repo) -> None:
    repo.prepare()
    folder = os.fsencode(repo.path) + b"/dev-libs/caf\xe9"
    os.makedirs(folder)
    with open(folder + b"/caf\xe9-1.ebuild", "w") as file:
        file.write("EAPI=8\n")
    done = repo.scan()
    assert done.records[-1]["type"] == "end", done.stderr
    assert sorted(x["package"] for x in done.of("package")) == ["caf\udce9", "good"]
