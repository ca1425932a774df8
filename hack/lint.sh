#!/bin/bash
# Runs golangci-lint (built from its own module, cached by its go.mod) and helm lint.
set -euo pipefail
cd "$(dirname "$0")/.."
cache="${XDG_CACHE_HOME:-$HOME/.cache}/prcheck"
key=$(cat hack/tools/golangci-lint/go.{mod,sum} <(go env GOVERSION) | sha256sum | cut -c1-16)
lint="$cache/bin/golangci-lint-$key"
if [ ! -x "$lint" ]; then
	echo "lint: building golangci-lint (once, some minutes)" >&2
	mkdir -p "$cache/bin"
	(cd hack/tools/golangci-lint && CGO_ENABLED=0 go build -o "$lint.tmp" github.com/golangci/golangci-lint/v2/cmd/golangci-lint)
	mv "$lint.tmp" "$lint"
fi
"$lint" run --timeout 20m ./...
helm=$(go run ./hack/bins -path helm)
"$helm" lint --quiet charts/prcheck --set externalURL=https://prcheck.example.org
