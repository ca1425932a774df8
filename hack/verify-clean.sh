#!/bin/bash
# Fails where generated files differ from what is committed, and where modules are not tidy.
set -euo pipefail
cd "$(dirname "$0")/.."
go mod tidy -diff >/dev/null || { echo "verify: go.mod is not tidy: run go mod tidy and commit the result" >&2; exit 1; }
if [ -n "$(git status --porcelain -- api config charts docs internal images test)" ]; then
	git status --short -- api config charts docs internal images test >&2
	git --no-pager diff --stat >&2
	echo "verify: the files above differ from what make generate makes: commit them" >&2
	exit 1
fi
echo "verify: generated files are up to date"
