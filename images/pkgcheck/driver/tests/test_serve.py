# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""serve: a driver that was started ahead says what drivers that were started for each request say."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import CLOCK, DRIVER, PYTHON, Repo


class Served:
    """A driver that waits for requests."""

    def __init__(self, top: Path, kind: str) -> None:
        self.top = top
        ours, theirs = socket.socketpair()
        self._socket = ours
        self._answers = ours.makefile("rb")
        env = {"PATH": os.environ["PATH"], "PYTHONHASHSEED": "0", "PRCHECK_DRIVER": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        argv = [PYTHON, "-s", "-P", str(DRIVER), "serve", kind, "--work", str(top / "work")]
        self.process = subprocess.Popen(argv, stdin=theirs.fileno(), stderr=subprocess.DEVNULL, env=env)
        theirs.close()
        self._count = 0

    def ask(self, request: dict[str, Any]) -> tuple[int, Path]:
        self._count += 1
        file, out = self.top / f"served{self._count}.json", self.top / f"served{self._count}.out"
        file.write_text(json.dumps({"protocol": 1} | request), encoding="utf-8")
        self._socket.sendall(json.dumps({"request": str(file), "output": str(out)}).encode() + b"\n")
        code: int = json.loads(self._answers.readline())["exit"]
        return code, out

    def end(self) -> int:
        self._answers.close()
        self._socket.close()
        return self.process.wait(30)


@pytest.fixture
def scans(tmp_path: Path) -> Iterator[Served]:
    served = Served(tmp_path, "scan")
    yield served
    served.process.kill()
    served.process.wait()


def _request(repo: Repo, output: Path, *packages: str) -> dict[str, Any]:
    target = {"name": repo.name, "path": str(repo.path), "prepared": str(repo.prepared)}
    side = {"name": "base", "target": target, "packages": list(packages), "output": str(output)}
    return {"clock": CLOCK, "work": str(repo.top / "work"), "cache": str(repo.top / "cache"), "jobs": 2, "sides": [side]}


def _timeless(file: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in json.loads(x).items() if k != "seconds"} for x in file.read_bytes().splitlines()]


def test_what_is_served_is_what_a_call_of_its_own_says(repo: Repo, scans: Served, tmp_path: Path) -> None:
    repo.ebuild("dev-libs/bad", RDEPEND="dev-libs/gone")
    repo.prepare()
    names = ("app-misc/good", "dev-libs/bad")
    alone = repo.run("sides", _request(repo, tmp_path / "alone.jsonl", *names))
    assert alone.code == 0, alone.stderr
    for i in range(2):  # the second request meets nothing of the first
        code, _ = scans.ask(_request(repo, tmp_path / f"served{i}.jsonl", *names))
        assert code == 0
        assert _timeless(tmp_path / f"served{i}.jsonl") == _timeless(tmp_path / "alone.jsonl")
    assert any(x["type"] == "finding" and x["package"] == "bad" for x in _timeless(tmp_path / "served0.jsonl"))
    assert scans.end() == 0


def test_a_later_request_has_its_own_clock_and_tree(repo: Repo, scans: Served, tmp_path: Path) -> None:
    repo.prepare()
    scans.ask(_request(repo, tmp_path / "first.jsonl", "app-misc/good"))
    repo.ebuild("app-misc/good", SLOT="?")
    repo.prepare()
    code, _ = scans.ask(_request(repo, tmp_path / "second.jsonl", "app-misc/good") | {"clock": "2027-01-02T00:00:00Z"})
    assert code == 0
    first, second = (_timeless(tmp_path / f"{x}.jsonl") for x in ("first", "second"))
    assert (first[0]["clock"], second[0]["clock"]) == (CLOCK, "2027-01-02T00:00:00Z")
    assert "InvalidSlot" not in [x.get("rule") for x in first]
    assert "InvalidSlot" in [x.get("rule") for x in second]


