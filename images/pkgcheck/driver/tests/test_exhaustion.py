# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What runs out is no evidence: the command ends with a code of its own, and nothing that was met on the way is told as a finding."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import CLOCK, Repo

from prcheck_driver import exhaustion
from prcheck_driver.pool import Pool


def _raised(first: BaseException, second: BaseException, explicit: bool) -> BaseException:
    try:
        try:
            raise first
        except BaseException as e:
            if explicit:
                raise second from e
            raise second  # noqa: B904 - what is tested
    except BaseException as e:
        return e


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), exhaustion.MEMORY),
        (OSError(errno.ENOMEM, "x"), exhaustion.MEMORY),
        (OSError(errno.ENOSPC, "x"), exhaustion.DISK),
        (OSError(errno.EDQUOT, "x"), exhaustion.DISK),
        (OSError(errno.EFBIG, "x"), exhaustion.FILE),
        (_raised(OSError(errno.ENOSPC, "x"), ValueError("y"), explicit=True), exhaustion.DISK),
        (_raised(OSError(errno.ENOSPC, "x"), ValueError("y"), explicit=False), exhaustion.DISK),
        (_raised(ValueError("y"), OSError(errno.ENOENT, "x"), explicit=False), 0),
        (exhaustion.ExhaustedError(exhaustion.DISK, "x"), exhaustion.DISK),
    ],
)
def test_what_ran_out(error: BaseException, code: int) -> None:
    assert exhaustion.code(error) == code


def test_the_pool_ends_with_what_ran_out() -> None:
    def work(index: int) -> int:
        if index == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return index

    with pytest.raises(exhaustion.ExhaustedError, match=r"out of disk space: OSError: .*No space left"):
        list(Pool(work, 6, 2))


@pytest.fixture
def small(repo: Repo) -> Callable[[str], Path]:
    """Makes one of the folders one that is full; the mount goes with the others that the toolchain sees."""

    def fill(name: str) -> Path:
        path = repo.top / name
        path.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs", path], check=True)
        (path / "ballast").write_bytes(bytes(os.statvfs(path).f_bavail * os.statvfs(path).f_frsize))
        return path

    return fill


@pytest.mark.parametrize("folder", ["cache", "scan"])
@pytest.mark.parametrize("command", ["scan", "sides"])
def test_a_full_disk_ends_a_scan(repo: Repo, small: Callable[[str], Path], folder: str, command: str) -> None:
    repo.ebuild("dev-libs/user", RDEPEND="dev-libs/gone")
    repo.prepare()
    small(folder)
    if command == "sides":
        target = {"name": repo.name, "path": str(repo.path), "prepared": str(repo.prepared)}
        side: dict[str, object] = {"name": "base", "target": target, "packages": None, "wholeTree": []}
        side["output"] = str(repo.top / "base.jsonl")
        folders = {"work": str(repo.top / "scan"), "cache": str(repo.top / "cache")}
        done = repo.run("sides", {"sides": [side], "clock": CLOCK, "jobs": 2, **folders})
    else:
        done = repo.scan()
    assert done.code == exhaustion.DISK, done.stderr
    assert "No space left" in done.stderr
    assert not done.of("end")


def test_a_full_disk_ends_prepare(repo: Repo, small: Callable[[str], Path]) -> None:
    small("prepared")
    done = repo.prepare()
    assert done.code == exhaustion.DISK, done.stderr
    assert not (repo.prepared / "errors.json").exists()


def test_an_ebuild_that_fills_the_disk_is_not_told_to_be_broken(repo: Repo, small: Callable[[str], Path]) -> None:
    repo.ebuild("app-misc/full", head=f"cat /dev/zero > {repo.top}/prepare/tmp/big\n[[ -s /dev/null ]] || die no space\n")
    work = small("prepare")
    (work / "ballast").write_bytes(bytes(1 << 12))
    done = repo.prepare()
    assert done.code == exhaustion.DISK, done.stderr


def test_an_ebuild_whose_process_is_killed_is_sourced_once_more(repo: Repo) -> None:
    mark = repo.top / "mark"
    # $PPID is the worker: what kills it once may have been anything, what kills it again is the ebuild.
    repo.ebuild("app-misc/once", head=f"[[ -e {mark} ]] || {{ : > {mark}; kill -KILL $PPID; sleep 5; }}\n")
    repo.ebuild("app-misc/always", head="kill -KILL $PPID\nsleep 5\n")
    done = repo.prepare()
    assert done.code == 0, done.stderr
    assert mark.exists()
    assert list(repo.errors()) == ["app-misc/always-1.0"]
    assert signal.SIGKILL.name in repo.errors()["app-misc/always-1.0"]["detail"]
