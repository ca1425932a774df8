# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""prepare of a part of a repository: what it gives is what the whole gives, at the cost of the part."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import METADATA_XML, Repo

FLAG = '\t<use>\n\t\t<flag name="{flag}">Does {flag}</flag>\n\t</use>\n</pkgmetadata>'


def _fill(repo: Repo) -> None:
    repo.ebuild("dev-libs/inherits", head="inherit a\n")
    repo.ebuild("app-misc/dies", head='die "I am dying"\n')
    repo.ebuild("app-misc/two-words", version="1.0-r1")
    repo.write("eclass/b.eclass", "# @ECLASS: b.eclass\nb_do() { :; }\n")
    for package in ("app-misc/good", "app-misc/two-words", "dev-libs/inherits"):
        repo.write(f"{package}/metadata.xml", METADATA_XML.replace("</pkgmetadata>", FLAG.format(flag=package[-1])))


def _files(folder: Path) -> dict[str, str]:
    return {str(x.relative_to(folder)): x.read_text() for x in sorted(folder.rglob("*")) if x.is_file()}


def test_a_part_is_what_the_whole_says_of_it(repo: Repo) -> None:
    _fill(repo)
    assert repo.prepare().code == 0
    whole, repo.prepared = _files(repo.prepared), repo.top / "part"
    done = repo.prepare(
        ebuilds=["app-misc/two-words-1.0-r1", "app-misc/dies-1.0", "app-misc/gone-1", "app-misc/no version", "no-such/good-1.0"],
        eclasses=["b", "gone"],
        localFlags=["dev-libs/inherits", "app-misc/two-words", "app-misc/gone"],
    )
    assert done.code == 0, done.stderr
    (summary,) = done.records
    assert (summary["ebuilds"], summary["sourced"], summary["failed"], summary["eclasses"]["sourced"]) == (2, 1, 1, 1)
    part = _files(repo.prepared)
    assert sorted(part) == ["eclasses.json", "errors.json", "md5-cache/app-misc/two-words-1.0-r1", "use.local.desc"]
    assert part["md5-cache/app-misc/two-words-1.0-r1"] == whole["md5-cache/app-misc/two-words-1.0-r1"]
    assert json.loads(part["errors.json"])["errors"] == json.loads(whole["errors.json"])["errors"]
    eclasses = json.loads(whole["eclasses.json"])["eclasses"]
    assert json.loads(part["eclasses.json"])["eclasses"] == {"b": eclasses["b"]}


def test_local_flags_of_parts_make_the_whole_file(repo: Repo) -> None:
    _fill(repo)
    assert repo.prepare().code == 0
    whole = (repo.prepared / "use.local.desc").read_bytes()
    assert repo.prepare(ebuilds=[], eclasses=[], localFlags=[]).code == 0
    assert (repo.prepared / "use.local.desc").read_bytes() == whole[: whole.index(b"\n\n") + 2]
    lines: set[bytes] = set()
    for i, part in enumerate((["app-misc/good", "app-misc/dies"], ["dev-libs/inherits", "app-misc/two-words"])):
        repo.prepared = repo.top / f"part{i}"
        assert repo.prepare(ebuilds=[], eclasses=[], localFlags=part).code == 0
        header, _, rest = (repo.prepared / "use.local.desc").read_bytes().partition(b"\n\n")
        lines |= set(rest.splitlines(keepends=True))
    assert header + b"\n\n" + b"".join(sorted(lines)) == whole


def test_a_part_reads_nothing_else(repo: Repo) -> None:
    _fill(repo)
    # Not even root can read a folder that is none.
    (repo.path / "dev-libs/inherits/metadata.xml").unlink()
    (repo.path / "dev-libs/inherits/metadata.xml").mkdir()
    repo.ebuild("dev-libs/hangs", head="while :; do :; done\n")
    done = repo.prepare(ebuilds=["app-misc/good-1.0"], eclasses=[], localFlags=["app-misc/good"])
    assert done.code == 0, done.stderr
    assert done.records[0]["ebuilds"] == 1
    assert done.stderr.count("metadata.xml") == 0


def test_half_a_restriction_is_refused(repo: Repo) -> None:
    done = repo.prepare(ebuilds=["app-misc/good-1.0"])
    assert done.code == 64
    assert "localFlags" in done.stderr


def test_a_scan_reads_parts_over_the_whole(repo: Repo) -> None:
    _fill(repo)
    assert repo.prepare().code == 0
    base, repo.prepared = repo.prepared, repo.top / "part"
    repo.ebuild("app-misc/good", SLOT="?")
    assert repo.prepare(ebuilds=["app-misc/good-1.0"], eclasses=[], localFlags=[]).code == 0
    part, repo.prepared = repo.prepared, repo.top / "whole"
    assert repo.prepare().code == 0
    whole = repo.scan()
    assert whole.code == 0, whole.stderr
    assert "InvalidSlot" in whole.rules("good")
    # The first folder's local flags count alone, so the caller puts them together.
    (part / "use.local.desc").write_bytes((repo.prepared / "use.local.desc").read_bytes())
    both = repo.scan(target={"name": repo.name, "path": str(repo.path), "prepared": [str(part), str(base)]})
    assert both.code == 0, both.stderr
    assert both.timeless() == whole.timeless()
