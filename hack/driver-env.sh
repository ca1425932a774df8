#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Makes the Python environment in which the driver is tested (pytest, mypy, ruff beside the toolchain's pkgcheck) and prints its
# directory. It is kept in the cache, keyed by its requirements and the toolchain, and lies at the same path inside the toolchain.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
requirements=$here/../images/pkgcheck/driver/requirements-dev.txt
key=$( ("$here/../images/pkgcheck/build.sh" --key; cat "$requirements" "${BASH_SOURCE[0]}") | sha256sum | cut -c1-16)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/prcheck/driver-env/$key
if [ ! -e "$folder/.complete" ]; then
    echo "driver-env: making it" >&2
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$requirements" "$folder/requirements.txt"
    "$here/toolchain-run.sh" --bind "$folder" --lend-network -- bash -euc '
        python3=/usr/bin/python3
        $python3 -m venv "$1"
        "$1/bin/pip" install --quiet --disable-pip-version-check --no-cache-dir --only-binary :all: --require-hashes -r "$1/requirements.txt"
        echo /opt/pkgcheck/lib/python3.14/site-packages >"$1/lib/python3.14/site-packages/toolchain.pth"
    ' driver-env "$folder" >&2
    touch "$folder/.complete"
fi
echo "$folder"
