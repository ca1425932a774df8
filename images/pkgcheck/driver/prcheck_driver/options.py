# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""pkgcheck's options for a scan, made by its own argument parser."""

from __future__ import annotations

import argparse
import os
from typing import Any

from . import environment
from .recorded import Prepared, use_prepared
from .replaced import replaced
from .request import RequestError, ScanRequest


def stub_repository() -> str:
    """pkgcore's own empty repository, the default where nothing else is asked for."""
    from pkgcore import const

    return os.path.join(const.DATA_PATH, "stubrepo")


def _arguments(request: ScanRequest, config: str) -> list[str]:
    base = ["--config", config]
    if request.verbose:
        base.append("--verbose")
    scan = ["scan", "--config", "no", "--repo", request.target.name, "--profiles", request.profiles]
    scan += ["--jobs", str(request.jobs), "--cache-dir", request.cache, "--sandbox", "n"]
    if request.checks:
        scan.append(f"--checks={','.join(request.checks)}")
    if request.keywords:
        scan.append(f"--keywords={','.join(request.keywords)}")
    return base + scan


def parse(request: ScanRequest, prepared: tuple[Prepared, ...]) -> Any:
    """The namespace that pkgcheck's checks read, for this request."""
    from pkgcheck.scripts import pkgcheck as command

    config = environment.portage_config(request.work, request.repositories, stub_repository())
    os.makedirs(request.cache, exist_ok=True)

    def refuse(parser: Any, status: int = 0, message: str | None = None) -> None:
        raise RequestError(f"pkgcheck does not take the request's arguments: {(message or 'no reason given').strip()}")

    with replaced(argparse.ArgumentParser, "exit", refuse):
        options = command.argparser.parse_args(_arguments(request, config))
    _check_repositories(options.target_repo, request)
    options.gentoo_repo = request.target.name == "gentoo"
    # Profiles that someone chose by name must be sound, or pkgcheck ends; a broken one is a finding here, like everything else.
    options.selected_profiles = None
    by_path = {os.path.realpath(x.repository.path): x for x in prepared}
    for repo in options.target_repo.trees:
        use_prepared(repo, by_path[os.path.realpath(repo.location)])
    return options


def _check_repositories(target: Any, request: ScanRequest) -> None:
    known = {os.path.realpath(x.path): x for x in request.repositories}
    if os.path.realpath(target.location) != os.path.realpath(request.target.path):
        raise RequestError(f"pkgcore found {target.location} for {request.target.name!r}, not {request.target.path}")
    for repo in target.trees:
        if os.path.realpath(repo.location) not in known:
            raise RequestError(f"{request.target.name} has the master {repo.repo_id!r}, which the request does not name")
