# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What hack/bench-driver.sh runs inside the toolchain: one package, by the plain tool and by the driver, with warm caches."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

CLOCK = "2026-11-21T00:00:00Z"
PYTHON = "/opt/pkgcheck/bin/python"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def many_profiles(tree: Path) -> None:
    """Gives a generated repository about as many profiles as ::gentoo has: 456."""
    root = tree / "profiles"
    arches = "amd64 arm64 ppc64 riscv arm x86 s390 sparc hppa mips alpha ia64 loong m68k ppc".split()
    plain = "base desktop developer no-multilib hardened systemd musl llvm split-usr".split()
    variants = [*plain, "desktop/gnome", "desktop/plasma", "desktop/systemd", "hardened/selinux", "split-usr/desktop", "split-usr/systemd"]
    status = dict.fromkeys(("amd64", "arm64"), "stable") | dict.fromkeys(("ppc64", "x86", "arm", "ppc", "sparc"), "dev")

    def write(file: str, text: str) -> None:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)

    write("arch.list", "\n".join(arches) + "\n")
    for variant in variants:
        write(f"features/v/{variant}/eapi", "8\n")
        write(f"features/v/{variant}/make.defaults", f'USE="feat-{variant.replace("/", "-")}"\n')
        write(f"features/v/{variant}/package.use", "".join(f"app-misc/p{i} x\n" for i in range(20)))
    lines = [(root / "profiles.desc").read_text()]
    for arch in arches:
        if not (root / "arch" / arch).exists():
            write(f"arch/{arch}/eapi", "8\n")
            write(f"arch/{arch}/parent", "../../base\n")
            write(f"arch/{arch}/make.defaults", f'ARCH="{arch}"\nACCEPT_KEYWORDS="{arch}"\nCHOST="{arch}-pc-linux-gnu"\n')
        write(f"arch/{arch}/package.use.mask", "".join(f"app-misc/q{i} y\n" for i in range(50)))
        for release in ("17.0", "23.0"):
            top = f"default/linux/{arch}/{release}"
            write(f"{top}/eapi", "8\n")
            write(f"{top}/parent", f"../../../../base\n../../../../arch/{arch}\n")
            for variant in variants:
                up = "../" * (top.count("/") + variant.count("/") + 2)
                write(f"{top}/{variant}/eapi", "8\n")
                write(f"{top}/{variant}/parent", f"{up}{top}\n{up}features/v/base\n{up}features/v/{variant}\n")
                lines.append(f"{arch}\t{top}/{variant}\t{status.get(arch, 'exp')}\n")
    write("profiles.desc", "".join(lines))


def git(tree: Path, *argv: str) -> None:
    subprocess.run(["git", "-c", "user.name=B", "-c", "user.email=b@example.org", *argv], cwd=tree, check=True, **QUIET)


def measure(argv: list[str], cwd: Path) -> dict[str, float]:
    """The median of seven warm runs: wall and CPU seconds, and the peak of any process so far in MiB."""
    wall, cpu = [], []
    for i in range(8):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(argv, cwd=cwd, check=False, **QUIET)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if i:  # the first one fills the caches
            wall.append(time.monotonic() - began)
            cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"wall": sorted(wall)[3], "cpu": sorted(cpu)[3]}


def bench(top: Path) -> None:
    tree, prepared, conf = top / "tree", top / "prepared", top / "conf"
    many_profiles(tree)
    git(tree, "add", "-A")
    git(tree, "commit", "-qm", "profiles: add many")
    git(tree, "update-ref", "refs/remotes/origin/HEAD", "HEAD", "--no-deref")
    branch = subprocess.run(["git", "branch", "--show-current"], cwd=tree, capture_output=True, text=True, check=True).stdout.strip()
    git(tree, "update-ref", f"refs/remotes/origin/{branch}", "HEAD")
    git(tree, "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{branch}")
    target = {"name": "heath", "path": str(tree)}
    common = {"protocol": 1, "work": str(top / "work"), "jobs": 2}

    def driver(command: str, request: dict[str, object]) -> list[str]:
        file = top / f"{command}-{len(request)}.json"
        file.write_text(json.dumps(common | request))
        return [PYTHON, "-I", "/driver", command, "--request", str(file), "--output", str(top / "out")]

    subprocess.run(driver("prepare", {"target": target, "output": str(prepared)}), check=True, **QUIET)
    package = "app-misc/" + sorted(x.name for x in (tree / "app-misc").iterdir() if x.is_dir())[0]
    shutil.copytree(prepared / "md5-cache", tree / "metadata/md5-cache")
    shutil.copy(prepared / "use.local.desc", tree / "profiles/use.local.desc")
    conf.mkdir()
    (conf / "repos.conf").write_text(f"[DEFAULT]\nmain-repo = heath\n[heath]\nlocation = {tree}\n")
    (conf / "make.profile").symlink_to(tree / "profiles/default/linux/amd64")
    plain = ["/opt/pkgcheck/bin/pkgcheck", "--config", str(conf), "scan", "--config", "no", "-p", "stable,dev", "-j", "2", package]
    scan = {"clock": CLOCK, "cache": str(top / "cache")}
    one = {"target": target | {"prepared": str(prepared)}, "packages": [package], "wholeTree": []}
    sides = [one | {"name": x, "output": str(top / f"{x}.jsonl")} for x in ("base", "head")]
    rows = {
        "pkgcheck scan PACKAGE": measure(plain, tree),
        "driver, one side": measure(driver("scan", scan | one), top),
        "driver, two sides": measure(driver("scan", scan | {"sides": sides}), top),
    }
    bare = rows["pkgcheck scan PACKAGE"]
    for name, row in rows.items():
        count = 2 if "two" in name else 1
        ratios = ", ".join(f"{row[x] / count / bare[x]:.2f}" for x in ("wall", "cpu"))
        print(f"{top.name:>6} ebuilds  {name:<22} wall {row['wall']:.2f} s  CPU {row['cpu']:.2f} s  a side / plain: {ratios}", flush=True)


if __name__ == "__main__":
    os.environ.update(HOME="/tmp", GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory", GIT_CONFIG_VALUE_0="*")
    for folder in sys.argv[1:]:
        bench(Path(folder))
