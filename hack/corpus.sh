#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Fetches pkgcheck's source archive and prints the directory of the test data in it: small repositories, the findings
# expected in them, and a fix for each. Kept in the cache, keyed by the archive's hash.
#
#   hack/corpus.sh          fetch it, or find it in the cache
#   hack/corpus.sh --find   only find it
set -euo pipefail

version=0.10.49
hash=89da686139830a0e63116a573593547596e8b0008e242fbf0110337d5a29de28
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/prcheck/corpus/$hash
if [ ! -d "$folder/pkgcheck-$version/testdata" ]; then
    [ "${1:-}" != --find ] || { echo "corpus: it is not in the cache: run make corpus" >&2; exit 1; }
    environment=$("$here/driver-env.sh")
    rm -rf "$folder"
    mkdir -p "$folder/download"
    echo "pkgcheck==$version --hash=sha256:$hash" >"$folder/download/requirements.txt"
    echo "corpus: fetching pkgcheck $version's source archive" >&2
    # Only pkgcheck itself as source: pip asks its build backend for the metadata, and that one comes as a wheel.
    "$here/toolchain-run.sh" --bind "$environment" --bind "$folder" --lend-network -- \
        "$environment/bin/pip" download --quiet --disable-pip-version-check --no-cache-dir --no-deps --no-binary pkgcheck \
        --require-hashes -r "$folder/download/requirements.txt" -d "$folder/download" >&2
    tar -xzf "$folder/download/pkgcheck-$version.tar.gz" -C "$folder"
    rm -rf "$folder/download"
fi
[ -d "$folder/pkgcheck-$version/testdata" ] || { echo "corpus: the archive has no testdata" >&2; exit 1; }
echo "$folder/pkgcheck-$version/testdata"
