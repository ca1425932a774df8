# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The parts that must not be fooled: workers that die, checks that raise, old toolchains, values of every kind."""

from __future__ import annotations

import importlib.metadata
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import DRIVER, Repo

sys.path.insert(0, str(DRIVER))

from pkgcore.restrictions import packages

from prcheck_driver import evidence, plan, scan, toolchain
from prcheck_driver.pool import Outcome, Pool
from prcheck_driver.records import Writer
from prcheck_driver.request import Repository
from prcheck_driver.session import Session


def _all(pool: Pool) -> list[Outcome]:
    return sorted(pool, key=lambda x: x.index)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_killed_worker_loses_only_what_it_had_in_hand(jobs: int) -> None:
    def work(i: int) -> int:
        if i == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        if i == 5:
            os._exit(7)
        return i * i

    outcomes = _all(Pool(work, 9, jobs))
    assert [x.index for x in outcomes] == list(range(9))
    assert {x.index: x.lost for x in outcomes if x.value is None} == {
        3: "its worker was killed by SIGKILL",
        5: "its worker ended with status 7",
    }
    assert [x.value for x in outcomes if x.value is not None] == [i * i for i in (0, 1, 2, 4, 6, 7, 8)]


def test_work_that_takes_too_long_is_named() -> None:
    outcomes = _all(Pool(lambda i: signal.pause() if i == 1 else i, 4, 2, seconds=1))
    assert [(x.index, x.late) for x in outcomes if x.lost] == [(1, True)]


