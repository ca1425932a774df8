# The local Kubernetes and its programs; included by the top Makefile.

.PHONY: k8s-bins
k8s-bins: ## Build Kubernetes, etcd, CoreDNS and Helm into the cache (once; minutes)
	go run ./hack/bins

.PHONY: cluster-parts
cluster-parts: setup ## Build the cluster's programs and the images, side by side: each often waits, for a download or its one linker
	$(MAKE) --no-print-directory --output-sync=line -j2 k8s-bins images

.PHONY: cluster-up
cluster-up: setup k8s-bins ## Start the local Kubernetes: a control plane and two real nodes
	go run ./test/cluster/cmd up

.PHONY: cluster-down
cluster-down: ## End the local Kubernetes; nothing of it is left
	go run ./test/cluster/cmd down

.PHONY: test-local-cluster
test-local-cluster: setup k8s-bins ## Test the local Kubernetes itself, on a cluster of its own
	go test -count=1 -tags cluster -timeout 10m ./test/cluster/...

.PHONY: setup
setup: ## Install the Debian packages that builds and tests need
	hack/setup.sh
