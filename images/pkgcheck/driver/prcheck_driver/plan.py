# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""Which checks run on what, and why the others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from . import exhaustion
from .replaced import replaced
from .request import RequestError, ScanRequest


@dataclass
class Work:
    """A runner's job: one package with all package runners, or the tree with one runner."""

    name: str
    runners: list[Any]
    restriction: Any
    package: tuple[str, str] | None = None
    versions: tuple[str, ...] = ()


@dataclass
class Plan:
    """Everything a scan does."""

    work: list[Work] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    """Checks that could not be set up, and what they raised."""


def load() -> None:
    """Loads what parsing arguments and making checks would load."""
    from pkgcheck import objects, pipeline
    from pkgcheck.scripts import pkgcheck, pkgcheck_scan

    _ = pipeline, pkgcheck, pkgcheck_scan, len(objects.CHECKS), len(objects.KEYWORDS)


def is_whole_tree(check: Any) -> bool:
    """Whether a check looks at the tree as one, so that a list of packages leaves it out."""
    from pkgcheck import base
    from pkgcheck.checks import RepoCheck

    if isinstance(check.scope, base.ConditionalScope):
        return False
    return bool(check.scope < base.package_scope or issubclass(check, RepoCheck))


def _known(names: tuple[str, ...]) -> set[Any]:
    from pkgcheck import objects

    unknown = sorted(set(names) - set(objects.CHECKS))
    if unknown:
        raise RequestError(f"request: 'wholeTree' names unknown checks: {', '.join(unknown)}")
    found = {objects.CHECKS[x] for x in names}
    if narrow := sorted(x.__name__ for x in found if not is_whole_tree(x)):
        raise RequestError(f"request: 'wholeTree' names checks of packages: {', '.join(narrow)}")
    return found


class _Initialiser:
    """Initialises checks the way pkgcheck does, and notes why one could not be."""

    def __init__(self, options: Any) -> None:
        self.options = options
        self.reasons: dict[str, tuple[str, str]] = {}
        self.failures: dict[str, BaseException] = {}
        self._addons: dict[Any, Any] = {}
        self._broken: dict[Any, BaseException] = {}

    def runners(self, checks: list[Any]) -> list[Any]:
        """The runners for some checks, in pkgcheck's order."""
        from pkgcheck import addons, base, sources
        from pkgcheck.checks import init_checks

        init_addon, init_source = addons.init_addon, sources.init_source

        def addon(cls: Any, *args: Any, **kwargs: Any) -> Any:
            return self._noting(cls, lambda: init_addon(cls, *args, **kwargs))

        def source(wanted: Any, *args: Any, **kwargs: Any) -> Any:
            # Of a check's own the source comes last, so that the check is the last addon that was made.
            return self._noting(type(list(self._addons.values())[-1]), lambda: init_source(wanted, *args, **kwargs))

        # Each group gets sources of its own: a runner wraps its source, and one that is wrapped twice loses metadata errors.
        with replaced(addons, "init_addon", addon), replaced(sources, "init_source", source):
            made = init_checks(list(base.get_addons(checks)), self.options, None, addons_map=self._addons, source_map={})
        return [runner_cls(self.options, source, objs) for (source, runner_cls), objs in made.items()]

    def _noting(self, cls: Any, init: Callable[[], Any]) -> Any:
        from pkgcheck.addons.caches import CacheDisabled
        from pkgcheck.checks import SkipCheck

        class Failed(SkipCheck):  # type: ignore[misc]
            """What raised in setting a check up; pkgcheck leaves the check out and sets up the others."""

        try:
            if cls in self._broken:
                raise self._broken[cls]
            return init()
        except CacheDisabled as e:
            self.reasons.setdefault(cls.__name__, ("cache", str(e)))
            raise
        except SkipCheck as e:
            if cause := getattr(e, "cause", None):
                self._fail(cls, cause)
            self.reasons.setdefault(cls.__name__, ("skipped", str(e).removeprefix(f"{cls.__name__}: ")))
            raise
        except Exception as e:
            exhaustion.give_up(e)
            self._fail(cls, e)
            failed = Failed(cls, str(e))
            failed.cause = e
            raise failed from e

    def _fail(self, cls: Any, cause: BaseException) -> None:
        self._broken[cls] = cause
        self.failures[cls.__name__] = cause
        self.reasons[cls.__name__] = ("failed", f"{type(cause).__name__}: {cause}")


