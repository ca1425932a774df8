# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""scan with sides: what each side says is what a scan of its own says, and a side that dies takes no other along."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import CLOCK, DRIVER, PYTHON, Outcome, Repo


class Pair:
    """A base and a head of one repository."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.base = Repo(top / "base")
        for i in range(3):
            self.base.ebuild(f"dev-libs/p{i}", RDEPEND="dev-libs/gone" if i == 1 else "")
        self.base.prepare()
        self.head = Repo(top / "head")
        shutil.rmtree(self.head.path)
        shutil.copytree(self.base.path, self.head.path)
        self.head.ebuild("dev-libs/p0", SLOT="?")
        self.head.ebuild("dev-libs/new", RDEPEND="dev-libs/away")
        self.head.prepare()

    def side(self, repo: Repo, name: str, **own: Any) -> dict[str, Any]:
        target = {"name": repo.name, "path": str(repo.path), "prepared": str(repo.prepared)}
        return {"name": name, "target": target, "packages": None, "output": str(self.top / f"{name}.jsonl")} | own

    def scan(self, *sides: dict[str, Any], **common: Any) -> Outcome:
        standard = {"clock": CLOCK, "work": str(self.top / "work"), "cache": str(self.top / "cache"), "jobs": 2, "sides": list(sides)}
        return self.base.run("sides", standard | common)

    def stream(self, name: str) -> list[dict[str, Any]]:
        lines = [json.loads(x) for x in (self.top / f"{name}.jsonl").read_bytes().splitlines()]
        return [{k: v for k, v in x.items() if k != "seconds"} for x in lines]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_sides_say_what_scans_of_their_own_say(pair: Pair) -> None:
    done = pair.scan(
        pair.side(pair.base, "base", packages=["dev-libs/p0", "dev-libs/p1"]),
        pair.side(pair.head, "head", packages=["dev-libs/p0", "dev-libs/new"], wholeTree=["ProfilesCheck", "UnusedLicensesCheck"]),
    )
    assert done.code == 0, done.stderr
    (summary,) = done.records
    assert summary["complete"] is True
    assert [(x["name"], x["exit"], x["signal"]) for x in summary["sides"]] == [("base", 0, ""), ("head", 0, "")]
    assert all(x["peakBytes"] > 1 << 20 and x["cpuSeconds"] > 0 for x in summary["sides"])
    base = pair.base.scan(packages=["dev-libs/p0", "dev-libs/p1"])
    head = pair.head.scan(packages=["dev-libs/p0", "dev-libs/new"], wholeTree=["ProfilesCheck", "UnusedLicensesCheck"])
    assert pair.stream("base") == base.timeless()
    assert pair.stream("head") == head.timeless()
    assert str(pair.top).encode() not in (pair.top / "head.jsonl").read_bytes()


def test_a_side_that_cannot_be_scanned_is_only_that_side(pair: Pair) -> None:
    shutil.rmtree(pair.base.prepared / "md5-cache/dev-libs")
    done = pair.scan(pair.side(pair.base, "base"), pair.side(pair.head, "head"))
    assert done.code == 2
    (summary,) = done.records
    assert [x["exit"] for x in summary["sides"]] == [2, 0]
    assert pair.stream("base")[-1]["lost"] == [{"category": "", "package": "", "profile": "", "checks": []}]
    assert pair.stream("head")[-1]["complete"] is True


def test_a_side_that_is_killed_is_named(pair: Pair) -> None:
    layout = pair.base.path / "metadata/layout.conf"
    layout.unlink()
    os.mkfifo(layout)
    request = {"protocol": 1, "clock": CLOCK, "work": str(pair.top / "work"), "cache": str(pair.top / "cache")}
    request["sides"] = [pair.side(pair.base, "base"), pair.side(pair.head, "head")]
    (pair.top / "request.json").write_text(json.dumps(request))
    out = pair.top / "out"
    argv = [PYTHON, "-I", str(DRIVER), "scan", "--request", str(pair.top / "request.json"), "--output", str(out)]
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as driver:
        _await_reader(layout)
        (side,) = Path(f"/proc/{driver.pid}/task/{driver.pid}/children").read_text().split()
        os.kill(int(side), signal.SIGKILL)
    assert driver.returncode == 2
    summary = json.loads(out.read_text())
    assert summary["complete"] is False
    assert [(x["name"], x["exit"], x["signal"]) for x in summary["sides"]] == [("base", -1, "SIGKILL"), ("head", 0, "")]
    assert pair.stream("head")[-1]["complete"] is True


def _await_reader(pipe: Path) -> None:
    """Returns when somebody has begun to read a named pipe, and holds it there."""
    for _ in range(6000):
        try:
            os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as e:
            assert e.errno == errno.ENXIO
            time.sleep(0.01)
        else:
            return
    raise AssertionError("nobody reads")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sides": []}, "empty"),
        ({"packages": []}, "unknown members: packages"),
    ],
)
def test_a_bad_request_is_refused(pair: Pair, change: dict[str, Any], said: str) -> None:
    request = {"sides": [pair.side(pair.base, "base")], "clock": CLOCK, "work": str(pair.top / "w"), "cache": str(pair.top / "c")} | change
    done = pair.base.run("sides", request)
    assert done.code == 64
    assert said in done.stderr


def test_sides_have_names_of_their_own(pair: Pair) -> None:
    done = pair.scan(pair.side(pair.base, "base"), pair.side(pair.head, "base"))
    assert done.code == 64
    assert "no other side" in done.stderr