def test_a_request_that_cannot_be_used_ends_nothing(repo: Repo, scans: Served, tmp_path: Path) -> None:
    repo.prepare()
    assert scans.ask({"nonsense": True})[0] == 64
    whole = {"target": {"name": repo.name, "path": str(repo.path), "prepared": str(repo.prepared)}, "packages": None}
    assert scans.ask({"clock": CLOCK, "work": str(tmp_path / "work"), "cache": str(tmp_path / "cache")} | whole)[0] == 64
    assert scans.ask(_request(repo, tmp_path / "out.jsonl", "app-misc/good"))[0] == 0


def test_metadata_are_made_in_a_driver_that_waited(repo: Repo, tmp_path: Path) -> None:
    repo.prepare()
    served = Served(tmp_path, "prepare")
    names = {"ebuilds": ["app-misc/good-1.0"], "eclasses": ["a"], "localFlags": ["app-misc/good"]}
    target = {"name": repo.name, "path": str(repo.path)}
    code, out = served.ask({"target": target, "output": str(tmp_path / "made"), "work": str(tmp_path / "work"), "jobs": 2} | names)
    assert code == 0
    assert json.loads(out.read_text())["sourced"] == 1
    entry = Path("md5-cache", "app-misc", "good-1.0")
    assert (tmp_path / "made" / entry).read_text() == (repo.prepared / entry).read_text()
    assert served.end() == 0


STAND_IN = """
import os, sys
sys.path.insert(0, sys.argv[1])
from prcheck_driver import replaced
replaced.stand_in_for_mock()
from unittest.mock import patch
with patch("os.getcwd", lambda: "elsewhere"):
    assert os.getcwd() == "elsewhere"
assert os.getcwd() != "elsewhere"
assert "unittest.case" not in sys.modules
with patch("os.getcwd") as mocked:
    mocked.return_value = "mocked"
    assert os.getcwd() == "mocked"
with patch.object(os, "getcwd", lambda: "object"):
    assert os.getcwd() == "object"
from unittest.mock import MagicMock
import unittest
assert MagicMock()() and unittest.TestCase
"""


def test_the_stand_in_for_mock_is_as_good_as_mock() -> None:
    subprocess.run([PYTHON, "-c", STAND_IN, str(DRIVER)], check=True)


def test_a_compiled_archive_says_the_same(repo: Repo, tmp_path: Path) -> None:
    repo.prepare()
    archive, compiled = tmp_path / "driver.pyz", tmp_path / "compiled.pyz"
    with zipfile.ZipFile(archive, "w") as out:
        for file in [DRIVER / "__main__.py", *sorted((DRIVER / "prcheck_driver").glob("*.py"))]:
            out.write(file, file.relative_to(DRIVER))
    empty = tmp_path / "empty.json"
    empty.write_text('{"protocol": 1}')
    subprocess.run([PYTHON, "-I", str(archive), "compile", "--request", str(empty), "--output", str(compiled)], check=True)
    with zipfile.ZipFile(compiled) as made:
        assert {x.filename for x in made.infolist()} >= {"__main__.pyc", "prcheck_driver/scan.py", "prcheck_driver/scan.pyc"}
    file = tmp_path / "request.json"
    for name, driver in (("plain", archive), ("fast", compiled)):
        file.write_text(json.dumps({"protocol": 1} | _request(repo, tmp_path / f"{name}.jsonl", "app-misc/good")))
        subprocess.run([PYTHON, "-I", str(driver), "scan", "--request", str(file), "--output", str(tmp_path / "out")], check=True)
    assert _timeless(tmp_path / "plain.jsonl") == _timeless(tmp_path / "fast.jsonl")


def test_no_program_that_is_started_holds_the_connection(repo: Repo, tmp_path: Path) -> None:
    fds = tmp_path / "fds"
    repo.ebuild("app-misc/curious", head=f'for f in /proc/self/fd/*; do [[ -S $f ]] && echo "socket $f"; done > {fds}; echo all >> {fds}\n')
    served = Served(tmp_path, "prepare")
    names = {"ebuilds": ["app-misc/curious-1.0"], "eclasses": [], "localFlags": []}
    target = {"name": repo.name, "path": str(repo.path)}
    code, _ = served.ask({"target": target, "output": str(tmp_path / "made"), "work": str(tmp_path / "work"), "jobs": 1} | names)
    assert code == 0
    assert fds.read_text() == "all\n"
    served.end()
