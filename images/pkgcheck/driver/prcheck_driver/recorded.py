# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""What `prepare` made, and how a scan uses it instead of running the repository's code."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .request import Repository

CACHE = "md5-cache"
ERRORS = "errors.json"
ECLASSES = "eclasses.json"
LOCAL_DESC = "use.local.desc"
DESC_INDEX = "pkg_desc_index"


class SourcingRefused(BaseException):
    """The scan would have had to run the repository's code.

    No Exception, so that nothing on the way takes it for a package's own fault.
    """


class PreparedError(Exception):
    """A prepared folder cannot be used."""


def md5(path: str) -> str:
    """The MD5 of a file, as metadata entries record it."""
    return hashlib.md5(Path(path).read_bytes(), usedforsecurity=False).hexdigest()


def read_json(path: Path, member: str) -> dict[str, dict[str, Any]]:
    """The map of one of prepare's files; an absent file is an empty one."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as e:
        raise PreparedError(f"cannot read {path}: {e}") from e
    found = value.get(member) if isinstance(value, dict) else None
    if not isinstance(found, dict) or not all(isinstance(x, dict) for x in found.values()):
        raise PreparedError(f"{path}: {member!r} must be an object of objects")
    return found


def cache_for(*folders: str, readonly: bool) -> Any:
    """pkgcore's cache on the entries of prepared folders; the first that has an entry of that name counts."""
    from pkgcore.cache import flat_hash

    class PreparedCache(flat_hash.md5_cache):  # type: ignore[misc]
        def __init__(self, location: str, **config: Any) -> None:
            # md5_cache itself would insist on metadata/md5-cache below it.
            flat_hash.database.__init__(self, location, **config)

    return tuple(PreparedCache(os.path.join(x, CACHE), readonly=readonly) for x in folders)


class Prepared:
    """One repository's prepared folders, the first before the second."""

    def __init__(self, repository: Repository) -> None:
        if missing := [x for x in repository.prepared if not Path(x).is_dir()]:
            raise PreparedError(f"{repository.name}: no prepared folder {missing[0]}")
        self.repository = repository
        self.folders = repository.prepared
        self.errors = self._merged(ERRORS, "errors")
        self.eclasses = self._merged(ECLASSES, "eclasses")

    def _merged(self, file: str, member: str) -> dict[str, dict[str, Any]]:
        merged: dict[str, dict[str, Any]] = {}
        for folder in reversed(self.folders):
            merged |= read_json(Path(folder, file), member)
        return merged

    @property
    def local_desc(self) -> str:
        """The local flags' file: the first folder that has one."""
        files = [os.path.join(x, LOCAL_DESC) for x in self.folders]
        return next((x for x in files if os.path.exists(x)), files[0])

    def error(self, cpv: str, path: str) -> Mapping[str, Any]:
        """The recorded reason why an ebuild has no entry."""
        recorded = self.errors.get(cpv)
        if recorded is None:
            raise SourcingRefused(
                f"{cpv}::{self.repository.name} has neither a valid metadata entry nor a recorded error: "
                "prepare has not seen this ebuild with these eclasses"
            )
        if recorded.get("md5") != md5(path):
            raise SourcingRefused(f"{cpv}::{self.repository.name}: the recorded error is for another content of the ebuild")
        return recorded

    def eclass(self, name: str, path: str) -> dict[str, Any]:
        """What EclassDoc would have got from sourcing an eclass."""
        recorded = self.eclasses.get(name)
        if recorded is None:
            raise SourcingRefused(f"{name}.eclass of {self.repository.name} has no record: prepare has not sourced it")
        if recorded.get("md5") != md5(path):
            raise SourcingRefused(f"{name}.eclass of {self.repository.name}: the record is for another content of the eclass")
        return eclass_data(recorded)


def eclass_data(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """A record as EclassDoc keeps it; an eclass that did not source has nothing."""
    from pkgcore.ebuild import conditionals

    if recorded.get("error") is not None:
        return {}

    def per_eapi(name: str) -> dict[str, tuple[str, ...]]:
        return {eapi: tuple(sorted(names)) for eapi, names in sorted(recorded.get(name, {}).items())}

    return {
        "_exported_funcs": tuple(sorted(recorded["functions"])),
        "_exported_vars": tuple(sorted(recorded["variables"])),
        "_eapi_missing_funcs": per_eapi("missingFunctions"),
        "_eapi_missing_vars": per_eapi("missingVariables"),
        "_properties": conditionals.DepSet.parse(recorded.get("properties", ""), str, operators={}, attr="PROPERTIES"),
    }


def replace_sourcing(prepared: tuple[Prepared, ...]) -> None:
    """Puts prepare's word in the place of every call that would run the repository's code."""
    from pkgcore.ebuild import ebuild_src, eclass, processor
    from pkgcore.package import errors

    by_location = {os.path.realpath(x.repository.path): x for x in prepared}
    by_eclasses = {os.path.realpath(os.path.join(x.repository.path, "eclass")): x for x in prepared}

    def owner(location: str) -> Prepared:
        try:
            return by_location[os.path.realpath(location)]
        except KeyError:
            raise SourcingRefused(f"{location} belongs to no repository of the request") from None

    def update_metadata(factory: Any, pkg: Any, ebp: Any = None) -> dict[str, str]:
        if not pkg.eapi.supported:
            return {"EAPI": str(pkg.eapi)}
        recorded = owner(factory._parent_repo.location).error(pkg.cpvstr, pkg.path)
        detail = recorded.get("detail")
        raise errors.MetadataException(
            pkg, str(recorded["attr"]), str(recorded["error"]), None if detail is None else processor.ProcessorError(str(detail))
        )

    def source_eclass(path: str, eapis: Any = ()) -> dict[str, Any]:
        folder, file = os.path.split(path)
        # Where a tree consists of links, pkgcheck names the folder that the link leads to.
        known = by_eclasses.get(os.path.realpath(folder)) or owner(os.path.dirname(folder))
        return known.eclass(file.removesuffix(".eclass"), path)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise SourcingRefused("something tried to start pkgcore's ebuild processor")

    ebuild_src.package_factory._update_metadata = update_metadata
    eclass.EclassDoc._source_eclass = staticmethod(source_eclass)
    processor.EbuildProcessor.__init__ = refuse
    processor.request_ebuild_processor = refuse


def use_prepared(repo: Any, prepared: Prepared) -> None:
    """Lets *repo* read prepare's metadata and local flags, and never its own generated files."""
    cache = cache_for(*prepared.folders, readonly=True)
    repo.cache = cache
    repo.package_class._cache = cache


def replace_local_desc(prepared: tuple[Prepared, ...]) -> None:
    """Lets pkgcore read prepare's use.local.desc wherever it asks for a repository's own."""
    from pkgcore.ebuild import repo_objs

    read = repo_objs.RepoConfig._split_use_desc_file
    files = {os.path.realpath(x.repository.path): x.local_desc for x in prepared}

    def split(config: Any, name: str, converter: Any, *args: Any, **kwargs: Any) -> Any:
        if name != LOCAL_DESC:
            return read(config, name, converter, *args, **kwargs)
        path = files.get(os.path.realpath(config.location))
        # An absolute name wins when it is joined to the profiles folder; one that is not there reads as empty.
        return read(config, path or os.devnull, converter, *args, **kwargs)

    repo_objs.RepoConfig._split_use_desc_file = split
