# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""prepare: every ebuild gets an entry or a reason, whatever the others do."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Repo


def test_every_ebuild_has_an_entry_or_a_reason(repo: Repo) -> None:
    repo.ebuild("app-misc/dies", head='die "I am dying"\n')
    repo.ebuild("app-misc/hangs", head="while :; do :; done\n")
    repo.ebuild("app-misc/kills", head="kill -9 $$\n")
    repo.ebuild("dev-libs/inherits", head="inherit a\n")
    done = repo.prepare(ebuildSeconds=3)
    assert done.code == 0, done.stderr
    (summary,) = done.records
    assert {k: summary[k] for k in ("ebuilds", "taken", "sourced", "failed", "unsupported", "complete")} == {
        "ebuilds": 5,
        "taken": 0,
        "sourced": 2,
        "failed": 3,
        "unsupported": 0,
        "complete": True,
    }
    assert {k: v["detail"] for k, v in repo.errors().items()} == {
        "app-misc/dies-1.0": "I am dying",
        "app-misc/hangs-1.0": "took longer than 3 s",
        "app-misc/kills-1.0": "its shell ended in the middle",
    }
    entries = sorted(str(x.relative_to(repo.prepared / "md5-cache")) for x in (repo.prepared / "md5-cache").rglob("*") if x.is_file())
    assert entries == ["app-misc/good-1.0", "dev-libs/inherits-1.0"]
    eclasses = json.loads((repo.prepared / "eclasses.json").read_text())["eclasses"]
    assert eclasses["a"]["functions"] == ["a_do"]


def test_the_tree_is_not_touched(repo: Repo) -> None:
    before = sorted(repo.path.rglob("*"))
    assert repo.prepare().code == 0
    assert sorted(repo.path.rglob("*")) == before


def test_a_seed_saves_sourcing_only_where_nothing_changed(repo: Repo) -> None:
    repo.ebuild("dev-libs/inherits", head="inherit a\n")
    repo.ebuild("app-misc/changes")
    assert repo.prepare().code == 0
    seed, repo.prepared = repo.prepared, repo.top / "again"
    repo.ebuild("app-misc/changes", SLOT="1")
    (summary,) = repo.prepare(seed=str(seed)).records
    assert (summary["taken"], summary["sourced"], summary["eclasses"]["taken"]) == (2, 1, 1)
    assert "SLOT=1\n" in (repo.prepared / "md5-cache/app-misc/changes-1.0").read_text()

    repo.prepared = repo.top / "once more"
    repo.write("eclass/a.eclass", (repo.path / "eclass/a.eclass").read_text() + 'IUSE="new"\n')
    (summary,) = repo.prepare(seed=str(seed)).records
    assert (summary["taken"], summary["sourced"], summary["eclasses"]["sourced"]) == (1, 2, 1)
    assert "IUSE=new\n" in (repo.prepared / "md5-cache/dev-libs/inherits-1.0").read_text()


def test_entries_of_the_tree_are_never_believed(repo: Repo) -> None:
    repo.prepare()
    entry = (repo.prepared / "md5-cache/app-misc/good-1.0").read_text()
    repo.write("metadata/md5-cache/app-misc/good-1.0", entry.replace("SLOT=0", "SLOT=forged"))
    repo.prepared = repo.top / "again"
    assert repo.prepare().code == 0
    assert (repo.prepared / "md5-cache/app-misc/good-1.0").read_text() == entry


def test_local_flags_are_written_beside_the_tree(repo: Repo) -> None:
    xml = (repo.path / "app-misc/good/metadata.xml").read_text()
    repo.write(
        "app-misc/good/metadata.xml", xml.replace("</pkgmetadata>", '\t<use>\n\t\t<flag name="x">Does x</flag>\n\t</use>\n</pkgmetadata>')
    )
    assert repo.prepare().code == 0
    assert "app-misc/good:x - Does x\n" in (repo.prepared / "use.local.desc").read_text()
    assert not (repo.path / "profiles/use.local.desc").exists()
    assert "app-misc/good 1.0: A package" in (repo.prepared / "pkg_desc_index").read_text()


def test_an_eclass_that_hangs_costs_only_itself(repo: Repo) -> None:
    repo.write("eclass/b.eclass", "# @ECLASS: b.eclass\nwhile :; do :; done\n")
    done = repo.prepare(ebuildSeconds=2)
    assert done.code == 0, done.stderr
    eclasses = json.loads(Path(repo.prepared, "eclasses.json").read_text())["eclasses"]
    assert eclasses["b"]["error"] == "took longer than 2 s"
    assert "error" not in eclasses["a"]
