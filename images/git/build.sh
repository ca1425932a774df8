#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the root file system under the server's and the runner's images: Debian trixie's git and certificates, no
# package manager. Prints its directory as the last line of standard output; progress goes to standard error.
#
# The cache is keyed by this script's content and the architecture.
# PRCHECK_DEBIAN_MIRROR names another mirror than the one apt uses here (a snapshot, for a bit-for-bit rebuild).
set -euo pipefail

suite=trixie
cache=${XDG_CACHE_HOME:-$HOME/.cache}/prcheck/gitroot
key=$( (dpkg --print-architecture; cat "${BASH_SOURCE[0]}") | sha256sum | cut -c1-16)
final=$cache/$key/rootfs

say() { printf 'git root: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ -d "$final" ]; then
    say "found in the cache ($key)"
    echo "$final"
    exit 0
fi

[ "$(id -u)" = 0 ] || die "this must run as root: mmdebstrap needs it"
command -v mmdebstrap >/dev/null || die "mmdebstrap is missing: run hack/setup.sh"
mirror=${PRCHECK_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    grep -v -- '-security/*$' | sort -u | head -n 1)}
[ -n "$mirror" ] || die "no Debian mirror in apt's sources: run apt-get update, or set PRCHECK_DEBIAN_MIRROR"

work=$(mktemp -d "$cache/.build.XXXXXX")
trap 'rm -rf "$work"' EXIT

say "unpacking Debian $suite with git"
mmdebstrap --quiet --variant=essential --format=directory \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include=git,ca-certificates "$suite" "$work/rootfs" "$mirror" >&2

say "removing what no container needs"
rm -rf "$work"/rootfs/var/{lib/apt,lib/dpkg/info,cache,log} "$work"/rootfs/dev/* "$work"/rootfs/tmp/*
mkdir -p "$work"/rootfs/var/{cache,log}
# The user of all of prcheck's own containers has a name, because git asks for one.
echo 'prcheck:x:65532:65532:prcheck:/nonexistent:/usr/sbin/nologin' >>"$work/rootfs/etc/passwd"
echo 'prcheck:x:65532:' >>"$work/rootfs/etc/group"

mkdir -p "$cache/$key"
mv "$work/rootfs" "$final"
say "done: $(du -sm "$final" | cut -f1) MiB"
echo "$final"