def make(options: Any, request: ScanRequest) -> Plan:
    """Decides what runs."""
    from pkgcheck import base, objects
    from pkgcheck.checks import AsyncCheck
    from pkgcore.restrictions import packages as restrictions

    enabled = sorted((x for x in options.enabled_checks if not issubclass(x, AsyncCheck)), key=attrgetter("__name__"))
    wanted = _known(request.whole_tree)
    narrow = [x for x in enabled if not is_whole_tree(x)]
    wide = [x for x in enabled if is_whole_tree(x) and (request.packages is None or x in wanted)]

    plan = Plan()
    init = _Initialiser(options)
    tree_runners = init.runners(wide)
    package_runners: list[Any] = []
    if request.packages is None or request.packages:
        for runner in init.runners(narrow):
            (package_runners if runner.source.scope >= base.package_scope else tree_runners).append(runner)
    plan.work += _packages(options, request, package_runners)
    for runner in tree_runners:
        name = "+".join(sorted(type(x).__name__ for x in runner.checks))
        plan.work.append(Work(name, [runner], restrictions.AlwaysTrue))
    ran = {type(c).__name__ for r in (*package_runners, *tree_runners) for c in r.checks}
    chosen = {x.__name__ for x in options.enabled_checks}
    plan.failures = {x.__name__: init.failures[x.__name__] for x in (*narrow, *wide) if x.__name__ in init.failures}
    plan.checks = [_check_record(x, ran, chosen, init.reasons) for _, x in sorted(objects.CHECKS.items())]
    return plan


def commits(options: Any, names: tuple[str, ...] | None, eclasses: frozenset[str]) -> Plan:
    """What a check of commits does: pkgcheck's own choice of checks for the repository, or the ones named."""
    from pkgcheck import base, objects
    from pkgcheck.checks import GitCommitsCheck
    from pkgcore.restrictions import packages as restrictions

    known = {k: v for k, v in objects.CHECKS.items() if issubclass(v, GitCommitsCheck)}
    if unknown := sorted(set(names or ()) - set(known)):
        raise RequestError(f"request: 'checks' names no checks of commits: {', '.join(unknown)} (known: {', '.join(sorted(known))})")
    chosen = sorted(known if names is None else set(names))
    if names is not None:
        # A check that is asked for by name runs whatever the repository is called.
        options.gentoo_repo = True
    plan = Plan()
    init = _Initialiser(options)
    for runner in init.runners([known[x] for x in chosen]):
        eclass = runner.source.scope == base.eclass_scope
        name = "+".join(sorted(type(x).__name__ for x in runner.checks))
        plan.work.append(Work(name, [runner], eclasses if eclass else restrictions.AlwaysTrue))
    ran = {type(c).__name__ for x in plan.work for r in x.runners for c in r.checks}
    plan.failures = {x: init.failures[x] for x in chosen if x in init.failures}
    plan.checks = [_check_record(x, ran, set(chosen), init.reasons) for _, x in sorted(known.items())]
    return plan


def readers(plan: Plan, addon: str) -> list[str]:
    """The checks that ran with an addon's word."""
    from pkgcheck import base, objects

    ran = [objects.CHECKS[x["name"]] for x in plan.checks if x["ran"]]
    return [x.__name__ for x in ran if x.scope == base.eclass_scope or addon in {y.__name__ for y in base.get_addons([x])}]


def _check_record(check: Any, ran: set[str], chosen: set[str], reasons: dict[str, tuple[str, str]]) -> dict[str, Any]:
    from pkgcheck.checks import NetworkCheck, OptionalCheck

    name = check.__name__
    reason, detail = "", ""
    if name not in ran:
        if issubclass(check, NetworkCheck):
            reason = "network"
        elif name in reasons:
            reason, detail = reasons[name]
        elif name in chosen:
            reason = "scope"
        elif issubclass(check, OptionalCheck):
            reason = "optional"
        else:
            reason = "disabled"
    return {"type": "check", "name": name, "scope": check.scope.desc, "ran": name in ran, "reason": reason, "detail": detail}


def _packages(options: Any, request: ScanRequest, runners: list[Any]) -> list[Work]:
    """One piece of work for each package, all found under one restriction."""
    from pkgcheck.sources import RawRepoSource
    from pkgcore.restrictions import packages as restrictions

    if request.packages is None:
        restriction = restrictions.AlwaysTrue
    elif not request.packages:
        return []
    else:
        restriction = restrictions.OrRestriction(*(_restriction(*x.split("/")) for x in request.packages))
    versions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for found in RawRepoSource(options).itermatch(restriction):
        versions[found.category, found.package].append(found.fullver or "")
    return [Work(f"{c}/{p}", runners, _restriction(c, p), (c, p), tuple(vs)) for (c, p), vs in sorted(versions.items())]


def _restriction(category: str, package: str) -> Any:
    """What matches one package, also one whose name is no valid name."""
    from pkgcore.ebuild import restricts
    from pkgcore.ebuild.atom import atom
    from pkgcore.ebuild.errors import MalformedAtom
    from pkgcore.restrictions import packages as restrictions

    try:
        return atom(f"{category}/{package}")
    except MalformedAtom:
        return restrictions.AndRestriction(restricts.CategoryDep(category), restricts.PackageDep(package))
