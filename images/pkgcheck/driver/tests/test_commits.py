# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""commits: pkgcheck's checks of commits on a pull request's own, by name, and without running their code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import CLOCK, Outcome, Repo


class Request:
    """A pull request of a few commits."""

    def __init__(self, repo: Repo, git: Callable[..., str], top: Path) -> None:
        self.repo, self.git, self.top = repo, git, top
        repo.name = "gentoo"
        for name in ("dev-libs/a", "dev-libs/b", "dev-libs/c"):
            repo.ebuild(name, KEYWORDS="amd64 ~arm64")
        repo.prepare()
        self.prepared = [repo.prepared]
        git("init", "-q")
        self.base = self.commit("base: start")

    def commit(self, *message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", *(x for m in message for x in ("-m", m)))
        return self.git("rev-parse", "HEAD")

    def check(self, name: str = "gentoo", **request: Any) -> Outcome:
        base, self.repo.prepared = self.repo.prepared, self.top / "prepared-head"
        self.repo.name = name
        assert self.repo.prepare().code == 0
        standard = {
            "target": {"name": name, "path": str(self.repo.path), "prepared": [str(self.repo.prepared), str(base)]},
            "base": self.base,
            "head": self.git("rev-parse", "HEAD"),
            "clock": CLOCK,
            "work": str(self.top / "work"),
            "cache": str(self.top / "cache"),
        }
        return self.repo.run("commits", standard | request)


@pytest.fixture
def request_(repo: Repo, git: Callable[..., str], tmp_path: Path) -> Request:
    return Request(repo, git, tmp_path)


def _change(request: Request, witness: Path) -> dict[str, str]:
    repo = request.repo
    done = {}
    repo.ebuild("dev-libs/a", KEYWORDS="amd64 ~arm64", RDEPEND="dev-libs/b")
    done["change"] = request.commit("dev-libs/a: need b", "Signed-off-by: T <t@example.org>")
    (repo.path / "dev-libs/b/b-1.0.ebuild").unlink()
    repo.ebuild("dev-libs/b", version="2.0", KEYWORDS="~arm64", head=f"echo x >> {witness}\n" if witness.name == "run" else "")
    done["bump"] = request.commit("bump something")
    repo.ebuild("dev-libs/c", KEYWORDS="amd64 ~arm64", SLOT="1")
    done["slot"] = request.commit("dev-libs/c: change the slot", "Signed-off-by: T <t@example.org>")
    return done


def test_commits_are_checked_and_named(request_: Request, tmp_path: Path) -> None:
    commits = _change(request_, tmp_path / "none")
    done = request_.check()
    assert done.code == 0, done.stderr
    found = {(x["rule"], x["package"], x["attributes"]["commit"]) for x in done.of("finding")}
    assert found >= {
        ("MissingSignOff", "", commits["bump"]),
        ("RdependChange", "a", commits["change"]),
        ("DroppedStableKeywords", "b", commits["bump"]),
        ("MissingSlotmove", "c", commits["slot"]),
    }
    assert "MissingSignOff" not in {x[0] for x in found if x[2] == commits["change"]}
    assert [(x["name"], x["ran"]) for x in done.of("check")] == [
        ("GitCommitMessageCheck", True),
        ("GitEclassCommitsCheck", True),
        ("GitPkgCommitsCheck", True),
    ]
    assert done.records[-1]["complete"] is True


def test_nothing_of_the_commits_is_run(request_: Request, tmp_path: Path) -> None:
    witness = tmp_path / "run"
    _change(request_, witness)
    request_.repo.write("eclass/a.eclass", f"# Copyright 2020 X\necho x >> {witness}\n")
    request_.commit("a.eclass: change", "Signed-off-by: T <t@example.org>")
    base = request_.repo.prepared
    done = request_.check()
    ran_by_prepare = witness.read_text().count("x")
    assert ran_by_prepare
    again = request_.check(
        target={"name": "gentoo", "path": str(request_.repo.path), "prepared": [str(request_.top / "prepared-head"), str(base)]}
    )
    assert again.code == 0, again.stderr
    assert done.timeless() == again.timeless()


def test_another_repository_has_no_checks_of_commits_unless_asked_for(request_: Request, tmp_path: Path) -> None:
    _change(request_, tmp_path / "none")
    done = request_.check(name="demo")
    assert done.code == 0, done.stderr
    assert [(x["name"], x["reason"]) for x in done.of("check") if not x["ran"]] == [
        ("GitCommitMessageCheck", "skipped"),
        ("GitEclassCommitsCheck", "skipped"),
        ("GitPkgCommitsCheck", "skipped"),
    ]
    assert not done.of("finding")


def test_checks_can_be_asked_for_by_name(request_: Request, tmp_path: Path) -> None:
    _change(request_, tmp_path / "none")
    done = request_.check(name="demo", checks=["GitCommitMessageCheck"])
    assert done.code == 0, done.stderr
    assert {x["check"] for x in done.of("finding")} == {"GitCommitMessageCheck"}
    refused = request_.check(name="demo", checks=["VisibilityCheck"])
    assert refused.code == 64


def test_no_commits_are_no_findings(request_: Request) -> None:
    done = request_.check()
    assert done.code == 0, done.stderr
    assert not done.of("finding")


def test_another_work_tree_is_refused(request_: Request, tmp_path: Path) -> None:
    _change(request_, tmp_path / "none")
    done = request_.check(head=request_.base)
    assert done.code == 64
    assert "not at the commits' head" in done.stderr
