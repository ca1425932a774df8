#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the toolchain's root file system (Debian forky: bash 5.3, Python 3.14; pkgcheck in /opt/pkgcheck)
# and prints its directory as the last line of standard output. Progress goes to standard error.
#
#   images/pkgcheck/build.sh            build it, or find it in the cache
#   images/pkgcheck/build.sh --key      print the key of its inputs only
#
# The cache is keyed by the content of what goes in: this script, packages.txt, requirements.txt, the architecture.
# PRCHECK_DEBIAN_MIRROR names another mirror than the one apt uses here (a snapshot, for a bit-for-bit rebuild).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
suite=forky
cache=${XDG_CACHE_HOME:-$HOME/.cache}/prcheck/toolchain
arch=$(dpkg --print-architecture)
key=$( (echo "$arch $suite"; cat "$here/build.sh" "$here/packages.txt" "$here/requirements.txt") | sha256sum | cut -c1-16)
final=$cache/$key/rootfs

say() { printf 'toolchain: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

if [ "${1:-}" = --key ]; then
    echo "$key"
    exit 0
fi

if [ -d "$final" ]; then
    say "found in the cache ($key)"
    echo "$final"
    exit 0
fi

[ "$(id -u)" = 0 ] || die "this must run as root: mmdebstrap and chroot need it"
for tool in mmdebstrap sha256sum flock; do
    command -v "$tool" >/dev/null || die "$tool is missing: run hack/setup.sh, or apt-get install $tool"
done

mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9
if [ -d "$final" ]; then # another build made it while this one waited
    echo "$final"
    exit 0
fi

mirror=${PRCHECK_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    grep -v -- '-security/*$' | sort -u | head -n 1)}
[ -n "$mirror" ] || die "no Debian mirror in apt's sources: run apt-get update, or set PRCHECK_DEBIAN_MIRROR"

work=$(mktemp -d "$cache/.build.XXXXXX")
root=$work/rootfs
cleanup() {
    umount "$root/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
    umount "$root/etc/resolv.conf" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

say "1/4 unpacking Debian $suite"
include=$(grep -v '^#' "$here/packages.txt" | paste -sd, -)
mmdebstrap --quiet --variant=minbase --format=directory \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --include="$include" "$suite" "$root" "$mirror" >&2

say "2/4 installing pkgcheck"
# The machine's own names and certificates are lent to pip for as long as it runs, and leave with it.
mkdir -p "$root/etc/ssl/certs"
touch "$root/etc/ssl/certs/ca-certificates.crt" "$root/etc/resolv.conf"
mount --bind /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
cp "$here/requirements.txt" "$root/tmp/requirements.txt"
in_root() {
    env -u PIP_FIND_LINKS -u PIP_CERT -u REQUESTS_CA_BUNDLE -u CURL_CA_BUNDLE -u SSL_CERT_DIR -u PYTHONPATH \
        SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
        chroot "$root" "$@"
}
in_root python3 -m venv /opt/pkgcheck >&2
in_root /opt/pkgcheck/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
    --only-binary :all: --require-hashes -r /tmp/requirements.txt >&2
in_root /opt/pkgcheck/bin/pip uninstall --quiet --yes pip >&2
umount "$root/etc/ssl/certs/ca-certificates.crt" "$root/etc/resolv.conf"

say "3/4 removing what a scan does not need"
rm -f "$root/etc/resolv.conf" "$root/tmp/requirements.txt"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/usr/share/{doc,man,info,locale} \
    "$root"/usr/share/{bash-completion,lintian} "$root"/usr/lib/python3*/{idlelib,test} \
    "$root"/root/.cache "$root"/tmp/.[!.]*
: >"$root/etc/hostname"
# Compiled once, and valid whatever the times of the files become: images and copies do not keep them.
in_root /opt/pkgcheck/bin/python -m compileall -q -j 0 -f --invalidation-mode unchecked-hash \
    /usr/lib/python3.14 /opt/pkgcheck/lib >&2 || die "the Python files of the toolchain do not compile"

say "4/4 checking it"
mkdir -p "$root/opt/pkgcheck/share/prcheck"
dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Package} ${Version}\n' | sort >"$root/opt/pkgcheck/share/prcheck/debian.txt"
cp "$here/requirements.txt" "$root/opt/pkgcheck/share/prcheck/requirements.txt"
echo "$key" >"$root/opt/pkgcheck/share/prcheck/key"
in_root /opt/pkgcheck/bin/pkgcheck --version >&2
in_root bash -c '((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 503))' || die "bash is older than 5.3: EAPI 9 would be unsupported"
in_root zstd --version >/dev/null
in_root git --version >&2
# CPAN's module is in no registry this build may use; without it pkgcheck leaves out PerlCheck, and the driver says so.
in_root perl -MGentoo::PerlMod::Version -e 1 2>/dev/null || say "note: Gentoo::PerlMod::Version is not there: PerlCheck is left out"

mkdir -p "$cache/$key"
mv "$root" "$final"
say "done: $(du -sh "$final" | cut -f1)"
echo "$final"
