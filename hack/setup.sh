#!/bin/sh
# Copyright 2026 The prcheck authors.
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages that builds and tests need, and only those that are missing. Run it as root; it may be
# repeated. Each line below is a package and what needs it.
set -eu

packages='
containerd                  the nodes of the local cluster
runc                        the nodes of the local cluster
containernetworking-plugins the network of the pods
iproute2                    the network of the local cluster
nftables                    Services in the local cluster (kube-proxy)
conntrack                   Services in the local cluster (kube-proxy)
mount                       volumes of pods (kubelet)
util-linux                  namespaces of the local cluster
mmdebstrap                  root file systems of the images
debian-archive-keyring      root file systems of the images
ca-certificates             the certificates in the images
zstd                        root file systems of the images
git                         the server, the runner, tests
patch                       the fixes of the checker corpus
'

wanted=$(printf '%s\n' "$packages" | awk 'NF {print $1}')
missing=
for package in $wanted; do
	status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
if [ -z "$missing" ]; then
	echo "setup: all packages are installed"
	exit 0
fi
if [ "$(id -u)" != 0 ]; then
	echo "setup: these packages are missing:$missing; run this as root, or install them" >&2
	exit 1
fi
echo "setup: fetching the package lists"
apt-get update -qq
echo "setup: installing$missing"
# shellcheck disable=SC2086 # One word a package.
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "setup: done"
