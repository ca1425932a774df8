# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The caches: a scan with kept ones says what a scan without any says, whatever the times of the files are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ECLASS, Repo

Git = Callable[..., str]


def _rewrite(path: Path, content: str) -> None:
    """Changes a file and leaves its time, and its folder's, as they were."""
    path.touch()
    times = [(x, x.stat().st_mtime_ns) for x in (path, path.parent)]
    path.write_text(content)
    for file, time in times:
        os.utime(file, ns=(time, time))


def _same_without_caches(repo: Repo, **request: Any) -> list[dict[str, Any]]:
    warm = repo.scan(**request)
    assert warm.code == 0, warm.stderr
    cold = repo.scan(cache=str(repo.top / f"cold{repo._runs}"), **request)
    assert cold.code == 0, cold.stderr
    assert warm.timeless() == cold.timeless()
    return warm.of("finding")


@pytest.mark.parametrize("file", ["default/amd64/package.mask", "package.mask"])
def test_a_mask_is_seen_whatever_its_time(repo: Repo, file: str) -> None:
    repo.ebuild("dev-libs/a")
    repo.ebuild("app-misc/user", RDEPEND="dev-libs/a")
    (repo.path / "profiles" / file).touch()
    repo.prepare()
    assert "NonsolvableDepsInStable" not in [x["rule"] for x in _same_without_caches(repo)]
    _rewrite(repo.path / "profiles" / file, "dev-libs/a\n")
    assert "NonsolvableDepsInStable" in [x["rule"] for x in _same_without_caches(repo)]


def test_a_profile_is_read_again_only_where_it_changed(repo: Repo) -> None:
    repo.write("profiles/use.desc", "y - Is known\n")
    repo.prepare()
    repo.scan()
    _rewrite(repo.path / "profiles/default/amd64/make.defaults", 'ARCH="amd64"\nUSE="x"\nIUSE_IMPLICIT="x"\n')
    repo.ebuild("app-misc/good", RDEPEND="x? ( dev-libs/a )")
    repo.prepare()
    rules = [x["attributes"].get("profile") for x in _same_without_caches(repo) if x["rule"] == "UnstatedIuse"]
    assert rules == ["default/arm64"]


def test_an_eclass_that_another_provides_is_read_again(repo: Repo) -> None:
    repo.write("eclass/a.eclass", ECLASS.replace("# @BLURB", "# @PROVIDES: b\n# @BLURB"))
    repo.write("eclass/b.eclass", ECLASS.replace("a.eclass", "b.eclass").replace("a_do", "b_do"))
    repo.write("eclass/c.eclass", ECLASS.replace("a.eclass", "c.eclass").replace("a_do", "c_do"))
    repo.ebuild("dev-libs/user", head="inherit a\nsrc_compile() { a_do; b_do; c_do; }\n")
    repo.prepare()
    before = [x["attributes"] for x in _same_without_caches(repo) if x["rule"].endswith("Inherits")]
    _rewrite(
        repo.path / "eclass/b.eclass",
        ECLASS.replace("a.eclass", "b.eclass").replace("a_do", "b_do").replace("# @BLURB", "# @PROVIDES: c\n# @BLURB"),
    )
    repo.prepare()
    after = [x["attributes"] for x in _same_without_caches(repo) if x["rule"].endswith("Inherits")]
    assert before != after


def test_caches_serve_the_tree_wherever_it_lies(repo: Repo) -> None:
    repo.ebuild("dev-libs/inherits", head="inherit a\n")
    repo.prepare()
    repo.scan()
    files = {x: x.stat().st_mtime_ns for x in (repo.top / "cache").rglob("*") if x.is_file()}
    assert files
    moved = repo.top / "elsewhere"
    shutil.copytree(repo.path, moved)
    assert repo.scan(target={"name": repo.name, "path": str(moved), "prepared": str(repo.prepared)}).code == 0
    assert {x: x.stat().st_mtime_ns for x in (repo.top / "cache").rglob("*") if x.is_file()} == files


class Branches:
    """A repository whose commits have the times that a test gives them."""

    def __init__(self, repo: Repo, git: Git) -> None:
        self._repo, self._git = repo, git
        git("init", "-q")
        git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")

    def commit(self, minute: int, *ebuilds: str, removed: tuple[str, ...] = ()) -> str:
        for name in ebuilds:
            self._repo.ebuild(*name.split(":"), DESCRIPTION=f"Of minute {minute}")
        for name in removed:
            package, version = name.split(":")
            (self._repo.path / package / f"{package.split('/')[1]}-{version}.ebuild").unlink()
        self._git("add", "-A")
        return self._seal(minute, "commit", "-qm", f"minute {minute}", "--allow-empty")

    def merge(self, minute: int, other: str) -> str:
        return self._seal(minute, "merge", "-q", "--no-ff", "-m", "merge", "-X", "theirs", other)

    def _seal(self, minute: int, *argv: str) -> str:
        time = f"2026-03-01T10:{minute:02}:00Z"
        os.environ.update(GIT_COMMITTER_DATE=time, GIT_AUTHOR_DATE=time)
        try:
            self._git(*argv)
        finally:
            del os.environ["GIT_COMMITTER_DATE"], os.environ["GIT_AUTHOR_DATE"]
        head = self._git("rev-parse", "HEAD")
        self._git("update-ref", "refs/remotes/origin/master", head)
        return head

    def histories(self) -> Iterator[dict[str, Any]]:
        """What the scan's history is with kept caches, and without."""
        for cache in (self._repo.top / "cache", self._repo.top / f"cold{self._repo._runs}"):
            done = self._repo.scan(packages=[], wholeTree=["ProfilesCheck"], cache=str(cache))
            assert done.code == 0, done.stderr
            (file,) = cache.rglob("history.pickle")
            yield _unpacked(file)


def _unpacked(file: Path) -> dict[str, Any]:
    import pickle

    _, commit, packed = pickle.loads(file.read_bytes())
    categories = {k: pickle.loads(v) for k, v in packed.items()}
    # Which status and which version came first decides where times are equal.
    return {"commit": commit} | {k: sorted(v.items()) for k, v in categories.items()}


def test_a_history_goes_on_where_the_kept_one_ends(repo: Repo, git: Git) -> None:
    branches = Branches(repo, git)
    repo.prepare()
    fork = branches.commit(0, "dev-libs/a:1.0", "dev-libs/b:1.0", "dev-libs/c:1.0")
    branches.commit(30, "dev-libs/a:1.0", "dev-libs/a:2.0", "app-misc/good:1.0")
    base = branches.commit(40, "dev-libs/b:1.0")
    warm, cold = branches.histories()
    assert warm == cold
    git("checkout", "-q", "-b", "request", fork)
    branches.commit(10, "dev-libs/a:1.0", "dev-libs/d:1.0")
    branches.commit(35, "dev-libs/b:1.0", removed=("dev-libs/c:1.0",))
    request = branches.commit(50, "dev-libs/b:1.0", "dev-libs/e:1.0")
    git("checkout", "-q", "master")
    git("reset", "-q", "--hard", base)
    head = branches.merge(55, request)
    repo.prepare()
    warm, cold = branches.histories()
    assert warm["commit"] == head
    assert warm == cold
    # Nothing to say, and another line of history altogether.
    branches.commit(57)
    warm, cold = branches.histories()
    assert warm == cold
    git("reset", "-q", "--hard", request)
    branches.commit(58, "dev-libs/f:1.0")
    repo.prepare()
    warm, cold = branches.histories()
    assert warm == cold
    assert "dev-libs" in warm
