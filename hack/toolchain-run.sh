#!/bin/bash
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Runs a command inside the toolchain's root file system (built first if need be), which it leaves unchanged.
#
#   hack/toolchain-run.sh [--bind FROM[:TO]]… [--lend-network] -- COMMAND…
#
# --bind shows a folder of this machine there, writable; --lend-network adds the machine's names and certificates, for pip.
# Needs root, for a mount namespace of its own; nothing of it is left when the command has ended.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binds=()
network=
while [ $# -gt 0 ]; do
    case $1 in
    --bind) binds+=("$2"); shift 2 ;;
    --lend-network) network=1; shift ;;
    --) shift; break ;;
    *) echo "toolchain-run: unknown argument $1" >&2; exit 64 ;;
    esac
done
[ $# -gt 0 ] || { echo "toolchain-run: no command" >&2; exit 64; }
rootfs=${PRCHECK_TOOLCHAIN:-$("$here/../images/pkgcheck/build.sh" | tail -n 1)}
export rootfs network
exec unshare --mount --fork --pid --kill-child bash -euc '
    top=$rootfs/mnt # a folder that is there, and empty; only this namespace sees what is mounted on it
    mount -t tmpfs tmpfs "$top"
    mkdir "$top/upper" "$top/work" "$top/root"
    mount -t overlay overlay -o "lowerdir=$rootfs,upperdir=$top/upper,workdir=$top/work" "$top/root"
    root=$top/root
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    while [ "$1" != -- ]; do
        from=${1%%:*} to=${1#*:}
        mkdir -p "$root$to"
        mount --rbind "$from" "$root$to"
        shift
    done
    shift
    if [ -n "$network" ]; then
        mkdir -p "$root/etc/ssl/certs"
        cp -L /etc/resolv.conf "$root/etc/resolv.conf"
        cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
        export SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt PIP_CERT=/etc/ssl/certs/ca-certificates.crt
        unset SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_FIND_LINKS
    fi
    export PATH=/opt/pkgcheck/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8
    unset PYTHONPATH
    exec chroot "$root" "$@"
' toolchain-run "${binds[@]}" -- "$@"
