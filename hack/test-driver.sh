#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Lints, type-checks and tests the Python driver inside the toolchain. Arguments go to pytest.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
environment=$("$here/driver-env.sh")
driver=$(cd "$here/../images/pkgcheck/driver" && pwd)
exec "$here/toolchain-run.sh" --bind "$environment" --bind "$driver:/driver" -- bash -euc '
    cd /driver
    export PYTHONDONTWRITEBYTECODE=1
    "$1/bin/ruff" check --no-cache .
    "$1/bin/ruff" format --no-cache --check --quiet . || { echo "run ruff format (hack/test-driver.sh says which files)"; "$1/bin/ruff" format --no-cache --check .; exit 1; }
    "$1/bin/mypy" --cache-dir=/tmp/mypy
    shift_env=$1; shift
    "$shift_env/bin/python" -m pytest -q -p no:cacheprovider "$@"
' test-driver "$environment" "$@"
