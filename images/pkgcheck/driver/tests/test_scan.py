# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""scan: evidence, determinism, and that it runs nothing of the repository."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CLOCK, Repo


def test_clean_packages_and_all_checks_are_named(repo: Repo) -> None:
    repo.prepare()
    done = repo.scan()
    assert done.code == 0, done.stderr
    start, end = done.records[0], done.records[-1]
    assert (start["type"], start["clock"], start["repository"], start["gentoo"]) == ("start", CLOCK, "demo", False)
    assert start["versions"]["pkgcheck"] and start["versions"]["bash"]
    assert (end["type"], end["complete"], end["packages"], end["checks"]) == ("end", True, 1, len(done.of("check")))
    assert [(x["package"], x["versions"]) for x in done.of("package")] == [("good", ["1.0"])]
    reasons = {x["name"]: x["reason"] for x in done.of("check")}
    assert reasons["VisibilityCheck"] == ""
    assert reasons["FetchablesUrlCheck"] == "network"
    assert reasons["StableRequestCheck"] == "skipped"
    assert reasons["MasterPackageClobberedCheck"] == "optional"


def test_what_does_not_source_is_a_finding(repo: Repo) -> None:
    repo.ebuild("app-misc/dies", head='die "I am dying"\n')
    repo.prepare()
    done = repo.scan()
    assert done.code == 0, done.stderr
    (found,) = [x for x in done.of("finding") if x["package"] == "dies"]
    assert (found["rule"], found["level"], found["check"], found["path"]) == (
        "SourcingError",
        "error",
        "SourcingCheck",
        "app-misc/dies/dies-1.0.ebuild",
    )
    assert found["message"] == "failed sourcing ebuild: I am dying"


def test_metadata_errors_of_several_packages_are_all_told(repo: Repo) -> None:
    names = [f"app-misc/slot{i}" for i in range(4)]
    for name in names:
        repo.ebuild(name, SLOT="?")
    repo.ebuild("app-misc/dies", head='die "x"\n')
    repo.prepare()
    done = repo.scan(packages=[*names, "app-misc/dies"])
    assert done.code == 0, done.stderr
    found = sorted((x["package"], x["rule"]) for x in done.of("finding"))
    assert found == [("dies", "SourcingError"), *((f"slot{i}", "InvalidSlot") for i in range(4))]


BROKEN = {
    "DEPEND": ("|| ( dev-libs/a", "InvalidDepend", "DependencyCheck"),
    "RDEPEND": ("dev-libs/a )", "InvalidRdepend", "DependencyCheck"),
    "BDEPEND": ("=dev-libs/a", "InvalidBdepend", "DependencyCheck"),
    "PDEPEND": ("( dev-libs/a", "InvalidPdepend", "DependencyCheck"),
    "IDEPEND": ("x? dev-libs/a", "InvalidIdepend", "DependencyCheck"),
    "LICENSE": ("|| ( MIT", "InvalidLicense", "LicenseCheck"),
    "SLOT": ("?", "InvalidSlot", "SourcingCheck"),
    "REQUIRED_USE": ("( a", "InvalidRequiredUse", "RequiredUseCheck"),
    "SRC_URI": ("( https://example.org/a", "InvalidSrcUri", "SrcUriCheck"),
    "RESTRICT": ("( test", "InvalidRestrict", "RestrictCheck"),
    "PROPERTIES": ("( live", "InvalidProperties", "PropertiesCheck"),
}


def broken(repo: Repo) -> tuple[list[str], list[tuple[str, ...]]]:
    """One package for each way to break metadata, one with all dependencies broken, and the findings due."""
    due = []
    for name, (value, rule, check) in BROKEN.items():
        package = "bad-" + name.lower().replace("_", "-")
        repo.ebuild(f"app-misc/{package}", **{name: value})
        due.append((package, rule, "error", check))
    dependencies = [x for x in BROKEN if x.endswith("DEPEND")]
    repo.ebuild("app-misc/bad-all", **{x: BROKEN[x][0] for x in dependencies})
    due += [("bad-all", BROKEN[x][1], "error", "DependencyCheck") for x in dependencies]
    repo.prepare()
    return sorted({f"app-misc/{x[0]}" for x in due}), sorted(due)


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("whole", [True, False])
def test_what_cannot_be_parsed_is_told_once(repo: Repo, whole: bool, jobs: int) -> None:
    packages, due = broken(repo)
    done = repo.scan(packages=None if whole else packages, jobs=jobs)
    assert done.code == 0, done.stderr
    rules = {x[1] for x in BROKEN.values()}
    found = [(x["package"], x["rule"], x["level"], x["check"]) for x in done.of("finding") if x["rule"] in rules]
    assert sorted(found) == due


