# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Trees that are put together from links into a store are scanned as the trees that they stand for."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest
from conftest import Repo

WHOLE = [
    "AcctCheck",
    "CategoryMetadataXmlCheck",
    "EclassCheck",
    "EmptyDirsCheck",
    "GlobalUseCheck",
    "LicenseGroupsCheck",
    "ManifestCollisionCheck",
    "PackageUpdatesCheck",
    "ProfilesCheck",
    "RepoDirCheck",
    "RepoProfilesCheck",
    "RepositoryCategories",
    "UnusedEclassesCheck",
    "UnusedLicensesCheck",
]


@pytest.fixture
def full(repo: Repo) -> Repo:
    repo.name = "gentoo"
    repo.write("profiles/categories", "app-misc\ndev-libs\ndev-util\nempty\n")
    repo.write("profiles/default/amd64/package.mask", "dev-util/gone\n")
    repo.write("profiles/use.desc", "unused - Is unused\n")
    repo.write("licenses/Unused", "x\n")
    for name in ("app-misc/user", "app-misc/other", "dev-libs/a", "dev-util/t"):
        repo.ebuild(name, RDEPEND="dev-libs/a dev-libs/gone")
    for binary in ("dev-util/t/files/b.bin", "app-misc/user/files/b.bin", "licenses/b.bin"):
        (repo.path / binary).parent.mkdir(parents=True, exist_ok=True)
        (repo.path / binary).write_bytes(bytes(range(256)) * 4)
    (repo.path / "dev-util/nothing").mkdir()
    (repo.path / "empty").mkdir()
    return repo


def farm(repo: Repo, scope: str) -> tuple[Path, Path]:
    """Real folders on the way to the package in scope, and links for all else."""
    store, made = repo.top / "store", repo.top / "farm"
    store.mkdir()
    _plant(repo.path, made, store, tuple(scope.split("/")))
    return made, store


def _plant(tree: Path, made: Path, store: Path, way: tuple[str, ...]) -> None:
    made.mkdir()
    for entry in sorted(tree.iterdir()):
        if entry.is_file():
            shutil.copy2(entry, made / entry.name)
        elif way and entry.name == way[0]:
            if way[1:]:
                _plant(entry, made / entry.name, store, way[1:])
            else:
                shutil.copytree(entry, made / entry.name)
        else:
            name = hashlib.sha256(str(entry).encode()).hexdigest()[:40]
            shutil.copytree(entry, store / name)
            (made / entry.name).symlink_to(store / name)


def test_a_farm_is_scanned_as_the_tree_it_stands_for(full: Repo) -> None:
    made, store = farm(full, "app-misc/user")
    full.prepare()
    request = {"packages": ["app-misc/user", "dev-libs/a"], "wholeTree": WHOLE, "store": str(store)}
    plain = full.scan(**request, cache=str(full.top / "plain"))
    assert plain.code == 0, plain.stderr
    rules = {x["rule"] for x in plain.of("finding")}
    assert rules >= {"BinaryFile", "EmptyPackageDir", "EmptyCategoryDir", "UnusedLicenses", "NonexistentDeps", "UnknownProfilePackage"}
    target = {"name": full.name, "path": str(made), "prepared": str(full.prepared)}
    linked = full.scan(**request, target=target)
    assert linked.code == 0, linked.stderr
    assert linked.timeless() == plain.timeless()
    assert b"store" not in linked.raw
    whole, tree = full.scan(packages=None, store=str(store), target=target), full.scan(packages=None)
    assert whole.timeless() == tree.timeless()


def test_a_farm_is_prepared_as_the_tree_it_stands_for(full: Repo) -> None:
    made, _ = farm(full, "app-misc/user")
    (plain,) = full.prepare().records
    whole, full.prepared = full.prepared, full.top / "linked"
    (linked,) = full.prepare(target={"name": full.name, "path": str(made)}).records
    assert linked | {"seconds": 0} == plain | {"seconds": 0}
    for file in ("errors.json", "eclasses.json", "use.local.desc", "md5-cache/dev-util/t-1.0"):
        assert (full.prepared / file).read_bytes() == (whole / file).read_bytes()


def test_what_is_linked_in_is_known_by_its_name(full: Repo) -> None:
    made, store = farm(full, "app-misc/user")
    full.prepare()
    target = {"name": full.name, "path": str(made), "prepared": str(full.prepared)}
    full.scan(packages=["app-misc/user"], store=str(store), target=target)
    # A store never changes; that this is not noticed shows that nothing was read for it.
    mask = made / "profiles/default/amd64/package.mask"
    mask.write_text("dev-libs/a\n")
    done = full.scan(packages=["app-misc/user"], store=str(store), target=target)
    assert done.code == 0, done.stderr
    assert "NonsolvableDepsInStable" not in [x["rule"] for x in done.of("finding") if "dev-libs/a" in str(x["attributes"])]
