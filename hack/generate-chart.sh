#!/bin/bash
# Copies CRDs and roles into the chart and renders config/default/install.yaml from it: the chart is the one source of
# what is installed, Helm and kustomize are two ways to the same objects.
set -euo pipefail
cd "$(dirname "$0")/.."
chart=charts/prcheck
rm -rf "$chart/files/crds" && mkdir -p "$chart/files/crds" "$chart/files/rbac"
cp config/crd/bases/*.yaml "$chart/files/crds/"
cp config/rbac/manager/role.yaml "$chart/files/rbac/manager.yaml"
cp config/rbac/server/role.yaml "$chart/files/rbac/server.yaml"
helm=$(go run ./hack/bins -path helm)
{
	echo "# Code generated from charts/prcheck by make generate; DO NOT EDIT."
	"$helm" template prcheck "$chart" --namespace prcheck-system --set crds.enabled=false \
		--set externalURL=https://prcheck.example.org --kube-version 1.33.0 |
		sed -e '/^# Source: /d' -e '/helm.sh\/chart:/d' -e 's|app.kubernetes.io/managed-by: Helm|app.kubernetes.io/managed-by: kustomize|'
} >config/default/install.yaml