def test_what_cannot_be_parsed_can_be_switched_off(repo: Repo) -> None:
    broken(repo)
    done = repo.scan(checks=["-LicenseCheck"], keywords=["-InvalidRdepend"])
    assert done.code == 0, done.stderr
    rules = {x["rule"] for x in done.of("finding")}
    assert not rules & {"InvalidLicense", "InvalidRdepend"}
    assert rules >= {"InvalidDepend", "InvalidRestrict"}


@pytest.mark.parametrize("packages", [None, ["app-misc/user", "dev-libs/other"]])
def test_two_runs_with_different_jobs_are_the_same(repo: Repo, packages: list[str] | None) -> None:
    for i in range(12):
        repo.ebuild(f"dev-libs/p{i}", RDEPEND="dev-libs/gone dev-libs/away", IUSE=f"x{i}")
    repo.ebuild("app-misc/user", RDEPEND="|| ( dev-libs/gone dev-libs/p1 )")
    repo.ebuild("dev-libs/other", SLOT="?")
    repo.prepare()
    runs = [repo.scan(packages=packages, jobs=jobs, cache=str(repo.top / f"cache{jobs}")) for jobs in (1, 3, 7)]
    assert [x.code for x in runs] == [0, 0, 0]
    assert runs[0].timeless() == runs[1].timeless() == runs[2].timeless()
    assert runs[0].of("finding")


def test_a_list_of_packages_finds_what_the_whole_scan_finds_in_them(repo: Repo) -> None:
    for i in range(5):
        repo.ebuild(f"dev-libs/p{i}", RDEPEND="dev-libs/gone", SLOT="?" if i == 3 else "0")
    repo.prepare()
    whole = repo.scan()
    part = repo.scan(packages=["dev-libs/p1", "dev-libs/p3"], wholeTree=["UnusedLicensesCheck", "ProfilesCheck"])
    assert [x for x in whole.of("finding") if x["package"] in ("p1", "p3")] == [x for x in part.of("finding") if x["package"]]
    assert [x["package"] for x in part.of("package")] == ["p1", "p3"]
    ran = {x["name"]: x for x in part.of("check")}
    assert ran["ProfilesCheck"]["ran"] and not ran["GlobalUseCheck"]["ran"]
    assert ran["GlobalUseCheck"]["reason"] == "scope"


def test_a_removed_package_is_no_record(repo: Repo) -> None:
    repo.prepare()
    done = repo.scan(packages=["app-misc/good", "app-misc/removed"])
    assert done.code == 0, done.stderr
    assert [x["package"] for x in done.of("package")] == ["good"]


@pytest.mark.parametrize("change", ["no entry", "another content", "another eclass", "a forged entry in the tree"])
def test_nothing_is_sourced(repo: Repo, tmp_path: Path, change: str) -> None:
    witness = tmp_path / "witness"
    repo.ebuild("app-misc/witness", head="inherit a\n")
    repo.prepare()
    if change == "no entry":
        (repo.prepared / "md5-cache/app-misc/witness-1.0").unlink()
    elif change == "another content":
        repo.ebuild("app-misc/witness", head=f"inherit a\necho x > {witness}\n")
    elif change == "another eclass":
        repo.write("eclass/a.eclass", (repo.path / "eclass/a.eclass").read_text() + f"echo x > {witness}\n")
    else:
        entry = repo.prepared / "md5-cache/app-misc/witness-1.0"
        repo.write("metadata/md5-cache/app-misc/witness-1.0", entry.read_text())
        entry.unlink()
    done = repo.scan()
    assert done.code == 2
    assert [x["kind"] for x in done.of("error")] == ["sourcing"]
    assert done.records[-1]["complete"] is False
    assert not witness.exists()


