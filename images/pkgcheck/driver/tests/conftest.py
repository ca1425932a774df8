# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""A small repository, and the driver run on it as the pods run it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

DRIVER = Path(__file__).resolve().parent.parent
PYTHON = "/opt/pkgcheck/bin/python"
CLOCK = "2026-11-21T00:00:00Z"

METADATA_XML = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE pkgmetadata SYSTEM "https://www.gentoo.org/dtd/metadata.dtd">
<pkgmetadata>
\t<maintainer type="person">
\t\t<email>somebody@example.org</email>
\t</maintainer>
</pkgmetadata>
"""
ECLASS = """# @ECLASS: a.eclass
# @MAINTAINER:
# somebody@example.org
# @SUPPORTED_EAPIS: 7 8
# @BLURB: An eclass

# @FUNCTION: a_do
# @DESCRIPTION:
# Does it.
a_do() { :; }
"""


@dataclass
class Outcome:
    """What one run of the driver left behind."""

    code: int
    stderr: str
    records: list[dict[str, Any]] = field(default_factory=list)
    raw: bytes = b""

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [x for x in self.records if x["type"] == kind]

    def rules(self, package: str) -> list[str]:
        return [x["rule"] for x in self.of("finding") if x["package"] == package]

    def timeless(self) -> list[dict[str, Any]]:
        return [{k: v for k, v in x.items() if k != "seconds"} for x in self.records]


class Repo:
    """An ebuild repository and what belongs to scans of it."""

    def __init__(self, top: Path, name: str = "demo") -> None:
        self.top = top
        self.name = name
        self.path = top / "tree"
        self.prepared = top / "prepared"
        self._runs = 0
        for file, content in {
            "profiles/repo_name": "demo\n",
            "profiles/eapi": "8\n",
            "profiles/categories": "app-misc\ndev-libs\n",
            "profiles/arch.list": "amd64\narm64\n",
            "profiles/profiles.desc": "amd64 default/amd64 stable\narm64 default/arm64 dev\n",
            "profiles/default/amd64/make.defaults": 'ARCH="amd64"\n',
            "profiles/default/amd64/eapi": "8\n",
            "profiles/default/arm64/make.defaults": 'ARCH="arm64"\n',
            "profiles/default/arm64/eapi": "8\n",
            "metadata/layout.conf": "masters =\nthin-manifests = true\nsign-manifests = false\n",
            "licenses/MIT": "mit\n",
            "eclass/a.eclass": ECLASS,
        }.items():
            self.write(file, content)

    def write(self, file: str, content: str) -> None:
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def ebuild(self, name: str, version: str = "1.0", head: str = "", **variables: str) -> None:
        values = {
            "DESCRIPTION": "A package of the driver's tests",
            "HOMEPAGE": "https://example.org/",
            "LICENSE": "MIT",
            "SLOT": "0",
            "KEYWORDS": "~amd64 ~arm64",
        } | variables
        lines = "".join(f'{k}="{v}"\n' for k, v in values.items())
        licence = "# Copyright 2026 Gentoo Authors\n# Distributed under the terms of the GNU General Public License v2\n"
        package = name.split("/")[1]
        self.write(f"{name}/{package}-{version}.ebuild", f"{licence}\nEAPI=8\n\n{head}{lines}")
        self.write(f"{name}/metadata.xml", METADATA_XML)

    def run(self, command: str, request: dict[str, Any]) -> Outcome:
        self._runs += 1
        file, out = self.top / f"request{self._runs}.json", self.top / f"out{self._runs}"
        file.write_text(json.dumps({"protocol": 1} | request), encoding="utf-8")
        scan = "scan" if command == "sides" else command
        argv = [PYTHON, "-I", str(DRIVER), scan, "--request", str(file), "--output", str(out)]
        done = subprocess.run(argv, capture_output=True, encoding="utf-8", check=False, timeout=120)
        raw = out.read_bytes() if out.exists() else b""
        records = [json.loads(raw)] if command not in ("scan", "commits") and raw else [json.loads(x) for x in raw.splitlines()]
        return Outcome(done.returncode, done.stderr, records, raw)

    def prepare(self, **request: Any) -> Outcome:
        standard = {
            "target": {"name": self.name, "path": str(self.path)},
            "output": str(self.prepared),
            "work": str(self.top / "prepare"),
            "jobs": 2,
            "ebuildSeconds": 20,
        }
        return self.run("prepare", standard | request)

    def scan(self, **request: Any) -> Outcome:
        standard = {
            "target": {"name": self.name, "path": str(self.path), "prepared": str(self.prepared)},
            "packages": None,
            "clock": CLOCK,
            "work": str(self.top / "scan"),
            "cache": str(self.top / "cache"),
            "jobs": 2,
        }
        return self.run("scan", standard | request)

    def errors(self) -> dict[str, dict[str, Any]]:
        value: dict[str, dict[str, Any]] = json.loads((self.prepared / "errors.json").read_text())["errors"]
        return value


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with one good package."""
    made = Repo(tmp_path)
    made.ebuild("app-misc/good")
    return made


@pytest.fixture
def git(repo: Repo) -> Callable[..., str]:
    """Runs git in the repository."""

    def run(*argv: str) -> str:
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=master"]
        done = subprocess.run(["git", *identity, *argv], cwd=repo.path, capture_output=True, encoding="utf-8", check=True)
        return done.stdout.strip()

    return run
