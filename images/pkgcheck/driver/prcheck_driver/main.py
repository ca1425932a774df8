# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command line."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable

from . import exhaustion, fresh, replaced, request, serve, toolchain

USAGE, UNAVAILABLE = 64, 69


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise request.RequestError(message)


def _arguments() -> argparse.Namespace:
    parser = _Parser(prog="prcheck-driver", description="Runs pkgcheck and says what it did (PROTOCOL.md).")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("tables", "compile", "prepare", "scan", "commits"):
        one = commands.add_parser(name)
        one.add_argument("--request", required=True, help="JSON request")
        one.add_argument("--output", required=True, help="file to write the records to")
    ahead = commands.add_parser("serve", help="take requests over standard input")
    ahead.add_argument("kind", choices=serve.KINDS)
    ahead.add_argument("--work", required=True, help="folder for what is the requests' work, too")
    return parser.parse_args()


def _do(command: str, file: str, output: str, *, served: bool = False) -> int:
    value = request.load(file)
    if command == "scan":
        from . import scan, sides

        parsed = request.parse_scan(value)
        if isinstance(parsed, request.Sides):
            return sides.run(parsed, output)
        if served:
            raise request.RequestError("request: a scan that is served has 'sides': each is a process of its own")
        return scan.run(parsed, output)
    if command == "commits":
        from . import commits

        return commits.run(request.parse_commits(value), output)
    if command == "prepare":
        from . import prepare

        return prepare.run(request.parse_prepare(value), output)
    request.parse_empty(value)
    if command == "compile":
        from . import compiled

        return compiled.run(output)
    from . import tables

    return tables.run(output)


def main() -> int:
    """Runs one command and returns its exit code."""
    return _guarded(_main)


def _main() -> int:
    toolchain.require()
    arguments = _arguments()
    # Half of what importing pkgcheck costs, for checks that are never run and mocks that are never made.
    replaced.stand_in_for_mock()
    fresh.leave_out_network()
    # pkgcheck silences pkgcore's log in its own command; what it would say comes as results.
    logging.getLogger("pkgcore").setLevel(logging.CRITICAL + 1)
    if arguments.command == "serve":
        return serve.run(arguments.kind, arguments.work, lambda *job: _guarded(lambda: _do(*job, served=True)))
    return _do(arguments.command, arguments.request, arguments.output)


def _guarded(do: Callable[[], int]) -> int:
    """What *do* returns, or the code of what it raised."""
    try:
        return do()
    except toolchain.ToolchainError as e:
        print(f"prcheck-driver: {e}", file=sys.stderr)
        return UNAVAILABLE
    except request.RequestError as e:
        print(f"prcheck-driver: {e}", file=sys.stderr)
        return USAGE
    except Exception as e:
        if not (exhausted := exhaustion.code(e)):
            raise
        print(f"prcheck-driver: {e}", file=sys.stderr)
        return exhausted
