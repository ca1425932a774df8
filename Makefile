# prcheck's commands. `make help` lists them; each does its own set-up on a fresh Debian 12 with root, Go, git and make.

comma := ,
SHELL := /bin/bash -o pipefail -e
.DEFAULT_GOAL := help
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/prcheck
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo 0.1.0)
TOOL := go tool -modfile=go.tools.mod
GOFLAGS_BUILD := -trimpath -ldflags "-s -w -X github.com/prcheck/prcheck/internal/version.Version=$(VERSION)"

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z0-9_-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN {FS = ":.*## "} {printf "  %-16s %s\n", $$1, $$2}'

##@ Build

.PHONY: build
build: ## Build the four programs into bin/
	CGO_ENABLED=0 go build $(GOFLAGS_BUILD) -o bin/ ./cmd/...
	ln -sf prcheck bin/kubectl-prcheck

.PHONY: generate
generate: ## Regenerate deep copies, CRDs, roles, the chart's copies of them and config/default
	$(TOOL) controller-gen object:headerFile=hack/boilerplate.go.txt crd paths=./api/... output:crd:dir=config/crd/bases
	$(TOOL) controller-gen rbac:roleName=prcheck-manager paths=./controllers/... output:rbac:dir=config/rbac/manager
	$(TOOL) controller-gen rbac:roleName=prcheck-server paths=./cmd/server/... output:rbac:dir=config/rbac/server
	hack/generate-chart.sh

##@ Check

.PHONY: lint
lint: setup ## Run the linters: Go, API types, chart
	hack/lint.sh

.PHONY: verify
verify: generate lint ## Regenerate everything and fail on a difference; lint
	hack/verify-clean.sh

.PHONY: test
test: test-unit test-driver test-cluster ## Run every test but the long runs (benches, soundness)

.PHONY: test-unit
test-unit: setup k8s-bins toolchain corpus ## Run all Go tests that need no cluster of nodes
	go test -timeout 30m ./...

.PHONY: test-cluster
test-cluster: cluster-parts ## Run the tests on a real cluster of two nodes, the demo's scenario among them
	go test -tags cluster -count=1 -timeout 40m -v ./test/cluster/... ./test/e2e/...

.PHONY: demo
demo: cluster-parts ## Check real pull requests on a cluster that it starts itself; KEEP=1 leaves it running
	go run ./test/demo/cmd $(if $(KEEP),--keep)

.PHONY: demo-down
demo-down: ## End what KEEP=1 make demo left running
	go run ./test/demo/cmd --down

##@ Measure

.PHONY: bench-compare
bench-compare: ## Compare 1,000,000 facts with 1,000,000
	go test -run '^$$' -bench . -benchmem ./internal/compare

.PHONY: bench-engine
bench-engine: setup toolchain ## Measure prcheck run against the plain tool and the ancestor's algorithm (SIZES=1000,4000,16000; BENCH='-repeat 5', see go run ./test/bench/engine -h)
	go run ./test/bench/engine --sizes $(or $(SIZES),1000$(comma)4000$(comma)16000) $(BENCH)

.PHONY: bench-cluster
bench-cluster: cluster-parts ## Measure 20 pull requests opened at once against 20 bare pods (BENCH="--ebuilds 1000 --pulls 20 --runs 4")
	go run ./test/bench/cluster $(BENCH)

.PHONY: clean
clean: ## Remove what was built here; the caches stay
	rm -rf bin dist

include $(wildcard hack/*.mk)