def test_a_recorded_error_counts_only_for_its_content(repo: Repo) -> None:
    repo.ebuild("app-misc/dies", head='die "x"\n')
    repo.prepare()
    repo.ebuild("app-misc/dies", head='die "y"\n')
    done = repo.scan()
    assert done.code == 2
    assert "another content" in done.of("error")[0]["message"]


def test_the_tree_cannot_configure_the_scan(repo: Repo) -> None:
    repo.ebuild("app-misc/slot", SLOT="?")
    repo.write("metadata/pkgcheck.conf", "[DEFAULT]\nkeywords = -InvalidSlot\n")
    repo.write("profiles/use.local.desc", "app-misc/good:forged - Forged\n")
    repo.write("profiles/default/amd64/use.mask", "forged\n")
    repo.prepare()
    done = repo.scan()
    assert done.code == 0, done.stderr
    assert "InvalidSlot" in done.rules("slot")
    assert [x["attributes"]["flags"] for x in done.of("finding") if x["rule"] == "UnknownProfileUse"] == [["forged"]]


def test_the_name_decides_what_gentoo_is(repo: Repo) -> None:
    repo.write("profiles/repo_name", "gentoo\n")
    repo.prepare()
    done = repo.scan()
    assert done.code == 0, done.stderr
    assert {x["name"]: x["reason"] for x in done.of("check")}["StableRequestCheck"] == "skipped"


def test_a_broken_profile_is_a_finding(repo: Repo) -> None:
    repo.write("profiles/profiles.desc", "amd64 default/amd64 stable\narm64 default/none dev\n")
    repo.prepare()
    done = repo.scan()
    assert done.code == 0, done.stderr
    assert "NonexistentProfilePath" in [x["rule"] for x in done.of("finding")]


def test_history(repo: Repo, git: Callable[..., str]) -> None:
    repo.prepare()
    assert repo.scan().records[0]["repositories"][0]["history"] is None
    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "one")
    head = git("rev-parse", "HEAD")
    git("update-ref", "refs/remotes/origin/master", "HEAD")
    git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/master")
    # A tree of another user is what git refuses by itself, and pkgcheck then sees no history.
    git("config", "core.sharedRepository", "0644")
    import os

    for path in [repo.path, *repo.path.rglob("*")]:
        os.chown(path, 12345, 12345, follow_symlinks=False)
    (record,) = repo.scan().records[0]["repositories"]
    assert record == {"name": "demo", "history": head, "historyReason": None}
    os.chown(repo.path, 0, 0)
    git("-c", "safe.directory=*", "checkout", "-q", "--detach")
    (record,) = repo.scan().records[0]["repositories"]
    assert record["history"] is None
    assert "HEAD" in record["historyReason"]


def test_absolute_paths_do_not_get_out(repo: Repo) -> None:
    repo.write("profiles/default/amd64/parent", "../nowhere\n")
    repo.prepare()
    assert str(repo.top).encode() not in repo.scan().raw


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"pakcages": []}, "pakcages"),
        ({"packages": ["nonsense"]}, "CATEGORY/PACKAGE"),
        ({"wholeTree": ["NoSuchCheck"], "packages": []}, "NoSuchCheck"),
        ({"wholeTree": ["VisibilityCheck"], "packages": []}, "VisibilityCheck"),
        ({"checks": ["NoSuchCheck"]}, "NoSuchCheck"),
        ({"clock": "yesterday"}, "yesterday"),
        ({"clock": "2026-11-21T00:00:00"}, "time zone"),
        ({"protocol": 2}, "protocol"),
    ],
)
def test_a_bad_request_is_refused(repo: Repo, request_: dict[str, object], said: str) -> None:
    repo.prepare()
    done = repo.scan(**request_)
    assert done.code == 64
    assert said in done.stderr
    assert not done.records or done.records[-1].get("complete") is False
