# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
"""The command line."""

from __future__ import annotations

import argparse
import logging
import sys

from . import exhaustion, fresh, request, toolchain

USAGE, UNAVAILABLE = 64, 69


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise request.RequestError(message)


def _arguments() -> argparse.Namespace:
    parser = _Parser(prog="prcheck-driver", description="Runs pkgcheck and says what it did (PROTOCOL.md).")
    parser.add_argument("command", choices=("tables", "prepare", "scan", "commits"))
    parser.add_argument("--request", required=True, help="JSON request")
    parser.add_argument("--output", required=True, help="file to write the records to")
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> int:
    value = request.load(arguments.request)
    # Half of what importing pkgcheck costs, for checks that are never run and mocks that are never made.
    fresh.load_lazily("asyncio", "ssl")
    # pkgcheck silences pkgcore's log in its own command; what it would say comes as results.
    logging.getLogger("pkgcore").setLevel(logging.CRITICAL + 1)
    if arguments.command == "scan":
        from . import scan, sides

        parsed = request.parse_scan(value)
        if isinstance(parsed, request.Sides):
            return sides.run(parsed, arguments.output)
        return scan.run(parsed, arguments.output)
    if arguments.command == "commits":
        from . import commits

        return commits.run(request.parse_commits(value), arguments.output)
    if arguments.command == "prepare":
        from . import prepare

        return prepare.run(request.parse_prepare(value), arguments.output)
    from . import tables

    request.parse_tables(value)
    return tables.run(arguments.output)


def main() -> int:
    """Runs one command and returns its exit code."""
    try:
        toolchain.require()
        arguments = _arguments()
        return _run(arguments)
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
