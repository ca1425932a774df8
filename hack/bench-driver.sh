#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Measures a warm scan of one package, by the plain tool and by the driver, on generated repositories with 456 profiles.
#
#   hack/bench-driver.sh [EBUILDS…]     default: 1000 4000 16000
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -gt 0 ] || set -- 1000 4000 16000
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
folders=()
for n in "$@"; do
    (cd "$here/.." && go run ./test/ebuildrepo/cmd --seed 3 --ebuilds "$n" --out "$top/$n/bare.git" >&2)
    git clone -q "$top/$n/bare.git" "$top/$n/tree"
    folders+=("/bench/$n")
done
"$here/toolchain-run.sh" --bind "$top:/bench" --bind "$here/../images/pkgcheck/driver:/driver" --bind "$here:/hack" -- \
    "/opt/pkgcheck/bin/python" /hack/bench-driver.py "${folders[@]}"