def test_an_exception_comes_back_with_its_traceback() -> None:
    (outcome,) = _all(Pool(lambda i: 1 // i, 1, 1))
    assert outcome.fatal.startswith("ZeroDivisionError")
    assert "Traceback" in outcome.trace


def test_no_work_needs_no_worker() -> None:
    assert _all(Pool(lambda i: i, 0, 4)) == []


class _Pkg:
    category, package, fullver = "app-misc", "foo", "1.0"


class _Check:
    scope = SimpleNamespace(desc="version")
    known_results: frozenset[type] = frozenset()

    def __init__(self, results: Any) -> None:
        self._results = results

    def feed(self, item: object) -> Any:
        return self._results()

    def cleanup(self) -> None:
        pass


class _Result:
    _filtered = False
    name, level, desc = "Bad", "error", "bad"
    category, package, version = "app-misc", "foo", "1.0"

    @property
    def _attrs(self) -> dict[str, object]:
        return {"flags": frozenset({"b", "a"})}


def test_a_check_that_raises_does_not_take_the_others_along(tmp_path: Path) -> None:
    def raising() -> Any:
        yield _Result()
        raise ValueError("no such luck")

    runner = SimpleNamespace(
        checks=[_Check(raising), _Check(lambda: [_Result()])],
        source=SimpleNamespace(itermatch=lambda restriction: [_Pkg()]),
        _metadata_errors=[],
    )
    writer = Writer((Repository("demo", str(tmp_path), ()),), str(tmp_path / "work"))
    session = Session(SimpleNamespace(filtered_keywords={_Result}), writer)
    out = session.run(plan.Work("app-misc/foo", [runner], None, ("app-misc", "foo"), ("1.0",)))
    assert len(out["findings"]) == 2
    (error,) = out["errors"]
    assert (error["kind"], error["package"], error["version"], error["message"]) == ("check", "foo", "1.0", "ValueError: no such luck")
    assert "raising" in error["traceback"]


class _Source:
    """Reads versions until one raises."""

    def itermatch(self, restriction: Any) -> Any:
        parts = getattr(restriction, "restrictions", ())
        versions = [x.restriction.exact for x in parts if hasattr(x, "restriction")] or ["1.0", "2.0"]
        for version in versions:
            if version == "2.0":
                raise ValueError("no such luck")
            yield _Pkg()


def test_a_version_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    runner = SimpleNamespace(checks=[_Check(lambda: [_Result()])], source=_Source(), _metadata_errors=[])
    writer = Writer((Repository("demo", str(tmp_path), ()),), str(tmp_path / "work"))
    session = Session(SimpleNamespace(filtered_keywords={_Result}), writer)
    out = session.run(plan.Work("app-misc/foo", [runner], packages.AlwaysTrue, ("app-misc", "foo"), ("1.0", "2.0")))
    (error,) = out["errors"]
    assert (error["kind"], error["version"], error["check"]) == ("source", "2.0", "_Check")
    assert evidence.lost([error]) == [{"category": "app-misc", "package": "foo", "profile": "", "checks": ["_Check"]}]


def test_gaps_are_joined() -> None:
    def error(check: str, package: str = "a/b") -> dict[str, str]:
        category, _, name = package.partition("/")
        return {"category": category, "package": name, "profile": "", "check": check}

    assert evidence.lost([error("X+Y"), error("Z"), error("X"), error("W", "")]) == [
        {"category": "", "package": "", "profile": "", "checks": ["W"]},
        {"category": "a", "package": "b", "profile": "", "checks": ["X", "Y", "Z"]},
    ]
    assert evidence.lost([error("X"), error(""), error("Y")]) == [{"category": "a", "package": "b", "profile": "", "checks": []}]
    assert evidence.lost([]) == []


def test_what_was_lost_makes_the_scan_incomplete(tmp_path: Path) -> None:
    request = SimpleNamespace(repositories=(), work=str(tmp_path), jobs=1)
    writer = Writer((Repository("demo", str(tmp_path), ()),), str(tmp_path / "work"))
    made = scan.Scan(request, writer)  # type: ignore[arg-type]
    lost = made._lost(plan.Work("a/b", [], None, ("a", "b"), ("1",)), Outcome(0, lost="its worker was killed by SIGKILL"))
    assert (lost["kind"], lost["category"], lost["package"]) == ("worker", "a", "b")
    for errors, code, complete in (([lost], 3, b'"complete":false'), ([], 0, b'"complete":true')):
        with open(tmp_path / "out", "w+b") as out:
            assert made._write(out, plan.Plan(), [], [], errors) == code
            out.seek(0)
            assert complete in out.read().splitlines()[-1]


def test_values_are_json_and_have_no_paths(tmp_path: Path) -> None:
    tree, master = tmp_path / "tree", tmp_path / "tree" / "master"
    writer = Writer((Repository("demo", str(tree), ()), Repository("m", str(master), ())), str(tmp_path / "work"))
    assert writer.value({"b", "a"}) == ["a", "b"]
    assert writer.value(("x", ("y", 1, None, True))) == ["x", ["y", 1, None, True]]
    assert writer.value(b"\xff") == "\\xff"
    assert writer.value("\udcff") == "\\xff"
    assert writer.text(f"in {tree}/a, {master}/b, {tmp_path}/work/c, {tree}s") == f"in {{target}}/a, {{m}}/b, {{work}}/c, {tree}s"


@pytest.mark.parametrize("version", ["0.10.40", "0.10.48", "0.9.99"])
def test_an_older_pkgcheck_is_refused_by_name(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"pkgcheck-{version}.dist-info").mkdir()
    (tmp_path / "pkgcheck").mkdir()
    (tmp_path / "pkgcheck/__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "pkgcheck", raising=False)
    importlib.invalidate_caches()
    with pytest.raises(toolchain.ToolchainError, match=f"pkgcheck {version} at {tmp_path}/pkgcheck is too old"):
        toolchain.require()


def test_versions_are_what_the_metadata_says() -> None:
    for name in ("pkgcheck", "pkgcore", "snakeoil"):
        assert toolchain.installed(name) == importlib.metadata.version(name)


@pytest.mark.parametrize("version", ["0.10.49", "0.10.50", "0.11", "1.0.0"])
def test_a_newer_pkgcheck_is_taken(version: str) -> None:
    toolchain.refuse_old(version, "here")


def test_tables_know_every_keyword_and_check(repo: Repo) -> None:
    done = repo.run("tables", {})
    assert done.code == 0, done.stderr
    (tables,) = done.records
    keywords = {x["name"]: x for x in tables["keywords"]}
    checks = {x["name"]: x for x in tables["checks"]}
    assert {"name": "nonexistent", "kind": "list"} in keywords["NonexistentDeps"]["attributes"]
    assert keywords["NonexistentDeps"]["checks"] == ["VisibilityCheck"]
    assert (keywords["InvalidSlot"]["metadataError"], keywords["InvalidSlot"]["level"]) == ("slot", "error")
    assert checks["ProfilesCheck"]["wholeTree"] and not checks["VisibilityCheck"]["wholeTree"]
    assert checks["StableRequestCheck"]["gentooOnly"] and "git" in checks["StableRequestCheck"]["caches"]
    assert all(set(x["checks"]) <= set(checks) for x in tables["keywords"])
