#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Takes screenshots of the pages of internal/web's tests, to be looked at by people: hack/screens.sh [FOLDER]
# Each page at 360 and 1280 px. Needs a Chromium (CHROMIUM=…; on Debian: apt-get install chromium).
set -euo pipefail
cd "$(dirname "$0")/.."
out=$(realpath -m "${1:-dist/screens}")
browser=${CHROMIUM:-$(command -v chromium || command -v google-chrome || true)}
[ -n "$browser" ] || { echo "screens: no Chromium found; install one, or name it in CHROMIUM" >&2; exit 1; }
mkdir -p "$out"
go test -count=1 ./internal/web -screens "$out"
for page in "$out"/*.html; do
    for width in 360 1280; do
        "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$width,2400" \
            --screenshot="${page%.html}-$width.png" "file://$page" >/dev/null 2>&1
    done
done
echo "screens: $(find "$out" -name '*.png' | wc -l) pictures in $out"
