# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command `prepare`: one repository's metadata. The only one that runs the repository's code."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import PROTOCOL, determinism, environment, exhaustion, recorded
from .options import stub_repository
from .pool import Outcome, Pool
from .request import PrepareRequest, RequestError
from .sourcing import Sourcer, source_eclass

DONE, UNFINISHED = 0, 2


def run(request: PrepareRequest, output: str) -> int:
    """Makes the prepared folder, writes the summary, and returns the exit code."""
    output = os.path.abspath(output)
    try:
        summary = _Prepare(request).run()
    except RequestError:
        raise
    except Exception as e:
        exhaustion.give_up(e)
        traceback.print_exc()
        summary = {
            "type": "prepared",
            "protocol": PROTOCOL,
            "repository": request.target.name,
            "complete": False,
            "message": f"{type(e).__name__}: {e}",
        }
    Path(output).write_text(json.dumps(summary, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return DONE if summary["complete"] else UNFINISHED


def load() -> None:
    """Loads what requests will need."""
    from pkgcore import config
    from pkgcore.ebuild import eclass, processor, repository
    from snakeoil import chksum

    _ = config, eclass, processor, repository, chksum


def _write_json(path: Path, value: object) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


class _Prepare:
    def __init__(self, request: PrepareRequest) -> None:
        self._request = request
        self._output = Path(request.output)
        self._seed = Path(request.seed) if request.seed else None

    def run(self) -> dict[str, Any]:
        began = time.monotonic()
        request = self._request
        environment.enter(request.work, (request.target, *request.masters))
        determinism.sort_directories()
        determinism.remember_repository_configs()
        self._output.mkdir(parents=True, exist_ok=True)
        self._repo = self._open()
        counts = self._ebuilds()
        eclasses = self._eclasses()
        self._descriptions()
        return {
            "type": "prepared",
            "protocol": PROTOCOL,
            "repository": request.target.name,
            **counts,
            "eclasses": eclasses,
            "seconds": round(time.monotonic() - began, 3),
            "complete": True,
        }

    def _open(self) -> Any:
        from pkgcore.config import load_config
        from pkgcore.ebuild import repository

        request = self._request
        config = load_config(location=environment.portage_config(request.work, (request.target, *request.masters), stub_repository()))
        (cache,) = recorded.cache_for(request.output, readonly=False)
        found = config.objects["repo_config"].get(request.target.path)
        if found is None:
            named = {x.location: x for x in config.objects["repo_config"].values()}
            found = named.get(request.target.path) or named.get(os.path.realpath(request.target.path))
        if found is None:
            raise RequestError(f"pkgcore does not take {request.target.path} for a repository")
        repo = repository.tree(config, found, cache=(cache,))
        self._check_masters(repo)
        return repo

    def _check_masters(self, repo: Any) -> None:
        named = {os.path.realpath(x.path) for x in self._request.masters}
        for master in repo.masters:
            if os.path.realpath(master.location) not in named:
                raise RequestError(f"{self._request.target.name} has the master {master.repo_id!r}, which the request does not name")

    @functools.cached_property
    def _inputs(self) -> str:
        """What decides whether an ebuild that did not source would do so now, itself apart."""
        digest = hashlib.sha256()
        for repo in self._repo.trees:
            folder = Path(repo.location, "eclass")
            for path in sorted(x for x in folder.glob("*.eclass") if x.is_file()):
                digest.update(f"{path.name} {recorded.md5(str(path))}\n".encode())
        return digest.hexdigest()

    def _ebuilds(self) -> dict[str, int]:
        wanted, taken, failed, unsupported = [], 0, {}, 0
        total = 0
        seed = recorded.cache_for(str(self._seed), readonly=True)[0] if self._seed else None
        old = recorded.read_json(self._seed / recorded.ERRORS, "errors") if self._seed and not self._request.retry_errors else {}
        kept = set()
        for pkg in self._all():
            total += 1
            if not self._sourceable(pkg):
                unsupported += 1
            elif self._valid(pkg, self._repo.cache[0]) or (seed is not None and self._valid(pkg, seed) and self._take(pkg)):
                taken += 1
                kept.add(pkg.cpvstr)
            elif self._still_fails(old.get(pkg.cpvstr), pkg):
                failed[pkg.cpvstr] = old[pkg.cpvstr]
            else:
                wanted.append(pkg)
        print(f"prcheck-driver: {total} ebuilds, {taken} entries taken, {len(wanted)} to source", file=sys.stderr, flush=True)
        sourced = self._source(wanted)
        failed |= sourced
        kept |= {x.cpvstr for x in wanted} - set(sourced)
        self._drop_others(kept)
        _write_json(self._output / recorded.ERRORS, {"errors": failed})
        return {"ebuilds": total, "taken": taken, "sourced": len(wanted) - len(sourced), "failed": len(failed), "unsupported": unsupported}

    def _all(self) -> Any:
        from pkgcore.restrictions import packages

        if self._request.ebuilds is not None:
            return list(_named(self._repo, self._request.ebuilds))
        # No filter: it would load, and so source, every package.
        return self._repo.itermatch(packages.AlwaysTrue, sorter=sorted, pkg_filter=_valid_names)

    @staticmethod
    def _sourceable(pkg: Any) -> bool:
        from pkgcore.package.errors import MetadataException

        try:
            return bool(pkg.eapi.supported)
        except (MetadataException, OSError, UnicodeDecodeError):
            return False

    def _valid(self, pkg: Any, cache: Any) -> bool:
        from pkgcore.cache import errors
        from snakeoil import chksum

        try:
            entry = cache[pkg.cpvstr]
            return bool(cache.validate_entry(entry, chksum.LazilyHashedPath(pkg.path), self._repo.eclass_cache))
        except (KeyError, errors.CacheError):
            return False

    def _take(self, pkg: Any) -> bool:
        assert self._seed is not None
        to = self._output / recorded.CACHE / pkg.cpvstr
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._seed / recorded.CACHE / pkg.cpvstr, to)
        return True

    def _still_fails(self, old: dict[str, Any] | None, pkg: Any) -> bool:
        return old is not None and old.get("inputs") == self._inputs and old.get("md5") == recorded.md5(pkg.path)

    def _source(self, wanted: list[Any]) -> dict[str, dict[str, Any]]:
        limit = self._request.ebuild_seconds
        sourcer = Sourcer(limit)  # each worker's own: it is forked before it is used
        failed = {}
        for done, outcome in enumerate(self._outcomes(lambda i: sourcer.source(wanted[i]), len(wanted), limit + 10), 1):
            pkg = wanted[outcome.index]
            trouble = outcome.value
            if outcome.lost or outcome.fatal:
                trouble = {"attr": "data", "error": "failed sourcing ebuild", "detail": outcome.lost or outcome.fatal}
            if trouble is not None:
                failed[pkg.cpvstr] = {"md5": recorded.md5(pkg.path), "inputs": self._inputs, **trouble}
            if done % 500 == 0:
                print(f"prcheck-driver: {done} of {len(wanted)} sourced", file=sys.stderr, flush=True)
        if failed:
            exhaustion.probe(self._request.output, os.environ["TMPDIR"])
        return failed

    def _outcomes(self, function: Callable[[int], Any], count: int, grace: float) -> Iterator[Outcome]:
        """What became of each piece of work. One whose process was killed is done once more, alone: only then it is its own fault."""
        request = self._request
        killed = []
        for outcome in Pool(function, count, request.jobs, request.ebuild_seconds, grace):
            if outcome.lost and not outcome.late:
                killed.append(outcome.index)
            else:
                yield outcome
        for outcome in Pool(lambda i: function(killed[i]), len(killed), 1, request.ebuild_seconds, grace):
            yield replace(outcome, index=killed[outcome.index])

    def _drop_others(self, kept: set[str]) -> None:
        folder = self._output / recorded.CACHE
        folder.mkdir(exist_ok=True)
        for category in folder.iterdir():
            for entry in list(category.iterdir()) if category.is_dir() else []:
                if f"{category.name}/{entry.name}" not in kept:
                    entry.unlink()

    def _eclasses(self) -> dict[str, int]:
        counts = {"taken": 0, "sourced": 0, "failed": 0}
        seeded = recorded.read_json(self._seed / recorded.ECLASSES, "eclasses") if self._seed else {}
        found: dict[str, dict[str, Any]] = {}
        folder = Path(self._request.target.path, "eclass")
        names = self._request.eclasses
        paths = sorted(folder.glob("*.eclass") if names is None else (folder / f"{x}.eclass" for x in names))
        wanted = []
        for path in paths:
            name = path.name.removesuffix(".eclass")
            old = seeded.get(name)
            if old is not None and path.is_file() and old.get("md5") == recorded.md5(str(path)) and "error" not in old:
                found[name] = old
                counts["taken"] += 1
            elif path.is_file():
                wanted.append((name, str(path)))
        limit = self._request.ebuild_seconds
        for outcome in self._outcomes(lambda i: source_eclass(wanted[i][1], limit), len(wanted), 10):
            name, file = wanted[outcome.index]
            record = outcome.value or {"md5": recorded.md5(file), "error": outcome.lost or outcome.fatal}
            found[name] = record
            counts["failed" if "error" in record else "sourced"] += 1
        _write_json(self._output / recorded.ECLASSES, {"eclasses": found})
        return counts

    def _descriptions(self) -> None:
        """use.local.desc and pkg_desc_index, by pmaint's own code, but beside the tree."""
        names = self._request.local_flags
        if names is not None and not names:
            Path(self._output, recorded.LOCAL_DESC).write_text(_LOCAL_DESC, encoding="utf-8")
            return  # loading pmaint takes longer than sourcing an ebuild
        from pkgcore.scripts import pmaint

        class Beside:
            """The repository, seen as if it lay where the files shall go."""

            def __init__(self, repo: Any, location: str, packages: Any) -> None:
                self._repo = repo
                self.location = location
                self.packages = packages

            def __getattr__(self, name: str) -> Any:
                return getattr(self._repo, name)

        scratch = Path(self._request.work, "generated")
        for folder in ("profiles", "metadata"):
            (scratch / folder).mkdir(parents=True, exist_ok=True)
        beside = Beside(self._repo, str(scratch), self._repo.packages if names is None else _present(self._repo, names))
        pmaint.update_use_local_desc(beside, _Observer())
        shutil.copyfile(scratch / "profiles" / "use.local.desc", self._output / recorded.LOCAL_DESC)
        if self._request.restricted:
            return
        errors = recorded.read_json(self._output / recorded.ERRORS, "errors")
        pkgs = [x for x in self._all() if x.cpvstr not in errors and self._sourceable(x)]
        pmaint.update_pkg_desc_index(beside, _Observer(), pkgs)
        shutil.copyfile(scratch / "metadata" / "pkg_desc_index", self._output / recorded.DESC_INDEX)


_LOCAL_DESC = """\
# This file is deprecated as per GLEP 56 in favor of metadata.xml.
# Please add your descriptions to your package's metadata.xml ONLY.
# * generated automatically using pmaint *

"""


class _Observer:
    """Where pmaint says what it could not read; the scan reports the same as findings."""

    @staticmethod
    def error(message: str) -> None:
        print(f"prcheck-driver: {message}", file=sys.stderr)


def _valid_names(pkgs: Any) -> Any:
    from pkgcore.package.errors import PackageError

    while True:
        try:
            yield next(pkgs)
        except PackageError:
            continue
        except StopIteration:
            return


def _named(repo: Any, names: frozenset[str]) -> Any:
    """The ebuilds of that name, as a walk over the repository would find them; what is not there is left out."""
    from pkgcore.ebuild import cpv
    from pkgcore.ebuild.errors import InvalidCPV

    for name in sorted(names):
        try:
            found = cpv.VersionedCPV(name)
            versions = repo._get_versions((found.category, found.package))
        except (InvalidCPV, KeyError):
            continue
        # What stands in the file's name, and not what it is equal to.
        version = name.removeprefix(f"{found.category}/{found.package}-")
        if found.category in repo.categories and version in versions:
            yield repo.package_class(found.category, found.package, version)


def _present(repo: Any, names: frozenset[str]) -> dict[str, list[str]]:
    """The packages of that name that have a folder, by category."""
    found: dict[str, list[str]] = {}
    for category, package in (x.split("/") for x in names):
        if category in repo.categories and os.path.isdir(os.path.join(repo.location, category, package)):
            found.setdefault(category, []).append(package)
    return found
